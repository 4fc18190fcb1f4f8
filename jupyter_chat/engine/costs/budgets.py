"""What may be spent: nothing is asked any more once it has been.

Whether something may be asked is decided here and nowhere else, before each reply and each
title.  What is being made is not cut off; so it may come to a little more.
"""

from __future__ import annotations

from datetime import datetime, timezone

from ...ids import now_ms
from ...protocol import Budget, Code, Milliseconds, Problem
from ...providers.interface import KEPT, ProviderError
from ...store.interface import Store
from ...store.types import LedgerQuery


class Budgets:
    """The monthly limits that people have set for themselves."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def of(self, user_id: str) -> Budget:
        """What the person may spend this month, and has spent."""
        limit = (await self._store.get_settings(user_id)).monthly_limit
        return await self._budget(user_id, limit)

    async def require(self, user_id: str) -> None:
        """Raise :class:`ProviderError` where nothing more may be asked."""
        limit = (await self._store.get_settings(user_id)).monthly_limit
        if limit is None:
            return
        budget = await self._budget(user_id, limit)
        if budget.spent >= limit:
            raise ProviderError(_spent(budget, limit))

    async def _budget(self, user_id: str, limit: float | None) -> Budget:
        since = month_of(now_ms())
        total = await self._store.usage_total(user_id, LedgerQuery(since))
        return Budget(total.cost, since, limit)


def month_of(now: Milliseconds) -> Milliseconds:
    """When the month began, in UTC as model servers bill it."""
    today = datetime.fromtimestamp(now / 1000, timezone.utc)
    began = today.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return round(began.timestamp() * 1000)


def _spent(budget: Budget, limit: float) -> Problem:
    began = datetime.fromtimestamp(budget.since / 1000, timezone.utc)
    return Problem(
        Code.BUDGET_SPENT,
        f"You have set a limit of ${limit:,.2f} a month, and since {began:%B} 1 (UTC) "
        f"${budget.spent:,.2f} have been spent. {KEPT}: change the limit in the settings, "
        "and retry.",
    )
