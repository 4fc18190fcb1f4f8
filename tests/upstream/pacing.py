"""Time for many streams at once: those that are due within the same tick share a timer."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable

TICK = 0.002
"""Seconds.  At 500 streams × 20 chunks/s, twenty streams share one wake-up."""


class Pacer:
    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._ticks: dict[int, list[Callable[[], None]]] = {}

    def now(self) -> float:
        return self._loop.time()

    def at(self, due: float, callback: Callable[[], None]) -> None:
        """Call back in the first tick after `due`, but never at once."""
        tick = math.ceil(max(due, self._loop.time()) / TICK)
        waiting = self._ticks.get(tick)
        if waiting is None:
            waiting = self._ticks[tick] = []
            self._loop.call_at(tick * TICK, self._run, tick)
        waiting.append(callback)

    def _run(self, tick: int) -> None:
        for callback in self._ticks.pop(tick):
            callback()
