"""Keeping many threads in order: folders and tags, many at once, the trash."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from typing import TypeVar

from ..ids import now_ms
from ..protocol import (
    BulkAction,
    BulkChange,
    BulkOutcome,
    BulkResult,
    Count,
    Emptied,
    Folders,
    Milliseconds,
    Thread,
    ThreadGone,
    View,
)
from ..store.errors import Conflict, NotFound, StoreError
from ..store.interface import Store
from ..store.types import ThreadChanges, ThreadFilter
from .broadcast import Broadcast
from .conversations import Conversations
from .errors import Invalid
from .labels import name_of, with_tag, without_tag
from .replies import Replies
from .retention import Retention

_T = TypeVar("_T")

_AT_ONCE = 32
"""So many are on their way to the store together."""
_PAGE = 200
_DAY_MS = 24 * 3_600_000
_TRIES = 5

_CHANGES = {
    BulkAction.PIN: ThreadChanges(pinned=True),
    BulkAction.UNPIN: ThreadChanges(pinned=False),
    BulkAction.ARCHIVE: ThreadChanges(archived=True),
    BulkAction.UNARCHIVE: ThreadChanges(archived=False),
    BulkAction.RESTORE: ThreadChanges(deleted_at=None, retire_at=None),
}


class Organiser:
    """`trash_days`: how long what was deleted can be restored; 0: for ever."""

    def __init__(
        self,
        store: Store,
        conversations: Conversations,
        replies: Replies,
        broadcast: Broadcast,
        trash_days: int,
        retention: Retention | None = None,
    ) -> None:
        self._store = store
        self._conversations = conversations
        self._replies = replies
        self._broadcast = broadcast
        self._trash_days = trash_days
        self._retention = retention

    async def folders(self, user_id: str) -> Folders:
        """A user's folders and tags, by name."""
        folders, tags = await self._store.folders(user_id)
        kept = await self._retention.days_of(user_id) if self._retention is not None else 0
        return Folders(_by_name(folders), _by_name(tags), self._trash_days, kept)

    # --- many at once -------------------------------------------------------------------

    async def bulk(self, user_id: str, command: BulkChange) -> BulkResult:
        """Do the same to many threads.  One that refuses stays as it was and says why;
        the others are changed all the same."""
        act = self._action(user_id, command)

        async def outcome(thread_id: str) -> BulkOutcome:
            try:
                await act(thread_id)
            except (Invalid, StoreError) as error:
                return BulkOutcome(thread_id, error.problem)
            return BulkOutcome(thread_id)

        thread_ids = list(dict.fromkeys(command.thread_ids))
        return BulkResult(await _each(thread_ids, outcome))

    def _action(self, user_id: str, command: BulkChange) -> Callable[[str], Awaitable[object]]:
        action, value = command.action, command.value
        conversations = self._conversations
        if action in (BulkAction.TAG, BulkAction.UNTAG):
            if value is None:
                raise Invalid("Which tag? Nothing was changed.", "value")
            tag, change = name_of(value, "value"), _TAGGING[action]
            return lambda thread_id: self._change_tags(
                user_id, thread_id, lambda tags: change(tags, tag)
            )
        if action is BulkAction.DELETE:
            return lambda thread_id: self.delete(user_id, thread_id)
        if action is BulkAction.PURGE:
            return lambda thread_id: self.purge(user_id, thread_id)
        if action is BulkAction.MOVE:
            changes = ThreadChanges(folder=None if value is None else name_of(value, "value"))
        else:
            changes = _CHANGES[action]
        return lambda thread_id: conversations.change(user_id, thread_id, changes)

    async def _change_tags(
        self, user_id: str, thread_id: str, change: Callable[[list[str]], list[str]]
    ) -> None:
        for attempt in range(1, _TRIES + 1):
            thread = await self._store.get_thread(user_id, thread_id)
            changes = ThreadChanges(tags=change(thread.tags))
            try:
                await self._conversations.change(user_id, thread_id, changes, thread.revision)
                return
            except Conflict:  # somebody else changed the thread, perhaps its tags
                if attempt == _TRIES:
                    raise

    # --- the trash ----------------------------------------------------------------------

    async def delete(self, user_id: str, thread_id: str) -> Thread:
        """Put a thread into the trash (one that is there stays so long as it would have);
        a temporary one is gone for good."""
        thread = await self._conversations.thread(user_id, thread_id)
        if thread.deleted_at is not None:
            return thread
        if not thread.temporary:
            return await self._conversations.delete_thread(user_id, thread_id)
        thread.deleted_at = now_ms()
        await self._purge(user_id, thread_id)
        return thread

    async def purge(self, user_id: str, thread_id: str) -> None:
        """Delete for good what is in the trash, or temporary."""
        thread = await self._store.get_thread(user_id, thread_id)
        if thread.deleted_at is None and not thread.temporary:
            raise Invalid(
                "Only a conversation in the trash can be deleted for good. It was left "
                "as it is; delete it first.",
                "thread_id",
            )
        await self._purge(user_id, thread_id)

    async def empty_trash(self, user_id: str) -> Emptied:
        """Delete for good all that a user has in the trash now."""
        trash = ThreadFilter(View.TRASH)
        thread_ids: list[str] = []
        cursor = None
        while True:
            threads, cursor = await self._store.list_threads(
                user_id, limit=_PAGE, cursor=cursor, which=trash
            )
            thread_ids += [thread.id for thread in threads]
            if cursor is None:
                break
        gone = await _each(thread_ids, lambda thread_id: self._purge(user_id, thread_id))
        return Emptied(sum(gone))

    async def purge_due(self, now: Milliseconds) -> int:
        """Delete for good what has been in the trash for long enough and what was
        temporary, of all users, and messages that were deleted as long ago; several
        processes may do so at once.  How many threads it was."""
        deleted_before = now - self._trash_days * _DAY_MS if self._trash_days else 0
        await self._store.purge_messages(deleted_before)
        count = 0
        while True:
            due = await self._store.due(deleted_before=deleted_before, now=now, limit=_PAGE)
            gone = [await self._purge(user_id, thread_id) for user_id, thread_id in due]
            count += sum(gone)
            if not any(gone):
                return count

    async def close_temporary(self, now: Milliseconds) -> None:
        """Delete temporary threads that nobody looks at any more."""
        temporaries = self._replies.temporaries
        for user_id, thread_id in temporaries.closed(now):
            try:
                await self.purge(user_id, thread_id)
            except (Invalid, NotFound):  # another process has kept it, or was faster
                temporaries.forget(user_id, thread_id)

    async def _purge(self, user_id: str, thread_id: str) -> bool:
        """Whether it is gone; answers being made in it are stopped first."""
        await self._replies.stop_thread(user_id, thread_id)
        gone = await self._store.purge(user_id, thread_id)
        if gone:
            # Something may have been asked between the two.
            await self._replies.stop_thread(user_id, thread_id)
            self._replies.temporaries.forget(user_id, thread_id)
            self._broadcast.to_user(user_id, ThreadGone(thread_id))
        return gone


_TAGGING: dict[BulkAction, Callable[[list[str], str], list[str]]] = {
    BulkAction.TAG: with_tag,
    BulkAction.UNTAG: without_tag,
}


def _by_name(counts: dict[str, int]) -> list[Count]:
    return [Count(name, counts[name]) for name in sorted(counts, key=str.casefold)]


async def _each(ids: list[str], act: Callable[[str], Awaitable[_T]]) -> list[_T]:
    """What `act` makes of each, in order; a few at a time."""
    made: list[_T] = []
    for some in _portions(ids):
        made += await asyncio.gather(*(act(each) for each in some))
    return made


def _portions(ids: list[str]) -> Iterator[list[str]]:
    for start in range(0, len(ids), _AT_ONCE):
        yield ids[start : start + _AT_ONCE]
