"""Replies being made, in MongoDB: their checkpoints, their end, their recovery.

The id of a checkpoint is that of its message and its number, so that a repeated one is
refused and a range of ids holds all of a message, in order.  A reply that was taken over
begins anew, with one checkpoint that holds all the text so far; those of earlier attempts
are no longer looked at.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress

import msgspec
from pymongo import ASCENDING, ReturnDocument
from pymongo.errors import BulkWriteError, DuplicateKeyError

from ..protocol import Message, Milliseconds, Source, Thread, written_in
from .errors import NotFound
from .mongo_documents import (
    IS_LIVE,
    Database,
    Document,
    growth_of,
    is_there,
    to_message,
    to_thread,
)
from .mongo_errors import is_duplicate
from .mongo_ledger import ENTRY, document_of, put_entry
from .mongo_limits import lapse, owners_but
from .mongo_search import put_messages
from .records import (
    LIVE,
    Growth,
    Resumable,
    fold,
    has_lapsed,
    interrupted,
    left_of,
    resumable,
    source_of,
)
from .types import Checkpoint, Estimate, Lease, LedgerEntry, Left

_GROWTH = Growth.__struct_fields__


def _checkpoint_id(checkpoint: Checkpoint) -> str:
    series = f"{checkpoint.attempt:04}:" if checkpoint.attempt else ""
    return f"{checkpoint.message_id}:{series}{checkpoint.number:08}"


def _checkpoints_of(user_id: str, message_id: str) -> Document:
    return {"user_id": user_id, "_id": {"$gte": f"{message_id}:", "$lt": f"{message_id};"}}


async def append_checkpoints(db: Database, checkpoints: list[Checkpoint]) -> None:
    documents = [_to_document(checkpoint) for checkpoint in checkpoints]
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


def _to_document(checkpoint: Checkpoint) -> Document:
    fields: Document = {
        name: getattr(checkpoint, name) for name in _GROWTH if getattr(checkpoint, name) is not None
    }
    if checkpoint.attempt:
        fields["attempt"] = checkpoint.attempt
    return {"_id": _checkpoint_id(checkpoint), "user_id": checkpoint.user_id, **fields}


async def begin_reply(db: Database, user_id: str, message_id: str, owner: str) -> bool:
    result = await db.generations.update_one(
        {"_id": message_id, "user_id": user_id, "owner": owner}, {"$set": {"begun": True}}
    )
    return bool(result.matched_count)


async def ask_to_stop(db: Database, user_id: str, message_id: str) -> bool:
    result = await db.generations.update_one(
        {"_id": message_id, "user_id": user_id}, {"$set": {"stop": True}}
    )
    return bool(result.matched_count)


async def asked_to_stop(db: Database, owner: str) -> list[str]:
    found = db.generations.find({"owner": owner, "stop": True}, {"_id": 1})
    return [each["_id"] async for each in found.sort("_id", ASCENDING)]


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
    return [
        each for document in await _newest(db, user_id, message_id) for each in _growths(document)
    ]


async def _newest(db: Database, user_id: str, message_id: str) -> list[Document]:
    """The checkpoints of a reply's last attempt, in their order."""
    found = db.checkpoints.find(_checkpoints_of(user_id, message_id)).sort("_id", ASCENDING)
    documents = [document async for document in found]
    attempt = max((document.get("attempt", 0) for document in documents), default=0)
    return [document for document in documents if document.get("attempt", 0) == attempt]


def _growths(document: Document) -> list[Growth]:
    last = msgspec.convert([document.get(name) for name in _GROWTH], Growth)
    before = document.get("before", ())
    return [*(Growth(part, kind, text) for part, (kind, text) in enumerate(before)), last]


def _without_gaps(documents: list[Document]) -> list[Document]:
    """Up to the first checkpoint that is missing: one write of many may come to pass in
    parts, and what upstream is asked for must follow on what is there.

    Whoever took a reply over numbers from 1; where it waited, there was no text to be
    kept as number 0."""
    numbers = [int(document["_id"].rpartition(":")[2]) for document in documents]
    taken_over = bool(documents) and documents[0].get("attempt", 0) > 0
    first = 1 if taken_over and numbers[0] > 0 else 0
    return [each for place, each in enumerate(documents) if numbers[place] == first + place]


async def finish_reply(
    db: Database, user_id: str, message: Message, entry: LedgerEntry | None
) -> Thread:
    final = _final(message, entry)
    result = await db.messages.update_one(
        {"_id": message.id, "user_id": user_id, "thread_id": message.thread_id}, final
    )
    if not result.matched_count:
        raise NotFound("message")
    await put_entry(db, user_id, final["$set"].get(ENTRY))
    await put_messages(db, user_id, [message])
    place = {"_id": message.thread_id, "user_id": user_id}
    updated = await db.threads.find_one_and_update(
        {**place, "updated_at": {"$lt": message.completed_at or 0}},
        {
            "$set": {"updated_at": message.completed_at},
            "$unset": {"retire_at": ""},
            "$inc": {"revision": 1},
        },
        return_document=ReturnDocument.AFTER,
    )
    await forget(db, user_id, message.id)
    return to_thread(updated or await db.threads.find_one(place))


def _final(message: Message, entry: LedgerEntry | None) -> Document:
    """The update that ends a reply."""
    update = growth_of(message)
    if entry is not None:
        update["$set"][ENTRY] = document_of(entry)
    return update


