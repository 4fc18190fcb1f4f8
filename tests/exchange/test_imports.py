"""Files being imported: twice, in pieces, interrupted, and made to hurt."""

from __future__ import annotations

import asyncio
import io
import itertools
import json
import os
import struct
import time
import tracemalloc
import zipfile
from pathlib import Path
from typing import Any

import pytest

from jupyter_chat.exchange import sources
from jupyter_chat.exchange.imports import ImportRefused, Imports
from jupyter_chat.exchange.sources import Limits
from jupyter_chat.exchange.uploads import Uploads, import_id_of
from jupyter_chat.protocol import (
    Code,
    ImportStart,
    ImportState,
    Message,
    Thread,
    encode,
    written_in,
)
from jupyter_chat.store.errors import NotFound
from jupyter_chat.store.interface import Store
from tests.store.builders import ADA, GRACE, a_thread, a_whole_thread

from .conftest import SMALL, all_of, an_import, as_json, conversation, ended, node, simple, taken

_DATE = (2026, 1, 1, 0, 0, 0)


def zipped(**files: bytes) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            # With its date it would be another file, and its test another one, each time.
            entry = zipfile.ZipInfo(name.replace("__", "/").replace("_json", ".json"), _DATE)
            archive.writestr(entry, content, zipfile.ZIP_DEFLATED)
    return data.getvalue()


async def test_importing_twice_changes_nothing(imports: Imports, store: Store) -> None:
    data = as_json(*(simple(f"c-{number}", turns=3) for number in range(5)))
    first = await taken(imports, data)
    assert (first.state, first.problems) == (ImportState.DONE, [])
    assert (first.threads_added, first.messages_added, first.threads_known) == (5, 30, 0)
    assert (first.read, first.total) == (len(data), len(data))
    everything = await all_of(store)
    assert sum(len(messages) for _, messages in everything) == 30
    second = await taken(imports, data)
    assert (second.threads_added, second.messages_added, second.threads_known) == (0, 0, 5)
    assert await all_of(store) == everything


async def test_an_import_of_who_is_not_let_in_any_more_stops_and_can_be_gone_on_with(
    imports: Imports, store: Store
) -> None:
    data = as_json(*(simple(f"c-{number}") for number in range(300)))
    await _running(imports, data)
    assert imports.people() == {ADA}
    await imports.stop_all(GRACE)
    assert imports.people() == {ADA}
    await imports.stop_all(ADA)
    assert imports.people() == set()
    assert (await ended(imports)).state is ImportState.CANCELLED
    come = len(await store.thread_ids(ADA))
    assert come < 300
    await asyncio.sleep(0.1)
    assert len(await store.thread_ids(ADA)) == come
    again = await imports.start(ADA, ImportStart("file", len(data), "the same"))
    assert again.state is ImportState.RUNNING
    assert (await ended(imports)).state is ImportState.DONE
    assert len(await store.thread_ids(ADA)) == 300


@pytest.mark.parametrize("whole", [True, False])
async def test_of_who_leaves_no_file_stays(imports: Imports, tmp_path: Path, whole: bool) -> None:
    data = as_json(*(simple(f"c-{number}") for number in range(300)))
    await taken(imports, b"[]", GRACE)
    if whole:
        await _running(imports, data)
    else:
        started = await imports.start(ADA, ImportStart("file", len(data), "the same"))
        await imports.receive(ADA, started.id, 0, data[:1000])
    await imports.forget(ADA)
    await imports.forget(ADA)  # repeated
    assert imports.newest(ADA) == []
    assert len(imports.newest(GRACE)) == 1
    uploads = Uploads(tmp_path / "imports")
    assert not uploads.path(ADA, "x").parent.exists()
    assert uploads.path(GRACE, "x").parent.exists()


async def _running(imports: Imports, data: bytes) -> None:
    """Begin an import that takes a while, and let some of it come."""
    started = await imports.start(ADA, ImportStart("file", len(data), "the same"))
    for offset in range(0, len(data), 2**20):
        await imports.receive(ADA, started.id, offset, data[offset : offset + 2**20])
    while not imports.newest(ADA)[0].threads_added:  # noqa: ASYNC110 - nothing tells it
        await asyncio.sleep(0.005)


