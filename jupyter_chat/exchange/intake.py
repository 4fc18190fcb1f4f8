"""Storing what was found in a file."""

from __future__ import annotations

import logging

from ..protocol import Import, ImportProblem, Message, Thread
from ..store.errors import NotFound, Unavailable
from ..store.interface import Store
from ..store.types import ThreadChanges
from .found import Found


class Intake:
    """Adds one thread after the other and counts in `state` what became of them.

    A thread may come in several parts, one after the other; it counts once.
    """

    def __init__(self, store: Store, user_id: str, state: Import, log: logging.Logger) -> None:
        self._store = store
        self._user_id = user_id
        self._state = state
        self._log = log
        self._source: str | None = None
        self._spare = False
        """The current thread goes by its derived ids."""
        self._is_new = False
        self._leaf_id: str | None = None
        """What it shows as it was first stored."""
        self._counted = False
        self._thread: Thread | None = None
        self._ids: set[str] = set()
        """Of the messages of the current thread."""

    async def take(self, found: Found) -> list[ImportProblem]:
        """Store it; what is worth telling about it.  Raises :class:`Unavailable`."""
        if found.source != self._source:
            await self.finish()
            self._source, self._spare, self._ids = found.source, False, set()
            self._thread, self._counted = None, False
        title = found.thread.title
        problems = [ImportProblem(each, found.entry, title) for each in found.problems]
        try:
            problems += await self._add(found)
        except Unavailable:
            raise
        except Exception:  # noqa: BLE001 - whatever it is, the next thread may be all right
            self._log.exception("Chat history: entry %d of an import failed.", found.entry)
            self._state.threads_failed += 1
            message = (
                "It could not be stored, or not all of it; the log of the server has the "
                "details. Import the file again to try once more: nothing is added twice."
            )
            problems.append(ImportProblem(message, found.entry, title))
        return problems

    async def finish(self) -> None:
        """The current thread has no more parts: what it shows must be among them."""
        thread, self._thread = self._thread, None
        if thread is None or not self._is_new or not self._ids:
            return
        leaf_id = thread.leaf_id if thread.leaf_id in self._ids else max(self._ids)
        if leaf_id != self._leaf_id:
            changes = ThreadChanges(leaf_id=leaf_id)
            await self._store.update_thread(self._user_id, thread.id, changes)

    async def _add(self, found: Found) -> list[ImportProblem]:
        thread, messages = found.thread, found.messages
        if self._spare and found.spare is not None:
            thread, messages = found.spare
        existing = await self._existing(thread)
        try:
            added = await self._store.add_thread(self._user_id, thread, messages)
        except NotFound:
            if found.spare is None or self._thread is not None:
                raise
            self._spare = True
            thread, messages = found.spare
            existing = await self._existing(thread)
            added = await self._store.add_thread(self._user_id, thread, messages)
        if self._thread is None:
            self._is_new, self._leaf_id = existing is None, thread.leaf_id
        self._thread = thread
        self._ids.update(message.id for message in messages)
        self._count(existing, messages, added)
        if existing is not None and existing.deleted_at is not None:
            message = "It is in the trash and stays there; restore it from the trash to see it."
            return [ImportProblem(message, found.entry, thread.title)]
        return []

    async def _existing(self, thread: Thread) -> Thread | None:
        try:
            return await self._store.get_thread(self._user_id, thread.id)
        except NotFound:
            return None

    def _count(self, existing: Thread | None, messages: list[Message], added: int) -> None:
        state = self._state
        state.messages_added += added
        changed = added > 0 or existing is None
        if not self._counted:
            state.threads_added += changed
            state.threads_known += not changed
        self._counted = True
