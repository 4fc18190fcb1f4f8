"""HTTP/1.1 on one connection: takes requests, and plays their replies at their pace.

Made by hand, because a reply must be able to do what servers avoid (break off, fall
silent, split a character over two packets), and because a chunk may cost only a few
microseconds.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Generator
from enum import Enum
from http import HTTPStatus
from typing import TypeAlias, cast

import msgspec

from .pacing import Pacer
from .record import Entry, Record


class Ending(Enum):
    """What becomes of the connection after a reply."""

    KEEP = "the reply is complete: the next request may come"
    CUT = "the connection is closed in the middle of the reply"
    STALL = "nothing more comes, but the connection stays open"


Reply: TypeAlias = Generator[tuple[float, bytes], None, Ending]
"""Yields (seconds to wait before, bytes to write)."""
Answer: TypeAlias = Callable[[Entry], Reply]

_MOST_BUFFERED = 1 << 20
_MOST_AT_ONCE = 1 << 16


class Connection(asyncio.Protocol):
    def __init__(self, answer: Answer, record: Record, pacer: Pacer) -> None:
        self._answer = answer
        self._record = record
        self._pacer = pacer
        self._received = bytearray()
        self._entry: Entry | None = None
        self._reply: Reply | None = None
        self._next: bytes = b""
        self._due = 0.0
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._port: int = transport.get_extra_info("peername")[1]

    def connection_lost(self, exc: Exception | None) -> None:
        self._reply = None
        if self._entry is not None:
            self._entry.end("closed by client")
            self._entry = None

    def data_received(self, data: bytes) -> None:
        self._received += data
        self._take_request()

    def _take_request(self) -> None:
        """Begin to answer the next request, if all of it has come and none is under way."""
        if self._entry is not None:
            return
        head, separator, rest = bytes(self._received).partition(b"\r\n\r\n")
        if not separator:
            return
        first, *lines = head.decode("latin-1").split("\r\n")
        method, target, _ = first.split(" ")
        headers = {
            name.strip().lower(): value.strip()
            for name, _, value in (line.partition(":") for line in lines)
        }
        length = int(headers.get("content-length", 0))
        if len(rest) < length:
            return
        self._received = bytearray(rest[length:])
        self._entry = self._record.begin(self._port, method, target, headers, rest[:length])
        self._reply = self._answer(self._entry)
        self._due = self._pacer.now()
        self._advance()

    def _play(self) -> None:
        """Write what is due, and go on."""
        if self._reply is None:
            return
        if self._transport.get_write_buffer_size() > _MOST_BUFFERED:
            self._pacer.at(self._pacer.now(), self._play)
            return
        self._transport.write(self._next)
        self._advance()

    def _advance(self) -> None:
        """Write everything up to the next pause, and wait for that."""
        reply = self._reply
        assert reply is not None
        together: list[bytes] = []
        size = 0
        pause = 0.0
        ending = None
        try:
            while size < _MOST_AT_ONCE:
                pause, data = next(reply)
                if pause:
                    break
                together.append(data)
                size += len(data)
            else:
                data = b""
        except StopIteration as stop:
            ending = stop.value
        if together:
            self._transport.write(b"".join(together))
        if ending is not None:
            self._end(ending)
            return
        self._next = data
        # From when it should have been, so that the rate holds; but nothing is made up
        # for after a long halt.
        self._due = max(self._due, self._pacer.now() - 0.5) + pause
        self._pacer.at(self._due, self._play)

    def _end(self, ending: Ending) -> None:
        entry, self._reply = self._entry, None
        assert entry is not None
        if ending is Ending.STALL:
            return
        self._entry = None
        if ending is Ending.CUT:
            entry.end("cut by server")
            self._transport.close()
            return
        entry.end("completed")
        if entry.headers.get("connection", "").lower() == "close":
            self._transport.close()
        elif self._received:
            self._take_request()


def head(status: int, headers: dict[str, str]) -> bytes:
    """The first line and the headers of a reply."""
    lines = [f"HTTP/1.1 {status} {_phrase(status)}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


def json_reply(
    entry: Entry, status: int, body: object, headers: dict[str, str] | None = None
) -> Reply:
    """A whole reply of JSON."""
    return whole_reply(
        entry, status, msgspec.json.encode(body), {**(headers or {}), "content-type": _JSON}
    )


def whole_reply(
    entry: Entry, status: int, content: bytes, headers: dict[str, str], wait: float = 0.0
) -> Reply:
    """A reply whose length is known before it begins."""
    entry.status = status
    yield wait, head(status, {**headers, "content-length": str(len(content))}) + content
    return Ending.KEEP


def framed(data: bytes) -> bytes:
    """A chunk of a body whose length is not known before."""
    return b"%x\r\n%b\r\n" % (len(data), data)


LAST_CHUNK = b"0\r\n\r\n"
_JSON = "application/json"


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"
