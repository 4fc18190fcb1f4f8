"""Frames get longer when the event loop is late, and are not held back when it is not."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from jupyter_chat.engine import pace as pace_module
from jupyter_chat.engine.pace import LONGEST, SHORTEST, Pace


class Loop:
    """An event loop whose time passes only while somebody waits, and that may be late."""

    def __init__(self) -> None:
        self.now = self.late = 0.0

    def time(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.now += seconds + self.late


@pytest.fixture
def loop(monkeypatch: pytest.MonkeyPatch) -> Loop:
    loop = Loop()
    asyncio = SimpleNamespace(get_running_loop=lambda: loop, sleep=loop.sleep)
    monkeypatch.setattr(pace_module, "asyncio", asyncio)
    return loop


async def seconds_of(loop: Loop, *, between: float, chunks: int = 5) -> float:
    """How long a reply waits altogether whose chunks come `between` seconds apart."""
    turn = Pace().turn()
    waited = 0.0
    for _ in range(chunks):
        loop.now += between
        before = loop.now
        await turn.wait()
        waited += loop.now - before
    return waited


async def test_chunks_that_come_slowly_are_handed_on_as_they_come(loop: Loop) -> None:
    assert await seconds_of(loop, between=2 * SHORTEST) < SHORTEST


async def test_chunks_that_come_quickly_are_collected(loop: Loop) -> None:
    assert await seconds_of(loop, between=0) >= 4 * SHORTEST


async def test_a_wait_too_short_for_another_chunk_is_not_made(loop: Loop) -> None:
    assert await seconds_of(loop, between=0.9 * SHORTEST) < SHORTEST


def late(pace: Pace, at: float, replies: int = 1) -> None:
    for _ in range(replies):
        pace.learn(due=at - 0.05, now=at)


def test_a_late_event_loop_makes_frames_longer_up_to_a_limit() -> None:
    pace = Pace()
    late(pace, at=1)
    assert SHORTEST < pace.interval < 2 * SHORTEST
    for second in range(2, 30):
        late(pace, at=second)
    assert pace.interval == LONGEST


def test_one_late_moment_counts_once_however_many_replies_it_kept_waiting() -> None:
    alone, crowded = Pace(), Pace()
    late(alone, at=1)
    late(crowded, at=1, replies=50)
    assert crowded.interval == alone.interval


def test_a_punctual_event_loop_makes_frames_short_again() -> None:
    pace = Pace()
    late(pace, at=1)
    for second in range(2, 10):
        pace.learn(due=second, now=second + 0.001)
    assert pace.interval == SHORTEST


async def test_slow_replies_notice_a_late_event_loop_too(loop: Loop) -> None:
    pace = Pace()
    turn = pace.turn()
    loop.late = 0.02
    for _ in range(20):
        loop.now += 1.5 * pace.interval
        await turn.wait()
        if pace.interval > SHORTEST:
            return
    raise AssertionError("nobody noticed")
