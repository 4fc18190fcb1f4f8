"""A server that kernels started for themselves ends when none of them needs it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

_LOOKS = 10
"""So many times in the span after which the server stops it is looked whether it is used."""


class StopWhenUnused:
    """Calls `stop` when it was not `used` for so many seconds, as often as that is looked at."""

    def __init__(
        self, seconds: float, used: Callable[[], bool], stop: Callable[[], object]
    ) -> None:
        self._seconds = seconds
        self._used = used
        self._stop = stop
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.create_task(self._watch())

    def close(self) -> None:
        if self._task is not None:
            self._task.cancel()

    async def _watch(self) -> None:
        unused = 0
        while unused < _LOOKS:
            await asyncio.sleep(self._seconds / _LOOKS)
            unused = 0 if self._used() else unused + 1
        self._stop()
