"""What a person's requests have taken and cost, added up and one by one."""

from __future__ import annotations

import asyncio
import csv
import io
from collections.abc import AsyncIterator
from datetime import datetime, timezone

import msgspec

from ...protocol import UsageBy, UsageReport
from ...store.errors import NotFound
from ...store.interface import Store
from ...store.types import LedgerEntry, LedgerQuery

_MOST_DAYS = 4_000
_MOST_OTHERS = 100
_AT_ONCE = 500
_TITLES_AT_ONCE = 20
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet takes for the beginning of a formula."""

COLUMNS = (
    *("time", "kind", "conversation", "title", "message", "model", "source"),
    *("input_tokens", "cached_tokens", "cache_write_tokens", "output_tokens"),
    *("reasoning_tokens", "cost_usd", "estimated", "at_most"),
)


class UsageReports:
    """The ledger as people see it."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def report(
        self, user_id: str, which: LedgerQuery, by: UsageBy, minutes_west: int = 0
    ) -> UsageReport:
        limit = _MOST_DAYS if by is UsageBy.DAY else _MOST_OTHERS
        total = await self._store.usage_total(user_id, which)
        sums = await self._store.usage_sums(
            user_id, which, by, limit=limit, minutes_west=minutes_west
        )
        if by is UsageBy.THREAD:
            titles = await self._titles(user_id, [each.key for each in sums])
            sums = [msgspec.structs.replace(each, title=titles[each.key]) for each in sums]
        return UsageReport(sums, total)

    async def csv(self, user_id: str, which: LedgerQuery) -> AsyncIterator[bytes]:
        """A line for each request, in the order of time, as they are read."""
        titles: dict[str, str | None] = {}
        last: LedgerEntry | None = None
        yield _lines([COLUMNS])
        while True:
            entries = await self._store.usage_entries(user_id, which, limit=_AT_ONCE, after=last)
            if not entries:
                return
            last = entries[-1]
            new = {each.thread_id for each in entries} - titles.keys()
            titles |= await self._titles(user_id, sorted(new))
            yield await asyncio.to_thread(
                lambda: _lines([_row(each, titles[each.thread_id]) for each in entries])  # noqa: B023
            )

    async def _titles(self, user_id: str, thread_ids: list[str]) -> dict[str, str | None]:
        """`None`: there is no such thread any more."""
        titles: dict[str, str | None] = {}
        for start in range(0, len(thread_ids), _TITLES_AT_ONCE):
            some = thread_ids[start : start + _TITLES_AT_ONCE]
            found = await asyncio.gather(*(self._title(user_id, each) for each in some))
            titles |= dict(zip(some, found, strict=True))
        return titles

    async def _title(self, user_id: str, thread_id: str) -> str | None:
        try:
            return (await self._store.get_thread(user_id, thread_id)).title or ""
        except NotFound:
            return None


def _row(entry: LedgerEntry, title: str | None) -> tuple[object, ...]:
    usage = entry.usage
    return (
        datetime.fromtimestamp(entry.at / 1000, timezone.utc).isoformat(timespec="seconds"),
        entry.kind.value,
        entry.thread_id,
        _cell(title or ""),
        entry.message_id,
        _cell(entry.model),
        entry.source.value if entry.source is not None else "",
        usage.input_tokens,
        usage.cached_tokens,
        usage.cache_write_tokens,
        usage.output_tokens,
        usage.reasoning_tokens,
        "" if entry.cost is None else f"{entry.cost:.9f}",
        "yes" if usage.estimated else "no",
        "yes" if entry.at_most else "no",
    )


def _cell(text: str) -> str:
    """A text that no spreadsheet takes for a formula."""
    return f"'{text}" if text.lstrip().startswith(_FORMULA) else text


def _lines(rows: list[tuple[object, ...]]) -> bytes:
    file = io.StringIO()
    csv.writer(file).writerows(rows)
    return file.getvalue().encode()
