"""Replies of dead processes that the next one goes on with."""

from __future__ import annotations

import asyncio

import msgspec

from jupyter_chat.ids import now_ms
from jupyter_chat.protocol import Message, ReasoningPart, Status, TextPart
from jupyter_chat.store.interface import Store
from jupyter_chat.store.types import Lease, Left

from .builders import ADA, GRACE, MODEL, OWNER, a_thread, a_turn, finished, grown, running_reply
from .conftest import OpenStore

NOW = now_ms()
NEXT = Lease("process-2", NOW + 60_000, "here", 1)
LATER = Lease("process-3", NOW + 60_000, "here", 1)


async def queued_reply(store: Store) -> Message:
    turn = a_turn(a_thread())
    turn.reply.status = Status.QUEUED
    await store.add_turn(ADA, turn)
    return turn.reply


async def durable_reply(store: Store, user: str = ADA) -> Message:
    """A reply that upstream goes on with, known up to its event 7."""
    reply = await running_reply(store, user)
    await store.append_checkpoints(
        [
            grown(reply, 0, "", user=user, upstream_id="resp_1", upstream_seq=2),
            grown(reply, 1, "Hm. ", kind="reasoning", user=user),
            grown(reply, 2, "Be", part=1, user=user, upstream_seq=7),
        ]
    )
    return reply


async def only(store: Store, lease: Lease = NEXT) -> Left:
    (left,) = await store.recover(lease, NOW)
    return left


async def test_a_checkpoint_without_text_begins_no_part(store: Store) -> None:
    reply = await running_reply(store)
    await store.append_checkpoints([grown(reply, 0, "", upstream_id="resp_1", upstream_seq=0)])
    kept = await store.get_message(ADA, reply.thread_id, reply.id)
    assert (kept.parts, kept.model) == ([], MODEL)


async def test_a_reply_that_was_not_asked_for_is_taken_over(store: Store) -> None:
    reply = await queued_reply(store)
    left = await only(store)
    assert left == Left(ADA, reply, 1)
    assert left.taken_over
    assert await store.get_message(ADA, reply.thread_id, reply.id) == reply


async def test_a_reply_that_was_asked_for_is_interrupted(store: Store) -> None:
    reply = await queued_reply(store)
    assert await store.begin_reply(ADA, reply.id, OWNER)
    assert await store.begin_reply(ADA, reply.id, OWNER), "a repetition changes nothing"
    left = await only(store)
    assert (left.message.id, left.message.status) == (reply.id, Status.INTERRUPTED)


async def test_only_its_owner_asks_for_a_reply(store: Store) -> None:
    reply = await queued_reply(store)
    assert not await store.begin_reply(ADA, reply.id, NEXT.owner)
    assert not await store.begin_reply(GRACE, reply.id, OWNER)
    await only(store)
    assert not await store.begin_reply(ADA, reply.id, OWNER), "it was taken over"
    assert await store.begin_reply(ADA, reply.id, NEXT.owner)
    await store.finish_reply(ADA, finished(reply))
    assert not await store.begin_reply(ADA, reply.id, NEXT.owner)


async def test_whoever_makes_a_reply_hears_that_it_is_to_stop(store: Store) -> None:
    reply, other = await running_reply(store), await running_reply(store)
    assert await store.asked_to_stop(OWNER) == []
    assert not await store.ask_to_stop(GRACE, reply.id)
    assert await store.ask_to_stop(ADA, reply.id)
    assert await store.ask_to_stop(ADA, reply.id), "a repetition changes nothing"
    assert await store.asked_to_stop(OWNER) == [reply.id]
    assert await store.asked_to_stop(NEXT.owner) == []
    await store.finish_reply(ADA, finished(reply))
    assert await store.asked_to_stop(OWNER) == []
    assert not await store.ask_to_stop(ADA, reply.id)
    assert await store.ask_to_stop(ADA, other.id)


async def test_a_reply_that_upstream_goes_on_with_is_taken_over(store: Store) -> None:
    reply = await durable_reply(store)
    left = await only(store)
    assert (left.attempt, left.upstream_id, left.upstream_seq) == (1, "resp_1", 7)
    assert left.taken_over
    assert left.message.status is Status.STREAMING
    assert left.message.parts == [ReasoningPart("Hm. "), TextPart("Be")]
    assert left.message.model == MODEL
    kept = await store.get_message(ADA, reply.thread_id, reply.id)
    assert kept.parts == left.message.parts
    assert kept.model == MODEL


