"""Lists of threads in MongoDB: views, folders, tags, and what is due to be purged.

Each query is served by one index, in the order of that index; a test looks at the plans
of all of them.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress
from typing import TypeAlias

from pymongo import ASCENDING, DESCENDING
from pymongo.errors import DuplicateKeyError

from ..protocol import Milliseconds, Thread, View
from . import mongo_search, mongo_summaries
from .mongo_documents import Database, Document, shelf, to_thread
from .mongo_replies import forget
from .records import LIVE, Place, page_of
from .types import ThreadFilter

Query: TypeAlias = tuple[Document, list[tuple[str, int]]]
"""What to look for, and in which order."""

_KEPT = (View.ACTIVE, View.ARCHIVED)
_SHELVES = [shelf(view, pinned) for view in _KEPT for pinned in (True, False)]
_MESSAGES_AT_ONCE = 500
_THREADS_AT_ONCE = 200

_PURGEABLE: Document = {"$or": [{"deleted_at": {"$gt": 0}}, {"temporary": True}]}


def listed(user_id: str, which: ThreadFilter, after: Place | None) -> list[Query]:
    """What finds a list from a place on, one query after the other."""
    if which.view is View.TRASH:
        return _beyond({"user_id": user_id, "shelf": View.TRASH.value}, "deleted_at", after)
    queries: list[Query] = []
    for pinned in (True, False):
        if after is not None and pinned and not after.pinned:
            continue
        query: Document = {"user_id": user_id, "shelf": shelf(which.view, pinned)}
        if which.tag is not None:
            query["tags"] = which.tag
        elif which.folder is not None:
            query["folder"] = which.folder
        queries += _beyond(
            query, "updated_at", after if after is not None and after.pinned == pinned else None
        )
    return queries


def _beyond(query: Document, time: str, place: Place | None) -> list[Query]:
    """First what has the very time of the place, then what is older; in one query with
    `$or` not every server would use the index."""
    order = [(time, DESCENDING), ("_id", DESCENDING)]
    if place is None:
        return [(query, order)]
    same = {**query, time: place.time, "_id": {"$lt": place.id}}
    older = {**query, time: {"$lt": place.time}}
    return [(same, order), (older, order)]


async def list_threads(
    db: Database, user_id: str, limit: int, after: Place | None, which: ThreadFilter
) -> tuple[list[Thread], str | None]:
    threads: list[Thread] = []
    for query, order in listed(user_id, which, after):
        missing = limit + 1 - len(threads)
        if missing:
            found = db.threads.find(query).sort(order)
            threads += [to_thread(document) async for document in found.limit(missing)]
    return page_of(threads, limit)


async def thread_ids(db: Database, user_id: str) -> list[str]:
    query = {"user_id": user_id, "shelf": {"$in": _SHELVES}}
    return sorted([each["_id"] async for each in db.threads.find(query, {"_id": 1})])


async def folders(db: Database, user_id: str) -> tuple[dict[str, int], dict[str, int]]:
    return await _count(db, user_id, "folder"), await _count(db, user_id, "tags")


async def _count(db: Database, user_id: str, field: str) -> dict[str, int]:
    counts: dict[str, int] = {}
    for pinned in (True, False):
        counted = await db.threads.aggregate(
            [
                {"$match": having(user_id, field, pinned)},
                {"$unwind": f"${field}"},  # a folder is as good as a list of one
                {"$group": {"_id": f"${field}", "threads": {"$sum": 1}}},
            ]
        )
        async for document in counted:
            name = document["_id"]
            counts[name] = counts.get(name, 0) + document["threads"]
    return counts


def having(user_id: str, field: str, pinned: bool) -> Document:
    """Threads that have a folder, or tags."""
    return {"user_id": user_id, "shelf": shelf(View.ACTIVE, pinned), field: {"$gt": ""}}


async def due(
    db: Database, deleted_before: Milliseconds, now: Milliseconds, limit: int
) -> list[tuple[str, str]]:
    found: list[Document] = []
    for query in (long_deleted(deleted_before), expired(now)):
        threads = db.threads.find(query, {"user_id": 1}).limit(limit)
        found += [document async for document in threads]
    found += [document async for document in db.purges.find({}).limit(limit)]
    return [(document["user_id"], document["_id"]) for document in found[:limit]]


def long_deleted(before: Milliseconds) -> Document:
    return {"deleted_at": {"$gt": 0, "$lt": before}}


def expired(now: Milliseconds) -> Document:
    return {"expires_at": {"$gt": 0, "$lte": now}}


async def quiet(
    db: Database, before: Milliseconds, limit: int, after: Thread | None
) -> list[tuple[str, Thread]]:
    place = None if after is None else (after.updated_at, after.id)
    found: list[tuple[str, Thread]] = []
    async with aclosing(_upwards(db, quiet_before(before), place)) as documents:
        async for document in documents:
            if document["shelf"] in _SHELVES and document.get("retire_at") is None:
                found.append((document["user_id"], to_thread(document)))
                if len(found) == limit:
                    break
    return found


async def retiring(
    db: Database, before: Milliseconds, limit: int, after: Thread | None
) -> list[tuple[str, Thread]]:
    place = None if after is None or after.retire_at is None else (after.retire_at, after.id)
    found: list[tuple[str, Thread]] = []
    async with aclosing(_upwards(db, retired_before(before), place)) as documents:
        async for document in documents:
            if document["shelf"] in _SHELVES:
                found.append((document["user_id"], to_thread(document)))
                if len(found) == limit:
                    break
    return found


async def _upwards(
    db: Database, query: Document, place: tuple[Milliseconds, str] | None
) -> AsyncGenerator[Document, None]:
    """Threads of all users, in the order of a time and of their ids.  Whoever takes them
    looks at what else they must be: not every server uses an index for a part of a query."""
    (field,) = query
    queries = [query]
    if place is not None:  # in one query with `$or` it would be the same
        time, thread_id = place
        same = {field: time, "_id": {"$gt": thread_id}}
        queries = [same, {field: {**query[field], "$gt": time}}]
    for each in queries:
        found = db.threads.find(each).sort([(field, ASCENDING), ("_id", ASCENDING)])
        async with found.batch_size(_THREADS_AT_ONCE) as documents:
            async for document in documents:
                yield document


def quiet_before(before: Milliseconds) -> Document:
    return {"updated_at": {"$lt": before}}


def retired_before(before: Milliseconds) -> Document:
    return {"retire_at": {"$gt": 0, "$lt": before}}


async def purge(db: Database, user_id: str, thread_id: str) -> bool:
    """See `interface.Store`.

    In this order: a mark, by which it is completed should this process die; the thread,
    so that nobody sees it or can restore it while the rest goes; its messages, with what
    hangs on them; the mark.
    """
    place = {"_id": thread_id, "user_id": user_id}
    if not await _is_marked(db, user_id, thread_id):
        return await db.threads.find_one(place, {"_id": 1}) is None
    await db.threads.delete_one({**place, **_PURGEABLE})
    gone = await db.threads.find_one(place, {"_id": 1}) is None
    if gone:
        await mongo_search.forget(db, user_id, [thread_id])
    while gone and await _purge_messages(db, user_id, thread_id):
        pass
    if gone:
        await db.deletions.delete_many({"user_id": user_id, "thread_id": thread_id})
    await db.purges.delete_one(place)
    return gone


async def _is_marked(db: Database, user_id: str, thread_id: str) -> bool:
    place = {"_id": thread_id, "user_id": user_id}
    if await db.threads.find_one({**place, **_PURGEABLE}, {"_id": 1}) is not None:
        with suppress(DuplicateKeyError):  # another process does it too
            await db.purges.update_one(place, {"$set": {"user_id": user_id}}, upsert=True)
    return await db.purges.find_one(place) is not None


async def _purge_messages(db: Database, user_id: str, thread_id: str) -> bool:
    """Some of the thread's messages; `False`: there are none left."""
    of_thread = {"user_id": user_id, "thread_id": thread_id}
    found = db.messages.find(of_thread, {"status": 1}).limit(_MESSAGES_AT_ONCE)
    messages = [document async for document in found]
    for message in messages:
        if message["status"] in LIVE:
            await forget(db, user_id, message["_id"])
    ids = [message["_id"] for message in messages]
    await mongo_search.forget(db, user_id, ids)
    await mongo_summaries.forget(db, user_id, ids)
    await db.messages.delete_many({**of_thread, "_id": {"$in": ids}})
    return bool(messages)
