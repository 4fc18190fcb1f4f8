"""The audit log in MongoDB: one document for each entry, its number the `_id`."""

from __future__ import annotations

import msgspec
from pymongo import ASCENDING, DESCENDING
from pymongo.errors import DuplicateKeyError

from ..protocol import AuditEntry
from .mongo_documents import Database, Document
from .types import damaged


async def add(db: Database, entry: AuditEntry) -> bool:
    document: Document = msgspec.to_builtins(entry)
    document["_id"] = document.pop("number")
    try:
        await db.audit.insert_one(document)
    except DuplicateKeyError:
        return await db.audit.find_one({"_id": entry.number}) == document
    return True


async def last(db: Database) -> AuditEntry | None:
    newest = db.audit.find({}).sort("_id", DESCENDING).limit(1)
    async for document in newest:
        return _entry(document)
    return None


async def entries(db: Database, after: int, limit: int) -> list[AuditEntry]:
    found = db.audit.find({"_id": {"$gt": after}}).sort("_id", ASCENDING).limit(limit)
    return [_entry(document) async for document in found]


async def newest(
    db: Database, before: int | None, person: str, event: str, limit: int
) -> list[AuditEntry]:
    where: Document = {} if before is None else {"_id": {"$lt": before}}
    if person:
        where["$or"] = [{"user_id": person}, {"subject": person}]
    if event:
        where["event"] = event
    found = db.audit.find(where).sort("_id", DESCENDING).limit(limit)
    return [_entry(document) async for document in found]


def _entry(document: Document) -> AuditEntry:
    number = document.pop("_id")
    try:
        return msgspec.convert({**document, "number": number}, AuditEntry)
    except msgspec.ValidationError:
        return damaged(number)
