"""No path and no file name leads out of where it belongs: neither in an address, nor in a body
or an argument, nor as the name of a file that is sent or unpacked."""

from __future__ import annotations

import io
import json
import re
import zipfile
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from jupyter_chat.ids import new_id

from .people import login
from .samples import calls, full, places, with_other
from .test_malformed import send, value_of  # noqa: F401
from .test_other_people import KINDS

CANARY = "what nobody may read"
CLIMBING = (
    *("../secret.txt", "../../secret.txt", "a/../../secret.txt", "/../secret.txt", "//secret.txt"),
    *("..\\secret.txt", "....//secret.txt", "./../secret.txt", "..;/secret.txt", "~/secret.txt"),
    *("%2e%2e/secret.txt", "..%2fsecret.txt", "..%252fsecret.txt", "..%c0%afsecret.txt"),
    *("secret.txt\x00.md", "../secret.txt\x00", "file:///secret.txt", "\\\\server\\secret.txt"),
    *(".", "..", "/", "/etc/passwd", "/proc/self/environ", "link/secret.txt", "C:\\secret.txt"),
)


@pytest.fixture
def jp_server_config(people_config) -> dict[str, Any]:
    return people_config


@pytest.fixture(autouse=True)
def outside(jp_root_dir: Path) -> list[Path]:
    """A file beside the server's root, and everything that is there."""
    (jp_root_dir.parent / "secret.txt").write_text(CANARY)
    return sorted(jp_root_dir.parent.rglob("*"))


def everything(root: Path) -> set[Path]:
    """All files, but those of the database."""
    return {
        path for path in root.rglob("*") if path.is_file() and "history.sqlite" not in path.name
    }


async def test_no_parameter_of_an_address_leads_anywhere_else(http_server_client, jp_base_url, bob):
    for call in calls():
        if "{" not in call.path or call.is_socket:
            continue
        for climbing in CLIMBING:
            for written in {
                quote(climbing),
                quote(climbing, safe=""),
                climbing.replace("\x00", ""),
            }:
                path = re.sub(r"\{\w+\}", written.replace("\\", r"\\"), call.path)
                answer = await http_server_client.fetch(
                    f"{jp_base_url.rstrip('/')}{path.replace(' ', '%20')}",
                    method=call.method.upper(),
                    headers=login("bob"),
                    allow_nonstandard_methods=True,
                    raise_error=False,
                    follow_redirects=False,
                )
                assert CANARY.encode() not in (answer.body or b""), (str(call), written)
                assert answer.code in (302, 400, 403, 404, 405), (str(call), written)


async def test_no_string_in_a_body_is_a_way_to_a_file(send, bob, jp_root_dir, http_server_client):  # noqa: F811
    folder = jp_root_dir.parent
    before = everything(folder)
    for call in calls():
        if call.body is None:
            continue
        body = full(call.body, value_of(bob.ids))
        for at, value in places(body):
            if isinstance(value, str):
                for climbing in CLIMBING:
                    await send(call, json.dumps(with_other(body, at, climbing)).encode())
    made = {path for path in everything(folder) - before if "imports" not in path.parts}
    assert made == set()


@pytest.mark.parametrize("path", CLIMBING)
async def test_a_file_outside_is_not_attached(rest, path):
    status, answer = await rest("POST", "attachments/read", {"path": path}, headers=login("bob"))
    assert status in (400, 403, 404)
    assert CANARY not in json.dumps(answer)
    _, found = await rest("GET", f"attachments/files?q={quote(path)}", headers=login("bob"))
    assert "secret" not in json.dumps(found)


async def test_the_name_of_an_upload_is_only_a_name(jp_fetch, rest, jp_root_dir):
    folder = jp_root_dir.parent
    before = everything(folder)
    for name in CLIMBING:
        answer = await jp_fetch(
            "jupyter-chat/api/attachments/extract",
            params={"name": name},
            method="POST",
            body=b"text",
            headers=login("bob"),
            raise_error=False,
        )
        assert answer.code < 500
        start = {"name": name, "size": 3, "fingerprint": name}
        status, begun = await rest("POST", "imports", start, headers=login("bob"))
        assert status == 200
        assert re.fullmatch("[0-9a-f]{32}", begun["id"])
    outside = {path for path in everything(folder) - before if "imports" not in path.parts}
    assert outside == set()


async def test_titles_do_not_become_paths(bob, rest, jp_fetch):
    for title in CLIMBING:
        patch = {"title": title, "folder": title[:50], "tags": [title[:50]]}
        await rest("PATCH", f"threads/{bob.ids['thread']}", patch, headers=login("bob"))
        for kind in ("markdown", "ipynb", "json"):
            for path in ("export", f"threads/{bob.ids['thread']}/export"):
                file = await jp_fetch(
                    f"jupyter-chat/api/{path}", params={"format": kind}, headers=login("bob")
                )
                said = file.headers["Content-Disposition"]
                assert not re.search(r"[/\\\r\n]|%2F|%5C|\"\.|''\.", said)
                if file.headers["Content-Type"] == "application/zip":
                    names = zipfile.ZipFile(io.BytesIO(file.body)).namelist()
                    assert not any(re.search(r"^/|^\.\.|/\.\.|\\", name) for name in names)


async def test_an_uploaded_zip_writes_nothing_anywhere(rest, jp_fetch, jp_root_dir, bob):
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        for name in ("../conversations.json", "/tmp/conversations.json", "a/../../x.json", "..\\x"):
            archive.writestr(name, "[]")
    before = everything(jp_root_dir.parent)
    start = {"name": "x.zip", "size": len(data.getvalue()), "fingerprint": new_id()}
    _, begun = await rest("POST", "imports", start, headers=login("bob"))
    await jp_fetch(
        f"jupyter-chat/api/imports/{begun['id']}",
        params={"offset": 0},
        method="PUT",
        body=data.getvalue(),
        headers=login("bob"),
    )
    for _ in range(200):
        _, listed = await rest("GET", "imports", headers=login("bob"))
        if listed["imports"][0]["state"] not in ("uploading", "running"):
            break
    after = everything(jp_root_dir.parent)
    assert {path for path in after - before if "imports" not in path.parts} == set()
    assert not Path("/tmp/conversations.json").exists()


def test_every_parameter_of_a_path_is_an_id():
    for call in calls():
        for name in re.findall(r"\{(\w+)\}", call.path):
            assert name in KINDS
