"""A page of the chat, as seen by a real server: a socket, and the threads put together
from what comes over it."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from jupyter_chat.ids import new_id
from tests.browser.jupyter import Jupyter

FINAL = ("complete", "stopped", "interrupted", "failed")


class Broken(Exception):
    """The socket broke, or the server could not do it now."""


@dataclass
class View:
    """One thread as the page shows it."""

    thread_id: str
    epoch: str | None = None
    seq: int = -1
    messages: dict[str, dict[str, Any]] = field(default_factory=dict)
    seen: dict[str, list[tuple[float, int]]] = field(default_factory=dict)
    """When so many characters of each answer had been shown."""
    gaps: int = 0
    """Events that were not numbered one higher than the last."""
    mismatched: int = 0
    """Answers whose end was not what their deltas had added up to."""
    waited: list[dict[str, Any]] = field(default_factory=list)
    """What answers waited for."""

    def text(self, message_id: str) -> str:
        parts = self.messages.get(message_id, {}).get("parts", [])
        return "".join(part["text"] for part in parts if part["type"] == "text")

    def status(self, message_id: str) -> str | None:
        return self.messages.get(message_id, {}).get("status")

    def ended(self, message_id: str) -> bool:
        return self.status(message_id) in FINAL

    def take(self, event: dict[str, Any]) -> None:
        if event["type"] == "snapshot":
            self.epoch, self.seq = event["epoch"], event["seq"]
            self.messages = {message["id"]: message for message in event["messages"]}
            for message_id in self.messages:
                self._saw(message_id)
            return
        self.gaps += event["seq"] != self.seq + 1
        self.seq = event["seq"]
        if event["type"] == "message":
            self._replace(event["message"])
        elif event["type"] == "waiting" and event["problem"] is not None:
            self.waited.append(event["problem"])
        elif event["type"] == "delta" and event["message_id"] in self.messages:
            parts = self.messages[event["message_id"]]["parts"]
            if event["part"] == len(parts):
                parts.append({"type": event["kind"], "text": ""})
            parts[event["part"]]["text"] += event["text"]
            self._saw(event["message_id"])

    def _replace(self, message: dict[str, Any]) -> None:
        before = self.messages.get(message["id"])
        if before is not None and before["status"] not in FINAL:
            self.mismatched += before["parts"] != message["parts"]
        self.messages[message["id"]] = message
        self._saw(message["id"])

    def _saw(self, message_id: str) -> None:
        size = len(self.text(message_id))
        self.seen.setdefault(message_id, []).append((time.time(), size))


class Page:
    """Follows threads, and gives commands; its views outlive its sockets."""

    def __init__(self, jupyter: Jupyter, session: aiohttp.ClientSession) -> None:
        self.views: dict[str, View] = {}
        self.events: list[dict[str, Any]] = []
        """All but those of threads, in the order they came."""
        self._jupyter = jupyter
        self._session = session
        self._socket: aiohttp.ClientWebSocketResponse[bool] | None = None
        self._subscribed: set[str] = set()

    @property
    def open(self) -> bool:
        return self._socket is not None

    async def connect(self) -> None:
        self._socket = await self._session.ws_connect(
            f"{self._jupyter.url}/jupyter-chat/api/socket",
            headers={"Authorization": f"token {self._jupyter.token}"},
        )
        self._subscribed = set()

    def cut(self, *, within: bytes = b"") -> None:
        """Break the connection off, perhaps within a frame that is being sent."""
        socket, self._socket = self._socket, None
        if socket is None:
            return
        transport = socket._writer.transport
        if within:
            # the header of a longer, masked text frame, and not all of its payload
            transport.write(bytes((0x81, 0x80 | 126)) + (len(within) * 2).to_bytes(2, "big"))
            transport.write(bytes(4) + within)
        transport.abort()

    async def close(self) -> None:
        if self._socket is not None:
            await self._socket.close()
            self._socket = None

    async def send(self, kind: str, **fields: Any) -> str:
        """Give a command; its id."""
        if self._socket is None:
            raise Broken("There is no socket.")
        command_id = fields.pop("id", None) or new_id()
        await self._socket.send_json({"type": kind, "id": command_id, **fields})
        return str(command_id)

    async def follow(self, thread_id: str) -> None:
        """Subscribe, unless this socket has."""
        if thread_id not in self._subscribed:
            view = self.views.setdefault(thread_id, View(thread_id))
            known = {} if view.epoch is None else {"after": view.seq, "epoch": view.epoch}
            await self.send("subscribe", id=f"follow-{thread_id}", thread_id=thread_id, **known)
            self._subscribed.add(thread_id)

    async def ask(
        self, text: str, thread_id: str, parent_id: str | None = None, client_id: str | None = None
    ) -> str:
        client_id = client_id or new_id()
        return await self.send(
            "send",
            id=client_id,
            client_id=client_id,
            thread_id=thread_id,
            parent_id=parent_id,
            parts=[{"type": "text", "text": text}],
            create=parent_id is None,
        )

    async def event(self) -> dict[str, Any]:
        """Take in one event.  Raises :class:`Broken` where the socket is closed."""
        if self._socket is None:
            raise Broken("There is no socket.")
        frame = await self._socket.receive()
        if frame.type is not aiohttp.WSMsgType.TEXT:
            self._socket = None
            raise Broken(str(frame.type))
        event: dict[str, Any] = json.loads(frame.data)
        if event["type"] == "rejected" and event["id"].startswith("follow-"):
            self._subscribed.discard(event["id"].removeprefix("follow-"))
        if "seq" not in event:
            self.events.append(event)
        elif event["thread_id"] in self.views:
            self.views[event["thread_id"]].take(event)
        return event

    async def until(
        self, fits: Callable[[dict[str, Any]], object], seconds: float = 30
    ) -> dict[str, Any]:
        """The next event that fits."""

        async def found() -> dict[str, Any]:
            while True:
                event = await self.event()
                if fits(event):
                    return event

        return await asyncio.wait_for(found(), seconds)

    async def asked(self, text: str, thread_id: str, parent_id: str | None = None) -> str:
        """Ask and follow; the id of the answer, once the question is acknowledged."""
        command_id = await self.ask(text, thread_id, parent_id)
        ack = await self.until(lambda event: event.get("id") == command_id)
        if ack["type"] != "ack":
            raise Broken(ack["problem"]["message"])
        await self.follow(thread_id)
        return str(ack["reply_id"])

    async def shown(self, thread_id: str, fits: Callable[[View], object]) -> View:
        """The thread's view, as soon as it fits."""
        view = self.views[thread_id]
        while not fits(view):
            await self.until(lambda event: event.get("thread_id") == thread_id)
        return view
