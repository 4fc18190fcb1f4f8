"""REST: lists, threads, settings; who gets in, what is refused."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from tornado.httpclient import HTTPClientError

from jupyter_chat.ids import new_id

NOBODYS = "019a0000-0000-7000-8000-000000000000"


async def asked(client) -> tuple[str, dict[str, Any]]:
    thread_id = new_id()
    ack = await client.ask("What is up?", thread_id)
    await client.command("subscribe", thread_id=thread_id)
    await client.answer(ack["reply_id"])
    return thread_id, ack


async def test_a_conversation_is_listed_read_renamed_deleted_and_restored(client, rest):
    thread_id, ack = await asked(client)
    code, page = await rest("GET", "threads")
    assert code == 200
    assert [thread["id"] for thread in page["threads"]] == [thread_id]
    assert page["next"] is None

    code, thread = await rest("PATCH", f"threads/{thread_id}", {"title": "Greeting"})
    assert (code, thread["title"]) == (200, "Greeting")
    code, thread = await rest("GET", f"threads/{thread_id}")
    assert (code, thread["title"]) == (200, "Greeting")

    code, older = await rest("GET", f"threads/{thread_id}/messages?before={ack['reply_id']}")
    assert [message["id"] for message in older["messages"]] == [ack["message_id"]]

    code, thread = await rest("DELETE", f"threads/{thread_id}")
    assert code == 200
    assert thread["deleted_at"] > 0
    assert (await rest("GET", "threads"))[1]["threads"] == []
    code, thread = await rest("POST", f"threads/{thread_id}/restore")
    assert code == 200
    assert len((await rest("GET", "threads"))[1]["threads"]) == 1


async def test_a_stale_change_is_refused_and_overwrites_nothing(client, rest):
    thread_id, _ = await asked(client)
    _, thread = await rest("PATCH", f"threads/{thread_id}", {"title": "One"})
    stale = {"title": "Two", "revision": thread["revision"] - 1}
    code, failure = await rest("PATCH", f"threads/{thread_id}", stale)
    assert (code, failure["problem"]["code"]) == (409, "conflict")
    assert (await rest("GET", f"threads/{thread_id}"))[1]["title"] == "One"


async def test_messages_come_before_after_and_around_one(client, rest):
    thread_id, first = await asked(client)
    second = await client.ask("And now?", thread_id, first["reply_id"])
    await client.answer(second["reply_id"])
    path = f"threads/{thread_id}/messages"
    everything = [first["message_id"], first["reply_id"], second["message_id"], second["reply_id"]]

    async def page(query: str) -> tuple[list[str], bool, bool, bool]:
        code, found = await rest("GET", f"{path}?{query}")
        assert code == 200, found
        ids = [message["id"] for message in found["messages"]]
        return ids, found["more"], found["newer"], found["elsewhere"]

    after = f"after={first['message_id']}"
    assert await page(f"{after}&limit=2") == (everything[1:3], True, True, False)
    assert await page(after) == (everything[1:], True, False, False)
    assert await page(f"after={everything[-1]}") == ([], False, False, False)
    assert await page(f"before={everything[2]}") == (everything[:2], False, True, False)
    around = f"around={first['reply_id']}"
    assert await page(around) == (everything, False, False, False)
    assert await page(f"{around}&limit=2") == (everything[1:3], True, True, False)

    edited = await client.ask("Rather this?", thread_id, first["reply_id"])
    await client.answer(edited["reply_id"])
    shown = [*everything[:2], edited["message_id"], edited["reply_id"]]
    assert await page(around) == (shown, False, False, False)
    assert await page(f"around={everything[2]}") == (everything, False, False, True)
    code, failure = await rest("GET", f"{path}?around={NOBODYS}")
    assert (code, failure["problem"]["code"]) == (404, "not_found")


async def test_what_was_said_is_found_page_by_page(client, rest):
    for _ in range(1_000):  # the index of a new history is made beside all else
        if "indexing" not in (await rest("GET", "search?q=what"))[1]:
            break
        await asyncio.sleep(0.05)
    thread_ids = [(await asked(client))[0] for _ in range(3)]
    await rest("PATCH", f"threads/{thread_ids[0]}", {"title": "Greeting a frog"})
    code, page = await rest("GET", "search?q=role:user what is&limit=2")
    assert code == 200
    assert [hit["thread"]["id"] for hit in page["messages"]] == thread_ids[:0:-1]
    hit = page["messages"][0]
    assert (hit["role"], hit["snippet"]["text"]) == ("user", "What is up?")

    assert len((await rest("GET", "search?q=what"))[1]["titles"]) == 2  # named after questions
    code, page = await rest("GET", "search?q=role:user what&limit=2")
    seen = [hit["message_id"] for hit in page["messages"]]
    code, rest_of_it = await rest("GET", f"search?q=role:user what&limit=2&cursor={page['next']}")
    seen += [hit["message_id"] for hit in rest_of_it["messages"]]
    assert len(set(seen)) == 3
    assert rest_of_it.get("next") is None
    assert "titles" not in rest_of_it

    _, page = await rest("GET", "search?q=frog")
    (hit,) = page["titles"]
    assert hit["thread"]["id"] == thread_ids[0]
    assert hit["title"] == {"text": "Greeting a frog", "marks": [{"begin": 11, "end": 15}]}
    assert "messages" not in page

    assert (await rest("GET", "search?q=!"))[1] == {}
    assert (await rest("GET", "search?q=role:assistant frog"))[1] == {}


@pytest.mark.parametrize(
    ("method", "path", "body", "code", "problem"),
    [
        ("GET", f"threads/{NOBODYS}", None, 404, "not_found"),
        ("PATCH", f"threads/{NOBODYS}", {"title": "x"}, 404, "not_found"),
        ("GET", "threads?limit=0", None, 400, "invalid"),
        ("GET", "threads?limit=many", None, 400, "invalid"),
        ("GET", "threads?cursor=%00%ff", None, 400, "invalid"),
        ("GET", f"threads/{NOBODYS}/messages", None, 400, "invalid"),
        ("GET", f"threads/{NOBODYS}/messages?before=a&after=b", None, 400, "invalid"),
        ("GET", f"threads/{NOBODYS}/messages?after={NOBODYS}", None, 404, "not_found"),
        ("GET", "search", None, 400, "invalid"),
        ("GET", "search?q=role:nobody", None, 400, "invalid"),
        ("GET", "search?q=frog&cursor=here", None, 400, "invalid"),
        ("GET", "search?q=frog&cursor=messages:here", None, 400, "invalid"),
        ("GET", "search?q=frog&minutes_west=many", None, 400, "invalid"),
        ("PATCH", f"threads/{NOBODYS}", {"title": 7}, 400, "invalid"),
        ("PATCH", f"threads/{NOBODYS}", {"title": ""}, 400, "invalid"),
        ("PATCH", "account", {"source": "telepathy"}, 400, "invalid"),
        ("PATCH", "account", {"defaults": {"temperature": 9}}, 400, "invalid"),
        ("PATCH", "account", ["no", "object"], 400, "invalid"),
        ("POST", "threads", {}, 405, "invalid"),
        ("GET", "threads?view=attic", None, 400, "invalid"),
        ("GET", "threads?view=trash&tag=x", None, 400, "invalid"),
        ("GET", "threads?folder=x&tag=x", None, 400, "invalid"),
        ("PATCH", f"threads/{NOBODYS}", {"tags": ["x"] * 21}, 400, "invalid"),
        ("PATCH", f"threads/{NOBODYS}", {"tags": ["x" * 51]}, 400, "invalid"),
        ("PATCH", f"threads/{NOBODYS}", {"folder": " "}, 400, "invalid"),
        ("PATCH", f"threads/{NOBODYS}", {"temporary": True}, 400, "invalid"),
        ("POST", "threads/bulk", {"thread_ids": [], "action": "pin"}, 400, "invalid"),
        ("POST", "threads/bulk", {"thread_ids": [NOBODYS] * 1001, "action": "pin"}, 400, "invalid"),
        ("POST", "threads/bulk", {"thread_ids": [NOBODYS], "action": "tag"}, 400, "invalid"),
        ("POST", "threads/bulk", {"thread_ids": [NOBODYS], "action": "eat"}, 400, "invalid"),
    ],
)
async def test_what_makes_no_sense_is_refused_with_its_reason(
    rest, method, path, body, code, problem
):
    status, failure = await rest(method, path, body)
    assert status == code
    assert failure["problem"]["code"] == problem
    assert failure["problem"]["message"]


async def test_threads_are_organised(client, rest):
    (first, _), (second, _) = await asked(client), await asked(client)
    change = {"pinned": True, "tags": ["a", "A", " b "], "folder": "Work"}
    code, thread = await rest("PATCH", f"threads/{first}", change)
    assert (code, thread["tags"], thread["folder"]) == (200, ["a", "b"], "Work")

    async def listed(query: str) -> list[str]:
        code, page = await rest("GET", f"threads{query}")
        assert code == 200
        return [thread["id"] for thread in page["threads"]]

    assert await listed("") == [first, second]
    assert await listed("?folder=Work") == await listed("?tag=b") == [first]
    code, folders = await rest("GET", "folders")
    assert folders["folders"] == [{"name": "Work", "threads": 1}]
    assert [count["name"] for count in folders["tags"]] == ["a", "b"]
    assert folders["trash_days"] == 30

    unknown = {"thread_ids": [second, NOBODYS], "action": "archive"}
    code, result = await rest("POST", "threads/bulk", unknown)
    assert code == 200
    assert result["outcomes"][0] == {"thread_id": second}
    assert result["outcomes"][1]["problem"]["code"] == "not_found"
    assert await listed("?view=archived") == [second]
    await client.until(lambda e: e["type"] == "thread" and e["thread"].get("archived"))

    await rest("DELETE", f"threads/{second}")
    assert await listed("?view=trash") == [second]
    assert await rest("DELETE", "trash") == (200, {"threads": 1})
    await client.until(lambda e: e == {"type": "gone", "thread_id": second})
    assert (await rest("GET", f"threads/{second}"))[0] == 404


@pytest.mark.parametrize("path", ["threads", "folders", "models", "account", "health"])
async def test_without_login_there_is_nothing(rest, path):
    code, answer = await rest("GET", path, headers={"Authorization": "none"})
    assert code == 403
    assert answer["problem"]["code"] == "forbidden"
    assert "Reload the page and sign in" in answer["problem"]["message"]


async def test_a_change_with_a_cookie_needs_the_xsrf_token(jp_fetch, rest):
    page = await jp_fetch("jupyter-chat/")
    cookies = dict(
        cookie.split(";")[0].split("=", 1) for cookie in page.headers.get_list("Set-Cookie")
    )
    headers = {
        "Authorization": "none",
        "Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items()),
    }
    assert (await rest("GET", "account", headers=dict(headers)))[0] == 200
    assert (await rest("PATCH", "account", {}, headers=dict(headers)))[0] == 403
    headers["X-XSRFToken"] = cookies["_xsrf"]
    assert (await rest("PATCH", "account", {}, headers=headers))[0] == 200


async def test_a_key_goes_in_and_never_comes_out(client, rest, upstream, tmp_path, caplog):
    wrong, right = (f"{key}-canary-0123456789-wxyz" for key in ("sk-other", upstream.key))
    server = {"source": "compatible", "base_url": upstream.url}
    code, refused = await rest("PATCH", "account", {**server, "key": wrong})
    assert (code, refused["problem"]["code"]) == (200, "wrong_key"), "it was tried out at once"
    assert "key_hint" not in refused, "and replaced nothing"
    _, account = await rest("PATCH", "account", {**server, "key": right})
    assert "problem" not in account
    assert account["key_hint"] == right[-4:]
    thread_id = new_id()
    asked = await client.ask("Hi", thread_id)
    await client.command("subscribe", thread_id=thread_id)
    assert (await client.answer(asked["reply_id"]))["status"] == "complete"
    said = [str(await rest("GET", path)) for path in ("account", "models", "threads", "health")]
    for secret in (wrong, right):
        assert secret not in str(said) + str(client.events) + caplog.text
        for path in (tmp_path / "chat").iterdir():
            assert secret.encode() not in path.read_bytes(), f"it is readable in {path.name}"


async def test_the_environments_endpoint_is_used_and_shown_as_such(rest):
    _, account = await rest("GET", "account")
    assert account["from_environment"]
    assert account["source"] == "compatible"
    assert "key_hint" not in account
    _, models = await rest("GET", "models")
    assert models["models"]
    assert models["default"]


async def test_the_page_is_served_with_a_strict_policy(jp_fetch):
    page = await jp_fetch("jupyter-chat/")
    assert "script-src 'self'" in page.headers["Content-Security-Policy"]
    assert b"jupyter-config-data" in page.body
    for address in (f"t/{new_id()}", f"t/{new_id()}/{new_id()}"):
        deep = await jp_fetch(f"jupyter-chat/{address}")
        assert deep.code == 200


async def test_a_server_that_stops_says_so_without_a_trace(jp_fetch, services, caplog):
    services.replies.closing = True
    for path in (("models",), ("threads",), ("export",)):
        with pytest.raises(HTTPClientError) as refused:
            await jp_fetch("jupyter-chat", "api", *path)
        assert refused.value.code == 503
        assert refused.value.response is not None
        assert json.loads(refused.value.response.body)["problem"]["code"] == "server_stopped"
    assert "Traceback" not in caplog.text


async def test_a_request_that_meets_with_its_stopping_leaves_no_trace(
    jp_fetch, services, monkeypatch, caplog
):
    async def stopped(*_, **__):
        services.replies.closing = True
        raise RuntimeError("the store is closed")

    monkeypatch.setattr(services.store, "list_threads", stopped)
    with pytest.raises(HTTPClientError) as failed:
        await jp_fetch("jupyter-chat", "api", "threads")
    assert failed.value.code == 503
    assert "Traceback" not in caplog.text
