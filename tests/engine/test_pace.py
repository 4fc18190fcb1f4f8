"""Frames get longer when the event loop is late, and are not held back when it is not."""

from __future__ import annotations

import asyncio
import time

from jupyter_chat.engine.pace import LONGEST, SHORTEST, Pace


async def seconds_of(pace: Pace, *, between: float, chunks: int = 5) -> float:
    """How long a reply waits altogether whose chunks come `between` seconds apart."""
    loop = asyncio.get_running_loop()
    turn = pace.turn()
    waited = 0.0
    for _ in range(chunks):
        await asyncio.sleep(between)
        before = loop.time()
        await turn.wait()
        waited += loop.time() - before
    return waited


async def test_chunks_that_come_slowly_are_handed_on_as_they_come() -> None:
    assert await seconds_of(Pace(), between=2 * SHORTEST) < SHORTEST


async def test_chunks_that_come_quickly_are_collected() -> None:
    assert await seconds_of(Pace(), between=0) >= 4 * SHORTEST


async def test_a_wait_too_short_for_another_chunk_is_not_made() -> None:
    assert await seconds_of(Pace(), between=0.9 * SHORTEST) < SHORTEST


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


async def test_slow_replies_notice_a_late_event_loop_too() -> None:
    pace = Pace()
    turn = pace.turn()
    for _ in range(20):
        await asyncio.sleep(1.5 * pace.interval)
        waiting = asyncio.ensure_future(turn.wait())
        await asyncio.sleep(0)
        time.sleep(pace.interval + 0.02)  # noqa: ASYNC251 - the loop is to be late
        await waiting
        if pace.interval > SHORTEST:
            return
    raise AssertionError("nobody noticed")
