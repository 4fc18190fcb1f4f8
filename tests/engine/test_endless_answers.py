"""A server that does not stop fills neither memory nor history."""

from __future__ import annotations

import asyncio

import pytest

from jupyter_chat.engine import generation, growth
from jupyter_chat.engine.growth import Growth
from jupyter_chat.ids import new_id
from jupyter_chat.protocol import Code, ReasoningPart, Status, TextPart, text_of
from jupyter_chat.providers.interface import Mark
from jupyter_chat.store.types import LedgerQuery

from .conftest import Engine, make_engine

ROOM = 1_000


@pytest.fixture(autouse=True)
def little_room(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (growth, generation):
        monkeypatch.setattr(module, "MOST_CHARACTERS", ROOM)


async def cancelled(engine: Engine) -> Mark:
    """Which reply upstream was told to stop, once it was."""
    while True:
        if engine.provider.cancelled:
            return engine.provider.cancelled[0]
        await asyncio.sleep(0.002)


async def test_an_answer_ends_with_what_there_is_room_for_and_says_so(engine):
    thread_id = new_id()
    asked = await engine.ask("Why?", thread_id)
    watcher = await engine.watch(thread_id)
    call = await engine.provider.call()
    call.say("a" * 600)
    call.say("b" * 600, mark=Mark("resp_1", 2))
    await asyncio.wait_for(call.closed.wait(), 30)
    reply = await engine.end(thread_id, str(asked.reply_id))
    assert text_of(reply) == "a" * 600 + "b" * 400
    assert (reply.status, reply.problem.code) == (Status.INTERRUPTED, Code.OUTPUT_LIMIT)
    assert "1,000 characters" in reply.problem.message
    assert "What had come is kept" in reply.problem.message
    await watcher.until(lambda: watcher.status(reply.id) == "interrupted")
    assert watcher.text(reply.id) == text_of(reply)
    (entry,) = await engine.store.usage_entries("ada", LedgerQuery(), limit=9)
    assert entry.usage.estimated, "it may be billed"
    assert (await cancelled(engine)).upstream_id == "resp_1", "it does not go on either"


async def test_what_is_thought_takes_room_as_well(engine):
    thread_id = new_id()
    asked = await engine.ask("Why?", thread_id)
    call = await engine.provider.call()
    call.say("So.", reasoning="a" * 5_000)
    reply = await engine.end(thread_id, str(asked.reply_id))
    assert reply.parts == [ReasoningPart("a" * ROOM)]
    assert reply.problem.code is Code.OUTPUT_LIMIT


async def test_an_answer_that_just_fits_is_whole(engine):
    thread_id = new_id()
    asked = await engine.answered("Why?", thread_id, answer="a" * ROOM)
    reply = await engine.end(thread_id, str(asked.reply_id))
    assert (reply.status, reply.problem) == (Status.COMPLETE, None)


async def test_nor_does_one_that_is_gone_on_with_grow_any_longer(engine):
    thread_id = new_id()
    asked = await engine.ask("Why?", thread_id)
    (await engine.provider.call()).say("a" * (ROOM + 1))
    first = await engine.end(thread_id, str(asked.reply_id))
    asked = await engine.go_on(thread_id, first.id)
    (await engine.provider.call()).say("b", reasoning="Hm.")
    reply = await engine.end(thread_id, str(asked.reply_id))
    assert text_of(reply) == "a" * ROOM
    assert reply.problem.code is Code.OUTPUT_LIMIT


async def test_a_title_without_end_is_given_up(tmp_path):
    async for engine in make_engine(tmp_path, model_titles=True):
        thread_id = new_id()
        await engine.answered("Why?", thread_id)
        call = await engine.provider.call()
        for _ in range(3):
            call.say("x" * 60_000)
        await asyncio.wait_for(call.closed.wait(), 30)
        thread = await engine.store.get_thread("ada", thread_id)
        assert thread.title == "Why?"


def test_room_counts_what_was_there_and_what_has_come():
    grown = Growth([TextPart("abc")])
    grown.append("text", "de")
    assert grown.room == ROOM - 5
