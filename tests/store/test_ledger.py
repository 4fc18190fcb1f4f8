"""The ledger: what was asked and what it cost, once for each reply."""

from __future__ import annotations

import asyncio
import os
from typing import Any

import msgspec
import pytest

from jupyter_chat.ids import new_id, now_ms
from jupyter_chat.protocol import (
    Message,
    Role,
    Source,
    Status,
    TextPart,
    Usage,
    UsageBy,
    UsageSum,
)
from jupyter_chat.store.errors import NotFound
from jupyter_chat.store.interface import Store
from jupyter_chat.store.records import DAY_MS
from jupyter_chat.store.types import (
    Checkpoint,
    Lease,
    LedgerEntry,
    LedgerQuery,
    ThreadChanges,
    UsageKind,
)

from .builders import (
    ADA,
    GRACE,
    MODEL,
    OWNER,
    a_message,
    a_thread,
    a_turn,
    a_whole_thread,
    an_entry,
    estimate,
    finished,
    grown,
    running_reply,
)
from .conftest import OpenStore

NOW = now_ms()
NEXT = Lease("process-2", NOW + 60_000, "here", os.getpid())
ALL = LedgerQuery()


async def entries(store: Store, user: str = ADA, which: LedgerQuery = ALL) -> list[LedgerEntry]:
    return await store.usage_entries(user, which, limit=1000)


async def enter(store: Store, user: str = ADA, **fields: Any) -> LedgerEntry:
    entry = an_entry(**fields)
    await store.add_usage(user, entry)
    return entry


# --- once for each reply --------------------------------------------------------------------


async def test_a_reply_is_entered_with_its_end(store: Store) -> None:
    reply = await running_reply(store)
    assert await entries(store) == []
    entry = an_entry(reply)
    await store.finish_reply(ADA, finished(reply), entry)
    assert await entries(store) == [entry]
    assert await entries(store, GRACE) == []


async def test_a_reply_whose_model_was_not_asked_is_not_entered(store: Store) -> None:
    await store.finish_reply(ADA, finished(await running_reply(store)))
    assert await entries(store) == []


async def test_an_end_that_is_told_often_and_by_many_is_entered_once(
    store: Store, open_another: OpenStore
) -> None:
    reply = await running_reply(store)
    entry, final = an_entry(reply), finished(reply)
    stores = [store, *[await open_another() for _ in range(3)]]
    await asyncio.gather(*(each.finish_reply(ADA, final, entry) for each in stores * 2))
    assert await entries(store) == [entry]


async def test_what_upstream_says_goes_before_an_estimate_whichever_comes_first(
    store: Store,
) -> None:
    said = await enter(store)
    guess = msgspec.structs.replace(said, usage=Usage(1, 1, estimated=True), cost=None)
    await store.add_usage(ADA, guess)
    assert await entries(store) == [said]
    other = an_entry(usage=Usage(1, 1, estimated=True))
    corrected = msgspec.structs.replace(other, usage=Usage(2, 3))
    for entry in (other, corrected):
        await store.add_usage(ADA, entry)
    assert await entries(store) == sorted([said, corrected], key=lambda each: each.at)


async def test_a_title_of_the_same_message_is_another_entry(store: Store) -> None:
    reply = await running_reply(store)
    await store.finish_reply(ADA, finished(reply), an_entry(reply))
    title = an_entry(reply, kind=UsageKind.TITLE)
    for _ in range(2):
        await store.add_usage(ADA, title)
    assert [each.kind for each in await entries(store)] == [UsageKind.REPLY, UsageKind.TITLE]


async def test_the_ledger_outlives_what_it_is_about(store: Store) -> None:
    reply = await running_reply(store)
    await store.finish_reply(ADA, finished(reply), an_entry(reply))
    before = await entries(store)
    await store.delete_message(ADA, reply.thread_id, reply.id, NOW)
    await store.purge_messages(NOW + 1)
    await store.update_thread(ADA, reply.thread_id, ThreadChanges(deleted_at=5))
    assert await store.purge(ADA, reply.thread_id)
    assert await entries(store) == before


async def test_what_is_added_whole_was_not_asked_here(store: Store) -> None:
    thread, messages = a_whole_thread()
    messages[-1].usage, messages[-1].cost = Usage(5, 5), 0.5
    await store.add_thread(ADA, thread, messages)
    assert await entries(store) == []


async def test_a_reply_that_is_gone_is_not_entered_by_its_end(store: Store) -> None:
    """Whoever made it enters it by itself."""
    reply = await running_reply(store)
    await store.update_thread(ADA, reply.thread_id, ThreadChanges(deleted_at=5))
    await store.purge(ADA, reply.thread_id)
    with pytest.raises(NotFound):
        await store.finish_reply(ADA, finished(reply), an_entry(reply))
    assert await entries(store) == []


# --- replies of dead processes --------------------------------------------------------------


