"""Storing a turn in MongoDB, step by step and only once."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TypeAlias

import msgspec
from pymongo import ReturnDocument
from pymongo.errors import BulkWriteError, DuplicateKeyError

from ..protocol import Message, Role, Status, Thread
from .errors import NotFound
from .mongo_documents import Database, Document, to_document, to_thread
from .mongo_errors import is_duplicate
from .types import Accepted, Turn

_Written: TypeAlias = dict[Role, Document]
"""What is stored of a turn, by role."""

_MESSAGES_AT_ONCE = 500

_MESSAGE_FIELDS = {"role": 1, "parent_id": 1, "thread_id": 1}


async def add_turn(db: Database, user_id: str, turn: Turn) -> Accepted:
    """See `interface.Store`.

    In this order: the thread, the mark that the reply runs, question and reply, the
    thread's new leaf.  The unique (user, client id, role) tells a repetition from the
    first time; a repetition does what the first time did not come to do.
    """
    reply, question = turn.reply, turn.question
    written = await _written(db, user_id, reply)
    repeated = reply.role in written
    if not repeated:
        await _require_place(db, user_id, turn)
        await _mark_as_running(db, user_id, turn)
        written, repeated = await _insert_messages(db, user_id, turn, written)
        if not repeated:
            await _require_parent_still(db, user_id, turn)
    stored = written[reply.role]
    if repeated and stored["_id"] != reply.id:
        await db.generations.delete_one({"_id": reply.id, "user_id": user_id})
    return Accepted(
        thread=await _show(db, user_id, stored, reply.created_at, repeated),
        question_id=stored["parent_id"] if question is not None else None,
        reply_id=stored["_id"],
        repeated=repeated,
        owner=await _owner(db, user_id, stored["_id"]) if repeated else turn.owner,
    )


async def add_thread(db: Database, user_id: str, thread: Thread, messages: list[Message]) -> int:
    """See `interface.Store`.  The messages first: a call that is cut short leaves no
    thread that lacks some, and a repetition adds the rest."""
    await _require_free(db, user_id, thread, messages)
    added = 0
    for start in range(0, len(messages), _MESSAGES_AT_ONCE):
        some = messages[start : start + _MESSAGES_AT_ONCE]
        documents = [to_document(user_id, message) for message in some]
        try:
            inserted = await db.messages.insert_many(documents, ordered=False)
            added += len(inserted.inserted_ids)
        except BulkWriteError as error:
            if not is_duplicate(error):
                raise
            added += int(error.details["nInserted"])
    await _insert_thread(db, user_id, thread)
    return added


async def _require_free(
    db: Database, user_id: str, thread: Thread, messages: list[Message]
) -> None:
    """Nobody else, and no other thread, has these ids."""
    found = await db.threads.find_one({"_id": thread.id}, {"user_id": 1})
    if found is not None and found["user_id"] != user_id:
        raise NotFound("conversation")
    for start in range(0, len(messages), _MESSAGES_AT_ONCE):
        some = [message.id for message in messages[start : start + _MESSAGES_AT_ONCE]]
        taken = await db.messages.find_one(
            {
                "_id": {"$in": some},
                "$or": [{"user_id": {"$ne": user_id}}, {"thread_id": {"$ne": thread.id}}],
            },
            {"_id": 1},
        )
        if taken is not None:
            raise NotFound("message")


async def _written(db: Database, user_id: str, reply: Message) -> _Written:
    found = db.messages.find({"user_id": user_id, "client_id": reply.client_id}, _MESSAGE_FIELDS)
    return {Role(document["role"]): document async for document in found}


async def _require_place(db: Database, user_id: str, turn: Turn) -> None:
    """The thread and, within it, the message that the turn follows; make the thread
    if it is new."""
    thread_id = turn.reply.thread_id
    parent_id = (turn.question or turn.reply).parent_id
    thread, parent = await asyncio.gather(
        db.threads.find_one({"_id": thread_id, "user_id": user_id}, {"_id": 1}),
        db.messages.find_one(
            {"_id": parent_id, "user_id": user_id, "thread_id": thread_id, "deleted_at": None},
            {"_id": 1},
        ),
    )
    if thread is None and turn.new_thread is None:
        raise NotFound("conversation")
    if parent is None and parent_id is not None:
        raise NotFound("message")
    if thread is None and turn.new_thread is not None:
        await _insert_thread(db, user_id, turn.new_thread)


async def _require_parent_still(db: Database, user_id: str, turn: Turn) -> None:
    """Where the message that the turn follows was deleted just now, it may have been too
    late for the deletion to see the turn: take it away again."""
    new = [message.id for message in (turn.question, turn.reply) if message is not None]
    parent_id = (turn.question or turn.reply).parent_id
    if parent_id is None:
        return
    place = {"_id": parent_id, "user_id": user_id, "deleted_at": None}
    if await db.messages.find_one(place, {"_id": 1}) is None:
        await db.messages.delete_many({"_id": {"$in": new}, "user_id": user_id})
        await db.generations.delete_one({"_id": turn.reply.id, "user_id": user_id})
        raise NotFound("message")


async def _insert_thread(db: Database, user_id: str, thread: Thread) -> None:
    try:
        await db.threads.insert_one(to_document(user_id, thread))
    except DuplicateKeyError:
        # made by a repetition of this very turn, or somebody else's
        to_thread(await db.threads.find_one({"_id": thread.id, "user_id": user_id}))


async def _mark_as_running(db: Database, user_id: str, turn: Turn) -> None:
    reply = turn.reply
    mark = {
        "thread_id": reply.thread_id,
        "owner": turn.owner,
        "begun": reply.status is not Status.QUEUED,
    }
    with suppress(DuplicateKeyError):  # the same turn came twice at once
        place = {"_id": reply.id, "user_id": user_id}
        await db.generations.update_one(place, {"$setOnInsert": mark}, upsert=True)


async def _insert_messages(
    db: Database, user_id: str, turn: Turn, written: _Written
) -> tuple[_Written, bool]:
    """What is stored of the turn in the end, and whether another call was faster."""
    question, reply = turn.question, turn.reply
    while reply.role not in written:
        new = [reply]
        if question is not None and question.role in written:
            # a first call was cut short between the two
            new = [msgspec.structs.replace(reply, parent_id=written[question.role]["_id"])]
        elif question is not None:
            new = [question, reply]
        documents = {message.role: to_document(user_id, message) for message in new}
        try:
            await db.messages.insert_many(list(documents.values()))
            return {**written, **documents}, False
        except BulkWriteError as error:
            before, written = written, await _written(db, user_id, reply)
            if not is_duplicate(error) or written == before:
                raise
    return written, True


async def _owner(db: Database, user_id: str, reply_id: str) -> str | None:
    running = await db.generations.find_one({"_id": reply_id, "user_id": user_id})
    return None if running is None else str(running["owner"])


async def _show(
    db: Database, user_id: str, reply: Document, created_at: int, repeated: bool
) -> Thread:
    """Make the reply the thread's leaf, once: `last_reply_id` tells whether that is done.

    A repetition that finds a later reply there must leave the leaf alone.
    """
    done = {"$not": {"$gte": reply["_id"]}} if repeated else {"$ne": reply["_id"]}
    place = {"_id": reply["thread_id"], "user_id": user_id}
    updated = await db.threads.find_one_and_update(
        {**place, "last_reply_id": done},
        {
            "$set": {"leaf_id": reply["_id"], "last_reply_id": reply["_id"]},
            "$max": {"updated_at": created_at},
            "$unset": {"retire_at": ""},
            "$inc": {"revision": 1},
        },
        return_document=ReturnDocument.AFTER,
    )
    return to_thread(updated or await db.threads.find_one(place))
