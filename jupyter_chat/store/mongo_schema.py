"""The indexes of the MongoDB store, as the list of migrations that make them.

Every document but those of `meta` carries `user_id`, and every index but those on the
small collections of living things (`generations`, `leases`) begins with it, so that
the collections can be sharded by it.  A migration may be cut short and run again, and
several processes may run it at once.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias

from pymongo import ASCENDING, DESCENDING
from pymongo.asynchronous.database import AsyncDatabase

from ..protocol import Code, Problem
from .interface import Unavailable

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


MIGRATIONS: tuple[Callable[[AsyncDatabase[Document]], Awaitable[None]], ...] = (_first,)


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
