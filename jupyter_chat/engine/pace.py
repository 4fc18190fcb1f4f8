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
_AWAITED = 0.001
"""A chunk that comes within this many seconds was there already."""
_WORTH_WAITING = 1.5
"""How many times the distance of two chunks a wait has to be."""
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
    """When one reply handed on text, and how far apart its chunks come."""

    __slots__ = ("_apart", "_last", "_pace", "_resumed", "_skipped")

    def __init__(self, pace: Pace) -> None:
        self._pace = pace
        self._last = self._resumed = float("-inf")
        self._apart = float("inf")
        self._skipped = 0

    async def wait(self) -> None:
        """Text has just been handed on: wait, if more of it comes meanwhile.

        A wait that is not long enough for the chunk after the next costs one more
        wake-up of the process and spares none.
        """
        loop = asyncio.get_running_loop()
        now = loop.time()
        since = now - self._last
        # What had to be waited for is one chunk; what was there already, one or more.
        awaited = now - self._resumed > _AWAITED
        self._apart = since if awaited else min(self._apart, since)
        self._last = self._resumed = now
        if self._pace.interval < _WORTH_WAITING * self._apart and self._skipped < _SAMPLE:
            self._skipped += 1
            return
        self._skipped = 0
        await self._pace.wait()
        self._resumed = loop.time()