async def test_an_import_has_ended_once_its_file_is_gone(
    imports: Imports, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Or the same file, imported again at once, would be taken for the one that goes."""
    drop = Uploads.drop

    def slowly(self: Uploads, user_id: str, import_id: str) -> None:
        time.sleep(0.2)
        drop(self, user_id, import_id)

    monkeypatch.setattr(Uploads, "drop", slowly)
    for state in (ImportState.DONE, ImportState.FAILED):
        data = as_json(simple("c-1")) if state is ImportState.DONE else b"no JSON"
        assert (await taken(imports, data)).state is state
        assert not [path for path in (tmp_path / "imports").rglob("*") if path.is_file()]


async def test_a_later_export_adds_what_is_new(imports: Imports, store: Store) -> None:
    await taken(imports, as_json(simple("c-1", turns=2)))
    later = await taken(imports, as_json(simple("c-1", turns=4), simple("c-2")))
    assert (later.threads_added, later.messages_added) == (2, 6)
    threads = await all_of(store)
    assert sorted(len(messages) for _, messages in threads) == [2, 8]


async def test_a_zip_in_several_files_with_others_beside_them(
    imports: Imports, store: Store
) -> None:
    data = zipped(
        conversations_json=as_json(simple("a")),
        **{
            "conversations-001_json": as_json(simple("b"), 7),
            "..__..__etc__conversations-002_json": as_json(simple("c")),
            "user_json": b"{}",
            "conversations.html": b"<html>",
            "inner__nested.zip": zipped(conversations_json=as_json(simple("d"))),
        },
    )
    state = await taken(imports, data)
    assert (state.state, state.threads_added) == (ImportState.DONE, 3)
    (problem,) = state.problems
    assert (problem.file, problem.entry) == ("conversations-001.json", 2)


async def test_a_bad_entry_is_named_and_the_rest_goes_on(imports: Imports, store: Store) -> None:
    circle = conversation([node("x", "y"), node("y", "x")], title="Round", id="r")
    good = simple("good")
    entries = [
        json.dumps(simple("first")),
        "42",
        '"text"',
        "null",
        "[]",
        "{}",
        '{"title": "Half", "mapping": 3}',
        '{"title": "NaN", "mapping": {}, "create_time": NaN}',
        json.dumps(circle),
        '{"mapping": ' + '{"a":' * 5000 + "1" + "}" * 5000 + "}",
        '{"title": "Giant", "x": "' + "y" * 2_000_000 + '"}',
        json.dumps(good),
        json.dumps(simple("surrogate", turns=1)).replace("Why 0?", "\\ud83d?"),
        json.dumps(good),
        '{"broken": ',
    ]
    data = ("[" + ",".join(entries)).encode()
    state = await taken(imports, data)
    assert state.state is ImportState.DONE
    assert (state.threads_added, state.threads_known) == (3, 1)
    assert [problem.entry for problem in state.problems] == [*range(2, 12), 15]
    assert state.threads_failed == 11
    assert {problem.entry: problem.title for problem in state.problems if problem.title} == {
        7: "Half",
        8: "NaN",
        9: "Round",
        11: "Giant",
    }
    texts = {
        part.text
        for _, messages in await all_of(store)
        for message in messages
        for part in written_in(message)
    }
    assert "\ufffd?" in texts


def a_message(**more: object) -> dict[str, object]:
    message = as_stored(a_whole_thread(turns=1)[1][0])
    return {**message, **more}


def as_stored(value: Thread | Message) -> dict[str, Any]:
    decoded: dict[str, Any] = json.loads(encode(value))
    return decoded


_THREAD = {**as_stored(a_thread()), "title": "Frogs"}


def _with(*messages: object, **of_thread: object) -> dict[str, object]:
    return {"thread": {**_THREAD, **of_thread}, "messages": list(messages)}


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        (42, "It is a whole number and no conversation."),
        (["x"], "It is a list and no conversation."),
        ({}, "It lacks “thread”."),
        ({"thread": _THREAD}, "It lacks “messages”."),
        ({"thread": 3, "messages": []}, "Its “thread” is a whole number, not a group of fields."),
        (_with(id=7), "Its “thread.id” is a whole number, not a text."),
        (_with(id="7"), "Its “thread.id” has a value that cannot be right."),
        ({"thread": {"title": "Frogs"}, "messages": []}, "Its “thread” lacks “id”."),
        (
            _with(a_message(), a_message(created_at="now")),
            "Its message 2's “created_at” is a text, not a whole number.",
        ),
        (
            _with(a_message(), a_message(), a_message(role="bot")),
            "Its message 3's “role” has a value that cannot be right.",
        ),
        (_with(5), "Its message 1 is a whole number, not a group of fields."),
        (_with({}), "Its message 1 lacks “id”."),
        (_with(a_message(parts=[{"type": "text"}])), "Its message 1's “parts” lacks “text”."),
    ],
)
async def test_what_is_wrong_with_an_entry_is_said_without_the_words_of_a_decoder(
    imports: Imports, entry: object, said: str
) -> None:
    thread, messages = a_whole_thread()
    good = {"thread": as_stored(thread), "messages": [as_stored(each) for each in messages]}
    history = {"format": "jupyter-chat", "version": 1, "threads": [good, entry]}
    state = await taken(imports, json.dumps(history).encode())
    (problem,) = state.problems
    assert (state.threads_added, problem.entry) == (1, 2)
    assert problem.title == ("Frogs" if '"Frogs"' in json.dumps(entry) else None)
    assert problem.message == f"{said} It was left out."


async def test_a_conversation_of_chatgpt_without_messages_is_explained_too(
    imports: Imports,
) -> None:
    state = await taken(imports, as_json({"title": "Half", "mapping": 3}, {"title": "None"}))
    assert [(each.title, each.message) for each in state.problems] == [
        ("Half", "Its “mapping” is a whole number, not a group of fields. It was left out."),
        ("None", "It lacks “mapping”. It was left out."),
    ]


async def test_a_file_that_breaks_off_names_the_conversation_and_what_was_kept(
    imports: Imports, store: Store
) -> None:
    whole = as_json(simple("first"), simple("second"))
    state = await taken(imports, whole[:-100])
    (problem,) = state.problems
    assert (problem.entry, problem.title) == (2, "Talk second")
    assert "breaks off in the middle of this conversation" in problem.message
    assert "what came before was kept" in problem.message
    assert [thread.title for thread, _ in await all_of(store)] == ["Talk first"]


async def test_many_problems_are_counted_and_not_all_kept(imports: Imports) -> None:
    state = await taken(imports, b"[" + b"1," * 100_000 + b"2]")
    assert state.state is ImportState.DONE
    assert (state.threads_failed, len(state.problems)) == (100_001, 200)
    assert state.more_problems == 100_001 - 200


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"hello", "neither JSON nor a zip"),
        (b"{}", "no list of conversations"),
        (b'{"format":"jupyter-chat","version":2,"threads":[1]}', "newer version"),
        (b'{"format":"other","version":1,"threads":[1]}', "no export of"),
        (b"PK\x03\x04" + b"x" * 100, "cut off or damaged"),
        (zipped(readme_json=b"[]"), "without a `conversations.json`"),
    ],
)
async def test_what_cannot_be_imported_is_refused_with_the_reason(
    imports: Imports, data: bytes, said: str
) -> None:
    state = await taken(imports, data)
    assert state.state is ImportState.FAILED
    assert state.problem is not None
    assert said in state.problem.message


async def test_a_zip_bomb_is_not_unpacked_to_its_end(imports: Imports) -> None:
    state = await taken(imports, zipped(conversations_json=b"[" + b" " * 200_000_000 + b"]"))
    assert (state.threads_added, state.problems[0].file) == (0, "conversations.json")
    assert "so large" in state.problems[0].message
    assert state.read < 50_000_000


async def test_a_zip_of_very_many_files_is_not_even_opened(
    imports: Imports, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(zipfile, "ZipFile", None)
    for count, length in ((65_535, 1000), (9, 2**31)):
        end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, count, count, length, 0, 0)
        state = await taken(imports, b"PK\x03\x04" + b"x" * 1000 + end)
        assert state.problem is not None
        assert "too many files" in state.problem.message


async def test_a_damaged_member_costs_only_itself(imports: Imports, store: Store) -> None:
    good, bad = as_json(simple("a")), as_json(*(simple(f"{n}") for n in range(50)))
    data = bytearray(zipped(conversations_json=bad, **{"conversations-1_json": good}))
    at = data.index(b"conversations.json") + 200
    data[at : at + 20] = b"\xff" * 20
    state = await taken(imports, bytes(data))
    assert state.state is ImportState.DONE
    assert state.problems
    assert {each.title for each, _ in await all_of(store)} >= {"Talk a"}


# --- uploads --------------------------------------------------------------------------


def _start(data: bytes, name: str = "f") -> ImportStart:
    return ImportStart("export.json", len(data), name)


async def test_an_upload_goes_on_where_it_ended_also_in_another_process(
    imports: Imports, store: Store, tmp_path: Path
) -> None:
    data = as_json(*(simple(f"c-{number}") for number in range(20)))
    state = await imports.start(ADA, _start(data))
    await imports.receive(ADA, state.id, 0, data[:1000])
    assert (await imports.receive(ADA, state.id, 0, data[:1000])).received == 1000
    with pytest.raises(ImportRefused) as refused:
        await imports.receive(ADA, state.id, 2000, data[2000:])
    assert refused.value.problem.code is Code.CONFLICT
    assert (await imports.start(ADA, _start(data))).received == 1000
    later = an_import(store, tmp_path)
    state = await later.start(ADA, _start(data))
    assert (state.received, state.state) == (1000, ImportState.UPLOADING)
    await later.receive(ADA, state.id, 1000, data[1000:])
    assert (await ended(later)).threads_added == 20
    await later.close()  # it is told before the file is gone
    assert not [path for path in (tmp_path / "imports").rglob("*") if path.is_file()]


@pytest.fixture
def midway(store: Store, monkeypatch: pytest.MonkeyPatch) -> asyncio.Event:
    """Set while the fifth conversation is being stored."""
    midway, add, begun = asyncio.Event(), store.add_thread, itertools.count(1)

    async def counted(*args: Any) -> Any:
        if next(begun) == 5:
            midway.set()
        return await add(*args)

    monkeypatch.setattr(store, "add_thread", counted)
    return midway


async def test_after_a_restart_in_the_middle_only_what_is_missing_is_added(
    store: Store, tmp_path: Path, midway: asyncio.Event
) -> None:
    data = as_json(*(simple(f"c-{number:04}", turns=2) for number in range(20)))
    before = an_import(store, tmp_path)
    state = await before.start(ADA, _start(data))
    await before.receive(ADA, state.id, 0, data)
    await midway.wait()
    await before.close()
    assert before.newest(ADA)[0].state is ImportState.RUNNING  # nobody has cancelled it
    there = len(await store.thread_ids(ADA))
    assert 0 < there < 20
    after = an_import(store, tmp_path)
    assert (await after.start(ADA, _start(data))).received == len(data)
    state = await ended(after)
    assert (state.state, state.threads_known) == (ImportState.DONE, there)
    assert state.threads_added == 20 - there
    assert {len(messages) for _, messages in await all_of(store)} == {4}


async def test_an_import_can_be_cancelled_and_its_file_is_gone(
    imports: Imports, store: Store, tmp_path: Path, midway: asyncio.Event
) -> None:
    data = as_json(*(simple(f"c-{number}") for number in range(20)))
    state = await imports.start(ADA, _start(data))
    await imports.receive(ADA, state.id, 0, data)
    with pytest.raises(ImportRefused):
        await imports.start(ADA, _start(b"other", "other"))
    await midway.wait()
    cancelled = await imports.cancel(ADA, state.id)
    assert cancelled.state is ImportState.CANCELLED
    there = len(await store.thread_ids(ADA))
    assert 0 < there < 20
    assert not [path for path in (tmp_path / "imports").rglob("*") if path.is_file()]
    assert (await taken(imports, data)).threads_added == 20 - there


async def test_only_so_much_is_taken(imports: Imports, tmp_path: Path) -> None:
    with pytest.raises(ImportRefused) as refused:
        await imports.start(ADA, ImportStart("f", SMALL.upload + 1, "f"))
    assert refused.value.problem.code is Code.TOO_LARGE
    state = await imports.start(ADA, ImportStart("f", 10, "f"))
    with pytest.raises(ImportRefused):
        await imports.receive(ADA, state.id, 0, b"x" * 11)
    await imports.receive(ADA, state.id, 0, b"x" * 5)
    await imports.start(ADA, ImportStart("g", 10, "g"))
    assert not [path for path in (tmp_path / "imports").rglob("*") if path.is_file()]


async def test_somebody_elses_import_is_unknown(imports: Imports) -> None:
    state = await imports.start(ADA, ImportStart("f", 10, "f"))
    for call in (imports.receive(GRACE, state.id, 0, b"x"), imports.cancel(GRACE, state.id)):
        with pytest.raises(NotFound):
            await call
    assert imports.newest(GRACE) == []


async def test_what_nobody_goes_on_with_is_dropped_after_a_day(
    imports: Imports, tmp_path: Path
) -> None:
    state = await imports.start(ADA, ImportStart("f", 10, "f"))
    await imports.receive(ADA, state.id, 0, b"x")
    (path,) = [path for path in (tmp_path / "imports").rglob("*") if path.is_file()]
    await imports.start(GRACE, ImportStart("f", 10, "f"))
    assert path.exists()
    yesterday = time.time() - 25 * 3600
    os.utime(path, (yesterday, yesterday))
    await imports.start(GRACE, ImportStart("f", 10, "f"))
    assert not path.exists()


# --- cost -----------------------------------------------------------------------------


async def test_the_memory_it_takes_does_not_grow_with_the_file(
    store: Store, tmp_path: Path
) -> None:
    """50 MB in entries of 500 kB, only some of which are new: reading is what is measured."""
    filler = [{"x": "word " * 1000}] * 80
    entry = json.dumps({**simple("c"), "more": filler}).encode()
    data = b"[" + b",".join([entry] * (50_000_000 // len(entry))) + b"]"
    imports = an_import(store, tmp_path, Limits(upload=10**9, unpacked=10**9, entry=2**20))
    state = await imports.start(ADA, _start(data))
    for offset in range(0, len(data), 2**22):
        await imports.receive(ADA, state.id, offset, data[offset : offset + 2**22])
        if offset + 2**22 >= len(data) - 2**22 and not tracemalloc.is_tracing():
            tracemalloc.start()
    try:
        state = await ended(imports)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert (state.state, state.threads_added) == (ImportState.DONE, 1)
    assert state.read == len(data)
    assert peak < 12_000_000


async def test_the_event_loop_goes_on_meanwhile(imports: Imports) -> None:
    data = as_json(*(simple(f"c-{number}", turns=5) for number in range(20)))
    state = await imports.start(ADA, _start(data))
    await imports.receive(ADA, state.id, 0, data)
    turns = 0
    while imports.newest(ADA)[0].state is ImportState.RUNNING:
        await asyncio.sleep(0 if turns <= 20 else 0.005)
        turns += 1
    assert turns > 20


async def test_two_windows_that_begin_at_once_make_one_import(
    imports: Imports, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = as_json(*(simple(f"c-{number}") for number in range(3)))
    path = imports._uploads.path(ADA, import_id_of("f"))
    path.parent.mkdir(parents=True)
    path.write_bytes(data)  # it was uploaded before a restart
    looked = 0
    threads = sources.threads

    def count(*args: Any) -> Any:
        nonlocal looked
        looked += 1
        return threads(*args)

    monkeypatch.setattr(sources, "threads", count)
    await asyncio.gather(*(imports.start(ADA, _start(data)) for _ in range(2)))
    done = await ended(imports)
    assert (done.state, done.threads_added) == (ImportState.DONE, 3)
    assert looked == 1
