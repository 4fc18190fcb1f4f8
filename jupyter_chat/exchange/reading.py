"""Reading threads to write them down: a few messages at a time, whatever their number."""

from __future__ import annotations

from collections.abc import AsyncIterator

import msgspec
from msgspec import Struct

from ..protocol import Message, Status, Thread
from ..store.errors import NotFound
from ..store.interface import Store
from ..store.records import LIVE
from ..store.types import Node

_MESSAGES_AT_ONCE = 50


class Step(Struct, frozen=True):
    """A message where it stands in a written-down thread; of several versions of the
    same, it is number `version` of `versions`."""

    message: Message
    version: int = 1
    versions: int = 1


async def threads(store: Store, user_id: str) -> AsyncIterator[Thread]:
    """All threads that there are now, oldest first; without the trash and without
    temporary ones, which are gone when they are closed."""
    for thread_id in await store.thread_ids(user_id):
        try:
            thread = await store.get_thread(user_id, thread_id)
        except NotFound:
            continue  # deleted meanwhile, as are those that are now in the trash
        if thread.deleted_at is None:
            yield thread


async def whole_tree(store: Store, user_id: str, thread: Thread) -> AsyncIterator[Message]:
    """All messages of the thread by id, so every one after its parent."""
    nodes = await store.tree(user_id, thread.id)
    async for message in _messages(store, user_id, thread.id, [node.id for node in nodes]):
        yield message


async def steps(
    store: Store, user_id: str, thread: Thread, *, all_branches: bool
) -> AsyncIterator[Step]:
    """The branch that is shown; or all of them, each followed to its end before the
    next version begins."""
    nodes = await store.tree(user_id, thread.id)
    order = _depth_first(nodes) if all_branches else _shown(nodes, thread.leaf_id)
    places: dict[str, tuple[int, int]] = {}
    for siblings in _children(nodes).values():
        for number, node_id in enumerate(siblings, start=1):
            places[node_id] = number, len(siblings)
    async for message in _messages(store, user_id, thread.id, order):
        yield Step(message, *places[message.id])


def _shown(nodes: list[Node], leaf_id: str | None) -> list[str]:
    parents = {node.id: node.parent_id for node in nodes}
    branch: list[str] = []
    while leaf_id in parents:
        branch.append(leaf_id)
        leaf_id = parents[leaf_id]
    return branch[::-1]


def _depth_first(nodes: list[Node]) -> list[str]:
    children = _children(nodes)
    order: list[str] = []
    waiting = children.get(None, [])[::-1]
    while waiting:
        node_id = waiting.pop()
        order.append(node_id)
        waiting.extend(reversed(children.get(node_id, ())))
    return order


def _children(nodes: list[Node]) -> dict[str | None, list[str]]:
    children: dict[str | None, list[str]] = {}
    for node in nodes:
        children.setdefault(node.parent_id, []).append(node.id)
    return children


async def _messages(
    store: Store, user_id: str, thread_id: str, ids: list[str]
) -> AsyncIterator[Message]:
    for start in range(0, len(ids), _MESSAGES_AT_ONCE):
        some = ids[start : start + _MESSAGES_AT_ONCE]
        found = {each.id: each for each in await store.get_messages(user_id, thread_id, some)}
        for message_id in some:
            if message_id in found:  # else it was deleted meanwhile
                yield _settled(found[message_id])


def _settled(message: Message) -> Message:
    """As it is written down: final, and without the mark of the command that asked,
    which means something to the server only that got it."""
    message = msgspec.structs.replace(message, client_id=None)
    if message.status in LIVE:
        message.status = Status.INTERRUPTED
        message.completed_at = message.first_token_at or message.created_at
    return message
