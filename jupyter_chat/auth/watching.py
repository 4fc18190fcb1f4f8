"""Whether sessions have ended, here or by another process on the same store.

An access token is good for minutes, a session ends at once: so it is asked for, once for
each session within two seconds, and for all that have sockets open every two seconds.
"""

from __future__ import annotations

import logging
from time import monotonic
from typing import Protocol

from ..bounded import drop_oldest
from ..engine.rounds import Rounds
from ..store.errors import Unavailable
from ..store.people import Person

WITHIN_SECONDS = 5
"""A session that has ended has no sockets any more after so many seconds."""
_ROUND_SECONDS = 2.0
_AT_ONCE = 500
_MOST_KNOWN = 10_000


class Open(Protocol):
    """An open socket."""

    def drop(self) -> None:
        """Close without waiting for the other side."""


class Sessions(Protocol):
    """What knows of sessions; a store does."""

    async def alive(self, sessions: list[tuple[str, str]]) -> dict[str, Person]:
        """Of sessions (user id, session id) those that go on, by id, each with its person, who
        is active."""


class Watch:
    def __init__(self, sessions: Sessions, log: logging.Logger) -> None:
        self._sessions = sessions
        self._known: dict[tuple[str, str], tuple[float, Person]] = {}
        self._open: dict[tuple[str, str], set[Open]] = {}
        self._rounds = Rounds(self.look, lambda: _ROUND_SECONDS, "ended sessions", log)

    async def person(self, user_id: str, session_id: str) -> Person | None:
        """Whose session it is; `None`: it has ended."""
        place = (user_id, session_id)
        asked_at, person = self._known.get(place, (None, None))
        if asked_at is not None and monotonic() - asked_at < _ROUND_SECONDS:
            return person
        try:
            await self._ask([place])
        except Unavailable:
            if person is None:
                raise
            return person  # whoever was let in just now sees what is wrong with the history
        return self._known[place][1] if place in self._known else None

    def add(self, socket: Open, user_id: str, session_id: str) -> None:
        self._open.setdefault((user_id, session_id), set()).add(socket)
        self._rounds.start()

    def discard(self, socket: Open, user_id: str, session_id: str) -> None:
        sockets = self._open.get((user_id, session_id), set())
        sockets.discard(socket)
        if not sockets:
            self._open.pop((user_id, session_id), None)

    def open_sessions(self) -> list[tuple[str, str]]:
        """Those that have sockets open here: user id, session id."""
        return list(self._open)

    async def look(self, user_id: str | None = None) -> None:
        """Close the sockets of sessions that have ended: of one person, or of all.  That person
        is not let in any more by what was known before."""
        for place in [place for place in self._known if place[0] == user_id]:
            del self._known[place]
        places = [place for place in self._open if user_id in (None, place[0])]
        for start in range(0, len(places), _AT_ONCE):
            some = places[start : start + _AT_ONCE]
            await self._ask(some)
            for place in some:
                if place not in self._known:
                    for socket in tuple(self._open.get(place, ())):
                        socket.drop()

    async def close(self) -> None:
        await self._rounds.close()

    async def _ask(self, places: list[tuple[str, str]]) -> None:
        now = monotonic()
        alive = await self._sessions.alive(places)
        for place in places:
            self._known.pop(place, None)
            if place[1] in alive:
                self._known[place] = (now, alive[place[1]])
        drop_oldest(self._known, max(_MOST_KNOWN, len(self._open)))
