"""Threads and messages as MongoDB documents: their fields, `_id`, and `user_id`."""

from __future__ import annotations

from typing import Any, TypeAlias

import msgspec
from pymongo.asynchronous.database import AsyncDatabase

from ..protocol import Message, Thread
from .interface import Node, NotFound
from .records import LIVE

Document: TypeAlias = dict[str, Any]
Database: TypeAlias = AsyncDatabase[Document]

IS_LIVE: Document = {"$in": [status.value for status in LIVE]}
NODE_FIELDS = {"parent_id": 1, "role": 1, "status": 1}

_GROWING = (
    "parts",
    "status",
    "first_token_at",
    "completed_at",
    "model",
    "usage",
    "cost",
    "problem",
)


def to_document(user_id: str, record: Thread | Message) -> Document:
    document: Document = msgspec.to_builtins(record)
    document["_id"] = document.pop("id")
    document["user_id"] = user_id
    document.pop("running", None)
    return document


def to_thread(document: Document | None) -> Thread:
    """Raises :class:`NotFound` where there is no document."""
    if document is None:
        raise NotFound("conversation")
    return msgspec.convert({**document, "id": document["_id"]}, Thread)


def to_message(document: Document | None) -> Message:
    """Raises :class:`NotFound` where there is no document."""
    if document is None:
        raise NotFound("message")
    return msgspec.convert({**document, "id": document["_id"]}, Message)


def to_node(document: Document) -> Node:
    return msgspec.convert({**document, "id": document["_id"]}, Node)


def growth_of(message: Message) -> Document:
    """The update that gives a reply the fields that change until it is final."""
    document: Document = msgspec.to_builtins(message)
    missing = {name: "" for name in _GROWING if name not in document}
    update: Document = {"$set": {name: document[name] for name in _GROWING if name in document}}
    if missing:
        update["$unset"] = missing
    return update
