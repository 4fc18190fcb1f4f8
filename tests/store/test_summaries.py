"""Summaries of the beginnings of branches, kept with the messages up to which they go."""

from __future__ import annotations

import pytest

from jupyter_chat.ids import new_id
from jupyter_chat.protocol import Summary
from jupyter_chat.store.errors import NotFound
from jupyter_chat.store.interface import Store

from .builders import ADA, GRACE, a_whole_thread


async def a_stored_thread(store: Store, *, temporary: bool = False) -> tuple[str, list[str]]:
    thread, messages = a_whole_thread(2)
    thread.temporary = temporary
    await store.add_thread(ADA, thread, messages)
    return thread.id, [message.id for message in messages]


async def test_a_thread_has_the_summaries_that_were_put_there(store: Store):
    thread_id, ids = await a_stored_thread(store)
    assert await store.summaries(ADA, thread_id) == []
    later = Summary(thread_id, ids[3], "All.", 2, "gpt-6-luna", edited=True)
    sooner = Summary(thread_id, ids[1], "Some.", 1)
    for _ in range(2):
        for summary in (later, sooner):
            await store.put_summary(ADA, summary)
    assert await store.summaries(ADA, thread_id) == [sooner, later]


async def test_another_one_takes_its_place(store: Store):
    thread_id, ids = await a_stored_thread(store)
    for text in ("First.", "Second."):
        await store.put_summary(ADA, Summary(thread_id, ids[1], text, 1))
    assert [summary.text for summary in await store.summaries(ADA, thread_id)] == ["Second."]


async def test_one_can_be_forgotten(store: Store):
    thread_id, ids = await a_stored_thread(store)
    await store.put_summary(ADA, Summary(thread_id, ids[1], "Some.", 1))
    for _ in range(2):
        await store.delete_summary(ADA, thread_id, ids[1])
    assert await store.summaries(ADA, thread_id) == []


async def test_there_is_none_up_to_what_is_not_there(store: Store):
    thread_id, ids = await a_stored_thread(store)
    elsewhere, _ = await a_stored_thread(store)
    for user, thread, upto in (
        (GRACE, thread_id, ids[1]),
        (ADA, elsewhere, ids[1]),
        (ADA, thread_id, new_id()),
    ):
        with pytest.raises(NotFound):
            await store.put_summary(user, Summary(thread, upto, "Mine.", 1))
    for call in (store.summaries(GRACE, thread_id), store.delete_summary(GRACE, thread_id, ids[1])):
        with pytest.raises(NotFound):
            await call
    assert await store.summaries(ADA, thread_id) == []


async def test_summaries_go_with_their_messages(store: Store):
    thread_id, ids = await a_stored_thread(store)
    for upto in (ids[1], ids[3]):
        await store.put_summary(ADA, Summary(thread_id, upto, "Some.", 1))
    await store.delete_message(ADA, thread_id, ids[2], 1)
    await store.purge_messages(before=2)
    assert [summary.upto for summary in await store.summaries(ADA, thread_id)] == [ids[1]]


async def test_summaries_of_a_purged_thread_are_gone(store: Store):
    thread_id, ids = await a_stored_thread(store, temporary=True)
    await store.put_summary(ADA, Summary(thread_id, ids[1], "Some.", 1))
    assert await store.purge(ADA, thread_id)
    with pytest.raises(NotFound):
        await store.summaries(ADA, thread_id)
