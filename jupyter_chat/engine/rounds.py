"""What is looked for again and again, for as long as the server runs."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from ..store.errors import StoreError


class Rounds:
    """`look` is called after each pause; `what` it looks for, for the log where it fails."""

    def __init__(
        self,
        look: Callable[[], Awaitable[object]],
        pause: Callable[[], float],
        what: str,
        log: logging.Logger,
    ) -> None:
        self._look = look
        self._pause = pause
        self._what = what
        self._log = log
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """May be called again."""
        if self._task is None:
            self._task = asyncio.create_task(self._loop())

    async def close(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait({self._task})

    async def _loop(self) -> None:
        while True:
            await asyncio.sleep(self._pause())
            try:
                await self._look()
            except StoreError:
                pass  # reported and awaited by `health.py`; looked for again after the next pause
            except Exception:  # noqa: BLE001 - the loop must go on
                self._log.exception("Looking for %s failed; it is tried again.", self._what)
