"""Replies being made: checkpoints, their end, leases and recovery."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys

import msgspec
import pytest

from jupyter_chat.ids import new_id, now_ms
from jupyter_chat.protocol import Message, ReasoningPart, Status, TextPart
from jupyter_chat.store.interface import Store
from jupyter_chat.store.types import Lease

from .builders import (
    ADA,
    GRACE,
    MODEL,
    OWNER,
    finished,
    grown,
    running_reply,
)
from .conftest import OpenStore

NOW = now_ms()
SOON = NOW + 60_000
HOST = "here"


def lease_of(owner: str, expires_at: int = SOON, host: str = HOST, pid: int = 0) -> Lease:
    return Lease(owner, expires_at, host, pid or os.getpid())


async def read(store: Store, reply: Message, user: str = ADA) -> Message:
    return await store.get_message(user, reply.thread_id, reply.id)


async def test_a_running_reply_has_the_text_of_its_checkpoints(store: Store) -> None:
    reply = await running_reply(store)
    await store.append_checkpoints(
        [
            grown(reply, 0, "Let me ", kind="reasoning"),
            grown(reply, 1, "think \x00\u2028.", kind="reasoning"),
            grown(reply, 2, "Be", part=1),
        ]
    )
    await store.append_checkpoints([grown(reply, 3, "cause 🐸", part=1)])
    expected: Message = msgspec.structs.replace(
        reply,
        parts=[ReasoningPart("Let me think \x00\u2028."), TextPart("Because 🐸")],
        model=MODEL,
    )
    assert await read(store, reply) == expected
    path = await store.path(ADA, reply.thread_id, reply.id, limit=5)
    assert path[-1] == expected


async def test_checkpoints_stay_in_order_beyond_any_number_of_digits(store: Store) -> None:
    reply = await running_reply(store)
    numbers = [*range(120), 99_999, 1_000_000]
    await store.append_checkpoints([grown(reply, number, f"{number} ") for number in numbers])
    assert (await read(store, reply)).parts == [TextPart("".join(f"{n} " for n in numbers))]


async def test_checkpoints_of_many_replies_and_people_go_where_they_belong(store: Store) -> None:
    first, second = await running_reply(store), await running_reply(store)
    hers = await running_reply(store, user=GRACE)
    await store.append_checkpoints(
        [
            grown(second, 0, "second"),
            grown(first, 0, "fi"),
            grown(hers, 0, "hers", user=GRACE),
            grown(first, 1, "rst"),
        ]
    )
    assert (await read(store, first)).parts == [TextPart("first")]
    assert (await read(store, second)).parts == [TextPart("second")]
    assert (await read(store, hers, GRACE)).parts == [TextPart("hers")]


async def test_a_checkpoint_under_a_wrong_name_reaches_nobody(store: Store) -> None:
    hers = await running_reply(store, user=GRACE)
    await store.append_checkpoints([grown(hers, 0, "mine", user=ADA)])
    await store.append_checkpoints([grown(hers, 0, "hers", user=GRACE)])
    assert (await read(store, hers, GRACE)).parts == [TextPart("hers")]


async def test_no_checkpoints_are_no_trouble(store: Store) -> None:
    await store.append_checkpoints([])


async def test_a_finished_reply_is_what_it_was_finished_as(store: Store) -> None:
    reply = await running_reply(store)
    await store.append_checkpoints([grown(reply, 0, "Beca")])
    before = await store.get_thread(ADA, reply.thread_id)
    final = finished(reply, "Because.", completed_at=before.updated_at + 5)
    thread = await store.finish_reply(ADA, final)
    assert await read(store, reply) == final
    assert thread == await store.get_thread(ADA, reply.thread_id)
    assert thread.updated_at == final.completed_at
    assert thread.revision == before.revision + 1


async def test_an_end_before_the_last_activity_leaves_the_thread_alone(store: Store) -> None:
    reply = await running_reply(store)
    before = await store.get_thread(ADA, reply.thread_id)
    await store.finish_reply(ADA, finished(reply, completed_at=before.updated_at - 5))
    assert await store.get_thread(ADA, reply.thread_id) == before


async def test_a_late_checkpoint_brings_nothing_back_to_life(
    store: Store, open_another: OpenStore
) -> None:
    reply = await running_reply(store)
    final = finished(reply)
    await store.finish_reply(ADA, final)
    await store.append_checkpoints([grown(reply, 0, "late")])
    assert await read(store, reply) == final
    # Nor later, for whoever looks for replies to recover.
    other = await open_another()
    assert await other.recover(lease_of("process-2"), SOON + 1) == []
    assert await read(store, reply) == final


async def test_checkpoints_and_the_end_at_the_same_time(store: Store) -> None:
    for _ in range(5):
        reply = await running_reply(store)
        final = finished(reply)
        await asyncio.gather(
            store.append_checkpoints([grown(reply, 0, "a")]),
            store.finish_reply(ADA, final),
            store.append_checkpoints([grown(reply, 1, "b")]),
        )
        assert await read(store, reply) == final
    assert await store.recover(lease_of("process-2"), SOON + 1) == []


async def test_a_reply_read_while_it_ends_is_never_without_its_text(
    store: Store, open_another: OpenStore
) -> None:
    other = await open_another()
    for _ in range(10):
        reply = await running_reply(store)
        await store.append_checkpoints([grown(reply, 0, "Beca")])
        reading = asyncio.gather(*(read(each, reply) for each in (other, store, other, store)))
        await store.finish_reply(ADA, finished(reply))
        seen = await reading
        for message in seen:
            whole = message.status is Status.COMPLETE
            assert message.parts == [TextPart("Because." if whole else "Beca")]


async def test_replies_of_a_lapsed_lease_are_interrupted_with_their_text(store: Store) -> None:
    await store.renew_lease(lease_of(OWNER, expires_at=NOW))
    first, second = await running_reply(store), await running_reply(store, user=GRACE)
    await store.append_checkpoints([grown(first, 0, "Beca")])
    recovered = await store.recover(lease_of("process-2"), NOW + 1)
    assert [(left.user_id, left.message.id) for left in recovered] == [
        (ADA, first.id),
        (GRACE, second.id),
    ]
    for left in recovered:
        user, message = left.user_id, left.message
        assert not left.taken_over
        assert message.status is Status.INTERRUPTED
        assert message.completed_at == NOW + 1
        assert message.problem is not None
        assert await read(store, message, user) == message
    assert recovered[0].message.parts == [TextPart("Beca")]
    assert recovered[0].message.model == MODEL
    assert recovered[1].message.parts == []
    told = [left.message.problem.message for left in recovered if left.message.problem]
    assert "What had come is kept" in told[0]
    assert "Your question is kept" in told[1], "nothing had come"


async def test_a_reply_is_recovered_once(store: Store, open_another: OpenStore) -> None:
    replies = [await running_reply(store) for _ in range(5)]
    others = [await open_another() for _ in range(3)]
    found = await asyncio.gather(
        *(other.recover(lease_of(new_id()), NOW) for other in others for _ in range(2))
    )
    ids = sorted(left.message.id for each in found for left in each)
    assert ids == sorted(reply.id for reply in replies)
    assert await store.recover(lease_of("later"), NOW) == []


@pytest.mark.parametrize("whose", ["its own", "a living process's"])
async def test_replies_of_the_living_are_left_alone(store: Store, whose: str) -> None:
    reply = await running_reply(store)
    if whose == "its own":  # even where its lease has lapsed
        await store.renew_lease(lease_of(OWNER, expires_at=NOW - 1))
        assert await store.recover(lease_of(OWNER), NOW) == []
    else:
        await store.renew_lease(lease_of(OWNER))
        assert await store.recover(lease_of("process-2"), NOW) == []
    assert await read(store, reply) == reply


async def test_a_lease_that_was_renewed_holds_on(store: Store) -> None:
    reply = await running_reply(store)
    await store.renew_lease(lease_of(OWNER, expires_at=NOW - 1))
    await store.renew_lease(lease_of(OWNER, expires_at=SOON))
    assert await store.recover(lease_of("process-2"), NOW) == []
    assert (await read(store, reply)).status is Status.STREAMING


async def test_a_lease_given_up_has_lapsed_at_once(store: Store) -> None:
    reply = await running_reply(store)
    await store.renew_lease(lease_of(OWNER))
    await store.release_lease(OWNER)
    (left,) = await store.recover(lease_of("process-2"), NOW)
    assert left.message.id == reply.id


@pytest.mark.skipif(os.name != "posix", reason="asking for a process would end it there")
async def test_a_process_that_is_gone_from_this_host_has_lapsed_at_once(store: Store) -> None:
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    reply = await running_reply(store)
    await store.renew_lease(lease_of(OWNER, host="elsewhere", pid=process.pid))
    assert await store.recover(lease_of("process-2"), NOW) == []
    await store.renew_lease(lease_of(OWNER, host=HOST, pid=process.pid))
    (left,) = await store.recover(lease_of("process-2"), NOW)
    assert left.message.id == reply.id


async def test_a_process_thought_dead_may_still_finish_its_reply(store: Store) -> None:
    reply = await running_reply(store)
    await store.recover(lease_of("process-2"), NOW)
    final = finished(reply)
    await store.finish_reply(ADA, final)
    assert await read(store, reply) == final


async def test_a_reply_recovered_does_not_lift_its_thread(store: Store) -> None:
    reply = await running_reply(store)
    before = await store.get_thread(ADA, reply.thread_id)
    await store.recover(lease_of("process-2"), SOON)
    assert await store.get_thread(ADA, reply.thread_id) == before
