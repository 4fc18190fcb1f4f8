"""What is limited: reservations, exact however many ask, and settled however they end."""

from __future__ import annotations

import asyncio
import json
import os
import random
import sys
from datetime import datetime, timezone

import pytest

from jupyter_chat.ids import new_id, now_ms
from jupyter_chat.protocol import Measure, Span, Usage
from jupyter_chat.store.interface import Store
from jupyter_chat.store.reserving import (
    NANODOLLARS,
    Amount,
    Ceiling,
    Reservation,
    Share,
    end_of,
    reservation_id,
    start_of,
    step_id,
)
from jupyter_chat.store.types import Lease, LedgerEntry, UsageKind

from . import taker
from .builders import ADA, GRACE, OWNER, an_entry, estimate, grown, running_reply
from .conftest import OpenStore

NOW = now_ms()
OWN, OTHER, ALL = "user:ada", "user:grace", "all"
ONE = Amount(requests=1, tokens=100, dollars=5, replies=1)
NEXT = Lease("process-2", NOW + 60_000, "here", os.getpid())


def share(most: int, measure: Measure, span: Span | None = Span.DAY, scope: str = OWN) -> Share:
    return Share(scope, (Ceiling(measure, most, span),))


def wanting(*shares: Share, amount: Amount = ONE, at: int = NOW, own: str = "") -> Reservation:
    return Reservation(own or reservation_id(new_id(), "reply"), OWNER, at, amount, shares)


async def taken(store: Store, scope: str = OWN, at: int = NOW) -> Amount:
    """Of a day, with the replies that are held."""
    (found,) = await store.taken(ADA, [scope], at)
    day = found.spans.get(Span.DAY, Amount())
    return Amount(day.requests, day.tokens, day.dollars, found.replies)


# --- reserving and settling -----------------------------------------------------------------


async def test_nothing_is_taken_at_first(store: Store) -> None:
    assert await taken(store) == Amount()


async def test_what_is_reserved_counts_until_it_is_known_what_it_was(store: Store) -> None:
    wanted = wanting(share(1000, Measure.TOKENS), share(9000, Measure.TOKENS, scope=ALL))
    assert await store.reserve(ADA, wanted) is None
    assert await taken(store) == await taken(store, ALL) == ONE
    await store.settle(ADA, wanted.id, (OWN, ALL), Amount(tokens=40, dollars=7))
    assert await taken(store) == await taken(store, ALL) == Amount(1, 40, 7)
    (found,) = await store.taken(ADA, [OWN], NOW)
    assert set(found.spans.values()) == {Amount(1, 40, 7)}


async def test_of_a_request_without_tokens_none_are_counted_whatever_it_took(store: Store) -> None:
    wanted = wanting(share(1, Measure.TOKENS), amount=Amount(requests=1, replies=1))
    assert await store.reserve(ADA, wanted) is None
    await store.settle(ADA, wanted.id, (OWN,), Amount(tokens=1_000, dollars=1_000))
    assert await taken(store) == Amount(requests=1)


async def test_what_was_not_asked_does_not_count(store: Store) -> None:
    wanted = wanting(share(1, Measure.REQUESTS))
    assert await store.reserve(ADA, wanted) is None
    await store.settle(ADA, wanted.id, (OWN,), None)
    assert await taken(store) == Amount()


@pytest.mark.parametrize(
    ("measure", "most", "span"),
    [
        (Measure.REQUESTS, 2, Span.MINUTE),
        (Measure.TOKENS, 299, Span.DAY),
        (Measure.DOLLARS, 14, Span.MONTH),
        (Measure.REPLIES, 2, None),
    ],
)
async def test_what_does_not_fit_is_refused_and_changes_nothing(
    store: Store, measure: Measure, most: int, span: Span | None
) -> None:
    for _ in range(2):
        assert await store.reserve(ADA, wanting(share(most, measure, span))) is None
    refused = await store.reserve(ADA, wanting(share(most, measure, span)))
    assert refused is not None
    assert (refused.scope, refused.ceiling) == (OWN, Ceiling(measure, most, span))
    assert refused.taken == 2 * ONE.of(measure)
    assert await taken(store) == Amount(2, 200, 10, 2)


async def test_what_is_larger_than_the_limit_never_fits(store: Store) -> None:
    refused = await store.reserve(ADA, wanting(share(99, Measure.TOKENS)))
    assert refused is not None
    assert refused.taken == 0


