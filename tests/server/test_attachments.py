"""The server's files go with a question by their paths, within its root and its rules."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from jupyter_server.auth.authorizer import Authorizer
from jupyter_server.utils import ensure_async

from jupyter_chat.engine.attached.readable import MOST_FILE_BYTES


@pytest.fixture
def root(jp_root_dir: Path) -> Path:
    return jp_root_dir


async def read(rest, path: str) -> tuple[int, dict[str, Any]]:
    return await rest("POST", "attachments/read", {"path": path})


async def found(rest, query: str) -> list[str]:
    code, answer = await rest("GET", f"attachments/files?q={query}")
    assert code == 200, answer
    return [file["path"] for file in answer["files"]]


async def test_a_file_is_read_by_its_path(rest, root):
    (root / "src").mkdir()
    (root / "src" / "tool.py").write_text("print('hi')\n")
    code, answer = await read(rest, "/src/tool.py")
    assert code == 200
    assert answer["part"] == {
        "type": "attachment",
        "kind": "file",
        "name": "src/tool.py",
        "text": "print('hi')\n",
        "language": "python",
    }


@pytest.mark.parametrize("path", ["../outside.txt", "src/../../outside.txt", "/../outside.txt"])
async def test_nothing_outside_of_the_root_is_read(rest, root, path):
    (root / "src").mkdir()
    (root.parent / "outside.txt").write_text("not for you")
    code, answer = await read(rest, path)
    assert (code, answer["problem"]["code"]) == (404, "not_found")
    assert "not for you" not in json.dumps(answer)


async def test_a_hidden_file_is_answered_as_a_missing_one(rest, root):
    (root / ".env").write_text("KEY=1")
    hidden = await read(rest, ".env")
    missing = await read(rest, ".nothing")
    assert hidden[0] == missing[0] == 404
    assert (
        hidden[1]["problem"]["message"].replace(".env", ".nothing")
        == (missing[1]["problem"]["message"])
    )


async def test_where_the_server_shows_hidden_files_they_are_read(rest, root, jp_serverapp):
    jp_serverapp.contents_manager.allow_hidden = True
    (root / ".env").write_text("KEY=1")
    assert (await read(rest, ".env"))[0] == 200


@pytest.mark.parametrize(
    ("path", "code", "words"),
    [
        ("gone.txt", 404, "moved or deleted"),
        ("folder", 400, "is a folder"),
        ("data.bin", 400, "is no text"),
        ("nul\0l", 404, "There is no file"),
    ],
)
async def test_what_cannot_be_read_is_said_with_its_reason(rest, root, path, code, words):
    (root / "folder").mkdir()
    (root / "data.bin").write_bytes(bytes(100))
    answer = await read(rest, path)
    assert answer[0] == code
    assert words in answer[1]["problem"]["message"]


async def test_a_huge_file_is_refused_before_it_is_read(rest, root):
    with (root / "huge.csv").open("wb") as file:
        file.truncate(MOST_FILE_BYTES * 40)
    (root / "link.csv").symlink_to(root / "huge.csv")
    for path in ("huge.csv", "link.csv"):
        code, answer = await read(rest, path)
        assert (code, answer["problem"]["code"]) == (413, "too_large")
        assert "640.0 MB" in answer["problem"]["message"]


async def test_a_path_of_the_wrong_form_is_refused_by_its_field(rest):
    for body in ({}, {"path": ""}, {"path": 5}, {"path": "x" * 2001}):
        code, answer = await rest("POST", "attachments/read", body)
        assert (code, answer["problem"]["field"]) == (400, "path")


async def test_files_are_found_by_their_names_first(rest, root):
    for path in ("sales.csv", "data/sales_2026.csv", "data/old/my-sales.txt", "sales/readme.md"):
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text("x")
    assert (await found(rest, "sales"))[-1] == "data/old/my-sales.txt"
    assert set(await found(rest, "SALES")) == {
        "sales.csv",
        "data/sales_2026.csv",
        "data/old/my-sales.txt",
        "sales/readme.md",
    }
    assert await found(rest, "data/old") == ["data/old/my-sales.txt"]
    assert await found(rest, "nothing-like-it") == []


async def test_what_is_hidden_or_made_by_machines_is_not_found(rest, root):
    for path in (".git/config", "node_modules/x/index.js", "a/__pycache__/b.pyc", "a/.secret"):
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text("x")
    (root / "seen.txt").write_text("x")
    assert await found(rest, "") == ["seen.txt"]


async def test_what_is_hidden_is_not_found_even_where_it_can_be_read(rest, root, jp_serverapp):
    jp_serverapp.contents_manager.allow_hidden = True
    (root / ".env").write_text("x")
    assert await found(rest, "env") == []


async def test_what_is_found_is_bounded(rest, root):
    for number in range(60):
        (root / f"{number}.txt").write_text("x")
    code, answer = await rest("GET", "attachments/files?q=")
    assert code == 200
    assert len(answer["files"]) == 50
    code, answer = await rest("GET", f"attachments/files?q={'x' * 501}")
    assert (code, answer["problem"]["field"]) == (400, "q")


async def test_what_is_saved_by_jupyter_is_found_at_once(rest, root, jp_serverapp, monkeypatch):
    monkeypatch.setattr("jupyter_chat.server.files._KEPT_TIMES", 1e6)
    monkeypatch.setattr("jupyter_chat.server.files._KEPT_TIMES_FOR_NOTHING", 1e6)
    (root / "old-report.txt").write_text("x")
    assert await found(rest, "report") == ["old-report.txt"]
    save = jp_serverapp.contents_manager.save
    model = {"type": "file", "format": "text", "content": "x"}
    for path in ("new-report.txt", "old-report.txt"):
        await ensure_async(save(model, path))
    await ensure_async(save({"type": "directory"}, "report-folder"))
    assert await found(rest, "report") == ["old-report.txt", "new-report.txt"]


async def test_what_was_not_there_is_looked_for_anew(rest, root, monkeypatch):
    assert await found(rest, "made-by-a-cell") == []
    (root / "made-by-a-cell.csv").write_text("x")
    monkeypatch.setattr("jupyter_chat.server.files._KEPT_TIMES", 1e6)
    monkeypatch.setattr("jupyter_chat.server.files._KEPT_TIMES_FOR_NOTHING", 0)
    assert await found(rest, "made-by-a-cell") == ["made-by-a-cell.csv"]


async def test_beyond_what_is_looked_through_a_folder_that_is_named_is_listed(
    rest, root, monkeypatch
):
    monkeypatch.setattr("jupyter_chat.server.files._MOST_FOLDERS", 1)
    (root / "far").mkdir()
    (root / "far" / "away.txt").write_text("x")
    _, answer = await rest("GET", "attachments/files?q=away")
    assert answer == {"files": [], "more": True}
    assert await found(rest, "far/aw") == ["far/away.txt"]


async def test_who_may_not_read_the_servers_files_may_not_read_them_here(
    rest, root, jp_serverapp, monkeypatch
):
    class NoFiles(Authorizer):
        def is_authorized(self, handler, user, action, resource):
            return resource != "contents"

    monkeypatch.setitem(jp_serverapp.web_app.settings, "authorizer", NoFiles(parent=jp_serverapp))
    (root / "a.txt").write_text("x")
    assert (await read(rest, "a.txt"))[0] == 403
    assert (await rest("GET", "attachments/files?q="))[0] == 403


async def test_a_file_of_the_person_is_read_by_the_same_rules(jp_fetch):
    async def extract(body: bytes, **query: str):
        response = await jp_fetch(
            "jupyter-chat/api/attachments/extract",
            method="POST",
            body=body,
            params=query,
            raise_error=False,
        )
        return response.code, json.loads(response.body)

    code, answer = await extract(b"a,b\n", name="a.csv")
    assert (code, answer["part"]["text"]) == (200, "a,b\n")
    code, answer = await extract(b"a,b\n", name="a.csv", size="5000000")
    assert answer["notes"] == ["Only its beginning: 3 bytes of 5.0 MB."]
    code, answer = await extract(bytes(50), name="a.bin")
    assert (code, "is no text" in answer["problem"]["message"]) == (400, True)
    for query, field in (
        ({"name": "a", "size": "x"}, "size"),
        ({"name": "a", "size": "1"}, "size"),
        ({"name": "x" * 1001}, "name"),
    ):
        code, answer = await extract(b"abc", **query)
        assert (code, answer["problem"]["field"]) == (400, field)
    code, answer = await extract(bytes(MOST_FILE_BYTES + 1), name="big.bin")
    assert (code, answer["problem"]["code"]) == (413, "too_large")


async def test_what_is_counted_is_looked_through_for_secrets(rest):
    parts = [
        {"type": "text", "text": "hello"},
        {"type": "attachment", "kind": "file", "name": ".env", "text": "LEVEL=debug"},
    ]
    code, counted = await rest("POST", "context/count", {"parts": parts})
    assert code == 200
    assert counted["warnings"] == [[], ["Files named like “.env” usually hold secrets."]]
