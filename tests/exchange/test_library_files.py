"""Presets and prompts that people give to each other."""

from __future__ import annotations

import json
from typing import Any

import pytest

from jupyter_chat.engine.broadcast import Broadcast
from jupyter_chat.engine.libraries import Libraries
from jupyter_chat.exchange.library_files import take_in, write
from jupyter_chat.ids import new_id
from jupyter_chat.protocol import (
    MOST_ENTRIES,
    Effort,
    InvalidFrame,
    Library,
    Preset,
    Prompt,
    ThreadSettings,
    encode,
)
from jupyter_chat.store.errors import NotFound
from jupyter_chat.store.interface import Store
from tests.store.builders import ADA, GRACE

STRICT = Preset(new_id(), "Strict / reviewer?", ThreadSettings(model="m", effort=Effort.HIGH))
CALM = Preset(new_id(), "Calm", ThreadSettings(temperature=0.5, json_schema={"type": "object"}))
EXPLAIN = Prompt(new_id(), "Explain", "Explain {{topic}}\nto {{whom}}.")
ALL = Library(1, [CALM, STRICT], [EXPLAIN])


@pytest.fixture
def libraries(store: Store) -> Libraries:
    return Libraries(store, Broadcast())


def a_file(presets: list[Any] = [], prompts: list[Any] = [], **more: Any) -> bytes:  # noqa: B006
    whole = {"format": "jupyter-chat-presets", "version": 1}
    return json.dumps({**whole, "presets": presets, "prompts": prompts, **more}).encode()


async def test_what_one_shares_another_one_gets(libraries: Libraries, store: Store):
    await store.put_library(ADA, ALL)
    name, file = write(await libraries.get(ADA))
    assert name == "presets and prompts.json"
    report = await take_in(libraries, GRACE, encode(file))
    assert (report.presets, report.prompts, report.known) == (2, 1, 0)
    assert (report.renamed, report.problems) == ([], [])
    theirs = await libraries.get(GRACE)
    assert theirs == report.library
    assert write(theirs)[1] == file
    assert {each.id for each in theirs.presets}.isdisjoint({STRICT.id, CALM.id})


def test_a_single_one_has_its_name_as_that_of_the_file():
    name, file = write(ALL, [STRICT.id])
    assert name == "Strict reviewer.json"
    assert [each.name for each in file.presets] == [STRICT.name]
    assert file.prompts == []
    with pytest.raises(NotFound):
        write(ALL, [STRICT.id, new_id()])


async def test_the_same_file_again_adds_nothing(libraries: Libraries, store: Store):
    await store.put_library(ADA, ALL)
    other = a_file([{"name": "calm", "settings": {"temperature": 1}}])
    first = await take_in(libraries, ADA, other)
    assert [(each.name, each.now) for each in first.renamed] == [("calm", "calm (2)")]
    for file in (other, encode(write(first.library)[1])):
        again = await take_in(libraries, ADA, file)
        assert (again.presets, again.prompts, again.problems) == (0, 0, [])
        assert again.library == first.library
    assert again.known == 4


async def test_a_long_name_gets_its_number_all_the_same(libraries: Libraries):
    name = "x" * 50
    file = a_file(prompts=[{"name": name, "text": str(number)} for number in range(3)])
    report = await take_in(libraries, ADA, file)
    assert [each.now for each in report.renamed] == [f"{'x' * 46} (2)", f"{'x' * 46} (3)"]


async def test_what_is_wrong_is_named_by_its_place_and_the_rest_goes_on(libraries: Libraries):
    file = a_file(
        presets=[
            {"name": "Good", "settings": {"model": "m", "api_key": "secret", "base_url": "x"}},
            {"name": "Hot", "settings": {"temperature": 3}},
            {"name": "Odd", "settings": {"effort": "much"}},
            "preset",
            {"settings": {}},
        ],
        prompts=[
            {"name": "y" * 51, "text": "x"},
            {"name": "No text", "text": "  "},
            {"name": "Fine", "text": "x"},
            {"name": "", "text": "x"},
        ],
    )
    report = await take_in(libraries, ADA, file)
    assert [each.name for each in report.library.presets] == ["Good"]
    assert [each.name for each in report.library.prompts] == ["Fine"]
    assert report.library.presets[0].settings == ThreadSettings(model="m")
    said = [(each.kind, each.entry, each.name, each.message) for each in report.problems]
    assert said == [
        ("presets", 2, "Hot", "The temperature must be at most 2."),
        ("presets", 3, "Odd", "Its “settings.effort” has a value that cannot be right."),
        ("presets", 4, None, "It is a text and no preset."),
        ("presets", 5, None, "It lacks “name”."),
        ("prompts", 1, "y" * 51, "The name must be at most 50 characters long."),
        ("prompts", 2, "No text", "A prompt needs a text; nothing was changed."),
        ("prompts", 4, None, "The name must not be empty."),
    ]


async def test_what_there_is_no_room_for_is_said(libraries: Libraries):
    file = a_file(
        prompts=[{"name": str(number), "text": "x"} for number in range(MOST_ENTRIES + 2)]
    )
    report = await take_in(libraries, ADA, file)
    assert report.prompts == MOST_ENTRIES
    assert [each.entry for each in report.problems] == [MOST_ENTRIES + 1, MOST_ENTRIES + 2]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"nonsense",
        b"\xff\xfe",
        b"[" * 100_000,
        b"[]",
        b'{"format": "jupyter-chat", "version": 1, "threads": []}',
        a_file(version=2),
        b'{"format": "jupyter-chat-presets", "version": 1, "presets": {}}',
    ],
)
async def test_another_file_is_refused_as_a_whole(libraries: Libraries, body: bytes):
    with pytest.raises(InvalidFrame) as refused:
        await take_in(libraries, ADA, body)
    assert "nothing was added" in refused.value.problem.message
    assert await libraries.get(ADA) == Library()
