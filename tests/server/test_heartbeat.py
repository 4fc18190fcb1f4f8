"""Sockets are kept alive through proxies, and those that are dead are let go."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator

import pytest

from jupyter_chat.server import heartbeat
from jupyter_chat.server.heartbeat import Heartbeats


class Socket:
    """A socket whose other side answers pings, or was last heard of long ago."""

    def __init__(self, alive: bool = True) -> None:
        self.alive = alive
        self.last_heard = asyncio.get_running_loop().time() - (0 if alive else 1000)
        self.frames: list[bytes] = []
        self.probed = 0
        self.heard = asyncio.Event()
        self.dropped = asyncio.Event()

    def send(self, frame: bytes) -> None:
        self.frames.append(frame)
        self.heard.set()

    def probe(self) -> None:
        self.probed += 1
        if self.alive:
            self.last_heard = asyncio.get_running_loop().time()

    def drop(self) -> None:
        self.dropped.set()


@pytest.fixture
async def heartbeats(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Heartbeats]:
    monkeypatch.setattr(heartbeat, "HEARTBEAT_SECONDS", 0.01)
    heartbeats = Heartbeats()
    yield heartbeats
    heartbeats.close()


async def test_a_dead_socket_is_dropped_and_a_living_one_hears_from_us(heartbeats: Heartbeats):
    living, dead = Socket(), Socket(alive=False)
    for socket in (living, dead):
        heartbeats.add(socket)
    await asyncio.wait_for(dead.dropped.wait(), 10)
    await asyncio.wait_for(living.heard.wait(), 10)
    assert not living.dropped.is_set()
    assert json.loads(living.frames[-1]) == {"type": "heartbeat"}
    assert living.probed
    assert not dead.probed


async def test_a_socket_that_was_closed_hears_nothing_more(heartbeats: Heartbeats):
    closed, open_ = Socket(), Socket()
    for socket in (closed, open_):
        heartbeats.add(socket)
    heartbeats.discard(closed)
    await asyncio.wait_for(open_.heard.wait(), 10)
    assert not closed.frames


async def test_closing_drops_every_socket(heartbeats: Heartbeats):
    socket = Socket()
    heartbeats.add(socket)
    heartbeats.close()
    assert socket.dropped.is_set()


async def test_each_is_served_when_its_own_time_has_come(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(heartbeat, "HEARTBEAT_SECONDS", 0.05)
    heartbeats = Heartbeats()
    early, late = Socket(), Socket()
    heartbeats.add(early)
    await asyncio.wait_for(early.heard.wait(), 10)
    heartbeats.add(late)
    early.heard.clear()
    await asyncio.wait_for(early.heard.wait(), 10)
    assert len(late.frames) <= len(early.frames) - 1
    await asyncio.wait_for(late.heard.wait(), 10)
    heartbeats.close()


async def test_others_have_their_turn_while_very_many_sockets_are_served(
    heartbeats: Heartbeats, monkeypatch: pytest.MonkeyPatch
):
    served_between: list[int] = []
    sockets = [Socket() for _ in range(500)]
    for socket in sockets:
        heartbeats.add(socket)
    before = 0
    while not all(socket.frames for socket in sockets):
        await asyncio.sleep(0)
        now = sum(len(socket.frames) for socket in sockets)
        served_between.append(now - before)
        before = now
    assert max(served_between) <= heartbeat._AT_ONCE


async def test_a_socket_that_another_ones_end_has_closed_is_not_served(heartbeats: Heartbeats):
    first, second, third = Socket(alive=False), Socket(), Socket()

    def drop() -> None:
        first.dropped.set()
        heartbeats.discard(second)

    first.drop = drop  # type: ignore[method-assign]
    for socket in (first, second, third):
        heartbeats.add(socket)
    await asyncio.wait_for(third.heard.wait(), 10)
    assert first.dropped.is_set()
    assert not second.frames
