"""How often running replies hand on what has arrived.

A reply that has just handed on its text leaves what comes next in the network
buffer for a moment, so that many small chunks cost one step and one frame.  When
the event loop falls behind, the moment grows: frames get longer, nothing is lost.
"""

from __future__ import annotations

import asyncio

SHORTEST = 0.033
LONGEST = 0.25
_LATE = 0.010


class Pace:
    """Shared by all replies of a process."""

    __slots__ = ("interval",)

    def __init__(self) -> None:
        self.interval = SHORTEST

    async def wait(self) -> None:
        """Wait one interval, and learn from how punctual the event loop was."""
        loop = asyncio.get_running_loop()
        due = loop.time() + self.interval
        await asyncio.sleep(self.interval)
        if loop.time() - due > _LATE:
            self.interval = min(LONGEST, self.interval * 1.1)
        elif self.interval > SHORTEST:
            self.interval = max(SHORTEST, self.interval * 0.98)
