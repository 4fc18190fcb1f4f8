"""Threads and messages as MongoDB documents: their fields, `_id`, and `user_id`.

A thread also has its `shelf`, which says in which list it is; the fields that follow from
it would not do for an index, because they are missing where they have their default.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeAlias

import msgspec
from pymongo.asynchronous.database import AsyncDatabase

from ..protocol import Message, Thread, View
from .errors import NotFound
from .records import LIVE
from .types import Node

Document: TypeAlias = dict[str, Any]
Database: TypeAlias = AsyncDatabase[Document]

IS_LIVE: Document = {"$in": [status.value for status in LIVE]}
NODE_FIELDS = {"parent_id": 1, "role": 1, "status": 1, "deleted_at": 1}

_GROWING = (
    "parts",
    "status",
    "begun_at",
    "first_token_at",
    "completed_at",
    "model",
    "usage",
    "cost",
    "cost_at_most",
    "problem",
    "counted_tokens",
)


def to_document(user_id: str, record: Thread | Message) -> Document:
    document: Document = msgspec.to_builtins(record)
    document["_id"] = document.pop("id")
    document["user_id"] = user_id
    document.pop("running", None)
    if isinstance(record, Thread):
        document["shelf"] = shelf_of(record)
        document["settings"] = packed(document["settings"])
        document["revision"] = record.revision  # compared with, also while it is 0
    return document


def shelf_of(thread: Thread) -> str:
    if thread.temporary:
        return "temporary"
    if thread.deleted_at is not None:
        return "trash"
    return shelf(View.ARCHIVED if thread.archived else View.ACTIVE, thread.pinned)


def shelf(view: View, pinned: bool) -> str:
    return f"{view.value}, pinned" if pinned else view.value


def to_thread(document: Document | None) -> Thread:
    """Raises :class:`NotFound` where there is no document."""
    if document is None:
        raise NotFound("conversation")
    settings = unpacked(document["settings"])
    return msgspec.convert({**document, "id": document["_id"], "settings": settings}, Thread)


def to_message(document: Document | None) -> Message:
    """Raises :class:`NotFound` where there is no document."""
    if document is None:
        raise NotFound("message")
    return msgspec.convert({**document, "id": document["_id"]}, Message)


def is_there(message: Document) -> bool:
    """Whether it is not deleted.  Looked at here and not in the query, whose filter then has
    the fields of an index and nothing else."""
    return message.get("deleted_at") is None


def packed(settings: Document) -> Document:
    """Settings of a thread with their JSON Schema as one text: people choose the names of the
    fields in it, and may choose such as MongoDB gives a meaning to, or does not take."""
    schema = settings.get("json_schema")
    if schema is None:
        return settings
    return {**settings, "json_schema": msgspec.json.encode(schema).decode()}


def unpacked(settings: Document) -> Document:
    """The settings again; older ones have their schema as it is."""
    schema = settings.get("json_schema")
    if not isinstance(schema, str):
        return settings
    return {**settings, "json_schema": msgspec.json.decode(schema)}


def to_node(document: Document) -> Node:
    return msgspec.convert({**document, "id": document["_id"]}, Node)


def growth_of(message: Message) -> Document:
    """The update that gives a reply the fields that change until it is final."""
    return _update(msgspec.to_builtins(message), _GROWING)


def change_to(thread: Thread, fields: Iterable[str]) -> Document:
    """The update that makes these fields of a thread as they are in `thread`."""
    return _update(to_document("", thread), (*fields, "shelf"))


def _update(document: Document, fields: Iterable[str]) -> Document:
    """Fields that have their default are left out, as in a new document."""
    update: Document = {"$set": {name: document[name] for name in fields if name in document}}
    missing = {name: "" for name in fields if name not in document}
    if missing:
        update["$unset"] = missing
    return update