async def forget(db: Database, user_id: str, message_id: str) -> None:
    """A final reply's checkpoints, and last the mark that it runs: whoever finds that
    mark left over does this again."""
    await db.checkpoints.delete_many(_checkpoints_of(user_id, message_id))
    await db.generations.delete_one({"_id": message_id, "user_id": user_id})


async def recover(
    db: Database, lease: Lease, now: Milliseconds, estimate: Estimate | None
) -> list[Left]:
    leases = await _leases(db, {})
    living = sorted(
        {lease.owner, *(each.owner for each in leases if not has_lapsed(each, lease, now))}
    )
    making = await db.generations.distinct("owner", {"owner": {"$nin": living}})
    others = sorted({*making, *await owners_but(db, living)})
    # Looked for again: some may have begun after the first look.
    held = {each.owner: each for each in await _leases(db, {"_id": {"$in": others}})}
    recovered = []
    for owner in others:
        if not has_lapsed(held.get(owner), lease, now):
            continue
        async for running in db.generations.find({"owner": owner}).sort("_id", ASCENDING):
            ended = await _take_over_or_end(db, running, lease.owner, now, estimate)
            if ended is not None:
                recovered.append(Left(running["user_id"], ended))
        await lapse(db, owner)
    # Those that prove to live after all make theirs anew.
    await db.leases.delete_many({"_id": {"$ne": lease.owner}, "expires_at": {"$lte": now}})
    return recovered + await _taken_over(db, lease.owner)


async def _leases(db: Database, which: Document) -> list[Lease]:
    return [
        msgspec.convert({**document, "owner": document["_id"]}, Lease)
        async for document in db.leases.find(which)
    ]


async def _take_over_or_end(
    db: Database, running: Document, owner: str, now: Milliseconds, estimate: Estimate | None
) -> Message | None:
    """Take a reply over if it can go on, or end it; the reply if this has ended it."""
    user_id, message_id = running["user_id"], running["_id"]
    found = await db.messages.find_one({"_id": message_id, "user_id": user_id, "status": IS_LIVE})
    if found is None:  # final already, or its turn was never stored
        await _forget_ended(db, user_id, message_id)
        return None
    message = to_message(found)
    if not is_there(found):
        await _interrupt(db, user_id, message, now, estimate)
        return None  # nobody is to hear of it
    attempt = running.get("attempt", 0) + 1
    begun = running.get("begun", True)
    documents = _without_gaps(await _newest(db, user_id, message_id))
    growth = [each for one in documents for each in _growths(one)]
    going_on = resumable(message, growth)
    if begun and going_on is None:
        return await _interrupt(db, user_id, message, now, estimate)
    if going_on is not None:
        await _begin_anew(db, user_id, going_on, attempt, source_of(growth))
    # One of those that try gets it, and only as it was found.
    place = {"_id": message_id, "user_id": user_id, "owner": running["owner"]}
    place |= {"begun": begun} if "begun" in running else {}
    await db.generations.update_one(place, {"$set": {"owner": owner, "attempt": attempt}})
    return None


async def _begin_anew(
    db: Database, user_id: str, reply: Resumable, attempt: int, source: Source | None
) -> None:
    """Keep all the text so far as the first checkpoint of a new attempt."""
    message = reply.message
    place = Checkpoint(
        user_id,
        message.thread_id,
        message.id,
        number=0,
        part=0,
        kind="text",
        text="",
        model=message.model,
        upstream_id=reply.upstream_id,
        upstream_seq=reply.upstream_seq,
        attempt=attempt,
        counted_tokens=message.counted_tokens,
        source=source,
    )
    before = [(str(part.__struct_config__.tag), part.text) for part in written_in(message)]
    with suppress(DuplicateKeyError):  # whoever wrote that was cut short, or is as fast
        await db.checkpoints.insert_one({**_to_document(place), "before": before})


async def _taken_over(db: Database, owner: str) -> list[Left]:
    lefts = []
    async for running in db.generations.find({"owner": owner, "attempt": {"$gt": 0}}).sort(
        "_id", ASCENDING
    ):
        user_id, message_id = running["user_id"], running["_id"]
        found = await db.messages.find_one(
            {"_id": message_id, "user_id": user_id, "status": IS_LIVE}
        )
        if found is not None:
            growth = await _growth(db, user_id, message_id)
            lefts.append(left_of(user_id, to_message(found), running["attempt"], growth))
    return lefts


async def _interrupt(
    db: Database, user_id: str, message: Message, now: Milliseconds, estimate: Estimate | None
) -> Message | None:
    """The reply as it is kept; `None`: another process has just given it an end."""
    growth = await _growth(db, user_id, message.id)
    message, entry = await asyncio.to_thread(interrupted, user_id, message, growth, now, estimate)
    result = await db.messages.update_one(
        {"_id": message.id, "user_id": user_id, "status": IS_LIVE}, _final(message, entry)
    )
    await _forget_ended(db, user_id, message.id)
    return message if result.modified_count else None


async def _forget_ended(db: Database, user_id: str, message_id: str) -> None:
    """What is left of a reply whose end was written, perhaps with nothing after it."""
    final = await db.messages.find_one({"_id": message_id, "user_id": user_id})
    if final is not None:
        await put_entry(db, user_id, final.get(ENTRY))
        await put_messages(db, user_id, [to_message(final)])
    await forget(db, user_id, message_id)


async def renew_lease(db: Database, lease: Lease) -> None:
    held = {"expires_at": lease.expires_at, "host": lease.host, "pid": lease.pid}
    await db.leases.update_one({"_id": lease.owner}, {"$set": held}, upsert=True)


async def release_lease(db: Database, owner: str) -> None:
    await db.leases.delete_one({"_id": owner})
