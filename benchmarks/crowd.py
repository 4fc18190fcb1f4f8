"""Very many windows at once, each a WebSocket that costs this process as little as can be.

The windows of a person share a login; each follows one conversation.  Frames are read by hand:
a client library would take more of the machine than the server that is measured.
"""

from __future__ import annotations

import asyncio
import os
import struct
import time
from array import array
from dataclasses import dataclass, field
from typing import cast

import msgspec
from msgspec import Struct

from jupyter_chat.ids import new_id
from jupyter_chat.store.records import LIVE

_AT_ONCE = 50
_FIRST_SECONDS = 60.0
_PING, _CLOSE = 0x9, 0x8
_decode_brief = msgspec.json.Decoder(tuple[int, int, str]).decode


class _Message(Struct):
    id: str = ""
    role: str = ""
    status: str = ""


class _Event(Struct):
    """What is looked at of an event; the rest of it is stepped over."""

    type: str
    id: str = ""
    text: str = ""
    reply_id: str | None = None
    message: _Message | None = None


_decode_event = msgspec.json.Decoder(_Event).decode


@dataclass(frozen=True)
class Crowd:
    """People, each with some windows, of whom `running` have an answer being made.

    So many windows of each follow the conversation that is answered (`looking`), the others
    another one.  An answer has so many `chunks`, `delay` seconds apart."""

    people: int = 1000
    windows: int = 5
    looking: int = 2
    running: int = 500
    chunks: int = 400
    delay: float = 0.05

    @property
    def answer_seconds(self) -> float:
        return self.chunks * self.delay


@dataclass(frozen=True)
class Place:
    """Where a window is opened, and what it follows there."""

    port: int
    path: str
    cookies: str
    thread_id: str
    leaf_id: str | None = None


@dataclass
class Seen:
    """What a window saw of one answer: after each frame, how many characters there were, and
    when (`time.time()`)."""

    characters: array[int] = field(default_factory=lambda: array("L"))
    at: array[float] = field(default_factory=lambda: array("d"))
    status: str = ""


class Window(asyncio.Protocol):
    """A browser's window, as far as the server can tell."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self.seen: list[Seen] = []
        self.acknowledged: list[float] = []
        """Seconds from each question to its acknowledgement."""
        self.beats = 0
        self.closed = False
        self._leaf_id = place.leaf_id
        self._transport: asyncio.Transport
        self._received = b""
        self._opened = False
        self._waiting: dict[str, asyncio.Future[_Event]] = {}
        self._ended: asyncio.Future[Seen] | None = None

    async def open(self) -> None:
        """Connect, and follow the conversation."""
        welcome = self._expect("")
        loop = asyncio.get_running_loop()
        await loop.create_connection(lambda: self, "127.0.0.1", self.place.port)
        await welcome
        await self._command("subscribe", brief=True)

    async def ask(self, question: str) -> Seen:
        """Ask, and see the answer to its end."""
        began = time.time()
        self._ended = asyncio.get_running_loop().create_future()
        ack = await self._command(
            "send",
            client_id=new_id(),
            parent_id=self._leaf_id,
            parts=[{"type": "text", "text": question}],
        )
        self.acknowledged.append(time.time() - began)
        self._leaf_id = ack.reply_id
        return await self._ended

    def close(self) -> None:
        self._transport.close()

    async def _command(self, kind: str, **fields: object) -> _Event:
        command_id = new_id()
        answer = self._expect(command_id)
        command = {"type": kind, "id": command_id, "thread_id": self.place.thread_id, **fields}
        self._write(0x1, msgspec.json.encode(command))
        event = await answer
        if event.type != "ack":
            raise RuntimeError(f"A command was refused: {event}")
        return event

    def _expect(self, command_id: str) -> asyncio.Future[_Event]:
        return self._waiting.setdefault(command_id, asyncio.get_running_loop().create_future())

    # --- the connection -------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._transport.write(
            f"GET {self.place.path} HTTP/1.1\r\nHost: 127.0.0.1:{self.place.port}\r\n"
            "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
            f"Cookie: {self.place.cookies}\r\n\r\n".encode()
        )

    def connection_lost(self, exc: Exception | None) -> None:
        self.closed = True
        for future in [*self._waiting.values(), self._ended]:
            if future is not None and not future.done():
                future.set_exception(ConnectionError("The server closed the connection."))

    def data_received(self, data: bytes) -> None:
        now = time.time()
        data = self._received + data if self._received else data
        start = 0
        if not self._opened:
            head, found, _ = data.partition(b"\r\n\r\n")
            if not found:
                self._received = data
                return
            if not head.startswith(b"HTTP/1.1 101"):
                self._waiting[""].set_exception(ConnectionError(head.decode("latin-1")))
                self._transport.close()
                return
            self._opened = True
            start = len(head) + 4
        while (frame := _frame(data, start)) is not None:
            kind, begin, start = frame
            if kind == 0x1:
                self._take(data[begin:start], now)
            elif kind == _PING:
                self._write(0xA, data[begin:start])
            elif kind == _CLOSE:
                self._transport.close()
        self._received = data[start:]

    def _write(self, kind: int, content: bytes) -> None:
        size = len(content)
        short = bytes((0x80 | kind, 0x80 | size)) if size < 126 else b""
        header = short or struct.pack("!BBH", 0x80 | kind, 0x80 | 126, size)
        # A mask of zeros leaves the content as it is.
        self._transport.write(header + b"\0\0\0\0" + content)

    # --- what comes -----------------------------------------------------------------------

    def _take(self, frame: bytes, now: float) -> None:
        if frame[0] == 0x5B:  # [handle, seq, text]
            self._grow(_decode_brief(frame)[2], now)
            return
        event = _decode_event(frame)
        if event.type == "delta":
            if not self.seen or self.seen[-1].status:
                self.seen.append(Seen())
            self._grow(event.text, now)
        elif event.type == "message":
            self._end(event.message)
        elif event.type == "heartbeat":
            self.beats += 1
        elif event.type in ("ack", "rejected", "welcome"):
            self._waiting.pop(event.id).set_result(event)

    def _grow(self, text: str, now: float) -> None:
        seen = self.seen[-1]
        seen.characters.append((seen.characters[-1] if seen.characters else 0) + len(text))
        seen.at.append(now)

    def _end(self, message: _Message | None) -> None:
        if message is None or message.role != "assistant" or message.status in LIVE:
            return
        if not self.seen or self.seen[-1].status:
            raise RuntimeError(f"An answer ended before it began: {message}")
        self.seen[-1].status = message.status
        if self._ended is not None:
            self._ended.set_result(self.seen[-1])
            self._ended = None


def _frame(data: bytes, start: int) -> tuple[int, int, int] | None:
    """The kind of the frame that begins at `start`, where its content begins, and its end;
    `None`: not all of it is there."""
    if len(data) < start + 2:
        return None
    size, begin = data[start + 1], start + 2
    if size >= 126:
        begin += 2 if size == 126 else 8
        if len(data) < begin:
            return None
        size = int.from_bytes(data[start + 2 : begin], "big")
    if len(data) < begin + size:
        return None
    return data[start] & 0xF, begin, begin + size


async def open_windows(places: list[Place]) -> list[Window]:
    """Open them, some at a time."""
    windows = [Window(place) for place in places]
    for start in range(0, len(windows), _AT_ONCE):
        some = windows[start : start + _AT_ONCE]
        await asyncio.wait_for(asyncio.gather(*(each.open() for each in some)), _FIRST_SECONDS)
    return windows


def xsrf() -> str:
    """A token such as tornado gives to a page."""
    return os.urandom(16).hex()
