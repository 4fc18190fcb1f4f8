"""REST: what is saved as a file, and what is taken in from one."""

from __future__ import annotations

import asyncio
import io
import json
import zipfile
from urllib.parse import parse_qsl

import nbformat
import pytest
from tornado.simple_httpclient import HTTPStreamClosedError

from jupyter_chat.exchange import documents
from jupyter_chat.ids import new_id
from jupyter_chat.store.sqlite import SqliteStore
from tests.exchange.conftest import as_json, simple

NOBODYS = "019a0000-0000-7000-8000-000000000000"


@pytest.fixture
def file(jp_fetch):
    """Fetches a file: the whole answer."""

    async def file(path: str, **options):
        path, _, query = path.partition("?")
        return await jp_fetch(
            f"jupyter-chat/api/{path}",
            params=dict(parse_qsl(query)),
            raise_error=False,
            **options,
        )

    return file


async def asked(client, text: str = "What is up?") -> str:
    thread_id = new_id()
    ack = await client.ask(text, thread_id)
    await client.command("subscribe", thread_id=thread_id)
    await client.answer(ack["reply_id"])
    return thread_id


async def imported(rest, jp_fetch, data: bytes, name: str = "conversations.json"):
    start = {"name": name, "size": len(data), "fingerprint": name}
    code, progress = await rest("POST", "imports", start)
    assert code == 200
    for offset in range(0, len(data), 1000):
        answer = await jp_fetch(
            f"jupyter-chat/api/imports/{progress['id']}",
            params={"offset": str(offset)},
            method="PUT",
            body=data[offset : offset + 1000],
        )
        assert answer.code == 200
    while progress["state"] not in ("done", "failed"):
        await asyncio.sleep(0.02)
        _, listed = await rest("GET", "imports")
        (progress,) = listed["imports"]
    return progress


@pytest.mark.parametrize(
    ("kind", "media_type", "ending"),
    [
        ("markdown", "text/markdown; charset=utf-8", ".md"),
        ("json", "application/json", ".json"),
        ("ipynb", "application/x-ipynb+json", ".ipynb"),
    ],
)
async def test_a_thread_is_saved_as_a_file(client, file, kind, media_type, ending):
    thread_id = await asked(client, 'Say "<script>" ☃')
    answer = await file(f"threads/{thread_id}/export?format={kind}")
    assert answer.code == 200
    assert answer.headers["Content-Type"] == media_type
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    disposition = answer.headers["Content-Disposition"]
    assert disposition.startswith('attachment; filename="20')
    assert ending in disposition
    assert "<" not in disposition
    assert "☃" in answer.body.decode()
    if kind == "ipynb":
        nbformat.validate(nbformat.reads(answer.body.decode(), as_version=4))
    head = await file(f"threads/{thread_id}/export?format={kind}", method="HEAD")
    assert (head.code, head.body) == (200, b"")


async def test_everything_is_one_json_or_a_zip(client, file):
    for text in ("One", "Two"):
        await asked(client, text)
    document = json.loads((await file("export?format=json")).body)
    assert (document["format"], document["version"]) == ("jupyter-chat", 1)
    assert len(document["threads"]) == 2
    answer = await file("export?format=markdown")
    assert answer.headers["Content-Type"] == "application/zip"
    archive = zipfile.ZipFile(io.BytesIO(answer.body))
    assert [name[11:] for name in archive.namelist()] == ["One.md", "Two.md"]


@pytest.mark.parametrize(
    ("path", "code", "problem"),
    [
        (f"threads/{NOBODYS}/export", 404, "not_found"),
        ("export?format=pdf", 400, "invalid"),
        ("export?branches=some", 400, "invalid"),
        (f"threads/{NOBODYS}/export?format=html", 400, "invalid"),
    ],
)
async def test_what_cannot_be_exported_says_why(rest, path, code, problem):
    status, failure = await rest("GET", path)
    assert (status, failure["problem"]["code"]) == (code, problem)


async def test_a_thread_in_the_trash_is_not_exported(client, rest):
    thread_id = await asked(client)
    await rest("DELETE", f"threads/{thread_id}")
    assert (await rest("GET", f"threads/{thread_id}/export"))[0] == 404


async def test_a_temporary_thread_is_not_exported(client, rest):
    thread_id = new_id()
    sent = {"client_id": new_id(), "thread_id": thread_id, "parent_id": None, "create": True}
    ack = await client.command(
        "send", **sent, parts=[{"type": "text", "text": "Psst"}], temporary=True
    )
    await client.command("subscribe", thread_id=thread_id)
    await client.answer(ack["reply_id"])
    assert (await rest("GET", f"threads/{thread_id}"))[1]["temporary"]
    assert (await rest("GET", f"threads/{thread_id}/export"))[0] == 404
    assert (await rest("GET", "export"))[1]["threads"] == []


async def test_an_export_that_breaks_off_looks_like_no_whole_file(client, file, monkeypatch):
    thread_id = await asked(client)

    async def broken(self, *args):
        raise RuntimeError("broken")

    monkeypatch.setattr(documents, "PIECE_BYTES", 1)
    monkeypatch.setattr(SqliteStore, "get_messages", broken)
    with pytest.raises(HTTPStreamClosedError):  # before the end of the file was said
        await file(f"threads/{thread_id}/export?format=markdown")


async def test_an_import_is_told_to_every_socket_and_its_threads_are_there(client, rest, jp_fetch):
    data = as_json(*(simple(f"c-{number}") for number in range(3)), "nonsense")
    progress = await imported(rest, jp_fetch, data)
    assert (progress["state"], progress["threads_added"]) == ("done", 3)
    assert [problem["entry"] for problem in progress["problems"]] == [4]
    event = await client.until(
        lambda event: event["type"] == "import" and event["progress"]["state"] == "done"
    )
    assert event["progress"] == progress
    _, page = await rest("GET", "threads")
    assert {thread["title"] for thread in page["threads"]} == {f"Talk c-{n}" for n in range(3)}
    code, cancelled = await rest("DELETE", f"imports/{progress['id']}")
    assert (code, cancelled["state"]) == (200, "done")


@pytest.mark.parametrize(
    ("method", "path", "body", "code"),
    [
        ("POST", "imports", {"name": "x", "size": 0, "fingerprint": "x"}, 400),
        ("POST", "imports", {"name": "x", "size": 2**60, "fingerprint": "x"}, 413),
        ("POST", "imports", {"name": "x"}, 400),
        ("PUT", f"imports/{'0' * 32}?offset=0", "x", 404),
        ("PUT", f"imports/{'0' * 32}?offset=-1", "x", 400),
        ("PUT", f"imports/{'0' * 32}", "x", 400),
        ("DELETE", f"imports/{'0' * 32}", None, 404),
    ],
)
async def test_imports_that_make_no_sense_are_refused(rest, method, path, body, code):
    status, failure = await rest(method, path, body)
    assert status == code
    assert failure["problem"]["message"]


@pytest.mark.parametrize("path", ["export", "imports", f"threads/{NOBODYS}/export"])
async def test_without_login_nothing_leaves(rest, path):
    code, _ = await rest("GET", path, headers={"Authorization": "none"})
    assert code == 403
