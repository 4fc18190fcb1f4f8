"""What people keep of presets and prompts."""

from __future__ import annotations

import asyncio

from jupyter_chat.ids import new_id
from jupyter_chat.protocol import Effort, Library, MemoryPolicy, Preset, Prompt, ThreadSettings
from jupyter_chat.store.interface import Store

from .builders import ADA, GRACE
from .conftest import OpenStore

REVIEWER = Preset(
    new_id(),
    "Reviewer 🐸",
    ThreadSettings(
        model="m",
        temperature=0,
        effort=Effort.LOW,
        max_output_tokens=5,
        system_prompt="Be strict.\n",
        memory=MemoryPolicy.STRICT,
        json_schema={"$defs": {"a.b": {"type": "string"}}, "properties": {"$set": {}}},
    ),
)
EXPLAIN = Prompt(new_id(), "Explain", "Explain {{topic}} to {{whom}}.")


async def test_nobody_keeps_anything_at_first(store: Store) -> None:
    assert await store.get_library(ADA) == Library()


async def test_a_library_is_replaced_as_a_whole_and_each_persons_own(store: Store) -> None:
    first = Library(1, [REVIEWER], [EXPLAIN])
    assert await store.put_library(ADA, first)
    assert await store.get_library(ADA) == first
    assert await store.get_library(GRACE) == Library()
    second = Library(2, [], [EXPLAIN])
    assert await store.put_library(ADA, second)
    assert await store.get_library(ADA) == second


async def test_what_somebody_else_has_changed_meanwhile_is_not_overwritten(store: Store) -> None:
    mine, theirs = Library(1, [REVIEWER]), Library(1, [], [EXPLAIN])
    assert await store.put_library(ADA, mine)
    assert not await store.put_library(ADA, theirs)
    assert not await store.put_library(ADA, Library(3, [], [EXPLAIN]))
    assert await store.get_library(ADA) == mine


async def test_of_many_processes_one_takes_each_place(open_another: OpenStore) -> None:
    stores = [await open_another() for _ in range(3)]
    for revision in range(1, 4):
        kept = await asyncio.gather(
            *(
                store.put_library(ADA, Library(revision, [], [Prompt(new_id(), "x", str(number))]))
                for number, store in enumerate(stores)
            )
        )
        assert sorted(kept) == [False, False, True]
        library = await stores[0].get_library(ADA)
        assert library.prompts[0].text == str(kept.index(True))


async def test_it_is_there_when_the_store_is_opened_again(open_another: OpenStore) -> None:
    store = await open_another()
    await store.put_library(ADA, Library(1, [REVIEWER], [EXPLAIN]))
    await store.close()
    assert (await (await open_another()).get_library(ADA)).presets == [REVIEWER]
