"""Deleting accounts, with all their data, also where a process dies over it."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any, Protocol

from ..engine.audit import Audit, Event
from ..engine.limits.stored import forget_person
from ..engine.organising import Organiser
from ..engine.replies import Replies
from ..ids import now_ms
from ..protocol import PersonState
from ..store.errors import NotFound, StoreError
from ..store.interface import Store
from ..store.people import Person
from ..store.types import ThreadChanges
from .changing import change_person, signed_out
from .watching import WITHIN_SECONDS

_ROUND_SECONDS = 10 * 60
_AT_ONCE = 100


class Files(Protocol):
    """What people have uploaded to this process, and what is made of it."""

    async def forget(self, user_id: str) -> None:
        """Let go of a person's, and of what is being done with it."""

    async def expire(self) -> None:
        """Let go of what nobody has gone on with for a day."""


class Leaving:
    """A person who leaves cannot sign in any more from the first moment on; what there is of
    them goes as soon as no process has a socket of theirs open, or makes an answer for them.
    The name is free after that."""

    def __init__(
        self,
        store: Store,
        organiser: Organiser,
        replies: Replies,
        files: Files,
        log: logging.Logger,
        settle_seconds: float = WITHIN_SECONDS + 1,
    ) -> None:
        self._store = store
        self._audit = Audit(store)
        self._organiser = organiser
        self._replies = replies
        self._files = files
        self._log = log
        self._settle_seconds = settle_seconds
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Once the store has been opened."""
        self._begin(self._loop())

    async def close(self) -> None:
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)

    async def leave(self, user_id: str, by: str) -> Person:
        """From now on this person is gone, as `by` wants it; the rest follows."""
        before = await self._store.get_person(user_id)  # or there is nothing to note
        # The log outlives the account: here is said whom its id meant.
        await self._audit.note(by, Event.ACCOUNT_DELETED, user_id, before.name)
        person = await change_person(
            self._store, user_id, lambda each: signed_out(each, state=PersonState.LEAVING)
        )
        await self._store.end_sessions(user_id)
        self._begin(self._forget([user_id]))
        return person

    async def _forget(self, user_ids: list[str]) -> None:
        """Twice: what a process in trouble still had on its way may come after the first time."""
        try:
            for _ in range(2):
                await asyncio.sleep(self._settle_seconds)
                for user_id in user_ids:
                    await self._remove(user_id)
        except StoreError:
            pass  # reported by `health.py`; done in a later round
        except Exception:  # noqa: BLE001 - it is tried again
            self._log.exception("Deleting an account failed; it is tried again.")

    async def _remove(self, user_id: str) -> None:
        await self._files.forget(user_id)
        while thread_ids := await self._store.all_threads(user_id, limit=_AT_ONCE):
            for thread_id in thread_ids:
                await self._purge(user_id, thread_id)
        await forget_person(self._store, user_id)
        await self._store.remove_person(user_id)

    async def _purge(self, user_id: str, thread_id: str) -> None:
        with suppress(NotFound):  # another process was faster
            await self._replies.stop_thread(user_id, thread_id)
            changes = ThreadChanges(deleted_at=now_ms())
            await self._store.update_thread(user_id, thread_id, changes)
            await self._organiser.purge(user_id, thread_id)

    async def _loop(self) -> None:
        """What other processes have left behind, and what is over."""
        while True:
            try:
                await self._store.forget_expired(now_ms())
                await self._files.expire()
                people = await self._store.list_people(limit=_AT_ONCE, state=PersonState.LEAVING)
                await self._forget([person.id for person in people])
            except StoreError:
                pass  # reported by `health.py`; done in a later round
            except Exception:  # noqa: BLE001 - the loop must go on
                self._log.exception("Tidying up sessions failed; it is tried again.")
            await asyncio.sleep(_ROUND_SECONDS * random.uniform(0.75, 1.25))

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
