"""Answers of people who may not ask any more end within seconds, whichever process makes them."""

from __future__ import annotations

import asyncio
import logging

from ..engine.replies import Replies
from ..store.errors import StoreError
from ..store.interface import Store

_ROUND_SECONDS = 2.0
_AT_ONCE = 500


class Stopping:
    """Looks now and then whether those whose answers are made here are still active."""

    def __init__(self, store: Store, replies: Replies, log: logging.Logger) -> None:
        self._store = store
        self._replies = replies
        self._log = log
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Once the store has been opened."""
        self._task = asyncio.create_task(self._loop())

    async def close(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait({self._task})

    async def look(self) -> None:
        """Stop what is made for people who are not active; what has come of it is kept."""
        people = sorted({each.user_id for each in self._replies.running.values()})
        for start in range(0, len(people), _AT_ONCE):
            some = people[start : start + _AT_ONCE]
            active = await self._store.active_people(some)
            for user_id in some:
                if user_id not in active:
                    await self._replies.stop_all(user_id)

    async def _loop(self) -> None:
        while True:
            await asyncio.sleep(_ROUND_SECONDS)
            try:
                await self.look()
            except StoreError:
                pass  # reported by `health.py`; looked for again in two seconds
            except Exception:  # noqa: BLE001 - the loop must go on
                self._log.exception("Looking for answers to stop failed; it is tried again.")
