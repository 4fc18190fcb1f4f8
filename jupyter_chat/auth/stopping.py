"""Answers and imports of people who are not let in any more end within seconds, whichever process
makes them."""

from __future__ import annotations

import logging
from typing import Protocol

from ..engine.rounds import Rounds
from ..store.interface import Store

_ROUND_SECONDS = 2.0
_AT_ONCE = 500


class Work(Protocol):
    """What goes on for people in this process, also when they have closed everything."""

    def people(self) -> set[str]:
        """For whom there is something, by id."""

    async def stop_all(self, user_id: str) -> None:
        """Stop all of a person's; what has come of it is kept."""


class Stopping:
    """Looks now and then whether those for whom something is done here are still active."""

    def __init__(self, store: Store, works: list[Work], log: logging.Logger) -> None:
        self._store = store
        self._works = works
        self._rounds = Rounds(self.look, lambda: _ROUND_SECONDS, "what is to be stopped", log)

    async def start(self) -> None:
        """Once the store has been opened."""
        self._rounds.start()

    async def close(self) -> None:
        await self._rounds.close()

    async def look(self) -> None:
        """Stop what is done for people who are not active; what has come of it is kept."""
        people = sorted(set().union(*(work.people() for work in self._works)))
        for start in range(0, len(people), _AT_ONCE):
            some = people[start : start + _AT_ONCE]
            active = await self._store.active_people(some)
            for user_id in some:
                if user_id not in active:
                    for work in self._works:
                        await work.stop_all(user_id)
