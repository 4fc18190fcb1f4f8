"""A server that has the chat and nothing else takes no request into memory that is larger than
anything the chat sends."""

from __future__ import annotations

import contextlib
import io
import socket
from collections.abc import Iterator

import psutil
import pytest

from tests.browser.jupyter import Jupyter
from tests.server.accounts import Browser

MEGABYTE = 1024 * 1024


@pytest.fixture
def jupyter(tmp_path) -> Iterator[Jupyter]:
    jupyter = Jupyter("chat", tmp_path, {})
    jupyter.start()
    yield jupyter
    jupyter.stop()


def upload(jupyter: Jupyter, megabytes: int) -> bytes:
    """Send so much; the first line of the answer, or nothing where the server hung up."""
    lines = (
        "POST /jupyter-chat/api/attachments/extract?name=x HTTP/1.1",
        f"Host: 127.0.0.1:{jupyter.port}",
        f"Authorization: token {jupyter.token}",
        f"Content-Length: {megabytes * MEGABYTE}",
        "",
        "",
    )
    with socket.create_connection(("127.0.0.1", jupyter.port), timeout=30) as connection:
        with contextlib.suppress(ConnectionError):
            connection.sendall("\r\n".join(lines).encode())
            for _ in range(megabytes):
                connection.sendall(b"x" * MEGABYTE)
        with contextlib.suppress(ConnectionError):
            return connection.recv(1000).partition(b"\r\n")[0]
    return b""


@pytest.fixture
def with_accounts(tmp_path) -> Iterator[Jupyter]:
    options = ("--accounts", "--ChatApp.registration=open")
    jupyter = Jupyter("chat", tmp_path, {}, options, ready="jupyter-chat/login")
    jupyter.start()
    yield jupyter
    jupyter.stop()


def announced(jupyter: Jupyter, path: str, *headers: str) -> bytes:
    """What is answered to a large body before any of it is sent; nothing: it is waited for."""
    lines = (f"POST /{path} HTTP/1.1", f"Host: 127.0.0.1:{jupyter.port}", *headers, "", "")
    with socket.create_connection(("127.0.0.1", jupyter.port), timeout=30) as connection:
        connection.sendall("\r\n".join(lines).encode())
        connection.settimeout(2)
        try:
            return connection.recv(1000).partition(b"\r\n")[0]
        except TimeoutError:
            return b""


PUBLIC = ["jupyter-chat/login", "jupyter-chat/register", "jupyter-chat/api/session", "elsewhere"]
FOR_PEOPLE = "jupyter-chat/api/attachments/extract?name=x.txt"


async def test_strangers_get_nothing_large_into_memory(with_accounts):
    large = f"Content-Length: {31 * MEGABYTE}"
    name = f"jupyter-chat-access-127-0-0-1-{with_accounts.port}"
    for path in [*PUBLIC, FOR_PEOPLE]:
        for shown in ([], [f"Cookie: {name}=made.up.token"], ["Authorization: token x"]):
            assert b"400" in announced(with_accounts, path, large, *shown), (path, shown)
    ada = Browser(with_accounts.url)
    try:
        assert (await ada.register("Ada")).status == 302
        cookies = f"Cookie: {name}={ada.cookie(name)}"
        for path in PUBLIC:
            assert b"400" in announced(with_accounts, path, large, cookies), path
        assert announced(with_accounts, FOR_PEOPLE, large, cookies) == b""
        piece = "Transfer-Encoding: chunked"
        assert announced(with_accounts, FOR_PEOPLE, piece, cookies) == b""
        text = io.BytesIO(b"a line of text\n" * 100_000)
        headers = {"X-XSRFToken": ada.cookie("_xsrf")}
        async with ada.session.post(ada.at(FOR_PEOPLE), data=text, headers=headers) as answer:
            assert answer.status == 200, await answer.text()
    finally:
        await ada.close()


def test_nor_piece_by_piece(with_accounts):
    piece = "x" * 60_000
    head = f"POST /jupyter-chat/login HTTP/1.1\r\nHost: 127.0.0.1:{with_accounts.port}\r\n"
    with socket.create_connection(("127.0.0.1", with_accounts.port), timeout=30) as connection:
        connection.sendall(f"{head}Transfer-Encoding: chunked\r\n\r\n".encode())
        answered = b""
        with contextlib.suppress(ConnectionError):
            for _ in range(3):
                connection.sendall(f"{len(piece):x}\r\n{piece}\r\n".encode())
            answered = connection.recv(1000)
    assert b"200" not in answered
    assert b"400" in answered or answered == b""


def test_a_request_larger_than_anything_we_send_is_not_taken_in(jupyter):
    assert jupyter.process is not None
    server = psutil.Process(jupyter.process.pid)
    upload(jupyter, 1)
    before = server.memory_info().rss
    assert b"200" not in upload(jupyter, 200)
    assert server.memory_info().rss - before < 60 * MEGABYTE
    assert b"413" in upload(jupyter, 17)  # too large for a file, and told so
    assert b"200" in upload(jupyter, 1)
