"""Conversations in which nothing happens any more go to the trash, after so many days.

Their owner is told before, in the list: a thread is first marked with the time at which it
goes (`Thread.retire_at`), and that is some days ahead, also where it has been quiet for long
already: because the rule is new, or because it was imported, or restored from the trash.
Whatever is asked in it takes the mark away.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping

from ..protocol import Milliseconds, Thread
from ..store.errors import Conflict, NotFound
from ..store.interface import Store
from ..store.types import ThreadChanges
from .audit import Audit, Event
from .conversations import Conversations
from .roles import Roles

DAY_MS = 24 * 3_600_000
NOTICE_DAYS = 7
"""So long before it goes people are told, or half of the time that it is kept, if less."""

_PAGE = 200
_ALWAYS = 2**53


class Retention:
    """`days`: how long a conversation is kept in which nothing happens; 0: for ever.
    `days_of_roles` goes before that, for people with these roles."""

    def __init__(
        self,
        store: Store,
        conversations: Conversations,
        audit: Audit,
        days: int = 0,
        days_of_roles: Mapping[str, int] | None = None,
        roles: Roles | None = None,
    ) -> None:
        self._store = store
        self._conversations = conversations
        self._audit = audit
        self._days = days
        self._days_of_roles = dict(days_of_roles or {})
        self._roles = roles or Roles(store)

    async def days_of(self, user_id: str) -> int:
        """How long this person's conversations are kept; 0: for ever."""
        if not self._days_of_roles:
            return self._days
        return self._days_of_roles.get(await self._roles.of(user_id), self._days)

    @property
    def fewest_days(self) -> int:
        """What :meth:`days_of` says for anybody, at the least; 0: everybody's are kept."""
        said = [self._days, *self._days_of_roles.values()]
        return min((days for days in said if days), default=0)

    async def round(self, now: Milliseconds) -> int:
        """Whatever is due at this time, of all users; several processes may do so at once.
        How many threads went to the trash."""
        if self.fewest_days:
            await self._announce(now)
        return await self._retire(now)

    async def _announce(self, now: Milliseconds) -> None:
        before = now - _kept_ms(self.fewest_days) + _notice_ms(self.fewest_days)
        known: dict[str, int] = {}
        async for user_id, thread in self._each(self._store.quiet, before):
            if user_id not in known:  # many threads are of the same person
                known[user_id] = await self.days_of(user_id)
            days = known[user_id]
            if days and thread.updated_at < now - _kept_ms(days) + _notice_ms(days):
                mark = ThreadChanges(retire_at=now + _notice_ms(days))
                await self._change(user_id, thread, mark)

    async def _retire(self, now: Milliseconds) -> int:
        """Without a rule, what an earlier one has marked is kept."""
        count = 0
        before = now if self.fewest_days else _ALWAYS
        async for user_id, thread in self._each(self._store.retiring, before):
            days = await self.days_of(user_id)
            if not days or thread.updated_at >= now - _kept_ms(days):
                await self._change(user_id, thread, ThreadChanges(retire_at=None))
                continue
            if not count:
                await self._audit.note("", Event.RETIRED, "", self._in_words())
            count += await self._change(user_id, thread, ThreadChanges(deleted_at=now))
        return count

    def _in_words(self) -> str:
        """The rules, for the audit log."""
        said = [f"after {self._days} days"] if self._days else []
        said += [f"{role} after {days} days" for role, days in self._days_of_roles.items() if days]
        return ", ".join(said)

    async def _change(self, user_id: str, thread: Thread, changes: ThreadChanges) -> bool:
        """Unless something happens to it in this moment."""
        try:
            await self._conversations.change(user_id, thread.id, changes, thread.revision)
        except (Conflict, NotFound):
            return False
        return True

    async def _each(
        self, read: Callable[..., Awaitable[list[tuple[str, Thread]]]], before: Milliseconds
    ) -> AsyncIterator[tuple[str, Thread]]:
        after: Thread | None = None
        while page := await read(before=before, limit=_PAGE, after=after):
            for user_id, thread in page:
                yield user_id, thread
            after = page[-1][1]


def _kept_ms(days: int) -> Milliseconds:
    return days * DAY_MS


def _notice_ms(days: int) -> Milliseconds:
    return min(NOTICE_DAYS * DAY_MS, days * DAY_MS // 2)
