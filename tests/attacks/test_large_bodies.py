"""A server that has the chat and nothing else takes no request into memory that is larger than
anything the chat sends."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator

import psutil
import pytest

from tests.browser.jupyter import Jupyter

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


def test_a_request_larger_than_anything_we_send_is_not_taken_in(jupyter):
    assert jupyter.process is not None
    server = psutil.Process(jupyter.process.pid)
    upload(jupyter, 1)
    before = server.memory_info().rss
    assert b"200" not in upload(jupyter, 200)
    assert server.memory_info().rss - before < 60 * MEGABYTE
    assert b"413" in upload(jupyter, 17)  # too large for a file, and told so
    assert b"200" in upload(jupyter, 1)
