"""Threads that are not kept: when they are closed.

A temporary thread is stored while somebody looks at it, so that its answers survive a
lost connection and a reload.  It is closed a moment after the last viewer has gone
elsewhere, and some minutes after the last one has vanished (a reload, a nap of the
laptop).  Should this process die, its `expires_at` ends it.
"""

from __future__ import annotations

from ..ids import now_ms
from ..protocol import Milliseconds, Thread
from .broadcast import Broadcast

LONGEST_MS = 24 * 3_600_000
"""From its first question to its `expires_at`."""
LEFT_MS = 10_000
"""Time to take back that one has left it."""
VANISHED_MS = 5 * 60_000


class Temporaries:
    """The temporary threads that this process has shown or made."""

    def __init__(self, broadcast: Broadcast) -> None:
        self._broadcast = broadcast
        self._closes_at: dict[tuple[str, str], Milliseconds | None] = {}

    def note(self, user_id: str, thread: Thread) -> None:
        """Learn whether a thread is temporary (still)."""
        if thread.temporary:
            self._closes_at.setdefault((user_id, thread.id), None)
        else:
            self.forget(user_id, thread.id)

    def forget(self, user_id: str, thread_id: str) -> None:
        """It is kept, or gone."""
        self._closes_at.pop((user_id, thread_id), None)

    def left(self, user_id: str, thread_id: str, now: Milliseconds | None = None) -> None:
        """A viewer has gone elsewhere."""
        key = user_id, thread_id
        if key in self._closes_at and not self._is_watched(key):
            self._closes_at[key] = (now_ms() if now is None else now) + LEFT_MS

    def closed(self, now: Milliseconds) -> list[tuple[str, str]]:
        """Those whose time has come; to be called every few seconds."""
        over = []
        for key, closes_at in self._closes_at.items():
            if self._is_watched(key):
                self._closes_at[key] = None
            elif closes_at is None:
                self._closes_at[key] = now + VANISHED_MS
            elif closes_at <= now:
                over.append(key)
        return over

    def _is_watched(self, key: tuple[str, str]) -> bool:
        feed = self._broadcast.find(*key)
        return feed is not None and bool(feed.viewers)
