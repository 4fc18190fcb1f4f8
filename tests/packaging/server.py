"""Servers of an installation, and a client that asks one of them a question."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from tornado.httpclient import AsyncHTTPClient, HTTPClientError, HTTPRequest
from tornado.websocket import WebSocketClientConnection, websocket_connect

from jupyter_chat.ids import new_id
from jupyter_chat.protocol import Send, Subscribe, TextPart, ThreadSettings, encode

from .conftest import ROOT, Installation

TOKEN = "only-for-this-test"
SECONDS = 60.0
_AUTHORIZATION = {"Authorization": f"token {TOKEN}"}
_T = TypeVar("_T")
_FINAL = {"complete", "stopped", "interrupted", "failed"}


@dataclass(frozen=True)
class Answer:
    """A reply as the viewer got it: piece by piece, and in its final form."""

    status: str
    text: str
    deltas: list[str]
    problem: object


@asynccontextmanager
async def running_upstream() -> AsyncIterator[str]:
    """The base URL of the scripted OpenAI-compatible server."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.upstream", "--port", "0"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        first = await _within(asyncio.to_thread(process.stdout.readline))
        yield json.loads(first)["url"]
    finally:
        _stop(process)


@asynccontextmanager
async def running_server(
    installation: Installation, folder: Path, face: str, upstream: str
) -> AsyncIterator[str]:
    """The URL of `jupyter FACE`, started in an environment that it shares with nobody."""
    port = _free_port()
    own = {
        name: str(folder / name.lower())
        for name in (
            "HOME",
            "JUPYTER_CONFIG_DIR",
            "JUPYTER_DATA_DIR",
            "JUPYTER_RUNTIME_DIR",
            "JUPYTERLAB_SETTINGS_DIR",
            "JUPYTERLAB_WORKSPACES_DIR",
            "IPYTHONDIR",
        )
    }
    log = folder / "server.log"
    options = [
        "--no-browser",
        f"--ServerApp.port={port}",
        "--ServerApp.port_retries=0",
        f"--IdentityProvider.token={TOKEN}",
    ]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        options.append("--allow-root")
    with log.open("wb") as output:
        process = subprocess.Popen(
            [installation.python, "-m", "jupyter", face, *options],
            cwd=installation.folder,
            env=installation.variables(
                **own, OPENAI_API_KEY="sk-test", OPENAI_BASE_URL=upstream, PYTHONUNBUFFERED="1"
            ),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    url = f"http://127.0.0.1:{port}/"
    try:
        await _ready(url, process, log)
        yield url
    except BaseException:
        print(log.read_text(errors="replace"))
        raise
    finally:
        _stop(process)


async def fetch(server: str, path: str) -> str:
    """What the server answers to a GET; raises if that is not a success."""
    request = HTTPRequest(server + path, headers=_AUTHORIZATION, request_timeout=SECONDS)
    answer = await AsyncHTTPClient().fetch(request)
    return answer.body.decode()


async def ask(server: str, question: str) -> Answer:
    """Ask in a new thread and wait for the answer."""
    url = server.replace("http", "ws", 1) + "jupyter-chat/api/socket"
    connection = await _within(websocket_connect(HTTPRequest(url, headers=_AUTHORIZATION)))
    try:
        return await _within(_conversation(connection, question))
    finally:
        connection.close()


async def _conversation(connection: WebSocketClientConnection, question: str) -> Answer:
    assert (await _event(connection))["type"] == "welcome"
    send = Send(
        id="ask",
        client_id=new_id(),
        thread_id=new_id(),
        parent_id=None,
        parts=[TextPart(question)],
        create=True,
        settings=ThreadSettings(model="gpt-4o-mini"),
    )
    await connection.write_message(encode(send))
    ack = await _event(connection, "ack", "rejected")
    assert ack["type"] == "ack", ack
    await connection.write_message(encode(Subscribe("follow", send.thread_id)))
    deltas: list[str] = []
    while True:
        event = await _event(connection)
        if event["type"] == "snapshot":
            replies = event["messages"]
        elif event["type"] == "message":
            replies = [event["message"]]
        else:
            replies = []
            if event["type"] == "delta" and event["kind"] == "text":
                deltas.append(event["text"])
        for message in replies:
            if message["id"] != ack["reply_id"]:
                continue
            text = "".join(part["text"] for part in message["parts"] if part["type"] == "text")
            if message["status"] in _FINAL:
                if event["type"] == "snapshot":
                    deltas = [text]
                return Answer(message["status"], text, deltas, message.get("problem"))
            deltas = [text]


async def _event(connection: WebSocketClientConnection, *types: str) -> dict[str, Any]:
    """The next event (of the given types)."""
    while True:
        frame = await connection.read_message()
        assert frame is not None, "the server closed the socket"
        event: dict[str, Any] = json.loads(frame)
        if not types or event["type"] in types:
            return event


async def _ready(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    async def wait() -> None:
        while process.poll() is None:
            try:
                await fetch(url, "jupyter-chat/api/health")
            except (HTTPClientError, OSError):
                await asyncio.sleep(0.1)
            else:
                return
        raise AssertionError(f"The server has ended: {log.read_text(errors='replace')}")

    await _within(wait())


async def _within(awaitable: Awaitable[_T]) -> _T:
    return await asyncio.wait_for(awaitable, SECONDS)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _stop(process: subprocess.Popen[Any]) -> None:
    process.terminate()
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    if process.stdout is not None:
        process.stdout.close()
