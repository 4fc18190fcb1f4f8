"""What everybody uses, and what of it was flagged, for whoever administers this server."""

from __future__ import annotations

import asyncio

from ...ids import now_ms
from ...protocol import FlaggedList, PeopleUsage, PersonUsage, Span, UsageSum
from ...store.interface import Store
from ...store.reserving import scope_of, start_of
from ...store.types import LedgerQuery
from ..names import names_of
from ..roles import Roles
from .enforcing import Limits

_MOST = 1_000
_AT_ONCE = 20


class People:
    """A table of people: what they have used, and what of their limits."""

    def __init__(self, store: Store, limits: Limits, roles: Roles) -> None:
        self._store = store
        self._limits = limits
        self._roles = roles

    async def usage(self) -> PeopleUsage:
        """Of this month and of today, by UTC.  Raises :class:`ProviderError` where the limits
        cannot be read."""
        now = now_ms()
        month, today = [
            await self._store.usage_by_person(LedgerQuery(start_of(span, now)), limit=_MOST + 1)
            for span in (Span.MONTH, Span.DAY)
        ]
        of_today = {each.key: each for each in today}
        people: list[PersonUsage] = []
        for start in range(0, min(len(month), _MOST), _AT_ONCE):
            some = month[start : min(start + _AT_ONCE, _MOST)]
            people += await asyncio.gather(
                *(self._person(each, of_today.get(each.key)) for each in some)
            )
        shared = tuple(await self._limits.policy.shared())
        together = await self._limits.allowances("", shared)
        names = await names_of(self._store, [each.user_id for each in people])
        return PeopleUsage(people, together, names, len(month) > _MOST)

    async def flagged(self, *, limit: int, before: str | None, unseen: bool) -> FlaggedList:
        """What was flagged of everybody."""
        found = await self._store.flagged(limit=limit + 1, before=before, unseen=unseen)
        shown = found[:limit]
        names = await names_of(self._store, [each.user_id for each in shown])
        return FlaggedList(shown, names, len(found) > limit)

    async def _person(self, month: UsageSum, today: UsageSum | None) -> PersonUsage:
        user_id = month.key
        allowed = await self._limits.policy.of(user_id)
        own = tuple(share for share in allowed.shares if share.scope == scope_of(user_id))
        return PersonUsage(
            user_id,
            allowed.role,
            today.requests if today else 0,
            _tokens(today) if today else 0,
            today.cost if today else 0.0,
            month.requests,
            _tokens(month),
            month.cost,
            await self._limits.allowances(user_id, own),
        )


def _tokens(found: UsageSum) -> int:
    return found.input_tokens + found.output_tokens
