"""Whether the history can be read and written, and telling everybody when not."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from typing import TypeVar, cast

from ..protocol import Health, Problem
from ..store.errors import Failed, StoreError, Unavailable
from ..store.interface import Store
from .broadcast import Broadcast

_T = TypeVar("_T")
_PROBE_SECONDS = 1.0
_is_acting: ContextVar[bool] = ContextVar("is_acting", default=False)
"""Whoever does what is done when the store has been opened."""
_WITH_CURSORS = ("list_threads", "search")
"""Whoever calls these learns from a `ValueError` that the cursor cannot be read."""


class StoreHealth:
    """Opens the store, notices when it fails, and keeps trying until it is back."""

    def __init__(self, store: Store, broadcast: Broadcast, log: logging.Logger) -> None:
        self.problem: Problem | None = None
        self.opened = False
        self.on_open: list[Callable[[], Awaitable[None]]] = []
        """What to do once, when the store has been opened."""
        self._store = store
        self._broadcast = broadcast
        self._log = log
        self._opening: asyncio.Task[None] | None = None
        self._acted = asyncio.Event()
        """That has been done."""
        self._probe: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Open the store; where that fails, say so and go on trying."""
        if self._opening is None:
            self._opening = asyncio.create_task(self._open())
        await asyncio.shield(self._opening)

    async def usable(self) -> None:
        """Wait for the first attempt to open the store, and for what is done then; raise
        :class:`Unavailable` while it was never opened (then there is nothing to ask it)."""
        if not self.opened:
            await self.open()
        if not self.opened and self.problem is not None:
            raise Unavailable(self.problem)
        if not _is_acting.get():
            await self._acted.wait()  # or somebody would see what is about to be recovered

    def failed(self, what: str, error: Exception) -> Failed:
        """Note what nobody foresaw; the answer is what to raise for it."""
        self._log.error("Chat history: %s failed.", what, exc_info=error)
        return Failed()

    def report(self, problem: Problem) -> None:
        """Somebody could not use the store."""
        if self.problem is None or self.problem.code is not problem.code:
            self._log.error("Chat history: %s", problem.message)
            self.problem = problem
            self._broadcast.to_all(Health(problem))
        if self._probe is None:
            self._probe = asyncio.create_task(self._until_well())

    async def close(self) -> None:
        if self._probe is not None:
            self._probe.cancel()
            await asyncio.wait({self._probe})

    async def _open(self) -> None:
        try:
            await self._try()
        except StoreError as error:
            self.report(error.problem)

    async def _try(self) -> None:
        try:
            if self.opened:
                await self._store.check()
                return
            await self._store.open()
        except StoreError:
            raise
        except Exception as error:
            raise self.failed("opening", error) from error
        self.opened = True
        _is_acting.set(True)  # for this task and those that it begins
        try:
            for act in self.on_open:
                await act()
        finally:
            self._acted.set()

    async def _until_well(self) -> None:
        while True:
            await asyncio.sleep(_PROBE_SECONDS)
            try:
                await self._try()
            except StoreError as error:
                self.report(error.problem)
                continue
            break
        self._probe = None
        self.problem = None
        self._log.info("Chat history: available again.")
        self._broadcast.to_all(Health(None))


class WatchedStore:
    """A store that reports to :class:`StoreHealth` when it cannot be used, and raises
    nothing but :class:`StoreError`: no loop or reply ends by what nobody foresaw."""

    def __init__(self, store: Store, health: StoreHealth) -> None:
        self._store = store
        self._health = health

    def __getattr__(self, name: str) -> Callable[..., Awaitable[object]]:
        async def watched(*args: object, **kwargs: object) -> object:
            await self._health.usable()  # first: one that never opens may have no methods
            try:
                return await getattr(self._store, name)(*args, **kwargs)
            except Unavailable as error:
                self._health.report(error.problem)
                raise
            except StoreError:
                raise
            except Exception as error:
                if isinstance(error, ValueError) and name in _WITH_CURSORS:
                    raise
                raise self._health.failed(name, error) from error

        setattr(self, name, watched)
        return watched


def watch(store: Store, health: StoreHealth) -> Store:
    return cast(Store, WatchedStore(store, health))