def asked(reply: Message, text: str = "", number: int = 0, **fields: Any) -> Checkpoint:
    """The first checkpoint of a reply, which says what was asked."""
    checkpoint = grown(reply, number, text)
    return msgspec.structs.replace(
        checkpoint, counted_tokens=40, source=Source.COMPATIBLE, **fields
    )


async def test_a_reply_of_a_dead_process_is_entered_as_estimated(store: Store) -> None:
    reply = await running_reply(store)
    await store.append_checkpoints([asked(reply, "Be"), grown(reply, 1, "cause")])
    (left,) = await store.recover(NEXT, NOW, estimate)
    (entry,) = await entries(store)
    assert (entry.message_id, entry.model, entry.source) == (reply.id, MODEL, Source.COMPATIBLE)
    assert entry.usage == Usage(40, len("Because"), estimated=True)
    assert left.message.usage == entry.usage
    kept = await store.get_message(ADA, reply.thread_id, reply.id)
    assert (kept.status, kept.usage) == (Status.INTERRUPTED, entry.usage)


async def test_one_that_had_asked_and_got_nothing_is_entered_too(store: Store) -> None:
    reply = await running_reply(store)
    await store.append_checkpoints([asked(reply)])
    await store.recover(NEXT, NOW, estimate)
    assert [each.usage for each in await entries(store)] == [Usage(40, 0, estimated=True)]


async def test_one_that_had_been_refused_is_entered_only_if_it_was_asked_for_again(
    store: Store,
) -> None:
    refused, again = await running_reply(store), await running_reply(store)
    for reply in (refused, again):
        no = msgspec.structs.replace(asked(reply, number=1), counted_tokens=0)
        await store.append_checkpoints([asked(reply), no])
    await store.append_checkpoints([asked(again, number=2)])
    await store.recover(NEXT, NOW, estimate)
    assert [each.message_id for each in await entries(store)] == [again.id]


async def test_one_that_had_not_asked_is_not_entered(store: Store) -> None:
    await running_reply(store)
    (left,) = await store.recover(NEXT, NOW, estimate)
    assert left.message.usage is None
    assert await entries(store) == []


async def test_a_deleted_reply_of_a_dead_process_is_paid_for_all_the_same(store: Store) -> None:
    reply = await running_reply(store)
    await store.append_checkpoints([asked(reply, "Be")])
    await store.delete_message(ADA, reply.thread_id, reply.id, NOW)
    assert await store.recover(NEXT, NOW, estimate) == []
    assert [each.message_id for each in await entries(store)] == [reply.id]


async def test_many_that_recover_enter_each_reply_once(
    store: Store, open_another: OpenStore
) -> None:
    replies = [await running_reply(store) for _ in range(5)]
    await store.append_checkpoints([asked(reply, "Be") for reply in replies])
    others = [await open_another() for _ in range(3)]
    leases = [msgspec.structs.replace(NEXT, owner=new_id()) for _ in others]
    await asyncio.gather(
        *(
            other.recover(lease, NOW, estimate)
            for other, lease in zip(others, leases, strict=True)
            for _ in range(2)
        )
    )
    assert sorted(each.message_id for each in await entries(store)) == sorted(
        reply.id for reply in replies
    )


async def test_what_an_answer_goes_on_from_is_not_counted_again(store: Store) -> None:
    turn = a_turn(a_thread())
    turn.reply.parts = [TextPart("What had come. ")]
    await store.add_turn(ADA, turn)
    await store.append_checkpoints([asked(turn.reply, "And more")])
    await store.recover(NEXT, NOW, estimate)
    (entry,) = await entries(store)
    assert entry.usage.output_tokens == len("And more")


async def test_a_reply_taken_over_and_interrupted_later_counts_as_a_whole(store: Store) -> None:
    reply = await running_reply(store)
    await store.append_checkpoints([asked(reply, "Be", upstream_id="resp_1", upstream_seq=2)])
    (left,) = await store.recover(NEXT, NOW, estimate)
    assert left.taken_over
    assert left.message.counted_tokens == 40
    assert await entries(store) == [], "it is not at its end"
    late = grown(reply, 1, "cause", attempt=1)
    await store.append_checkpoints([late])
    await store.delete_message(ADA, reply.thread_id, reply.id, NOW)  # so that it is ended
    await store.recover(msgspec.structs.replace(NEXT, owner="process-3"), NOW + 70_000, estimate)
    (entry,) = await entries(store)
    assert entry.usage == Usage(40, len("Because"), estimated=True)
    assert entry.source is Source.COMPATIBLE


async def test_a_process_thought_dead_says_better_what_it_took(store: Store) -> None:
    reply = await running_reply(store)
    await store.append_checkpoints([asked(reply, "Be")])
    await store.recover(NEXT, NOW, estimate)
    entry = an_entry(reply)
    await store.finish_reply(ADA, finished(reply), entry)
    assert await entries(store) == [entry]


# --- sums -----------------------------------------------------------------------------------


