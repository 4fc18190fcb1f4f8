"""Where a widget's front end cannot reach the server, it speaks to it through the kernel.

Frames of the socket and requests pass in both directions as they are; nothing is read.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import suppress
from pathlib import Path
from typing import Any

from tornado.httpclient import HTTPClientError
from tornado.websocket import WebSocketClientConnection, WebSocketError

from . import servers
from .connection import Locate
from .errors import ChatError
from .servers import Server

STATIC = Path(__file__).parent.parent / "static"

Message = dict[str, Any]


class Relay:
    """The front ends of one widget, each with a socket of its own."""

    def __init__(self, locate: Locate, tell: Callable[[Message], None]) -> None:
        self._locate = locate
        self._failed: Server | None = None
        self._tell = tell
        self._sockets: dict[str, WebSocketClientConnection] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def take(self, message: Message) -> None:
        """Do what a front end asks for."""
        kind, view = message.get("type"), str(message.get("view", ""))
        if kind == "bundle":
            self._tell({"type": "bundle", **await asyncio.to_thread(_bundle)})
        elif kind == "open":
            self._begin(self._listen(view))
        elif kind == "frame":
            await self._write(view, str(message["frame"]))
        elif kind == "close":
            self._close(view)
        elif kind == "fetch":
            self._begin(self._fetch(message))

    async def close(self) -> None:
        for task in tuple(self._tasks):
            task.cancel()
        for view in tuple(self._sockets):
            self._close(view)

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _listen(self, view: str) -> None:
        """A socket for a view, until either side closes it."""
        self._close(view)
        server: Server | None = None
        try:
            server = await self._locate(self._failed)
            socket = await server.open_socket()
        except (ChatError, HTTPClientError, WebSocketError, OSError):
            self._failed = server
            self._tell({"type": "closed", "view": view})
            return
        self._failed = None
        self._sockets[view] = socket
        while (frame := await socket.read_message()) is not None:
            self._tell({"type": "frame", "view": view, "frame": frame})
        if self._sockets.get(view) is socket:
            self._close(view)
            self._tell({"type": "closed", "view": view})

    async def _write(self, view: str, frame: str) -> None:
        socket = self._sockets.get(view)
        if socket is not None:
            with suppress(WebSocketError):
                await socket.write_message(frame)

    def _close(self, view: str) -> None:
        socket = self._sockets.pop(view, None)
        if socket is not None:
            socket.close()

    async def _fetch(self, message: Message) -> None:
        path, body = str(message["path"]), message.get("body")
        answer: Message = {"type": "fetched", "id": message["id"]}
        server: Server | None = None
        try:
            if ".." in path:
                raise OSError("not an address of the chat")
            server = await self._locate(self._failed)
            response = await servers.fetch(
                server.request(
                    path, method=message["method"], body=body, allow_nonstandard_methods=True
                )
            )
            self._failed = None
            answer |= {"status": response.code, "body": response.body.decode()}
        except HTTPClientError as error:
            self._failed = server if error.code == 403 or servers.is_away(error) else None
            text = "" if error.response is None else error.response.body.decode()
            answer |= {"status": error.code, "body": text}
        except (ChatError, OSError):
            self._failed = server
            answer |= {"status": servers.NO_ANSWER, "body": ""}
        self._tell(answer)


def _bundle() -> dict[str, str]:
    """The chat itself, for pages that cannot fetch it."""
    return {
        "esm": (STATIC / "widget.js").read_text(encoding="utf-8"),
        "css": (STATIC / "widget.css").read_text(encoding="utf-8"),
    }