async def test_a_scope_that_refuses_leaves_the_others_as_they_were(store: Store) -> None:
    assert await store.reserve(GRACE, wanting(share(1, Measure.REQUESTS, scope=ALL))) is None
    both = wanting(share(9, Measure.REQUESTS), share(1, Measure.REQUESTS, scope=ALL))
    refused = await store.reserve(ADA, both)
    assert refused is not None
    assert refused.scope == ALL
    assert await taken(store) == Amount()
    assert await taken(store, ALL) == ONE


async def test_of_two_limits_that_are_reached_the_longer_one_is_named(store: Store) -> None:
    limits = (
        Ceiling(Measure.REQUESTS, 0, Span.MINUTE),
        Ceiling(Measure.TOKENS, 0, Span.MONTH),
        Ceiling(Measure.REPLIES, 0),
    )
    refused = await store.reserve(ADA, wanting(Share(OWN, limits)))
    assert refused is not None
    assert refused.ceiling.span is Span.MONTH


async def test_what_is_held_is_not_counted_again(store: Store) -> None:
    wanted = wanting(share(1, Measure.REQUESTS))
    assert await store.reserve(ADA, wanted) is None
    assert await store.reserve(ADA, wanted) is None
    assert await taken(store) == ONE
    for _ in range(2):
        await store.settle(ADA, wanted.id, (OWN,), Amount(tokens=1))
    assert await taken(store) == Amount(1, 1)


async def test_nobody_settles_what_somebody_else_holds(store: Store) -> None:
    wanted = wanting(share(1, Measure.REQUESTS, scope=ALL))
    await store.reserve(ADA, wanted)
    await store.settle(GRACE, wanted.id, (ALL,), None)
    assert await taken(store, ALL) == ONE


# --- spans of time --------------------------------------------------------------------------


async def test_each_span_begins_anew_and_answers_count_where_they_were_asked(store: Store) -> None:
    limit = share(1, Measure.REQUESTS, Span.MINUTE)
    first = wanting(limit, at=start_of(Span.MINUTE, NOW))
    assert await store.reserve(ADA, first) is None
    next_minute = end_of(Span.MINUTE, NOW)
    assert await store.reserve(ADA, wanting(limit, at=next_minute - 1)) is not None
    assert await store.reserve(ADA, wanting(limit, at=next_minute)) is None
    await store.settle(ADA, first.id, (OWN,), Amount(tokens=1_000_000))
    (found,) = await store.taken(ADA, [OWN], next_minute)
    assert found.spans[Span.MINUTE] == Amount(1, 100, 5)
    assert found.replies == 1


def test_spans_are_those_of_utc() -> None:
    def at(*time: int) -> int:
        return round(datetime(*time, tzinfo=timezone.utc).timestamp() * 1000)  # type: ignore[arg-type,misc]

    now = at(2026, 12, 31, 23, 59, 30)
    assert [start_of(span, now) for span in Span] == [
        at(2026, 12, 31, 23, 59),
        at(2026, 12, 31),
        at(2026, 12, 1),
    ]
    assert {end_of(span, now) for span in Span} == {at(2027, 1, 1)}
    assert end_of(Span.MONTH, at(2028, 1, 31)) == at(2028, 2, 1)


# --- many at once ---------------------------------------------------------------------------


async def test_two_hundred_people_at_once_take_exactly_what_there_is(
    open_another: OpenStore,
) -> None:
    """Through three processes' stores: what was let in is what is counted, to the last token."""
    stores = [await open_another() for _ in range(3)]
    everybody = Share(
        ALL, (Ceiling(Measure.TOKENS, 15_000, Span.DAY), Ceiling(Measure.REPLIES, 40))
    )
    spent = let_in = running = most = 0
    chance = random.Random(7)
    freed = asyncio.Semaphore(0)
    """A turn for each that may have made room; who goes hands it on."""

    async def person(number: int) -> None:
        nonlocal spent, let_in, running, most
        user, store = f"person-{number}", stores[number % 3]
        own = Share(f"user:{user}", (Ceiling(Measure.REQUESTS, 2, Span.DAY),))
        while True:
            wanted = wanting(own, everybody)
            reached = await store.reserve(user, wanted)
            if reached is not None and reached.ceiling.measure is Measure.REPLIES:
                await freed.acquire()
                continue
            if reached is not None:
                freed.release()
                return
            let_in, running = let_in + 1, running + 1
            most = max(most, running)
            await asyncio.sleep(chance.random() / 100)
            took = chance.randrange(101)
            asked = chance.random() > 0.1
            spent, running = spent + took * asked, running - 1
            done = Amount(tokens=took) if asked else None
            await stores[chance.randrange(3)].settle(user, wanted.id, (own.scope, ALL), done)
            freed.release()

    await asyncio.gather(*(person(number) for number in range(200)))
    assert (await taken(stores[0], ALL)).tokens == spent
    assert (await taken(stores[0], ALL)).replies == 0
    assert let_in >= 150  # each took 100 at most
    assert most <= 40
    assert spent <= 15_000
    for number in range(0, 200, 40):
        assert (await taken(stores[1], f"user:person-{number}")).requests <= 2