def the_sum(key: str, *summed: LedgerEntry) -> UsageSum:
    usages = [each.usage for each in summed]
    costs = [each.cost for each in summed if each.cost is not None]
    return UsageSum(
        key=key,
        requests=len(summed),
        input_tokens=sum(each.input_tokens for each in usages),
        output_tokens=sum(each.output_tokens for each in usages),
        cached_tokens=sum(each.cached_tokens for each in usages),
        cache_write_tokens=sum(each.cache_write_tokens for each in usages),
        reasoning_tokens=sum(each.reasoning_tokens for each in usages),
        cost=sum(costs),
        unpriced=len(summed) - len(costs),
        estimated=sum(each.estimated for each in usages),
        at_most=sum(each.at_most for each in summed),
    )


FULL = Usage(100, 50, 30, 20, 10)
GUESS = Usage(7, 3, estimated=True)


async def test_the_sum_of_all_has_all_kinds_of_tokens(store: Store) -> None:
    first = await enter(store, usage=FULL, cost=0.5)
    second = await enter(store, usage=GUESS, cost=None, at_most=True)
    await enter(store, user=GRACE)
    assert await store.usage_total(ADA, ALL) == the_sum("", first, second)


async def test_the_sum_of_nothing_is_nothing(store: Store) -> None:
    assert await store.usage_total(ADA, ALL) == the_sum("")
    for by in UsageBy:
        assert await store.usage_sums(ADA, ALL, by, limit=9) == []


async def test_sums_by_model_and_by_thread_begin_with_the_dearest(store: Store) -> None:
    first, second = new_id(), new_id()
    cheap = await enter(store, model="a", thread_id=second, cost=0.25)
    dear = await enter(store, model="b", thread_id=first, cost=2.0)
    more = await enter(store, model="a", thread_id=first, cost=0.5)
    free = await enter(store, model="c", thread_id=second, cost=None)
    assert await store.usage_sums(ADA, ALL, UsageBy.MODEL, limit=9) == [
        the_sum("b", dear),
        the_sum("a", cheap, more),
        the_sum("c", free),
    ]
    assert await store.usage_sums(ADA, ALL, UsageBy.THREAD, limit=9) == [
        the_sum(first, dear, more),
        the_sum(second, cheap, free),
    ]
    assert await store.usage_sums(ADA, ALL, UsageBy.THREAD, limit=1) == [the_sum(first, dear, more)]


async def test_sums_by_day_are_of_the_persons_days(store: Store) -> None:
    midnight = 20_000 * DAY_MS  # in Greenwich, on 2024-10-04
    late, early = [await enter(store, at=midnight + shift) for shift in (-1, 0)]
    evening = await enter(store, at=midnight + 23 * 3_600_000)
    days = await store.usage_sums(ADA, ALL, UsageBy.DAY, limit=9)
    assert days == [the_sum("2024-10-03", late), the_sum("2024-10-04", early, evening)]
    in_berlin = await store.usage_sums(ADA, ALL, UsageBy.DAY, limit=9, minutes_west=-120)
    assert in_berlin == [the_sum("2024-10-04", late, early), the_sum("2024-10-05", evening)]
    in_new_york = await store.usage_sums(ADA, ALL, UsageBy.DAY, limit=9, minutes_west=240)
    assert in_new_york == [the_sum("2024-10-03", late, early), the_sum("2024-10-04", evening)]


async def test_a_span_has_its_beginning_and_not_its_end(store: Store) -> None:
    first, second, third = [await enter(store, at=at) for at in (1000, 2000, 3000)]
    assert await entries(store, which=LedgerQuery(2000)) == [second, third]
    assert await entries(store, which=LedgerQuery(0, 2000)) == [first]
    assert await store.usage_total(ADA, LedgerQuery(1000, 3000)) == the_sum("", first, second)


async def test_one_thread_can_be_added_up(store: Store) -> None:
    mine = await enter(store)
    await enter(store)
    which = LedgerQuery(thread_id=mine.thread_id)
    assert await store.usage_total(ADA, which) == the_sum("", mine)
    assert await entries(store, which=which) == [mine]
    assert await store.usage_total(GRACE, which) == the_sum("")


async def test_entries_are_read_page_by_page_in_the_order_of_time(store: Store) -> None:
    made = [await enter(store, at=at) for at in (5000, 1000, 3000, 3000, 3000)]
    title = await enter(store, message=made[0], kind=UsageKind.TITLE)
    read: list[LedgerEntry] = []
    while page := await store.usage_entries(ADA, ALL, limit=2, after=read[-1] if read else None):
        read += page
    assert len(read) == 6
    assert read == sorted(
        [*made, title], key=lambda each: (each.at, each.message_id, each.kind.value)
    )


async def test_a_message_of_the_person_is_nothing_to_the_ledger(store: Store) -> None:
    thread = a_thread()
    await store.add_thread(ADA, thread, [a_message(Role.USER, "Why?", thread)])
    await store.renew_lease(Lease(OWNER, NOW, "here", 1))
    assert await store.recover(NEXT, NOW, estimate) == []
    assert await entries(store) == []
