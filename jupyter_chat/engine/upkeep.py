"""What has to be done now and then: closing temporary threads, emptying the trash, and
putting into it what has been quiet for too long."""

from __future__ import annotations

import asyncio
import logging
import random
from typing import Protocol

from ..ids import now_ms
from ..protocol import Milliseconds
from ..store.errors import StoreError

ROUND_SECONDS = 5.0
PURGE_MS = 10 * 60_000
"""How often to look for what is due; every process of a history does so."""


class Organised(Protocol):
    """The part of the organiser that is needed here."""

    async def close_temporary(self, now: Milliseconds) -> None: ...

    async def purge_due(self, now: Milliseconds) -> int: ...


class Retained(Protocol):
    """The part of the retention that is needed here."""

    async def round(self, now: Milliseconds) -> int: ...


class Upkeep:
    """A loop for as long as the server runs."""

    def __init__(
        self, organiser: Organised, log: logging.Logger, retention: Retained | None = None
    ) -> None:
        self._organiser = organiser
        self._retention = retention
        self._log = log
        self._purge_at: Milliseconds = 0
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Once the store has been opened."""
        self._task = asyncio.create_task(self._loop())

    async def close(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait({self._task})

    async def round(self, now: Milliseconds) -> None:
        """Whatever is to be done at this time."""
        try:
            await self._organiser.close_temporary(now)
            if now >= self._purge_at:
                count = await self._organiser.purge_due(now)
                # Not all processes at the same time
                self._purge_at = now + round(PURGE_MS * random.uniform(0.75, 1.25))
                if count:
                    self._log.info("Chat history: deleted %d old conversations for good.", count)
                retired = await self._retention.round(now) if self._retention is not None else 0
                if retired:
                    self._log.info("Chat history: put %d conversations into the trash.", retired)
        except StoreError:
            pass  # reported and awaited by `health.py`; it is done in a later round
        except Exception:  # noqa: BLE001 - the loop must go on
            self._log.exception("Chat history: tidying up failed; it is tried again.")
            self._purge_at = now + PURGE_MS

    async def _loop(self) -> None:
        while True:
            await self.round(now_ms())
            await asyncio.sleep(ROUND_SECONDS)
