"""The real extension in a real Jupyter server, answering from the scripted upstream."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from functools import partial
from typing import Any
from urllib.parse import parse_qsl

import pytest
from pytest_jupyter.jupyter_server import *  # noqa: F403
from tornado.websocket import WebSocketClientConnection

from jupyter_chat.ids import new_id
from jupyter_chat.server.services import Services
from tests.upstream import Upstream

# pytest-asyncio runs the tests; these hooks would do it a second time.
del pytest_pycollect_makeitem, pytest_pyfunc_call  # noqa: F821


@pytest.fixture  # type: ignore[no-redef]
async def jp_asyncio_loop() -> asyncio.AbstractEventLoop:
    """The loop of the test itself, so that server and test share it."""
    return asyncio.get_running_loop()


@pytest.fixture  # type: ignore[no-redef]
def jp_server_config(upstream: Upstream, tmp_path, monkeypatch) -> dict[str, Any]:
    monkeypatch.setenv("OPENAI_BASE_URL", upstream.url)
    monkeypatch.setenv("OPENAI_API_KEY", upstream.key)
    return {
        "ServerApp": {
            "jpserver_extensions": {"jupyter_chat": True},
            "allow_unauthenticated_access": False,
        },
        "ChatApp": {"data_dir": str(tmp_path / "chat"), "model_titles": False},
    }


@pytest.fixture
def cheap_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Passwords are hashed with little work: what that is worth is tested elsewhere."""
    from jupyter_chat.auth.passwords import Passwords
    from tests.auth.conftest import CHEAP

    cheap = partial(Passwords, **CHEAP)
    monkeypatch.setattr("jupyter_chat.auth.accounts.Passwords", cheap)


class Client:
    """A browser's side of the socket."""

    def __init__(self, socket: WebSocketClientConnection) -> None:
        self.socket = socket
        self.events: list[dict[str, Any]] = []

    async def read(self) -> dict[str, Any] | None:
        """The next event; `None`: the server has closed."""
        frame = await asyncio.wait_for(asyncio.ensure_future(self._read()), 20)
        if frame is None:
            return None
        event = json.loads(frame)
        if isinstance(event, list):
            handle, seq, text = event
            event = {"type": "more", "handle": handle, "seq": seq, "text": text}
        self.events.append(event)
        return event

    async def _read(self) -> str | bytes | None:
        return await self.socket.read_message()

    async def until(self, fits: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
        """The next event that fits; those before it are kept in `events`."""
        while True:
            event = await self.read()
            assert event is not None, "the socket was closed"
            if fits(event):
                return event

    async def command(self, kind: str, **fields: Any) -> dict[str, Any]:
        """Give a command; its `ack` or `rejected`."""
        command_id = new_id()
        await self.socket.write_message(json.dumps({"type": kind, "id": command_id, **fields}))
        return await self.until(
            lambda event: event["type"] in ("ack", "rejected") and event["id"] == command_id
        )

    async def ask(self, text: str, thread_id: str, parent_id: str | None = None) -> dict[str, Any]:
        return await self.command(
            "send",
            client_id=new_id(),
            thread_id=thread_id,
            parent_id=parent_id,
            parts=[{"type": "text", "text": text}],
            create=parent_id is None,
        )

    async def answer(self, reply_id: str) -> dict[str, Any]:
        """The reply once it is final, also if it already was."""

        def final(event: dict[str, Any]) -> dict[str, Any] | None:
            seen = [event.get("message") or {}, *event.get("messages", [])]
            return next(
                (
                    message
                    for message in seen
                    if message.get("id") == reply_id
                    and message["status"] not in ("queued", "streaming")
                ),
                None,
            )

        found = next((event for event in self.events if final(event)), None)
        reply = final(found or await self.until(final))
        assert reply is not None
        return reply


@pytest.fixture
async def connect(jp_ws_fetch) -> AsyncIterator[Callable[..., Any]]:
    """Opens sockets, and closes them when the test is over."""
    opened: list[WebSocketClientConnection] = []

    async def connect(**options: Any) -> Client:
        socket = await jp_ws_fetch("jupyter-chat/api/socket", **options)
        opened.append(socket)
        client = Client(socket)
        welcome = await client.read()
        assert welcome is not None
        assert welcome["type"] == "welcome"
        return client

    yield connect
    for socket in opened:
        socket.close()
        with suppress(asyncio.TimeoutError):  # the other side may be away
            await asyncio.wait_for(_until_closed(socket), 2)


async def _until_closed(socket: WebSocketClientConnection) -> None:
    while await asyncio.ensure_future(_next(socket)) is not None:
        pass


async def _next(socket: WebSocketClientConnection) -> str | bytes | None:
    return await socket.read_message()


@pytest.fixture
async def client(connect) -> Client:
    return await connect()


@pytest.fixture
def services(jp_serverapp) -> Services:
    """The engine behind the server."""
    (app,) = jp_serverapp.extension_manager.extension_apps["jupyter_chat"]
    options = [options for _, _, *rest in app.handlers for options in rest]
    found = [each["services"] for each in options if "services" in each]
    assert isinstance(found[0], Services)
    return found[0]


@pytest.fixture
def rest(jp_fetch) -> Callable[..., Any]:
    """Calls the REST API; the status and the decoded body."""

    async def rest(method: str, path: str, body: Any = None, **options: Any) -> tuple[int, Any]:
        path, _, query = path.partition("?")
        response = await jp_fetch(
            f"jupyter-chat/api/{path}",
            params=dict(parse_qsl(query)),
            method=method,
            body=None if body is None else json.dumps(body),
            allow_nonstandard_methods=True,
            raise_error=False,
            **options,
        )
        return response.code, json.loads(response.body or b"null")

    return rest
