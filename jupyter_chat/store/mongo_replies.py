"""Replies being made, in MongoDB: their checkpoints, their end, their recovery.

The id of a checkpoint is that of its message and its number, so that a repeated one is
refused and a range of ids holds all of a message, in order.
"""

from __future__ import annotations

import msgspec
from pymongo import ASCENDING, ReturnDocument
from pymongo.errors import BulkWriteError

from ..protocol import Message, Milliseconds, Thread
from .interface import Checkpoint, Lease, NotFound
from .mongo_documents import (
    IS_LIVE,
    Database,
    Document,
    growth_of,
    to_message,
    to_thread,
)
from .mongo_errors import is_duplicate
from .records import LIVE, Growth, fold, has_lapsed, interrupted


def _checkpoint_id(checkpoint: Checkpoint) -> str:
    return f"{checkpoint.message_id}:{checkpoint.number:08}"


def _checkpoints_of(user_id: str, message_id: str) -> Document:
    return {"user_id": user_id, "_id": {"$gte": f"{message_id}:", "$lt": f"{message_id};"}}


async def append_checkpoints(db: Database, checkpoints: list[Checkpoint]) -> None:
    documents = [
        {
            "_id": _checkpoint_id(checkpoint),
            "user_id": checkpoint.user_id,
            "part": checkpoint.part,
            "kind": checkpoint.kind,
            "text": checkpoint.text,
            **({"model": checkpoint.model} if checkpoint.model else {}),
        }
        for checkpoint in checkpoints
    ]
    if not documents:
        return
    try:
        await db.checkpoints.insert_many(documents, ordered=False)
    except BulkWriteError as error:
        if not is_duplicate(error):
            raise
    # A reply that ended meanwhile has dropped its checkpoints, perhaps before these came.
    replies = {(checkpoint.user_id, checkpoint.message_id) for checkpoint in checkpoints}
    found = db.messages.find(
        {
            "user_id": {"$in": list({user_id for user_id, _ in replies})},
            "_id": {"$in": [message_id for _, message_id in replies]},
            "status": IS_LIVE,
        },
        {"user_id": 1},
    )
    live = {(document["user_id"], document["_id"]) async for document in found}
    for user_id, message_id in replies - live:
        await db.checkpoints.delete_many(_checkpoints_of(user_id, message_id))


async def with_checkpoints(db: Database, user_id: str, messages: list[Message]) -> list[Message]:
    """The messages, those of running replies with the text of their checkpoints."""
    live = [message.id for message in messages if message.status in LIVE]
    if not live:
        return messages
    growth = {message_id: await _growth(db, user_id, message_id) for message_id in live}
    # Read again: a reply that has ended since has dropped its checkpoints.
    found = db.messages.find({"user_id": user_id, "_id": {"$in": live}})
    now = {document["_id"]: to_message(document) async for document in found}
    return [
        _grown(now.get(message.id, message), growth.get(message.id, [])) for message in messages
    ]


def _grown(message: Message, growth: list[Growth]) -> Message:
    return fold(message, growth) if message.status in LIVE else message


async def _growth(db: Database, user_id: str, message_id: str) -> list[Growth]:
    found = db.checkpoints.find(_checkpoints_of(user_id, message_id)).sort("_id", ASCENDING)
    return [
        Growth(document["part"], document["kind"], document["text"], document.get("model"))
        async for document in found
    ]


async def finish_reply(db: Database, user_id: str, message: Message) -> Thread:
    result = await db.messages.update_one(
        {"_id": message.id, "user_id": user_id, "thread_id": message.thread_id},
        growth_of(message),
    )
    if not result.matched_count:
        raise NotFound("message")
    place = {"_id": message.thread_id, "user_id": user_id}
    updated = await db.threads.find_one_and_update(
        {**place, "updated_at": {"$lt": message.completed_at or 0}},
        {"$set": {"updated_at": message.completed_at}, "$inc": {"revision": 1}},
        return_document=ReturnDocument.AFTER,
    )
    await forget(db, user_id, message.id)
    return to_thread(updated or await db.threads.find_one(place))


async def forget(db: Database, user_id: str, message_id: str) -> None:
    """A final reply's checkpoints, and last the mark that it runs: whoever finds that
    mark left over does this again."""
    await db.checkpoints.delete_many(_checkpoints_of(user_id, message_id))
    await db.generations.delete_one({"_id": message_id, "user_id": user_id})


async def recover(db: Database, lease: Lease, now: Milliseconds) -> list[tuple[str, Message]]:
    owners = await db.generations.distinct("owner", {"owner": {"$ne": lease.owner}})
    held = {
        document["_id"]: msgspec.convert({**document, "owner": document["_id"]}, Lease)
        async for document in db.leases.find({"_id": {"$in": owners}})
    }
    recovered = []
    for owner in owners:
        if not has_lapsed(held.get(owner), lease, now):
            continue
        async for running in db.generations.find({"owner": owner}).sort("_id", ASCENDING):
            message = await _interrupt(db, running["user_id"], running["_id"], now)
            if message is not None:
                recovered.append((running["user_id"], message))
    # Those that prove to live after all make theirs anew.
    await db.leases.delete_many({"_id": {"$ne": lease.owner}, "expires_at": {"$lte": now}})
    return recovered


async def _interrupt(
    db: Database, user_id: str, message_id: str, now: Milliseconds
) -> Message | None:
    """The reply as it is kept, or `None` if it needed no end (or another process has
    just given it one)."""
    place = {"_id": message_id, "user_id": user_id, "status": IS_LIVE}
    found = await db.messages.find_one(place)
    message = None
    if found is not None:
        growth = await _growth(db, user_id, message_id)
        message = interrupted(fold(to_message(found), growth), now)
        result = await db.messages.update_one(place, growth_of(message))
        if not result.modified_count:
            message = None
    await forget(db, user_id, message_id)
    return message


async def renew_lease(db: Database, lease: Lease) -> None:
    held = {"expires_at": lease.expires_at, "host": lease.host, "pid": lease.pid}
    await db.leases.update_one({"_id": lease.owner}, {"$set": held}, upsert=True)


async def release_lease(db: Database, owner: str) -> None:
    await db.leases.delete_one({"_id": owner})
