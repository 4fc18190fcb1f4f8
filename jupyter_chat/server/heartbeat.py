"""One timer for all sockets: keeps them alive through proxies, drops the dead."""

from __future__ import annotations

import asyncio
from typing import Protocol

from ..protocol import HEARTBEAT_SECONDS, Heartbeat, encode

_SILENT_SECONDS = 3 * HEARTBEAT_SECONDS


class Beating(Protocol):
    """An open socket."""

    last_heard: float

    def send(self, frame: bytes) -> None: ...

    def probe(self) -> None:
        """Ask for a sign of life."""

    def drop(self) -> None:
        """Close without waiting for the other side."""


class Heartbeats:
    """Sends every socket a heartbeat and a ping; closes those long silent."""

    def __init__(self) -> None:
        self._sockets: set[Beating] = set()
        self._task: asyncio.Task[None] | None = None

    @property
    def any_open(self) -> bool:
        return bool(self._sockets)

    def add(self, socket: Beating) -> None:
        self._sockets.add(socket)
        if self._task is None:
            self._task = asyncio.create_task(self._loop())

    def discard(self, socket: Beating) -> None:
        self._sockets.discard(socket)

    def close(self) -> None:
        if self._task is not None:
            self._task.cancel()
        for socket in tuple(self._sockets):
            socket.drop()

    async def _loop(self) -> None:
        loop = asyncio.get_running_loop()
        frame = encode(Heartbeat())
        while True:
            await asyncio.sleep(HEARTBEAT_SECONDS)
            for socket in tuple(self._sockets):
                if loop.time() - socket.last_heard > _SILENT_SECONDS:
                    socket.drop()
                else:
                    socket.send(frame)
                    socket.probe()
