"""Keeping running replies: one round for all of them, a few times a second.

Each round stores what every running reply has grown by since the last, so that the
death of the process costs at most the text of one interval.  The same loop prolongs
the process's lease and, at once and then less often, looks for replies whose process
has died.
"""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress

from ..ids import now_ms
from ..store.errors import StoreError
from ..store.interface import Store
from ..store.types import Checkpoint, Estimate, Lease, Left
from .generation import Generation

INTERVAL_SECONDS = 0.4
LEASE_SECONDS = 10.0
_RENEW_SECONDS = 2.0
_RECOVER_SECONDS = 5.0


class Checkpointer:
    """The lease of this process and the checkpoints of its replies."""

    def __init__(
        self,
        owner: str,
        store: Store,
        running: Callable[[], Iterable[Generation]],
        recovered: Callable[[Left], Awaitable[None]],
        estimate: Estimate | None = None,
    ) -> None:
        self.owner = owner
        self._store = store
        self._running = running
        self._recovered = recovered
        self._estimate = estimate
        self._unsaved: list[Checkpoint] = []
        self._task: asyncio.Task[None] | None = None
        self._host = socket.gethostname()
        self._hurry = asyncio.Event()
        self._closing = False

    async def start(self) -> None:
        """Take the lease and look for what dead processes have left; then go on doing
        so.  Whoever looks at a thread after this sees no reply that nobody makes."""
        looked = asyncio.Event()
        self._task = asyncio.create_task(self._loop(looked))
        await looked.wait()

    async def close(self, seconds: float) -> None:
        """Keep what has grown, and let others take over at once what might be left; give
        up after so many seconds each."""
        self._closing = True
        if self._task is None:
            return  # no lease was taken, and nothing has grown: the store was never open
        self._task.cancel()
        await asyncio.wait({self._task}, timeout=seconds)
        with suppress(StoreError, asyncio.TimeoutError):  # then it lapses by itself
            await asyncio.wait_for(self._give_up(), seconds)

    async def _give_up(self) -> None:
        await self.save()
        await self._store.release_lease(self.owner)

    def hurry(self) -> None:
        """Begin the next round now: something came that no crash should lose."""
        self._hurry.set()

    async def save(self) -> None:
        """Store what has grown; what could not be stored is tried again next time."""
        for generation in self._running():
            self._unsaved.extend(generation.checkpoints())
        if self._unsaved:
            batch = self._unsaved
            self._unsaved = []
            try:
                await self._store.append_checkpoints(batch)
            except StoreError:
                self._unsaved = batch + self._unsaved

    async def recover(self) -> None:
        """Find what dead processes have left."""
        for left in await self._store.recover(self._lease(), now_ms(), self._estimate):
            await self._recovered(left)

    def _lease(self) -> Lease:
        expires_at = now_ms() + round(LEASE_SECONDS * 1000)
        return Lease(self.owner, expires_at, self._host, os.getpid())

    async def _loop(self, looked: asyncio.Event) -> None:
        loop = asyncio.get_running_loop()
        renewed = recovered = float("-inf")
        # Before Python 3.12, `wait_for` may swallow that its task is cancelled.
        while not self._closing:
            try:
                if loop.time() - renewed >= _RENEW_SECONDS:
                    await self._store.renew_lease(self._lease())
                    renewed = loop.time()
                await self.save()
                if loop.time() - recovered >= _RECOVER_SECONDS:
                    await self.recover()
                    recovered = loop.time()
            except StoreError:
                pass  # reported and awaited by `health.py`; nothing is lost meanwhile
            finally:
                looked.set()
            with suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self._hurry.wait(), INTERVAL_SECONDS)
            self._hurry.clear()
