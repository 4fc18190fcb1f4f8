"""The least that handing answers on to windows can cost on this machine.

A process that knows no people, keeps nothing and reads no JSON of the model's server: it counts
the chunks that come in its bytes and writes as many characters to the windows of a conversation.
What these wait beside that is the machine's doing.  Run as a program it says its port.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import os
import sys
from typing import cast
from urllib.parse import urlsplit

import msgspec
from msgspec import Struct

SIZE = 4
"""Characters in a chunk."""
_CHUNK = b'"delta":{"content":"'
_ENDED = b"data: [DONE]"
_TEXT = 0x81
_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


class _Part(Struct):
    text: str


class _Command(Struct):
    type: str
    id: str
    thread_id: str
    parts: list[_Part] = []


_decode_command = msgspec.json.Decoder(_Command).decode


class Relay:
    """`upstream`: the base URL of the model's server, and the key for it."""

    def __init__(self, upstream: str, key: str) -> None:
        self.windows: dict[str, list[_Window]] = {}
        self._host, self._port = _address(upstream)
        self._key = key

    async def ask(self, question: str, windows: list[_Window]) -> None:
        body = msgspec.json.encode(
            {
                "model": "scripted",
                "stream": True,
                "messages": [{"role": "user", "content": question}],
            }
        )
        head = (
            f"POST /v1/chat/completions HTTP/1.1\r\nHost: {self._host}\r\n"
            f"Authorization: Bearer {self._key}\r\nContent-Type: application/json\r\n"
            f"Connection: close\r\nContent-Length: {len(body)}\r\n\r\n"
        ).encode()
        loop = asyncio.get_running_loop()
        await loop.create_connection(lambda: _Answer(head + body, windows), self._host, self._port)


class _Answer(asyncio.Protocol):
    def __init__(self, request: bytes, windows: list[_Window]) -> None:
        self._request = request
        self._windows = windows
        self._seq = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        cast(asyncio.Transport, transport).write(self._request)

    def data_received(self, data: bytes) -> None:
        chunks = data.count(_CHUNK)  # each is written as a whole, so none is in two packets
        if chunks:
            self._seq += 1
            text = "x" * (SIZE * chunks)
            begins = b'{"type":"delta","text":"%b"}' % text.encode()
            frame = begins if self._seq == 1 else b'[1,%d,"%b"]' % (self._seq, text.encode())
            self._tell(frame)
        if _ENDED in data:
            self._tell(b'{"type":"message","message":{"role":"assistant","status":"complete"}}')

    def _tell(self, content: bytes) -> None:
        frame = _framed(content)
        for window in self._windows:
            window.write(frame)


class _Window(asyncio.Protocol):
    def __init__(self, relay: Relay) -> None:
        self._relay = relay
        self._received = b""
        self._opened = False
        self._asking: set[asyncio.Task[None]] = set()
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def write(self, data: bytes) -> None:
        self._transport.write(data)

    def data_received(self, data: bytes) -> None:
        if not self._opened:
            self._opened = True
            key = data.partition(b"Sec-WebSocket-Key: ")[2].partition(b"\r\n")[0]
            accepted = base64.b64encode(hashlib.sha1(key + _GUID).digest())
            self.write(
                b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                b"Connection: Upgrade\r\nSec-WebSocket-Accept: %b\r\n\r\n" % accepted
            )
            self.write(_framed(b'{"type":"welcome"}'))
            return
        # The windows of `crowd.py` write each command at once, and mask it with zeros.
        command = _decode_command(data[data.index(b"{") :])
        self.write(_framed(b'{"type":"ack","id":"%b"}' % command.id.encode()))
        if command.type == "subscribe":
            self._relay.windows.setdefault(command.thread_id, []).append(self)
            return
        windows = self._relay.windows[command.thread_id]
        task = asyncio.ensure_future(self._relay.ask(command.parts[0].text, windows))
        self._asking.add(task)
        task.add_done_callback(self._asking.discard)


def _framed(content: bytes) -> bytes:
    size = len(content)
    header = bytes((_TEXT, size)) if size < 126 else bytes((_TEXT, 126, size >> 8, size & 0xFF))
    return header + content


def _address(url: str) -> tuple[str, int]:
    parts = urlsplit(url)
    assert parts.hostname is not None
    assert parts.port is not None
    return parts.hostname, parts.port


async def _serve(upstream: str, key: str) -> None:
    relay = Relay(upstream, key)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: _Window(relay), "127.0.0.1", 0, backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.to_thread(sys.stdin.read)
    os._exit(0)  # its connections would hold it up


if __name__ == "__main__":
    asyncio.run(_serve(*sys.argv[1:]))
