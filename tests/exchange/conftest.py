"""Imports into real stores of both kinds, and files as ChatGPT writes them."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from jupyter_chat.engine.broadcast import Broadcast
from jupyter_chat.exchange.documents import Format, everything
from jupyter_chat.exchange.imports import Imports
from jupyter_chat.exchange.sources import Limits
from jupyter_chat.protocol import Import, ImportStart, ImportState, Message, Thread
from jupyter_chat.store.interface import Store
from tests.store.builders import ADA
from tests.store.conftest import (  # noqa: F401
    mongodb_server,
    mongodb_url,
    open_another,
    sqlite_url,
    store,
    store_url,
)

SMALL = Limits(upload=64 * 2**20, unpacked=256 * 2**20, entry=2**20)

FINAL = (ImportState.DONE, ImportState.CANCELLED, ImportState.FAILED)

Take: TypeAlias = Callable[..., Awaitable[Import]]


@pytest.fixture
async def imports(store: Store, tmp_path: Path) -> AsyncIterator[Imports]:
    imports = an_import(store, tmp_path)
    yield imports
    await imports.close()


def an_import(store: Store, folder: Path, limits: Limits = SMALL) -> Imports:
    log = logging.getLogger("tests.exchange")
    return Imports(store, Broadcast(), folder / "imports", limits, log)


async def taken(imports: Imports, data: bytes, user_id: str = ADA) -> Import:
    """Upload a file and wait for the end of its import."""
    started = await imports.start(user_id, ImportStart("file", len(data), str(hash(data))))
    for offset in range(started.received, len(data), 2**20):
        await imports.receive(user_id, started.id, offset, data[offset : offset + 2**20])
    return await ended(imports, user_id)


async def ended(imports: Imports, user_id: str = ADA) -> Import:
    while True:
        (state,) = imports.newest(user_id)
        if state.state in FINAL:
            return state
        await asyncio.sleep(0.01)


async def exported(store: Store, user_id: str = ADA, kind: Format = Format.JSON) -> bytes:
    pieces = everything(store, user_id, kind, person="Ada")
    return b"".join([piece async for piece in pieces])


def without_date(document: bytes) -> bytes:
    head, _, rest = document.partition(b'"threads":')
    assert b"exported_at" in head
    return rest


async def all_of(store: Store, user_id: str = ADA) -> list[tuple[Thread, list[Message]]]:
    """Everything somebody has, by id."""
    found = []
    for thread_id in await store.thread_ids(user_id):
        ids = [node.id for node in await store.tree(user_id, thread_id)]
        messages = await store.get_messages(user_id, thread_id, ids)
        found.append((await store.get_thread(user_id, thread_id), messages))
    return found


# --- ChatGPT's export -----------------------------------------------------------------


def node(
    name: str,
    parent: str | None,
    role: str = "user",
    text: str | None = None,
    at: object = None,
    **more: Any,
) -> dict[str, Any]:
    """One node of a mapping; `more` replaces fields of its message."""
    message = {
        "id": name,
        "author": {"role": role, "name": None, "metadata": {}},
        "create_time": at,
        "update_time": None,
        "content": {"content_type": "text", "parts": [name if text is None else text]},
        "status": "finished_successfully",
        "end_turn": True,
        "weight": 1.0,
        "metadata": {},
        "recipient": "all",
        "channel": None,
        **more,
    }
    return {"id": name, "message": message, "parent": parent, "children": []}


def conversation(nodes: Iterable[dict[str, Any]], **more: Any) -> dict[str, Any]:
    nodes = list(nodes)
    mapping = {each["id"]: each for each in nodes}
    for each in nodes:
        if each["parent"] in mapping:
            mapping[each["parent"]]["children"].append(each["id"])
    return {
        "title": "Frogs",
        "create_time": 1_700_000_000.25,
        "update_time": 1_700_000_500.5,
        "mapping": mapping,
        "moderation_results": [],
        "current_node": nodes[-1]["id"] if nodes else None,
        "conversation_id": "c-1",
        "id": "c-1",
        **more,
    }


def simple(name: str = "c-1", turns: int = 1, **more: Any) -> dict[str, Any]:
    """A conversation of so many turns, with the root that each export has."""
    root: dict[str, Any] = {"id": "root", "message": None, "parent": None, "children": []}
    nodes = [root]
    for number in range(turns):
        parent: str = nodes[-1]["id"]
        at = 1_700_000_000.5 + number
        nodes.append(node(f"q{number}", parent, "user", f"Why {number}?", at))
        answer = node(f"a{number}", f"q{number}", "assistant", f"Because {number}.", at + 0.25)
        answer["message"]["metadata"] = {"model_slug": "gpt-4o"}
        nodes.append(answer)
    return conversation(nodes, conversation_id=name, id=name, title=f"Talk {name}", **more)


def as_json(*conversations: object) -> bytes:
    return json.dumps(list(conversations)).encode()
