"""Summaries of the beginnings of branches in MongoDB; the id of each is that of the message
up to which it goes."""

from __future__ import annotations

from contextlib import suppress

import msgspec
from pymongo import ASCENDING
from pymongo.errors import DuplicateKeyError

from ..protocol import Summary
from .errors import NotFound
from .mongo_documents import Database, Document, is_there


async def summaries(db: Database, user_id: str, thread_id: str) -> list[Summary]:
    if await db.threads.find_one({"_id": thread_id, "user_id": user_id}, {"_id": 1}) is None:
        raise NotFound("conversation")
    found = db.summaries.find({"user_id": user_id, "thread_id": thread_id}).sort("_id", ASCENDING)
    return [_to_summary(document) async for document in found]


def _to_summary(document: Document) -> Summary:
    return msgspec.convert({**document, "upto": document["_id"]}, Summary)


async def put(db: Database, user_id: str, summary: Summary) -> None:
    place = {"user_id": user_id, "thread_id": summary.thread_id, "_id": summary.upto}
    message = await db.messages.find_one(place, {"deleted_at": 1})
    if message is None or not is_there(message):
        raise NotFound("message")
    document = {**msgspec.to_builtins(summary), **place}
    document.pop("upto")
    with suppress(DuplicateKeyError):  # another process has just put one there
        await db.summaries.replace_one(place, document, upsert=True)


async def delete(db: Database, user_id: str, thread_id: str, upto: str) -> None:
    if await db.threads.find_one({"_id": thread_id, "user_id": user_id}, {"_id": 1}) is None:
        raise NotFound("conversation")
    await db.summaries.delete_one({"user_id": user_id, "thread_id": thread_id, "_id": upto})


async def forget(db: Database, user_id: str, message_ids: list[str]) -> None:
    """Those up to messages that are removed for good."""
    await db.summaries.delete_many({"user_id": user_id, "_id": {"$in": message_ids}})
