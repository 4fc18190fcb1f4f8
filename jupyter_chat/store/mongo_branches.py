"""Ways through the message tree in MongoDB.

Ids sort by time, and a parent is nearly always older than its children, so that a few
strides through the thread in the order of the ids find long stretches of a branch.
Where clocks differ it takes more strides; what is found is the same.
"""

from __future__ import annotations

from typing import Any

from pymongo import ASCENDING, DESCENDING

from ..protocol import Message
from .errors import NotFound
from .mongo_documents import Database, Document, is_there, to_message
from .mongo_replies import with_checkpoints

_STRIDE = 16
"""Messages read beyond those asked for, to step over other branches."""
_LONG_STRIDE = 1000
"""Messages read at once on a way of unknown length: decoding more of them would hold
up the event loop."""
_STEPS = 16
"""Steps taken one by one before going on in strides: most branches left are short."""

_FIELDS = {"parent_id": 1, "deleted_at": 1}
_THREAD = ("user_id", "thread_id", "_id")
_OLDEST_FIRST = [(name, ASCENDING) for name in _THREAD]
_NEWEST_FIRST = [(name, DESCENDING) for name in _THREAD]
"""Of a thread; with all its fields, so that only the right index can serve it."""


async def back(
    db: Database,
    user_id: str,
    thread_id: str,
    leaf_id: str,
    *,
    limit: int | None = None,
    until: str | None = None,
) -> list[str]:
    """Ids of a branch from its leaf back, `limit` of them, or up to and with `until`
    (or the root, where that is not on the branch); none where some of it is deleted."""
    branch: list[str] = []
    wanted: str | None = leaf_id
    while wanted is not None and (limit is None or len(branch) < limit):
        size = _LONG_STRIDE if limit is None else limit - len(branch) + _STRIDE
        stride = (
            db.messages.find(
                _part(user_id, thread_id, _id={"$lte": wanted}),
                _FIELDS,
            )
            .sort(_NEWEST_FIRST)
            .limit(size)
        )
        parents = {each["_id"]: each["parent_id"] async for each in stride if is_there(each)}
        if wanted not in parents:
            return []
        while wanted in parents and (limit is None or len(branch) < limit):
            branch.append(wanted)
            if wanted == until:
                return branch
            wanted = parents[wanted]
    return branch


async def newest_leaf(db: Database, user_id: str, thread_id: str, message_id: str) -> str:
    await _require(db, user_id, thread_id, message_id)
    leaf_id, steps = message_id, 0
    while children := (await _children(db, user_id, thread_id, [leaf_id])).get(leaf_id):
        leaf_id, steps = children[-1], steps + 1
        if steps % _STEPS == 0:
            leaf_id = await _down(db, user_id, thread_id, leaf_id)
    return leaf_id


async def _down(db: Database, user_id: str, thread_id: str, message_id: str) -> str:
    """As far down from a message as children are newer than their parents."""
    newest: dict[str, str] = {}
    below = {message_id}
    found = (
        db.messages.find(_part(user_id, thread_id, _id={"$gt": message_id}), _FIELDS)
        .sort(_OLDEST_FIRST)
        .batch_size(_LONG_STRIDE)
    )
    async for document in found:
        if document["parent_id"] in below and is_there(document):
            below.add(document["_id"])
            newest[document["parent_id"]] = document["_id"]
    leaf_id = message_id
    while leaf_id in newest:
        leaf_id = newest[leaf_id]
    return leaf_id


async def leads_to(
    db: Database, user_id: str, thread_id: str, message_id: str, leaf_id: str
) -> bool:
    await _require(db, user_id, thread_id, message_id)
    return await _way(db, user_id, thread_id, message_id, leaf_id) is not None


async def after(
    db: Database, user_id: str, thread_id: str, message_id: str, leaf_id: str, limit: int
) -> list[Message]:
    await _require(db, user_id, thread_id, message_id)
    following: list[str] = []
    here: str | None = message_id
    may_lead = True
    while here is not None and len(following) < limit:
        children = await _stretch(db, user_id, thread_id, here, limit - len(following))
        while here in children and len(following) < limit:
            nexts = children[here]
            if len(nexts) > 1 and may_lead:
                way = await _way(db, user_id, thread_id, here, leaf_id)
                if way is not None:
                    following += way[: limit - len(following)]
                    return await bodies(db, user_id, following)
                may_lead = False
            here = nexts[-1] if nexts else None
            if here is not None:
                following.append(here)
    return await bodies(db, user_id, following)


async def bodies(db: Database, user_id: str, message_ids: list[str]) -> list[Message]:
    """The messages of these ids, in their order; :class:`NotFound` where one was removed
    since they were found."""
    found = db.messages.find({"user_id": user_id, "_id": {"$in": message_ids}})
    by_id = {document["_id"]: to_message(document) async for document in found}
    if not by_id.keys() >= set(message_ids):
        raise NotFound("message")
    messages = [by_id[message_id] for message_id in message_ids]
    return await with_checkpoints(db, user_id, messages)


async def _stretch(
    db: Database, user_id: str, thread_id: str, message_id: str, length: int
) -> dict[str, list[str]]:
    """The children of a message and of those that come next in the thread."""
    stride = (
        db.messages.find(_part(user_id, thread_id, _id={"$gt": message_id}), _FIELDS)
        .sort(_OLDEST_FIRST)
        .limit(length + _STRIDE)
    )
    parents = [message_id, *[document["_id"] async for document in stride if is_there(document)]]
    return await _children(db, user_id, thread_id, parents)


async def _children(
    db: Database, user_id: str, thread_id: str, parent_ids: list[str]
) -> dict[str, list[str]]:
    """The ids of the children of each, oldest first."""
    children: dict[str, list[str]] = {parent_id: [] for parent_id in parent_ids}
    query = _part(user_id, thread_id, parent_id={"$in": parent_ids})
    async for document in db.messages.find(query, _FIELDS):
        if is_there(document):
            children[document["parent_id"]].append(document["_id"])
    for nexts in children.values():
        nexts.sort()
    return children


async def _way(
    db: Database, user_id: str, thread_id: str, message_id: str, leaf_id: str
) -> list[str] | None:
    """The ids after a message on the way to a leaf; `None`: it is not on it."""
    branch = await back(db, user_id, thread_id, leaf_id, until=message_id)
    return branch[-2::-1] if branch[-1:] == [message_id] else None


async def _require(db: Database, user_id: str, thread_id: str, message_id: str) -> None:
    found = await db.messages.find_one(_part(user_id, thread_id, _id=message_id), _FIELDS)
    if found is None or not is_there(found):
        raise NotFound("message")


def _part(user_id: str, thread_id: str, **which: Any) -> Document:
    return {"user_id": user_id, "thread_id": thread_id, **which}