async def test_what_upstream_would_say_again_is_dropped(store: Store) -> None:
    reply = await durable_reply(store)
    # Half of what came together: the place after it was in the other half.
    await store.append_checkpoints([grown(reply, 3, "cau", part=1)])
    left = await only(store)
    assert left.upstream_seq == 7
    assert left.message.parts == [ReasoningPart("Hm. "), TextPart("Be")]
    kept = await store.get_message(ADA, reply.thread_id, reply.id)
    assert kept.parts == left.message.parts


async def test_the_next_process_grows_it_on(store: Store) -> None:
    reply = await durable_reply(store)
    left = await only(store)
    await store.append_checkpoints(
        [grown(reply, 1, "cause", part=1, attempt=left.attempt, upstream_seq=9)]
    )
    expected = [ReasoningPart("Hm. "), TextPart("Because")]
    assert (await store.get_message(ADA, reply.thread_id, reply.id)).parts == expected
    again = await only(store, LATER)
    assert (again.attempt, again.upstream_id, again.upstream_seq) == (2, "resp_1", 9)
    assert again.message.parts == expected
    assert again.message.model == MODEL
    final = finished(reply)
    await store.finish_reply(ADA, final)
    assert await store.get_message(ADA, reply.thread_id, reply.id) == final
    assert await store.recover(LATER, NOW) == []


async def test_a_reply_taken_over_while_it_waited_is_taken_over_again(store: Store) -> None:
    reply = await queued_reply(store)
    left = await only(store)
    assert await store.begin_reply(ADA, reply.id, NEXT.owner)
    await store.append_checkpoints(
        [
            grown(reply, 1, "Be", attempt=left.attempt, upstream_id="resp_1", upstream_seq=4),
            grown(reply, 2, "cau", attempt=left.attempt, upstream_seq=5),
        ]
    )
    again = await only(store, LATER)
    assert again.taken_over
    assert (again.attempt, again.upstream_id, again.upstream_seq) == (2, "resp_1", 5)
    assert again.message.parts == [TextPart("Becau")]
    assert (await store.get_message(ADA, reply.thread_id, reply.id)).parts == again.message.parts


async def test_a_process_thought_dead_adds_nothing(store: Store) -> None:
    reply = await durable_reply(store)
    left = await only(store)
    await store.append_checkpoints([grown(reply, 3, "late", part=1, upstream_seq=8)])
    kept = await store.get_message(ADA, reply.thread_id, reply.id)
    assert kept.parts == left.message.parts
    assert (await only(store, LATER)).upstream_seq == 7


async def test_one_of_many_gets_it(store: Store, open_another: OpenStore) -> None:
    for make in (durable_reply, queued_reply):
        reply = await make(store)
        others = [await open_another() for _ in range(3)]
        leases = [msgspec.structs.replace(NEXT, owner=f"one-{number}") for number in range(3)]
        for lease, other in zip(leases, others, strict=True):
            await other.renew_lease(lease)
        found = await asyncio.gather(
            *(other.recover(lease, NOW) for lease, other in zip(leases, others, strict=True))
        )
        got = [left for each in found for left in each if left.message.id == reply.id]
        assert [left.taken_over for left in got] == [True]
        assert got[0].attempt == 1


async def test_whoever_took_it_over_hears_of_it_again(store: Store) -> None:
    """The answer of the first call may have been lost."""
    reply = await durable_reply(store)
    assert await only(store) == await only(store)
    await store.append_checkpoints([grown(reply, 1, "cause", part=1, attempt=1, upstream_seq=9)])
    assert (await only(store)).upstream_seq == 9


async def test_everybody_gets_their_own(store: Store) -> None:
    await durable_reply(store)
    hers = await durable_reply(store, GRACE)
    lefts = {left.user_id: left for left in await store.recover(NEXT, NOW)}
    assert lefts[GRACE].message.id == hers.id
    assert set(lefts) == {ADA, GRACE}
