"""Which leaf a thread shows: changed only as long as the thread is as it was looked at."""

from __future__ import annotations

from ..protocol import Thread
from ..store.errors import Conflict
from ..store.interface import Store
from ..store.types import ThreadChanges

_TRIES = 10


async def show(store: Store, user_id: str, thread_id: str, message_id: str | None) -> Thread:
    """Show the newest branch through a message, or (`None`) of all.

    Where something is asked or selected meanwhile it looks again, so that what is shown
    always ends where its branch ends.
    """
    for _ in range(_TRIES):
        thread = await store.get_thread(user_id, thread_id)
        leaf_id = message_id or await _newest(store, user_id, thread_id)
        if leaf_id is not None:
            leaf_id = await store.newest_leaf(user_id, thread_id, leaf_id)
        changes = ThreadChanges(leaf_id=leaf_id)
        try:
            return await store.update_thread(user_id, thread_id, changes, thread.revision)
        except Conflict:
            continue
    raise Conflict


async def _newest(store: Store, user_id: str, thread_id: str) -> str | None:
    nodes = await store.tree(user_id, thread_id)
    return nodes[-1].id if nodes else None
