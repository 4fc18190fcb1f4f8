"""The WebSocket: who gets in, what is understood, and asking over it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from contextlib import suppress
from urllib.parse import urlsplit

import pytest
from tornado.httpclient import HTTPClientError
from tornado.websocket import WebSocketClosedError

from jupyter_chat.ids import new_id
from jupyter_chat.protocol import MAX_FRAME_BYTES, PROTOCOL_VERSION


async def test_the_first_frame_says_who_and_what(connect):
    client = await connect()
    welcome = client.events[0]
    assert welcome["protocol"] == PROTOCOL_VERSION
    assert welcome["user"]["id"]
    assert welcome["problem"] is None


async def test_without_login_there_is_no_socket(jp_ws_fetch):
    with pytest.raises(HTTPClientError) as refused:
        await jp_ws_fetch("jupyter-chat/api/socket", headers={"Authorization": "none"})
    assert refused.value.code == 403


async def test_another_sites_page_gets_no_socket_with_a_cookie(
    jp_ws_fetch, jp_fetch, http_server_client
):
    page = await jp_fetch("jupyter-chat/")
    cookies = dict(
        cookie.split(";")[0].split("=", 1) for cookie in page.headers.get_list("Set-Cookie")
    )
    host = urlsplit(http_server_client.get_url("/")).netloc  # the cookie's name has it
    headers = {
        "Authorization": "none",
        "Cookie": "; ".join("=".join(cookie) for cookie in cookies.items()),
        "Host": host,
    }
    own_page = {"_xsrf": cookies["_xsrf"].strip('"')}

    async def open_socket(params: dict[str, str], **more: str) -> int:
        try:
            socket = await jp_ws_fetch(
                "jupyter-chat/api/socket", params=params, headers={**headers, **more}
            )
        except HTTPClientError as refused:
            return int(refused.code)
        socket.close()
        return 101

    assert await open_socket(own_page) == 101
    assert await open_socket(own_page, Origin="https://evil.example") == 403
    assert await open_socket({}) == 403
    assert await open_socket({}, Referer=f"http://{host}/lab") == 403
    assert await open_socket({"_xsrf": "guessed"}) == 403


async def test_a_question_is_acknowledged_and_answered(client):
    thread_id = new_id()
    await client.command("subscribe", thread_id=new_id())
    asked = await client.ask("Hello there [[echo]]", thread_id)
    assert asked["type"] == "ack"
    await client.command("subscribe", thread_id=thread_id)
    reply = await client.answer(asked["reply_id"])
    assert reply["status"] == "complete"
    assert "Hello there" in reply["parts"][-1]["text"]
    assert reply["usage"]["output_tokens"] > 0


async def test_two_pages_see_the_same_answer(connect):
    first, second = await connect(), await connect()
    thread_id = new_id()
    asked = await first.ask("Hello [[chunks=30 delay=0.01]]", thread_id)
    for client in (first, second):
        await client.command("subscribe", thread_id=thread_id)
    one, other = [await client.answer(asked["reply_id"]) for client in (first, second)]
    assert one["parts"] == other["parts"]


async def test_an_answer_outlives_its_viewers(connect):
    thread_id = new_id()
    viewer = await connect()
    asked = await viewer.ask("Hello [[chunks=60 size=4 delay=0.01]]", thread_id)
    await viewer.command("subscribe", thread_id=thread_id)
    await viewer.until(lambda event: event["type"] == "delta")
    viewer.socket.close()
    assert await viewer.read() is None
    other = await connect()
    await other.command("subscribe", thread_id=thread_id)
    reply = await other.answer(asked["reply_id"])
    assert reply["status"] == "complete"
    assert len(reply["parts"][0]["text"]) == 240


async def test_a_brief_viewer_puts_together_what_the_others_are_told(connect):
    thread_id = new_id()
    brief, whole = await connect(), await connect()
    asked = await brief.ask("Hello [[chunks=200 size=4 delay=0.01]]", thread_id)
    await whole.command("subscribe", thread_id=thread_id)
    await brief.command("subscribe", thread_id=thread_id, brief=True)
    told = await whole.answer(asked["reply_id"])
    parts: list[str] = []
    shorts = 0
    final = None
    for event in brief.events:
        if event["type"] == "snapshot":
            parts = [part["text"] for part in event["messages"][-1]["parts"]]
    while final is None:
        event = await brief.read()
        assert event is not None
        if event["type"] == "more":
            shorts += 1
            parts[-1] += event["text"]
        elif event["type"] == "delta":
            parts += [""] if event["part"] == len(parts) else []
            parts[event["part"]] += event["text"]
        elif event["type"] == "message" and event["message"]["status"] == "complete":
            final = event
    assert shorts
    assert parts == [part["text"] for part in told["parts"]]
    assert final["grown"] == sum(map(len, parts))
    assert final["message"] == {**told, "parts": []}


async def test_a_socket_that_closes_while_a_thread_is_read_leaves_nothing_behind(
    connect, services, monkeypatch
):
    client, other = await connect(), await connect()
    thread_id = new_id()
    asked = await client.ask("Hello", thread_id)
    await other.command("subscribe", thread_id=thread_id)
    await other.answer(asked["reply_id"])
    await other.command("unsubscribe", thread_id=thread_id)
    reading, read = asyncio.Event(), asyncio.Event()
    snapshot = services.conversations._snapshot

    async def slow(*args):
        reading.set()
        await read.wait()
        return await snapshot(*args)

    monkeypatch.setattr(services.conversations, "_snapshot", slow)
    fields = {"type": "subscribe", "id": "1", "thread_id": thread_id}
    await client.socket.write_message(json.dumps(fields))
    await reading.wait()
    client.socket.close()
    await client.read()
    user_id = services.broadcast.viewers()[0].user_id
    await _becomes_true(lambda: len(services.broadcast.viewers()) == 1)
    read.set()
    await _becomes_true(lambda: services.broadcast.find(user_id, thread_id) is None)


async def test_a_thread_that_was_left_is_left_however_long_reading_it_took(
    client, services, monkeypatch
):
    thread_id = new_id()
    asked = await client.ask("Hello", thread_id)
    await client.command("subscribe", thread_id=thread_id)
    await client.answer(asked["reply_id"])
    await client.command("unsubscribe", thread_id=thread_id)
    snapshot = services.conversations._snapshot

    async def slow(*args):
        await asyncio.sleep(0.1)
        return await snapshot(*args)

    monkeypatch.setattr(services.conversations, "_snapshot", slow)
    for kind in ("subscribe", "unsubscribe"):
        fields = {"type": kind, "id": kind, "thread_id": thread_id}
        await client.socket.write_message(json.dumps(fields))
    await client.until(lambda event: event.get("id") == "unsubscribe")
    assert services.broadcast.find(client.events[0]["user"]["id"], thread_id) is None


async def test_stop_closes_upstream_and_keeps_the_text(client, upstream):
    thread_id = new_id()
    asked = await client.ask("Tell me [[chunks=1000 delay=0.01]]", thread_id)
    await client.command("subscribe", thread_id=thread_id)
    await client.until(lambda event: event["type"] == "delta")
    stopped = await client.command("stop", thread_id=thread_id, message_id=asked["reply_id"])
    assert stopped["type"] == "ack"
    reply = await client.answer(asked["reply_id"])
    assert reply["status"] == "stopped"
    assert reply["parts"][0]["text"]


@pytest.mark.parametrize(
    ("frame", "field"),
    [
        ('{"type": "ping"', None),
        ("[]", None),
        ('"text"', None),
        ('{"id": "1"}', None),
        ('{"type": "dance", "id": "1"}', "type"),
        ('{"type": "stop", "id": "1", "thread_id": 7, "message_id": "x"}', "thread_id"),
        ('{"type": "stop", "id": "1", "thread_id": {"$gt": ""}, "message_id": "x"}', "thread_id"),
        ('{"type": "send", "id": "1"}', "client_id"),
        ("\x00\ufffd", None),
        ("[" * 100_000, None),
    ],
)
async def test_a_wrong_frame_is_refused_by_field_and_the_socket_lives_on(client, frame, field):
    await client.socket.write_message(frame)
    refused = await client.read()
    assert refused["type"] == "rejected"
    assert refused["problem"]["code"] == "invalid"
    if field is not None:
        assert refused["problem"]["field"] == field
    await client.socket.write_message('{"type": "ping", "id": "still here", "more": 1}')
    assert await client.read() == {"type": "pong", "id": "still here"}


async def test_a_frame_over_the_limit_closes_the_socket_only(client, connect):
    text = "x" * MAX_FRAME_BYTES
    with suppress(WebSocketClosedError):  # it does not even read to the end
        await client.socket.write_message(json.dumps({"type": "ping", "id": text}))
    assert await client.read() is None
    await connect()


async def test_an_unknown_thread_is_refused(client):
    refused = await client.command("subscribe", thread_id=new_id())
    assert refused["problem"]["code"] == "not_found"


async def test_every_error_of_the_upstream_reaches_the_person(client):
    thread_id = new_id()
    asked = await client.ask("Hi [[error=500]]", thread_id)
    await client.command("subscribe", thread_id=thread_id)
    reply = await client.answer(asked["reply_id"])
    assert reply["status"] == "failed"
    assert reply["problem"]["code"] == "provider_down"


async def test_a_frame_that_cannot_be_read_is_refused_under_its_own_id(client):
    frame = '{"type": "stop", "id": "mine", "thread_id": "\\ud83d", "message_id": ""}'
    await client.socket.write_message(frame)
    rejected = await client.until(lambda event: event["type"] == "rejected")
    assert (rejected["id"], rejected["problem"]["code"]) == ("mine", "invalid")


async def test_who_comes_while_an_answer_waits_hears_what_for(client, connect):
    thread_id = new_id()
    asked = await client.ask("Wait [[error=429 retry_after=30 times=1]]", thread_id)
    await client.command("subscribe", thread_id=thread_id)
    if not client.events[-2].get("waiting"):  # the snapshot was faster
        await client.until(lambda event: event["type"] == "waiting")
    other = await connect()
    await other.command("subscribe", thread_id=thread_id)
    snapshot = next(event for event in other.events if event["type"] == "snapshot")
    problem = snapshot["waiting"][asked["reply_id"]]
    assert problem["code"] == "rate_limited"
    assert problem["retry_at"] > 0
    await client.command("stop", thread_id=thread_id, message_id=asked["reply_id"])


async def _becomes_true(condition: Callable[[], bool]) -> None:
    for _ in range(1000):
        if condition():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it never became true")
