"""Threads that are added whole: forks and imports."""

from __future__ import annotations

import asyncio

import msgspec
import pytest

from jupyter_chat.ids import new_id
from jupyter_chat.store.errors import NotFound
from jupyter_chat.store.interface import Store
from jupyter_chat.store.types import ThreadChanges

from .builders import ADA, GRACE, a_thread, a_whole_thread, finished_turn


async def test_it_is_read_back_as_it_was_added(store: Store) -> None:
    thread, messages = a_whole_thread(turns=3)
    assert await store.add_thread(ADA, thread, messages) == 6
    assert await store.get_thread(ADA, thread.id) == thread
    assert await store.path(ADA, thread.id, messages[-1].id, limit=10) == messages
    listed, _ = await store.list_threads(ADA, limit=10)
    assert [each.id for each in listed] == [thread.id]


async def test_it_can_be_changed_like_any_other(store: Store) -> None:
    thread, messages = a_whole_thread()
    await store.add_thread(ADA, thread, messages)
    change = store.update_thread(ADA, thread.id, ThreadChanges(title="Frogs"), thread.revision)
    changed = await asyncio.wait_for(change, 10)
    assert (changed.title, changed.revision) == ("Frogs", thread.revision + 1)


async def test_what_is_there_already_stays_as_it_is(store: Store) -> None:
    thread, messages = a_whole_thread(turns=2)
    await store.add_thread(ADA, thread, messages[:2])
    other = msgspec.structs.replace(thread, title="Another title")
    changed = [msgspec.structs.replace(messages[0], parts=[]), *messages[1:]]
    assert await store.add_thread(ADA, other, changed) == 2
    assert await store.get_thread(ADA, thread.id) == thread
    assert await store.path(ADA, thread.id, messages[-1].id, limit=10) == messages


async def test_somebody_elses_ids_are_refused_and_nothing_is_added(store: Store) -> None:
    thread, messages = a_whole_thread()
    await store.add_thread(ADA, thread, messages)
    with pytest.raises(NotFound):
        await store.add_thread(GRACE, thread, [])
    another = a_thread()
    fresh, _ = (
        msgspec.structs.replace(each, thread_id=another.id, id=new_id()) for each in messages[:2]
    )
    stolen = msgspec.structs.replace(messages[0], thread_id=another.id)
    with pytest.raises(NotFound):
        await store.add_thread(GRACE, another, [fresh, stolen])
    with pytest.raises(NotFound):
        await store.get_thread(GRACE, another.id)
    with pytest.raises(NotFound):
        await store.get_message(GRACE, another.id, fresh.id)
    assert await store.path(ADA, thread.id, messages[-1].id, limit=10) == messages


async def test_a_message_of_another_thread_is_refused(store: Store) -> None:
    accepted = await finished_turn(store, a_thread())
    thread, messages = a_whole_thread()
    stolen = msgspec.structs.replace(messages[0], id=accepted.reply_id)
    with pytest.raises(NotFound):
        await store.add_thread(ADA, thread, [stolen, *messages[1:]])
    with pytest.raises(NotFound):
        await store.get_thread(ADA, thread.id)


async def test_many_messages_are_added_at_once(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jupyter_chat.store.mongo_turns._MESSAGES_AT_ONCE", 50)
    thread, messages = a_whole_thread(turns=60)
    assert await store.add_thread(ADA, thread, messages) == 120
    assert len(await store.tree(ADA, thread.id)) == 120
