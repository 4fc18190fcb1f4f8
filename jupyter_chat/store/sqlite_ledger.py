"""What was asked and what it cost, in SQLite; each function is a part of a transaction."""

from __future__ import annotations

import sqlite3

from ..protocol import Source, Usage, UsageBy, UsageSum
from .records import DAY_MS, LARGEST_NUMBER, MINUTE_MS, day_name
from .types import LedgerEntry, LedgerQuery, UsageKind

_COLUMNS = (
    *("message_id", "kind", "thread_id", "at", "model", "source"),
    *("input_tokens", "output_tokens", "cached_tokens", "cache_write_tokens"),
    *("reasoning_tokens", "estimated", "at_most", "cost"),
)
_SUMS = """count(*), total(input_tokens), total(output_tokens), total(cached_tokens),
    total(cache_write_tokens), total(reasoning_tokens), total(cost),
    count(*) - count(cost), total(estimated), total(at_most)"""
_COST = 8
"""Its column in a query that begins with a key."""


def put_entry(db: sqlite3.Connection, user_id: str, entry: LedgerEntry) -> None:
    """What is there gives way, unless this is an estimate."""
    usage = entry.usage
    columns = ("user_id", *_COLUMNS)
    db.execute(
        f"""INSERT OR {"IGNORE" if usage.estimated else "REPLACE"}
            INTO ledger ({", ".join(columns)}) VALUES ({", ".join("?" * len(columns))})""",  # noqa: S608 - names of ours
        (
            *(user_id, entry.message_id, entry.kind, entry.thread_id, entry.at),
            *(entry.model, entry.source),
            *(usage.input_tokens, usage.output_tokens, usage.cached_tokens),
            *(usage.cache_write_tokens, usage.reasoning_tokens, usage.estimated),
            *(entry.at_most, entry.cost),
        ),
    )


def usage_total(db: sqlite3.Connection, user_id: str, which: LedgerQuery) -> UsageSum:
    where, values = _condition(user_id, which)
    query = f"SELECT {_SUMS} FROM ledger WHERE {where}"  # noqa: S608 - names of ours
    return _to_sum("", *db.execute(query, values).fetchone())


def usage_sums(
    db: sqlite3.Connection,
    user_id: str,
    which: LedgerQuery,
    by: UsageBy,
    limit: int,
    minutes_west: int,
) -> list[UsageSum]:
    where, values = _condition(user_id, which)
    key, order = {
        UsageBy.DAY: (f"(at - {minutes_west * MINUTE_MS}) / {DAY_MS}", "1"),
        UsageBy.MODEL: ("model", f"{_COST} DESC, 1"),
        UsageBy.THREAD: ("thread_id", f"{_COST} DESC, 1"),
    }[by]
    rows = db.execute(
        f"""SELECT {key}, {_SUMS} FROM ledger
            WHERE {where} GROUP BY 1 ORDER BY {order} LIMIT ?""",  # noqa: S608 - names of ours
        (*values, limit),
    )
    return [_to_sum(day_name(each) if by is UsageBy.DAY else each, *sums) for each, *sums in rows]


def usage_entries(
    db: sqlite3.Connection,
    user_id: str,
    which: LedgerQuery,
    limit: int,
    after: LedgerEntry | None,
) -> list[LedgerEntry]:
    where, values = _condition(user_id, which)
    if after is not None:
        where += " AND (at, message_id, kind) > (?, ?, ?)"
        values += [after.at, after.message_id, after.kind]
    rows = db.execute(
        f"""SELECT {", ".join(_COLUMNS)} FROM ledger
            WHERE {where} ORDER BY at, message_id, kind LIMIT ?""",  # noqa: S608 - names of ours
        (*values, limit),
    )
    return [_to_entry(*row) for row in rows]


def _condition(user_id: str, which: LedgerQuery) -> tuple[str, list[object]]:
    until = LARGEST_NUMBER if which.until is None else which.until
    where, values = "user_id = ? AND at >= ? AND at < ?", [user_id, which.since, until]
    if which.thread_id is not None:
        # One index or the other: a `+` keeps SQLite from looking through all of that time.
        where = "user_id = ? AND +at >= ? AND +at < ? AND thread_id = ?"
        values.append(which.thread_id)
    return where, values


def _to_sum(key: str, requests: int, *sums: float) -> UsageSum:
    *tokens, cost, unpriced, estimated, at_most = sums
    given, written, cached, cache_writes, reasoning = map(int, tokens)
    return UsageSum(
        *(key, requests, given, written, cached, cache_writes, reasoning),
        *(cost, int(unpriced), int(estimated), int(at_most)),
    )


def _to_entry(
    message_id: str,
    kind: str,
    thread_id: str,
    at: int,
    model: str,
    source: str | None,
    *numbers: int,
) -> LedgerEntry:
    given, written, cached, cache_writes, reasoning, estimated, at_most, cost = numbers
    return LedgerEntry(
        message_id=message_id,
        thread_id=thread_id,
        at=at,
        model=model,
        usage=Usage(given, written, cached, cache_writes, reasoning, bool(estimated)),
        cost=cost,
        source=None if source is None else Source(source),
        kind=UsageKind(kind),
        at_most=bool(at_most),
    )
