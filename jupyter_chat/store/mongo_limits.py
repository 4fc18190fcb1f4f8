"""What is limited, in MongoDB: one document for each scope, with what is taken of it and what
is held until a request ends.

A reservation is one conditional update of each scope, which counts and holds in one step; so
a process may die between any two of them, and what it held is found by its lease.  Where a
later scope refuses, the earlier ones get theirs back.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import msgspec
from pymongo import ReturnDocument
from pymongo.errors import DuplicateKeyError

from ..protocol import Milliseconds, Span
from .mongo_documents import Database, Document
from .reserving import (
    COUNTED,
    NANODOLLARS,
    NOTHING,
    Amount,
    Ceiling,
    Hold,
    Reached,
    Reservation,
    Share,
    Taken,
    change,
    reached,
    start_of,
    user_of,
)


async def reserve(db: Database, user_id: str, wanted: Reservation) -> Reached | None:
    for place, share in enumerate(wanted.shares):
        refused = await _reserve_in(db, share, user_id, wanted)
        if refused is not None:
            before = tuple(each.scope for each in wanted.shares[:place])
            await settle(db, user_id, wanted.id, before, None)
            return refused
    return None


async def _reserve_in(
    db: Database, share: Share, user_id: str, wanted: Reservation
) -> Reached | None:
    """Hold it in one scope; what is held already stays as it is."""
    refused = reached(share, NOTHING, wanted.amount)
    if refused is not None:  # there may be no document yet that the conditions could look at
        return refused
    hold = Hold(wanted.id, user_id, wanted.owner, wanted.at, wanted.amount)
    fits = {
        _path(each, wanted.at): {"$not": {"$gt": each.most - wanted.amount.of(each.measure)}}
        for each in share.ceilings
    }
    while True:
        try:
            after = await db.limits.find_one_and_update(
                {"_id": share.scope, "held.id": {"$ne": wanted.id}, **fits},
                {
                    "$inc": {
                        **_counts(wanted.amount, wanted.at),
                        "replies": wanted.amount.replies,
                    },
                    "$push": {"held": msgspec.to_builtins(hold)},
                    "$setOnInsert": {"user_id": user_of(share.scope)},
                },
                projection={"counts": 1},
                upsert=True,
                return_document=ReturnDocument.AFTER,
            )
        except DuplicateKeyError:  # it is there, and the conditions do not hold
            found = await db.limits.find_one({"_id": share.scope}) or {}
            if any(each["id"] == wanted.id for each in found.get("held", ())):
                return None
            refused = reached(share, _to_taken(found, wanted.at), wanted.amount)
            if refused is not None:
                return refused  # else some of it was given back at this moment
        else:
            await _tidy(db, share.scope, after or {}, wanted.at)
            return None


async def _tidy(db: Database, scope: str, found: Document, at: Milliseconds) -> None:
    """Forget the counts of spans that are over."""
    now = {_span(span, at): start_of(span, at) for span in Span}
    over = [
        name
        for name in found.get("counts", {})
        if name not in now and int(name.partition(":")[2]) < at
    ]
    if over:
        await db.limits.update_one({"_id": scope}, {"$unset": {f"counts.{n}": "" for n in over}})


async def settle(
    db: Database, user_id: str, own: str, scopes: tuple[str, ...], spent: Amount | None
) -> None:
    for scope in scopes:
        found = await db.limits.find_one(
            {"_id": scope, "held.id": own}, {"held": {"$elemMatch": {"id": own}}}
        )
        holds = found["held"] if found is not None else []
        for hold in (_to_hold(each) for each in holds):
            if hold.user_id == user_id:
                await _end(db, scope, hold, spent)


async def taken(db: Database, scope: str, at: Milliseconds) -> Taken:
    found = await db.limits.find_one({"_id": scope}, {"held": 0})
    return NOTHING if found is None else _to_taken(found, at)


async def owners_but(db: Database, living: list[str]) -> set[str]:
    """The leases of those who hold something, without these (in order).

    Every process asks that every few seconds, and many thousand people may hold something:
    so it is a range of the index for each gap between the living, and finds nothing as a
    rule."""
    ends = [None, *living, None]
    gaps: list[Document] = []
    for after, before in pairwise(ends):
        gap: Document = {"$gt": after or ""}
        if before is not None:
            gap["$lt"] = before
        gaps.append({"held": {"$elemMatch": {"owner": gap}}})
    holding = db.limits.find({"$or": gaps}, {"held.owner": 1})
    found = {hold["owner"] async for document in holding for hold in document["held"]}
    return found.difference(living)


async def lapse(db: Database, dead: str) -> None:
    """End what a dead process held: with what the ledger says, else with nothing spent.
    What goes on elsewhere is held by whoever goes on with it."""
    async for document in db.limits.find({"held.owner": dead}):
        scope = document["_id"]
        for hold in (_to_hold(each) for each in document["held"] if each["owner"] == dead):
            running = await db.generations.find_one(
                {"_id": hold.message_id, "user_id": hold.user_id}
            )
            if running is not None and not hold.is_step:
                await db.limits.update_one(
                    {"_id": scope, "held": {"$elemMatch": {"id": hold.id, "owner": dead}}},
                    {"$set": {"held.$.owner": running["owner"]}},
                )
            else:
                await _end(db, scope, hold, await _entered(db, hold))


async def _entered(db: Database, hold: Hold) -> Amount:
    entry = await db.ledger.find_one({"_id": hold.id, "user_id": hold.user_id})
    if entry is None:
        return Amount()
    usage = entry["usage"]
    tokens = usage.get("input_tokens", 0) + usage.get("output_tokens", 0)
    return Amount(tokens=tokens, dollars=round((entry["cost"] or 0) * NANODOLLARS))


async def _end(db: Database, scope: str, hold: Hold, spent: Amount | None) -> None:
    # What this leaves of a span that is over is tidied away with the next reservation.
    await db.limits.update_one(
        {"_id": scope, "held.id": hold.id},
        {
            "$inc": {
                **_counts(change(hold.amount, spent), hold.at),
                "replies": -hold.amount.replies,
            },
            "$pull": {"held": {"id": hold.id}},
        },
    )


def _path(ceiling: Ceiling, at: Milliseconds) -> str:
    if ceiling.span is None:
        return "replies"
    return f"counts.{_span(ceiling.span, at)}.{ceiling.measure.value}"


def _span(span: Span, at: Milliseconds) -> str:
    return f"{span.value}:{start_of(span, at)}"


def _counts(amount: Amount, at: Milliseconds) -> Document:
    return {
        f"counts.{_span(span, at)}.{measure.value}": amount.of(measure)
        for span in Span
        for measure in COUNTED
    }


def _to_taken(document: Document, at: Milliseconds) -> Taken:
    counts: dict[str, Any] = document.get("counts", {})
    spans = {
        span: msgspec.convert(counts[name], Amount)
        for span in Span
        if (name := _span(span, at)) in counts
    }
    return Taken(spans, document.get("replies", 0))


def _to_hold(document: Document) -> Hold:
    return msgspec.convert(document, Hold)
