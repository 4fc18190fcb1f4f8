"""Every writing call may be repeated: doing it twice changes nothing.

A network may lose an answer after the work was done, and a client that heard nothing
asks again.  Each test does a call twice and compares all that the store holds.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from jupyter_chat.ids import now_ms
from jupyter_chat.protocol import Source, ThreadSettings
from jupyter_chat.store.interface import Lease, Store, ThreadChanges, UserSettings

from .builders import (
    ADA,
    OWNER,
    a_thread,
    a_turn,
    another_version,
    finished,
    finished_turn,
    grown,
    running_reply,
)
from .conftest import OpenStore
from .contents import contents

Call = Callable[[], Awaitable[Any]]


async def _ask(store: Store) -> Call:
    turn = a_turn(a_thread())
    return lambda: store.add_turn(ADA, turn)


async def _ask_on(store: Store) -> Call:
    first = await finished_turn(store, a_thread())
    turn = a_turn(first.thread.id, first.reply_id)
    return lambda: store.add_turn(ADA, turn)


async def _ask_with_new_ids(store: Store) -> Call:
    thread = a_thread()
    return lambda: store.add_turn(ADA, a_turn(thread, client_id="the same one"))


async def _ask_what_was_answered(store: Store) -> Call:
    turn = a_turn(a_thread())
    await store.add_turn(ADA, turn)
    await store.finish_reply(ADA, finished(turn.reply))
    return lambda: store.add_turn(ADA, turn)


async def _make_another_version(store: Store) -> Call:
    first = await finished_turn(store, a_thread())
    turn = another_version(first.thread.id, str(first.question_id))
    return lambda: store.add_turn(ADA, turn)


async def _change(store: Store) -> Call:
    thread = (await finished_turn(store, a_thread())).thread
    changes = ThreadChanges(title="Frogs", settings=ThreadSettings(model="m"), deleted_at=5)
    return lambda: store.update_thread(ADA, thread.id, changes)


async def _change_a_revision(store: Store) -> Call:
    accepted = await finished_turn(store, a_thread())
    thread = await store.get_thread(ADA, accepted.thread.id)
    changes = ThreadChanges(title="Frogs")
    return lambda: store.update_thread(ADA, thread.id, changes, thread.revision)


async def _checkpoints(store: Store) -> Call:
    reply = await running_reply(store)
    checkpoints = [grown(reply, 0, "Be"), grown(reply, 1, "cause")]
    return lambda: store.append_checkpoints(checkpoints)


async def _finish(store: Store) -> Call:
    reply = await running_reply(store)
    await store.append_checkpoints([grown(reply, 0, "Be")])
    final = finished(reply, completed_at=now_ms() + 1000)
    return lambda: store.finish_reply(ADA, final)


async def _renew(store: Store) -> Call:
    await running_reply(store)
    return lambda: store.renew_lease(Lease(OWNER, 5, "host", 1))


async def _release(store: Store) -> Call:
    await store.renew_lease(Lease(OWNER, 5, "host", 1))
    return lambda: store.release_lease(OWNER)


async def _recover(store: Store) -> Call:
    reply = await running_reply(store)
    await store.append_checkpoints([grown(reply, 0, "Be")])
    return lambda: store.recover(Lease("process-2", 5, "host", 1), now_ms())


async def _settings(store: Store) -> Call:
    return lambda: store.put_settings(ADA, UserSettings(Source.OPENAI, key="secret"))


async def _owner(store: Store) -> Call:
    return store.owner_id


CALLS = [
    *(_ask, _ask_on, _ask_with_new_ids, _ask_what_was_answered, _make_another_version),
    *(_change, _change_a_revision, _checkpoints, _finish, _renew, _release, _recover),
    *(_settings, _owner),
]


@pytest.mark.parametrize("prepare", CALLS, ids=lambda prepare: prepare.__name__.strip("_"))
async def test_doing_it_twice_changes_nothing(
    store: Store,
    open_another: OpenStore,
    store_url: str,
    prepare: Callable[[Store], Awaitable[Call]],
) -> None:
    call = await prepare(store)
    await call()
    once = contents(store_url)
    await call()
    assert contents(store_url) == once
    # A later process that was sent the same finds it done as well.
    await open_another()
    await call()
    assert contents(store_url) == once
