"""Presets and prompts: what can be kept, and who hears of it."""

from __future__ import annotations

import asyncio

import pytest

from jupyter_chat.engine.errors import Invalid
from jupyter_chat.engine.libraries import MOST_BYTES, Libraries
from jupyter_chat.ids import new_id
from jupyter_chat.protocol import MOST_ENTRIES, Library, Preset, Prompt, ThreadSettings
from jupyter_chat.store.errors import StoreError

from .conftest import Engine, Watcher


@pytest.fixture
def libraries(engine: Engine) -> Libraries:
    return Libraries(engine.store, engine.broadcast)


def a_preset(name: str, **settings: object) -> Preset:
    return Preset(new_id(), name, ThreadSettings(**settings))  # type: ignore[arg-type]


def a_prompt(name: str, text: str = "Explain {{topic}}") -> Prompt:
    return Prompt(new_id(), name, text)


async def test_they_are_kept_by_name_and_changed_by_id(libraries: Libraries):
    last = a_preset("  the \n last ", model="m")
    await libraries.put_preset("ada", last)
    await libraries.put_preset("ada", a_preset("First"))
    library = await libraries.put_prompt("ada", a_prompt("explain"))
    assert [each.name for each in library.presets] == ["First", "the last"]
    library = await libraries.put_preset("ada", Preset(last.id, "And first", ThreadSettings()))
    assert [each.name for each in library.presets] == ["And first", "First"]
    assert await libraries.get("ada") == library
    assert await libraries.get("grace") == Library()


async def test_a_name_is_taken_whatever_its_case_and_only_among_its_kind(libraries: Libraries):
    await libraries.put_preset("ada", a_preset("Straße"))
    for name in ("STRASSE", " straße "):
        with pytest.raises(Invalid) as refused:
            await libraries.put_preset("ada", a_preset(name))
        assert refused.value.problem.field == "name"
        assert "“Straße”" in refused.value.problem.message
    await libraries.put_prompt("ada", a_prompt("straße"))


async def test_an_entry_may_keep_its_own_name(libraries: Libraries):
    prompt = a_prompt("Explain")
    await libraries.put_prompt("ada", prompt)
    library = await libraries.put_prompt("ada", Prompt(prompt.id, "EXPLAIN", "anew"))
    assert library.prompts == [Prompt(prompt.id, "EXPLAIN", "anew")]


@pytest.mark.parametrize("name", [" ", "\x07", "a\u202eb", "\u200d"])
async def test_a_name_can_be_read(libraries: Libraries, name: str):
    with pytest.raises(Invalid) as refused:
        await libraries.put_preset("ada", a_preset(name))
    assert refused.value.problem.field == "name"


@pytest.mark.parametrize("name", ["می\u200cخواهم", "👩\u200d🔬 Ada", "日本語", "C++ (2)"])
async def test_names_are_those_of_any_script(libraries: Libraries, name: str):
    assert (await libraries.put_preset("ada", a_preset(name))).presets[0].name == name


async def test_a_prompt_says_something(libraries: Libraries):
    with pytest.raises(Invalid) as refused:
        await libraries.put_prompt("ada", a_prompt("nothing", " \n"))
    assert refused.value.problem.field == "text"


async def test_there_is_room_for_so_many_of_each(libraries: Libraries, engine: Engine):
    full = Library(1, [a_preset(str(number)) for number in range(MOST_ENTRIES)])
    assert await engine.store.put_library("ada", full)
    with pytest.raises(Invalid) as refused:
        await libraries.put_preset("ada", a_preset("one more"))
    assert refused.value.problem.field == "presets"
    await libraries.put_prompt("ada", a_prompt("one more"))
    await libraries.put_preset("ada", Preset(full.presets[0].id, "renamed", ThreadSettings()))


async def test_all_of_it_together_is_small_enough_to_be_read_at_once(libraries: Libraries):
    for number in range(MOST_BYTES // 100_000):
        long = a_preset(str(number), system_prompt="x" * 100_000)
        await libraries.put_preset("ada", long)
    before = await libraries.get("ada")
    with pytest.raises(Invalid):
        await libraries.put_preset("ada", a_preset("more", system_prompt="x" * 100_000))
    assert await libraries.get("ada") == before


async def test_what_is_deleted_can_be_put_back_as_it_was(libraries: Libraries):
    preset, prompt = a_preset("One", temperature=1), a_prompt("Two")
    await libraries.put_preset("ada", preset)
    await libraries.put_prompt("ada", prompt)
    assert (await libraries.delete("ada", preset.id)).presets == []
    assert (await libraries.delete("ada", prompt.id)).prompts == []
    empty = await libraries.get("ada")
    assert await libraries.delete("ada", prompt.id) == empty  # nothing changes any more
    assert (await libraries.put_preset("ada", preset)).presets == [preset]


async def test_all_windows_of_the_person_hear_of_a_change_once(
    libraries: Libraries, engine: Engine
):
    hers, somebody_elses = Watcher("ada"), Watcher("grace")
    engine.broadcast.join(hers)
    engine.broadcast.join(somebody_elses)
    preset = a_preset("One")
    await libraries.put_preset("ada", preset)
    await libraries.put_preset("ada", preset)
    assert hers.events == [{"type": "library", "revision": 1}]
    assert somebody_elses.events == []


async def test_of_what_is_changed_at_the_same_time_nothing_is_lost(libraries: Libraries):
    names = [f"Prompt {number}" for number in range(8)]
    await asyncio.gather(*(libraries.put_prompt("ada", a_prompt(name)) for name in names))
    library = await libraries.get("ada")
    assert [each.name for each in library.prompts] == names
    assert library.revision == len(names)


async def test_where_others_are_always_faster_it_is_said(libraries: Libraries, engine: Engine):
    async def never(user_id: str, library: Library) -> bool:
        return False

    engine.store.put_library = never  # type: ignore[method-assign]
    with pytest.raises(StoreError) as refused:
        await libraries.put_prompt("ada", a_prompt("One"))
    assert "try again" in refused.value.problem.message
