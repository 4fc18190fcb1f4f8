"""Branches without their bodies in MongoDB, with the tokens of their messages, which are a
field of each that no reply's end touches."""

from __future__ import annotations

import msgspec
from pymongo import UpdateOne

from .errors import NotFound
from .mongo_branches import back
from .mongo_documents import Database, Document
from .types import Outline, Weight

_FIELDS = {"parent_id": 1, "role": 1, "status": 1, "begun_at": 1, "weight": 1}


async def outline(
    db: Database, user_id: str, thread_id: str, leaf_id: str, limit: int
) -> list[Outline]:
    branch = await back(db, user_id, thread_id, leaf_id, limit=limit)
    found = db.messages.find({"user_id": user_id, "_id": {"$in": branch}}, _FIELDS)
    by_id = {document["_id"]: _to_outline(document) async for document in found}
    if not branch or not by_id.keys() >= set(branch):  # some were removed in between
        raise NotFound("message")
    return [by_id[message_id] for message_id in reversed(branch)]


def _to_outline(document: Document) -> Outline:
    begun = document["status"] != "stopped" or document.get("begun_at") is not None
    return msgspec.convert({**document, "id": document["_id"], "begun": begun}, Outline)


async def put_weights(
    db: Database, user_id: str, thread_id: str, weights: dict[str, Weight]
) -> None:
    if weights:
        await db.messages.bulk_write(
            [
                UpdateOne(
                    {"user_id": user_id, "thread_id": thread_id, "_id": message_id},
                    {"$set": {"weight": msgspec.to_builtins(weight)}},
                )
                for message_id, weight in weights.items()
            ],
            ordered=False,
        )
