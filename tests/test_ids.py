"""Ids are UUIDv7, unique, and sort by the time they were made."""

from __future__ import annotations

import time
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest

from jupyter_chat import ids
from jupyter_chat.ids import new_id, now_ms


def test_an_id_is_a_uuid_of_version_7_in_its_usual_form() -> None:
    made = new_id()
    value = uuid.UUID(made)
    assert str(value) == made
    assert value.variant == uuid.RFC_4122
    assert value.version == 7


def test_an_id_holds_the_time_it_was_made() -> None:
    before = now_ms()
    milliseconds = uuid.UUID(new_id()).int >> 80
    # Ids made faster than the clock ticks run ahead of it by a little.
    assert before - 1 <= milliseconds <= now_ms() + 1000


def test_ids_grow_however_fast_they_are_made() -> None:
    made = [new_id() for _ in range(20_000)]
    assert made == sorted(set(made))


def test_ids_grow_when_the_clock_goes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    first = new_id()
    monkeypatch.setattr(time, "time_ns", lambda: 0)
    assert new_id() > first


def test_ids_of_a_later_millisecond_are_greater(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ids, "_last", 0)
    made = []
    for milliseconds in (1_000, 1_001, 70_000, 2**41):
        now = milliseconds * 1_000_000
        monkeypatch.setattr(time, "time_ns", lambda now=now: now)
        made.append(new_id())
        assert uuid.UUID(made[-1]).int >> 80 == milliseconds
    assert made == sorted(made)


def test_threads_never_make_the_same_id() -> None:
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: [new_id() for _ in range(2_000)], range(8)))
    for own in made:
        assert own == sorted(own)
    assert len({each for own in made for each in own}) == 16_000
