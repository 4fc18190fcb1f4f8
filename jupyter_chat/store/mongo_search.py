"""Search in MongoDB: what is in the index, and looking in it.

The collection `search` has a document for each final message and each title: whose and
of what kind it is, its time, and its terms (see `terms.py`).  They stand apart from the
messages, which would otherwise be read with them all the time.  One index holds them,
by user, kind, term and time; of the terms that are looked for the rarest one is walked
through from the newest on, and what it leads to is looked at for the others.

A message is indexed right after it is written and before it is acknowledged, or its
reply no longer marked as running; whoever completes a call that was cut short does this
too.  `$text` is in none of the servers that speak MongoDB's protocol but MongoDB.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection, Iterable

from pymongo import DESCENDING, ReplaceOne
from pymongo.asynchronous.cursor import AsyncCursor
from pymongo.errors import BulkWriteError

from ..protocol import Message, Milliseconds, Thread
from . import terms
from .mongo_documents import Database, Document, to_message, to_thread
from .mongo_errors import is_duplicate
from .records import LIVE, decode_number, unreadable_cursor
from .searching import MOST_PASSED, MOST_READ, Groups, Sieve, groups_of
from .terms import Alternative
from .types import FoundPage, SearchQuery

MESSAGE, TITLE = "message", "title"

_NEWEST_FIRST = [("at", DESCENDING), ("_id", DESCENDING)]

_RARE = 1_000
"""Up to so many places of a term are counted, to begin with the rarest."""
_AFTER_ALL = "\U0010ffff"
_AT_ONCE = 100


# --- What is in the index ---------------------------------------------------------------


async def put_messages(db: Database, user_id: str, messages: Iterable[Message]) -> None:
    """Index messages; those that are still being made are left for later."""
    final = [message for message in messages if message.status not in LIVE]
    for start in range(0, len(final), _AT_ONCE):
        some = final[start : start + _AT_ONCE]
        found = await asyncio.to_thread(lambda: [terms.of_message(each) for each in some])  # noqa: B023
        await _put(
            db,
            [
                _document(user_id, MESSAGE, message.id, message.created_at, of)
                for message, of in zip(some, found, strict=True)
            ],
        )


async def put_titles(db: Database, user_id: str, threads: Iterable[Thread]) -> None:
    await _put(
        db,
        [
            _document(user_id, TITLE, each.id, each.created_at, terms.of_title(each.title))
            for each in threads
            if each.title is not None
        ],
    )


async def forget(db: Database, user_id: str, ids: list[str]) -> None:
    """Take messages, or the title of a thread, out of the index, before they are deleted
    for good."""
    await db.search.delete_many({"user_id": user_id, "_id": {"$in": ids}})


def _document(
    user_id: str, kind: str, thing_id: str, at: Milliseconds, of: Collection[str]
) -> Document:
    return {"_id": thing_id, "user_id": user_id, "kind": kind, "at": at, "terms": sorted(of)}


async def _put(db: Database, documents: list[Document]) -> None:
    replacements = [
        ReplaceOne({"_id": each["_id"], "user_id": each["user_id"]}, each, upsert=True)
        for each in documents
    ]
    if not replacements:
        return
    try:
        await db.search.bulk_write(replacements, ordered=False)
    except BulkWriteError as error:
        if not is_duplicate(error):
            raise
        # Somebody else put the same things at this moment: now there is what to replace.
        await db.search.bulk_write(replacements, ordered=False)


# --- Looking ----------------------------------------------------------------------------


async def search(
    db: Database, user_id: str, query: SearchQuery, titles: bool, limit: int, cursor: str | None
) -> FoundPage:
    before = _place(cursor) if cursor is not None else None
    indexing = await is_behind(db)
    groups = await _rarest_first(db, user_id, groups_of(query, titles), titles)
    condition = condition_of(user_id, query, groups, titles, before)
    sieve = Sieve(query)
    threads: dict[str, Thread | None] = {}
    found: list[tuple[Thread, Message | None]] = []
    passed = read = 0
    last = ""
    async for batch in _batches(db, condition):
        messages = {} if titles else await _messages(db, user_id, batch)
        in_threads = (
            {document["_id"] for document in batch}
            if titles
            else {message.thread_id for message in messages.values()}
        )
        await _add_threads(db, user_id, in_threads - threads.keys(), threads, sieve)
        for document in batch:
            if len(found) == limit or read >= MOST_READ or passed >= MOST_PASSED:
                return FoundPage(found, last, indexing)
            passed += 1
            last = f"{document['at']}:{document['_id']}"
            message = messages.get(document["_id"])
            if not titles and message is None:
                continue  # it is there no more
            thread = threads.get(message.thread_id if message is not None else document["_id"])
            if thread is None:
                continue
            read += 1
            if sieve.takes_message(message) if message is not None else sieve.takes_title(thread):
                found.append((thread, message))
    return FoundPage(found, None, indexing)


def condition_of(
    user_id: str,
    query: SearchQuery,
    groups: Groups,
    titles: bool,
    before: tuple[Milliseconds, str] | None,
) -> Document:
    """What documents of the index must be like."""
    every: list[Document] = [_first(groups[0])]
    every += [_any_of(group) for group in groups if group is not groups[0] or _goes_on(group)]
    at: Document = {}
    if query.since is not None:
        at["$gte"] = query.since
    if query.until is not None:
        at["$lt"] = query.until
    if before is not None:
        at["$lte"] = before[0]
        every.append({"$or": [{"at": {"$lt": before[0]}}, {"_id": {"$lt": before[1]}}]})
    return {
        "user_id": user_id,
        "kind": TITLE if titles else MESSAGE,
        "$and": every,
        **({"at": at} if at else {}),
    }


def _goes_on(group: tuple[Alternative, ...]) -> bool:
    return any(each.prefix for each in group)


def _first(group: tuple[Alternative, ...]) -> Document:
    """The group as single terms, each of which is in the order of time: of words with a
    long prefix those with its beginning."""
    found = [f"<{each.term[: terms.SHORT_PREFIX]}" if each.prefix else each.term for each in group]
    return {"terms": {"$in": found} if len(found) > 1 else found[0]}


def _any_of(group: tuple[Alternative, ...]) -> Document:
    single = [each.term for each in group if not each.prefix]
    ways: list[Document] = [{"terms": {"$in": single}}] if single else []
    ways += [
        {"terms": {"$elemMatch": {"$gte": each.term, "$lt": each.term + _AFTER_ALL}}}
        for each in group
        if each.prefix
    ]
    return ways[0] if len(ways) == 1 else {"$or": ways}


async def _rarest_first(db: Database, user_id: str, groups: Groups, titles: bool) -> Groups:
    if len(groups) == 1:
        return groups
    own = {"user_id": user_id, "kind": TITLE if titles else MESSAGE}
    counts = await asyncio.gather(
        *(
            db.search.count_documents({**own, **_first(group)}, limit=_RARE, hint="by_term")
            for group in groups
        )
    )
    order = sorted(range(len(groups)), key=counts.__getitem__)
    return [groups[number] for number in order]


def cursor_of(db: Database, condition: Document) -> AsyncCursor[Document]:
    """What meets a condition, newest first."""
    found: AsyncCursor[Document] = db.search.find(condition, {"at": 1}, sort=_NEWEST_FIRST)
    found.hint("by_term").batch_size(_AT_ONCE)
    return found


async def _batches(db: Database, condition: Document) -> AsyncIterator[list[Document]]:
    batch: list[Document] = []
    async for document in cursor_of(db, condition):
        batch.append(document)
        if len(batch) == _AT_ONCE:
            yield batch
            batch = []
    if batch:
        yield batch


async def _messages(db: Database, user_id: str, batch: list[Document]) -> dict[str, Message]:
    ids = [document["_id"] for document in batch]
    found = db.messages.find({"user_id": user_id, "_id": {"$in": ids}, "deleted_at": None})
    return {document["_id"]: to_message(document) async for document in found}


async def _add_threads(
    db: Database,
    user_id: str,
    ids: set[str],
    threads: dict[str, Thread | None],
    sieve: Sieve,
) -> None:
    if not ids:
        return
    async for document in db.threads.find({"user_id": user_id, "_id": {"$in": sorted(ids)}}):
        thread = to_thread(document)
        threads[thread.id] = thread if sieve.takes_thread(thread) else None


def _place(cursor: str) -> tuple[Milliseconds, str]:
    at, _, thing_id = cursor.partition(":")
    if not thing_id:
        raise unreadable_cursor()
    return decode_number(at), thing_id


# --- What was stored before there was an index ------------------------------------------


async def is_behind(db: Database) -> bool:
    """Whether something stored may be missing in the index."""
    found = await db.meta.find_one({"_id": "search"}) or {}
    return not (found.get("done") and found.get("version") == terms.TERMS_VERSION)


async def index_some(db: Database) -> bool:
    """See `interface.Store`.  Several processes may do the same at once: all put the same
    documents."""
    found = await db.meta.find_one({"_id": "search"}) or {}
    if found.get("version") != terms.TERMS_VERSION:
        found = {"kind": MESSAGE, "after": ""}
    elif found["done"]:
        return False
    kind, after = found["kind"], found["after"]
    collection = db.messages if kind == MESSAGE else db.threads
    some = collection.find({"_id": {"$gt": after}}).sort("_id").limit(_AT_ONCE)
    documents = [document async for document in some]
    for user_id in {document["user_id"] for document in documents}:
        own = [document for document in documents if document["user_id"] == user_id]
        if kind == MESSAGE:
            await put_messages(db, user_id, map(to_message, own))
        else:
            await put_titles(db, user_id, map(to_thread, own))
    done = not documents and kind == TITLE
    if documents:
        after = documents[-1]["_id"]
    else:
        kind, after = TITLE, ""
    progress = {"version": terms.TERMS_VERSION, "kind": kind, "after": after, "done": done}
    await db.meta.update_one({"_id": "search"}, {"$set": progress}, upsert=True)
    return not done
