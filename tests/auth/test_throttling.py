"""What is tried too often has to wait, whoever of several servers is asked."""

from __future__ import annotations

import asyncio

import pytest

from jupyter_chat.auth.errors import TooOften
from jupyter_chat.auth.throttling import Limit, Throttle, by_address, by_name
from jupyter_chat.protocol import Code
from jupyter_chat.store.interface import Store

from .conftest import Clock

THREE = Limit(3, 60)


async def test_after_so_many_attempts_it_says_when_to_try_again(store: Store, clock: Clock):
    throttle = Throttle(store)
    ada = [by_name("login", "Ada", THREE)]
    for _ in range(3):
        await throttle.enter(ada)
        clock.advance(10)
    with pytest.raises(TooOften) as refused:
        await throttle.enter([by_name("login", "ADA", THREE)])
    assert refused.value.seconds == 30
    assert refused.value.problem.code is Code.TOO_OFTEN
    assert refused.value.problem.retry_at == clock.now + 30_000
    assert "try again in 30 seconds" in refused.value.problem.message
    await throttle.enter([by_name("login", "Grace", THREE)])
    await throttle.enter([by_name("register", "Ada", THREE)])
    clock.advance(30)
    await throttle.enter(ada)  # what was refused has not counted


async def test_what_went_well_does_not_count(store: Store, clock: Clock):
    throttle = Throttle(store)
    for _ in range(5):
        await (await throttle.enter([by_name("login", "Ada", THREE)])).take_back()


async def test_attempts_at_the_same_time_count_together(open_another, clock: Clock):
    throttles = [Throttle(await open_another()) for _ in range(3)]
    entered = await asyncio.gather(
        *(each.enter([by_name("login", "Ada", THREE)]) for each in throttles for _ in range(4)),
        return_exceptions=True,
    )
    assert 12 - sum(isinstance(each, TooOften) for each in entered) <= 3


async def test_one_limit_that_is_reached_leaves_the_others_as_they_were(store, clock: Clock):
    throttle = Throttle(store)
    here = by_address("login", "10.0.0.1", THREE)
    for _ in range(3):
        await throttle.enter([by_name("login", "Ada", THREE)])
    for _ in range(5):
        with pytest.raises(TooOften):
            await throttle.enter([here, by_name("login", "Ada", THREE)])
    for _ in range(3):
        await throttle.enter([here])


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("10.0.0.1", "10.0.0.2", False),
        ("2001:db8::1", "2001:db8::ffff:2", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("::ffff:10.0.0.1", "10.0.0.1", True),
        ("", "10.0.0.1", False),
    ],
)
def test_an_address_is_that_of_a_network_where_one_has_many(one, other, same):
    first, second = by_address("login", one, THREE), by_address("login", other, THREE)
    assert (first.key == second.key) is same


def test_nobody_can_read_what_was_typed_as_a_name():
    assert "hunter2" not in by_name("login", "hunter2", THREE).key
