"""Branches without their bodies, and the tokens that are kept with their messages."""

from __future__ import annotations

import pytest

from jupyter_chat.ids import new_id
from jupyter_chat.protocol import Role, Status
from jupyter_chat.store.errors import NotFound
from jupyter_chat.store.interface import Store
from jupyter_chat.store.types import Outline, Weight

from .builders import ADA, GRACE, a_message, a_thread, a_whole_thread, running_reply

WEIGHT = Weight(1, 12, 3, 0)


async def test_an_outline_is_the_branch_without_its_bodies(store: Store):
    thread, messages = a_whole_thread(3)
    await store.add_thread(ADA, thread, messages)
    outline = await store.outline(ADA, thread.id, messages[-1].id, limit=100)
    assert outline == [
        Outline(each.id, each.parent_id, each.role, each.status) for each in messages
    ]


async def test_a_limit_leaves_the_end_of_the_branch(store: Store):
    thread, messages = a_whole_thread(3)
    await store.add_thread(ADA, thread, messages)
    outline = await store.outline(ADA, thread.id, messages[3].id, limit=2)
    assert [each.id for each in outline] == [messages[2].id, messages[3].id]


async def test_weights_are_kept_with_their_messages(store: Store):
    thread, messages = a_whole_thread(2)
    await store.add_thread(ADA, thread, messages)
    await store.put_weights(ADA, thread.id, {messages[1].id: Weight(1, 1, 1, 1)})
    await store.put_weights(ADA, thread.id, {messages[1].id: WEIGHT})
    await store.put_weights(ADA, thread.id, {})
    outline = await store.outline(ADA, thread.id, messages[-1].id, limit=100)
    assert [each.weight for each in outline] == [None, WEIGHT, None, None]


async def test_a_weight_is_not_lost_when_a_reply_is_stored_again(store: Store):
    thread, messages = a_whole_thread(1)
    await store.add_thread(ADA, thread, messages)
    await store.put_weights(ADA, thread.id, {messages[1].id: WEIGHT})
    await store.finish_reply(ADA, messages[1])
    outline = await store.outline(ADA, thread.id, messages[1].id, limit=1)
    assert [each.weight for each in outline] == [WEIGHT]


async def test_weights_of_what_is_not_there_or_somebody_elses_are_passed_over(store: Store):
    thread, messages = a_whole_thread(1)
    await store.add_thread(ADA, thread, messages)
    for user, thread_id in ((GRACE, thread.id), (ADA, new_id())):
        await store.put_weights(user, thread_id, {messages[0].id: WEIGHT, new_id(): WEIGHT})
    outline = await store.outline(ADA, thread.id, messages[1].id, limit=9)
    assert [each.weight for each in outline] == [None, None]


async def test_of_a_stopped_reply_it_says_whether_its_turn_had_come(store: Store):
    thread, messages = a_whole_thread(1)
    stopped = [
        a_message(
            *(Role.ASSISTANT, "", thread, messages[0].id), status=Status.STOPPED, begun_at=begun
        )
        for begun in (None, 5)
    ]
    await store.add_thread(ADA, thread, [*messages, *stopped])
    for reply, begun in zip(stopped, (False, True), strict=True):
        (outline,) = await store.outline(ADA, thread.id, reply.id, limit=1)
        assert (outline.status, outline.begun) == (Status.STOPPED, begun)


async def test_a_running_reply_has_an_outline(store: Store):
    reply = await running_reply(store)
    outline = await store.outline(ADA, reply.thread_id, reply.id, limit=9)
    assert [each.status for each in outline] == [Status.COMPLETE, Status.STREAMING]


async def test_what_is_deleted_unknown_or_somebody_elses_has_none(store: Store):
    thread, messages = a_whole_thread(2)
    await store.add_thread(ADA, thread, messages)
    leaf = messages[-1].id
    for user, thread_id, message_id in (
        (GRACE, thread.id, leaf),
        (ADA, a_thread().id, leaf),
        (ADA, thread.id, new_id()),
    ):
        with pytest.raises(NotFound):
            await store.outline(user, thread_id, message_id, limit=5)
    await store.delete_message(ADA, thread.id, messages[2].id, 1)
    with pytest.raises(NotFound):
        await store.outline(ADA, thread.id, leaf, limit=5)


async def test_weights_go_when_their_thread_is_purged(store: Store):
    thread, messages = a_whole_thread(1)
    thread.temporary = True
    await store.add_thread(ADA, thread, messages)
    await store.put_weights(ADA, thread.id, {messages[0].id: WEIGHT})
    assert await store.purge(ADA, thread.id)
    with pytest.raises(NotFound):
        await store.outline(ADA, thread.id, messages[1].id, limit=5)