async def test_processes_take_exactly_what_there_is_together(store: Store, store_url: str) -> None:
    """What they say they used is what is counted, to the last token."""
    tokens = 10_000
    command = [sys.executable, "-m", "tests.store.taker", store_url, "40", str(tokens)]
    processes = [
        await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
        for _ in range(3)
    ]
    said = [json.loads((await process.communicate())[0]) for process in processes]
    (found,) = await store.taken(ADA, [taker.ALL], now_ms())
    used = sum(each[1] for each in said)
    assert found.spans[Span.MONTH].tokens == used
    assert found.spans[Span.MONTH].requests == sum(each[0] for each in said)
    assert tokens / 4 < used <= tokens
    assert found.replies == 0


async def test_of_many_who_want_the_last_one_gets_it(open_another: OpenStore) -> None:
    stores = [await open_another() for _ in range(3)]
    limit = share(10, Measure.REQUESTS, scope=ALL)
    refused = await asyncio.gather(
        *(stores[number % 3].reserve(ADA, wanting(limit)) for number in range(100))
    )
    assert refused.count(None) == 10
    assert (await taken(stores[0], ALL)).requests == 10


# --- processes that die ---------------------------------------------------------------------


async def test_what_a_dead_process_held_is_given_back(store: Store) -> None:
    wanted = wanting(share(1, Measure.TOKENS, scope=ALL), amount=Amount(1, 1, 1, 1))
    await store.reserve(ADA, wanted)
    await store.recover(NEXT, NOW, estimate)
    assert await taken(store, ALL) == Amount(requests=1)


async def test_a_living_process_keeps_what_it_holds(store: Store) -> None:
    await store.renew_lease(Lease(OWNER, NOW + 60_000, "elsewhere", 1))
    await store.reserve(ADA, wanting(share(9, Measure.REQUESTS)))
    await store.recover(NEXT, NOW, estimate)
    assert await taken(store) == ONE


async def test_a_reply_whose_process_died_counts_as_it_is_entered(store: Store) -> None:
    reply = await running_reply(store)
    own = reservation_id(reply.id, "reply")
    await store.reserve(ADA, wanting(share(9, Measure.REQUESTS), own=own))
    entry = an_entry(reply, usage=Usage(30, 12), cost=0.5)
    await store.add_usage(ADA, entry)
    await store.recover(NEXT, NOW)
    assert await taken(store) == Amount(1, 42, NANODOLLARS // 2)


async def test_a_reply_that_goes_on_is_held_by_whoever_goes_on_with_it(store: Store) -> None:
    reply = await running_reply(store)
    await store.append_checkpoints([grown(reply, 0, "Be", upstream_id="resp_1", upstream_seq=3)])
    own = reservation_id(reply.id, "reply")
    for each in (own, step_id(own, 1)):
        await store.reserve(ADA, wanting(share(9, Measure.REQUESTS), own=each))
    await store.recover(NEXT, NOW)
    assert (await taken(store)).replies == 1  # what adds to it is given back
    third = Lease("process-3", NOW + 60_000, "here", os.getpid())
    await store.renew_lease(NEXT)
    await store.recover(third, NOW)
    assert (await taken(store)).replies == 1
    await store.settle(ADA, own, (OWN,), Amount(tokens=7))
    assert await taken(store) == Amount(2, 7)


async def test_a_title_whose_process_died_counts_as_it_is_entered(store: Store) -> None:
    message_id = new_id()
    own = reservation_id(message_id, "title")
    await store.reserve(ADA, wanting(share(9, Measure.REQUESTS), own=own))
    entry = LedgerEntry(message_id, new_id(), NOW, "m", Usage(3, 4), None, kind=UsageKind.TITLE)
    await store.add_usage(ADA, entry)
    await store.recover(NEXT, NOW)
    assert await taken(store) == Amount(1, 7)
