"""What was flagged, in MongoDB."""

from __future__ import annotations

from contextlib import suppress

import msgspec
from pymongo import DESCENDING
from pymongo.errors import DuplicateKeyError

from ..protocol import Flagged, Milliseconds
from .mongo_documents import Database, Document


async def add_flagged(db: Database, user_id: str, record: Flagged) -> None:
    document: Document = msgspec.to_builtins(record)
    own = document.pop("id")
    with suppress(DuplicateKeyError):  # repeated
        await db.flagged.insert_one({**document, "_id": own, "user_id": user_id})


async def flagged(db: Database, limit: int, before: str | None, unseen: bool) -> list[Flagged]:
    where: Document = {} if before is None else {"_id": {"$lt": before}}
    if unseen:
        where["seen_at"] = None
    found = db.flagged.find(where).sort("_id", DESCENDING).limit(limit)
    return [msgspec.convert({**each, "id": each["_id"]}, Flagged) async for each in found]


async def see_flagged(db: Database, flagged_ids: list[str], now: Milliseconds) -> None:
    unseen: Document = {"_id": {"$in": flagged_ids}, "seen_at": None}
    await db.flagged.update_many(unseen, {"$set": {"seen_at": now}})
