"""The indexes of the MongoDB store, as the list of migrations that make them.

Every document but those of `meta` carries `user_id`, and every index but those on the
small collections of passing things (`generations`, `leases`, `purges`, `deletions`), that
by which `limits` are found of which a dead process holds something, and
those by which threads are found that are due to be purged begins with it, so that
the collections can be sharded by it.  A migration may be cut short and run again, and
several processes may run it at once.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, TypeAlias

from pymongo import ASCENDING, DESCENDING
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import OperationFailure

from ..protocol import Code, Problem
from .errors import Unavailable

Document: TypeAlias = dict[str, Any]


async def _first(db: AsyncDatabase[Document]) -> None:
    await db["threads"].create_index(
        [
            ("user_id", ASCENDING),
            ("deleted_at", ASCENDING),
            ("updated_at", DESCENDING),
            ("_id", DESCENDING),
        ],
        name="by_activity",
    )
    messages = db["messages"]
    await messages.create_index(
        [("user_id", ASCENDING), ("thread_id", ASCENDING), ("_id", ASCENDING)], name="by_thread"
    )
    await messages.create_index(
        [
            ("user_id", ASCENDING),
            ("thread_id", ASCENDING),
            ("parent_id", ASCENDING),
            ("_id", ASCENDING),
        ],
        name="by_parent",
    )
    await messages.create_index(
        [("user_id", ASCENDING), ("client_id", ASCENDING), ("role", ASCENDING)],
        name="by_client",
        unique=True,
        partialFilterExpression={"client_id": {"$exists": True}},
    )
    await db["generations"].create_index([("owner", ASCENDING)], name="by_owner")


async def _organised(db: AsyncDatabase[Document]) -> None:
    """Pinned, archived, temporary threads, folders, tags, the trash."""
    threads = db["threads"]
    for which, shelf in (({"deleted_at": {"$gt": 0}}, "trash"), ({}, "active")):
        without: Document = {"shelf": {"$exists": False}, **which}
        await threads.update_many(without, {"$set": {"shelf": shelf}})
    # All ascending: some servers read an index backwards as a whole, but do not sort by
    # one whose fields go in different directions.
    listed = ["user_id", "shelf"]
    for name, fields, condition in (
        ("by_place", [*listed, "updated_at", "_id"], None),
        ("by_folder", [*listed, "folder", "updated_at", "_id"], {"folder": {"$gt": ""}}),
        ("by_tag", [*listed, "tags", "updated_at", "_id"], {"tags": {"$gt": ""}}),
        ("in_trash", [*listed, "deleted_at", "_id"], {"shelf": "trash"}),
        # What is due is looked for in all users' threads, by one process now and then.
        ("due_deleted", ["deleted_at"], {"deleted_at": {"$gt": 0}}),
        ("due_expired", ["expires_at"], {"expires_at": {"$gt": 0}}),
    ):
        options: Document = {"partialFilterExpression": condition} if condition else {}
        keys = [(field, ASCENDING) for field in fields]
        await threads.create_index(keys, name=name, **options)
    with suppress(OperationFailure):  # an earlier attempt has dropped it
        await threads.drop_index("by_activity")


async def _search(db: AsyncDatabase[Document]) -> None:
    await db["search"].create_index(
        [
            ("user_id", DESCENDING),
            ("kind", DESCENDING),
            ("terms", DESCENDING),
            ("at", DESCENDING),
            ("_id", DESCENDING),
        ],
        name="by_term",
    )


async def _deletions(db: AsyncDatabase[Document]) -> None:
    await db["deletions"].create_index(
        [("user_id", ASCENDING), ("thread_id", ASCENDING), ("deleted_at", ASCENDING)],
        name="by_thread",
        unique=True,
    )
    await db["deletions"].create_index([("deleted_at", ASCENDING)], name="by_time")


async def _summaries(db: AsyncDatabase[Document]) -> None:
    await db["summaries"].create_index(
        [("user_id", ASCENDING), ("thread_id", ASCENDING), ("_id", ASCENDING)], name="by_thread"
    )


async def _ledger(db: AsyncDatabase[Document]) -> None:
    for name, fields in (
        ("by_time", ["user_id", "at", "_id"]),
        ("by_thread", ["user_id", "thread_id", "at", "_id"]),
    ):
        await db["ledger"].create_index([(field, ASCENDING) for field in fields], name=name)


async def _retention(db: AsyncDatabase[Document]) -> None:
    """What is looked for in all users' threads, as `due_deleted` is."""
    threads = db["threads"]
    await threads.create_index([("updated_at", ASCENDING), ("_id", ASCENDING)], name="quiet")
    await threads.create_index(
        [("retire_at", ASCENDING), ("_id", ASCENDING)],
        name="due_retired",
        partialFilterExpression={"retire_at": {"$gt": 0}},
    )


async def _limits(db: AsyncDatabase[Document]) -> None:
    await db["limits"].create_index([("held.owner", ASCENDING)], name="held_by")


async def _people(db: AsyncDatabase[Document]) -> None:
    await db["people"].create_index([("folded", ASCENDING)], name="by_name", unique=True)
    await db["people"].create_index([("state", ASCENDING), ("folded", ASCENDING)], name="by_state")
    await db["people"].create_index([("role", ASCENDING), ("state", ASCENDING)], name="by_role")
    await db["sessions"].create_index([("user_id", ASCENDING), ("_id", ASCENDING)], name="by_user")
    await db["invitations"].create_index([("id", ASCENDING)], name="by_id", unique=True)
    await db["attempts"].create_index([("key", ASCENDING), ("until", ASCENDING)], name="by_key")
    # What is over is looked for in all of them, by one process now and then.
    for name, field in (
        ("sessions", "expires_at"),
        ("invitations", "expires_at"),
        ("attempts", "until"),
    ):
        await db[name].create_index([(field, ASCENDING)], name="by_end")


async def _hub_people(db: AsyncDatabase[Document]) -> None:
    await db["people"].create_index(
        [("subject", ASCENDING), ("hub_name", ASCENDING)],
        name="by_subject",
        unique=True,
        partialFilterExpression={"subject": {"$gt": ""}},
    )


MIGRATIONS: tuple[Callable[[AsyncDatabase[Document]], Awaitable[None]], ...] = (
    _first,
    _organised,
    _search,
    _deletions,
    _summaries,
    _ledger,
    _retention,
    _limits,
    _people,
    _hub_people,
)


async def migrate(db: AsyncDatabase[Document]) -> None:
    """Bring the database up to this version; raises :class:`Unavailable`, with nothing
    changed, if a newer version has written it."""
    found = await db["meta"].find_one({"_id": "schema"})
    version = found["version"] if found is not None else 0
    if version > len(MIGRATIONS):
        raise Unavailable(
            Problem(
                Code.STORE_NEWER,
                "The chat history was written by a newer version of Jupyter Chat. It was "
                "left as it is; update Jupyter Chat on this server to read it.",
            )
        )
    for number, migration in enumerate(MIGRATIONS[version:], start=version + 1):
        await migration(db)
        await db["meta"].update_one({"_id": "schema"}, {"$max": {"version": number}}, upsert=True)
