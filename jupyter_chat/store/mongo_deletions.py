"""The message tree in MongoDB as its nodes; deleting a part of it, and taking that back.

A deletion is a document of its own: made first, removed last when it is taken back.  Its
time, which no two deletions of a thread share, marks the messages that went with it.
"""

from __future__ import annotations

from operator import attrgetter

from pymongo import ReturnDocument
from pymongo.errors import DuplicateKeyError

from ..protocol import Milliseconds, Thread
from . import mongo_search, mongo_summaries
from .errors import BelowDeleted, NotFound
from .mongo_documents import NODE_FIELDS, Database, Document, to_node, to_thread
from .tree import below, leaf_without, reachable, require
from .types import Deletion, Node

_NODES_AT_ONCE = 1000


async def nodes_of(
    db: Database,
    user_id: str,
    thread_id: str,
    which: Document,
    deleted_at: Milliseconds | None = None,
) -> list[Node]:
    """The nodes that are there; with `deleted_at`, also those deleted at that time."""
    query = {"user_id": user_id, "thread_id": thread_id, **which}
    # In batches: decoding all of a long thread at once would hold up the event loop.
    found = db.messages.find(query, NODE_FIELDS).batch_size(_NODES_AT_ONCE)
    nodes = [
        to_node(document)
        async for document in found
        if document.get("deleted_at") in (None, deleted_at)
    ]
    return sorted(nodes, key=attrgetter("id"))


async def delete_message(
    db: Database, user_id: str, thread_id: str, message_id: str, now: Milliseconds
) -> Deletion:
    place = {"_id": thread_id, "user_id": user_id}
    deletion = await _find(db, user_id, thread_id, message_id)
    if deletion is None:
        deletion = await _begin(db, user_id, thread_id, message_id, now)
    while True:
        nodes = await _nodes_with(db, deletion)
        gone = below(nodes, message_id)
        marked = await db.messages.update_many(
            {"user_id": user_id, "_id": {"$in": gone}, "deleted_at": None},
            {"$set": {"deleted_at": deletion["deleted_at"]}},
        )
        thread = to_thread(await db.threads.find_one(place))
        moved = thread.leaf_id not in gone
        if not moved:
            leaf_id = leaf_without(nodes, message_id)
            updated = await db.threads.find_one_and_update(
                {**place, "revision": thread.revision},
                {"$set": {"leaf_id": leaf_id}, "$inc": {"revision": 1}},
                return_document=ReturnDocument.AFTER,
            )
            moved = updated is not None
            thread = to_thread(updated) if moved else thread
        # Once more where somebody else has changed the thread, or may have asked below.
        if not moved or marked.modified_count:
            continue
        kept = await _find(db, user_id, thread_id, message_id)
        if kept == deletion:
            return Deletion(thread, gone)
        # Taken back meanwhile: what is marked now, nobody would ever bring back.
        await _unmark(db, deletion)
        if kept is None:
            raise NotFound("message")
        deletion = kept  # and deleted anew


async def restore_message(db: Database, user_id: str, thread_id: str, message_id: str) -> Thread:
    place = {"_id": thread_id, "user_id": user_id}
    thread = to_thread(await db.threads.find_one(place))
    deletion = await _find(db, user_id, thread_id, message_id)
    if deletion is None:
        require(reachable(await nodes_of(db, user_id, thread_id, {})), message_id)
        return thread
    try:
        require(await _nodes_with(db, deletion), message_id)
    except NotFound:
        raise BelowDeleted from None
    await _unmark(db, deletion)
    leaf_id = deletion["leaf_id"]
    if leaf_id is not None:
        updated = await db.threads.find_one_and_update(
            {**place, "leaf_id": {"$ne": leaf_id}},
            {"$set": {"leaf_id": leaf_id}, "$inc": {"revision": 1}},
            return_document=ReturnDocument.AFTER,
        )
        thread = to_thread(updated or await db.threads.find_one(place))
    await db.deletions.delete_one({"_id": message_id, "user_id": user_id})
    # Whoever repeats the deletion at this moment has marked what was there again, and has
    # perhaps still seen the record.
    await _unmark(db, deletion)
    return thread


async def purge_messages(db: Database, before: Milliseconds) -> int:
    removed = 0
    async for deletion in db.deletions.find({"deleted_at": {"$lt": before}}):
        marked = db.messages.find(_marked_by(deletion), {"_id": 1})
        ids = [document["_id"] async for document in marked]
        await mongo_search.forget(db, deletion["user_id"], ids)
        await mongo_summaries.forget(db, deletion["user_id"], ids)
        result = await db.messages.delete_many(_marked_by(deletion))
        removed += result.deleted_count
        await db.deletions.delete_one({"_id": deletion["_id"], "user_id": deletion["user_id"]})
    return removed


def _marked_by(deletion: Document) -> Document:
    return {name: deletion[name] for name in ("user_id", "thread_id", "deleted_at")}


async def _unmark(db: Database, deletion: Document) -> None:
    await db.messages.update_many(_marked_by(deletion), {"$unset": {"deleted_at": ""}})


async def _find(db: Database, user_id: str, thread_id: str, message_id: str) -> Document | None:
    return await db.deletions.find_one(
        {"_id": message_id, "user_id": user_id, "thread_id": thread_id}
    )


async def _begin(
    db: Database, user_id: str, thread_id: str, message_id: str, now: Milliseconds
) -> Document:
    """Make the deletion of a message that is there."""
    thread = to_thread(await db.threads.find_one({"_id": thread_id, "user_id": user_id}))
    nodes = reachable(await nodes_of(db, user_id, thread_id, {}))
    require(nodes, message_id)
    deletion: Document = {
        "_id": message_id,
        "user_id": user_id,
        "thread_id": thread_id,
        "deleted_at": now,
        "leaf_id": thread.leaf_id if thread.leaf_id in below(nodes, message_id) else None,
    }
    while True:
        try:
            await db.deletions.insert_one(deletion)
        except DuplicateKeyError:
            known = await _find(db, user_id, thread_id, message_id)
            if known is not None:  # another process was faster
                return known
            deletion["deleted_at"] += 1  # another deletion has this time
        else:
            return deletion


async def _nodes_with(db: Database, deletion: Document) -> list[Node]:
    """The tree as it would be without this deletion."""
    user_id, thread_id = deletion["user_id"], deletion["thread_id"]
    return reachable(await nodes_of(db, user_id, thread_id, {}, deletion["deleted_at"]))
