"""How often running replies hand on what has arrived.

A reply whose chunks come quickly leaves what comes next in the network buffer for a
moment, so that many small chunks cost one step and one frame.  When the event loop
falls behind, the moment grows: frames get longer, nothing is lost.
"""

from __future__ import annotations

import asyncio

SHORTEST = 0.033
LONGEST = 0.25
_LATE = 0.010
_SLOWER = 1.2
_FASTER = 0.9
_SAMPLE = 8
"""One wait in so many takes place however slowly chunks come, to see whether the event
loop is punctual."""


class Pace:
    """Shared by all replies of a process."""

    __slots__ = ("_learned_at", "interval")

    def __init__(self) -> None:
        self.interval = SHORTEST
        self._learned_at = float("-inf")

    def turn(self) -> Turn:
        """The pace of one more reply."""
        return Turn(self)

    async def wait(self) -> None:
        """Wait one interval, and learn from how punctual the event loop was."""
        loop = asyncio.get_running_loop()
        due = loop.time() + self.interval
        await asyncio.sleep(self.interval)
        self.learn(due, loop.time())

    def learn(self, due: float, now: float) -> None:
        """A reply that was to go on at `due` goes on `now` (both in seconds)."""
        if now - self._learned_at > self.interval:  # once, however many were kept waiting
            self._learned_at = now
            factor = _SLOWER if now - due > _LATE else _FASTER
            self.interval = min(LONGEST, max(SHORTEST, self.interval * factor))


class Turn:
    """When one reply handed on text."""

    __slots__ = ("_last", "_pace", "_skipped")

    def __init__(self, pace: Pace) -> None:
        self._pace = pace
        self._last = float("-inf")
        self._skipped = 0

    async def wait(self) -> None:
        """Text has just been handed on: wait, unless that happens seldom enough.

        Every wait costs a wake-up of the process, for chunks that come slower than the
        pace as much as the chunk itself.
        """
        now = asyncio.get_running_loop().time()
        seldom = now - self._last > self._pace.interval * 1.25
        self._last = now
        if seldom and self._skipped < _SAMPLE:
            self._skipped += 1
            return
        self._skipped = 0
        await self._pace.wait()
