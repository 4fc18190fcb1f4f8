"""One timer for all sockets: keeps them alive through proxies, drops the dead.

Each has its own moment, and few are served in one turn of the event loop: a beat for thousands
of sockets at once, and all their pongs, would stop every answer for a good part of a second.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from itertools import islice
from typing import Protocol

from ..protocol import HEARTBEAT_SECONDS, Heartbeat, encode

_SILENT_SECONDS = 3 * HEARTBEAT_SECONDS
_TICK_SECONDS = 0.1
"""Sockets whose moment is within the same tick share a waking of the process."""
_AT_ONCE = 20


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
        self._due: OrderedDict[Beating, float] = OrderedDict()
        """When each is served next.  Who has been served goes to the end, so the first is the
        next one."""
        self._task: asyncio.Task[None] | None = None

    @property
    def any_open(self) -> bool:
        return bool(self._due)

    def add(self, socket: Beating) -> None:
        self._due[socket] = asyncio.get_running_loop().time() + HEARTBEAT_SECONDS
        if self._task is None:
            self._task = asyncio.create_task(self._loop())

    def discard(self, socket: Beating) -> None:
        self._due.pop(socket, None)

    def close(self) -> None:
        if self._task is not None:
            self._task.cancel()
        for socket in tuple(self._due):
            socket.drop()

    async def _loop(self) -> None:
        loop = asyncio.get_running_loop()
        frame = encode(Heartbeat())
        while True:
            now = loop.time()
            some = [socket for socket, due in islice(self._due.items(), _AT_ONCE) if due <= now]
            for socket in some:
                if socket in self._due:  # none of those before it has closed it
                    self._due[socket] = now + HEARTBEAT_SECONDS
                    self._due.move_to_end(socket)
                    self._serve(socket, frame, now)
            if len(some) == _AT_ONCE:
                await asyncio.sleep(0)
            else:
                following = next(iter(self._due.values()), now + HEARTBEAT_SECONDS)
                await asyncio.sleep(max(following - now, min(_TICK_SECONDS, HEARTBEAT_SECONDS)))

    def _serve(self, socket: Beating, frame: bytes, now: float) -> None:
        if now - socket.last_heard > _SILENT_SECONDS:
            socket.drop()
        else:
            socket.send(frame)
            socket.probe()
