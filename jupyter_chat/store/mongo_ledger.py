"""What was asked and what it cost, in MongoDB.

The id of an entry is that of its message and its kind.  A reply's entry is first stored
with the reply itself (`ENTRY`), in the same write as its end, and then here: whoever
completes a call that was cut short finds it there.
"""

from __future__ import annotations

from typing import Any

import msgspec
from pymongo import ASCENDING
from pymongo.errors import DuplicateKeyError

from ..protocol import UsageBy, UsageSum
from .mongo_documents import Database, Document
from .records import DAY_MS, MINUTE_MS, day_name
from .types import LedgerEntry, LedgerQuery

ENTRY = "entry"
"""The field of a final reply that holds what is to be entered."""

_TOKENS = (
    "input_tokens",
    "output_tokens",
    "cached_tokens",
    "cache_write_tokens",
    "reasoning_tokens",
)
_SUMS: Document = {
    "requests": {"$sum": 1},
    **{name: {"$sum": f"$usage.{name}"} for name in _TOKENS},
    "cost": {"$sum": "$cost"},
    "unpriced": {"$sum": "$unpriced"},
    "estimated": {"$sum": "$estimated"},
    "at_most": {"$sum": {"$cond": ["$at_most", 1, 0]}},
}


async def put_entry(db: Database, user_id: str, entry: Document | None) -> None:
    """What is there gives way, unless this is an estimate."""
    if entry is None:
        return
    place = {"_id": f"{entry['message_id']}:{entry['kind']}", "user_id": user_id}
    change = "$setOnInsert" if entry["estimated"] else "$set"
    try:
        await db.ledger.update_one(place, {change: entry}, upsert=True)
    except DuplicateKeyError:  # somebody else entered it at this moment
        await db.ledger.update_one(place, {change: entry}, upsert=True)


def document_of(entry: LedgerEntry) -> Document:
    """Its fields, with numbers beside them that can be added up."""
    document: Document = msgspec.to_builtins(entry)
    document["unpriced"] = int(entry.cost is None)
    document["estimated"] = int(entry.usage.estimated)
    return document


async def usage_total(db: Database, user_id: str, which: LedgerQuery) -> UsageSum:
    found = await db.ledger.aggregate(
        [{"$match": condition_of(user_id, which)}, {"$group": {"_id": "", **_SUMS}}]
    )
    documents = [document async for document in found]
    return _to_sum("", documents[0] if documents else dict.fromkeys(_SUMS, 0))


async def usage_sums(
    db: Database, user_id: str, which: LedgerQuery, by: UsageBy, limit: int, minutes_west: int
) -> list[UsageSum]:
    key: Any = {
        UsageBy.DAY: _day(minutes_west),
        UsageBy.MODEL: "$model",
        UsageBy.THREAD: "$thread_id",
    }[by]
    order = {"_id": ASCENDING} if by is UsageBy.DAY else {"cost": -1, "_id": ASCENDING}
    found = await db.ledger.aggregate(
        [
            {"$match": condition_of(user_id, which)},
            {"$group": {"_id": key, **_SUMS}},
            {"$sort": order},
            {"$limit": limit},
        ]
    )
    return [
        _to_sum(day_name(each["_id"] // DAY_MS) if by is UsageBy.DAY else each["_id"], each)
        async for each in found
    ]


async def usage_entries(
    db: Database, user_id: str, which: LedgerQuery, limit: int, after: LedgerEntry | None
) -> list[LedgerEntry]:
    condition = condition_of(user_id, which)
    if after is not None:
        place = f"{after.message_id}:{after.kind.value}"
        condition["at"]["$gte"] = after.at
        condition["$or"] = [{"at": {"$gt": after.at}}, {"at": after.at, "_id": {"$gt": place}}]
    found = db.ledger.find(condition).sort([("at", ASCENDING), ("_id", ASCENDING)]).limit(limit)
    return [msgspec.convert(document, LedgerEntry) async for document in found]


def condition_of(user_id: str, which: LedgerQuery) -> Document:
    """The filter that finds these entries."""
    condition: Document = {"user_id": user_id}
    if which.thread_id is not None:
        condition["thread_id"] = which.thread_id
    condition["at"] = {"$gte": which.since}
    if which.until is not None:
        condition["at"]["$lt"] = which.until
    return condition


def _day(minutes_west: int) -> Document:
    """When the day began, in whole numbers: every server can do that."""
    local = {"$subtract": ["$at", minutes_west * MINUTE_MS]}
    return {"$subtract": [local, {"$mod": [local, DAY_MS]}]}


def _to_sum(key: str, document: Document) -> UsageSum:
    sums = {name: document[name] for name in _SUMS}
    return UsageSum(key, **{**sums, "cost": float(sums["cost"])})
