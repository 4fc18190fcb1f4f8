"""The limits that administrators have set: one record, and no change of it is lost."""

from __future__ import annotations

import asyncio

from jupyter_chat.protocol import Counts, LimitRules, RoleRule, Rule
from jupyter_chat.store.interface import Store

from .conftest import OpenStore

FIRST = LimitRules(
    everyone=Rule(requests_per_minute=20, models=["gpt-6-*", "a.$b"]),
    roles={"$student.x": RoleRule(dollars_per_month=5.5, together=Counts(tokens_per_day=7))},
    users={"ada.lovelace@example.org": Rule(dollars_per_month=None)},
    together=Counts(concurrent_replies=50),
    revision=1,
)


async def test_there_are_none_at_first(store: Store) -> None:
    assert await store.get_limit_rules() == LimitRules()


async def test_what_was_put_comes_back_also_when_the_store_is_opened_again(
    open_another: OpenStore,
) -> None:
    store = await open_another()
    assert await store.put_limit_rules(FIRST)
    assert await store.put_limit_rules(FIRST), "a repetition changes nothing"
    assert await store.get_limit_rules() == FIRST
    await store.close()
    found = await (await open_another()).get_limit_rules()
    assert found == FIRST
    assert found.users["ada.lovelace@example.org"].dollars_per_month is None
    assert await (await open_another()).put_limit_rules(LimitRules(revision=2))


async def test_of_many_processes_one_takes_each_place(open_another: OpenStore) -> None:
    stores = [await open_another() for _ in range(3)]
    for revision in range(1, 4):
        kept = await asyncio.gather(
            *(
                store.put_limit_rules(
                    LimitRules(everyone=Rule(tokens_per_day=number), revision=revision)
                )
                for number, store in enumerate(stores)
            )
        )
        assert sorted(kept) == [False, False, True]
        rules = await stores[0].get_limit_rules()
        assert rules.everyone.tokens_per_day == kept.index(True)
    assert not await stores[0].put_limit_rules(LimitRules(revision=3))
    assert not await stores[0].put_limit_rules(LimitRules(revision=9))
