"""Two processes on one history: whoever looks at a thread sees what the other one does to it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from jupyter_chat.ids import new_id
from jupyter_chat.protocol import Ack, Status, Stop, ThreadPatch

from .conftest import Engine, Watcher, make_engine


@pytest.fixture
async def engines(tmp_path, store_url) -> AsyncIterator[tuple[Engine, Engine]]:
    makers: list[Any] = [make_engine(tmp_path, store_url=store_url) for _ in range(2)]
    here, there = [await anext(maker) for maker in makers]
    yield here, there
    for maker in makers:
        await anext(maker, None)


async def look(engine: Engine, times: int = 2) -> None:
    """What is ahead of what was told is shown when it is seen for the second time."""
    for _ in range(times):
        await engine.elsewhere.look()


async def answered(engine: Engine, *question: str | None) -> Ack:
    """Ask and have it answered; the engine has told everybody that it has ended."""
    asked = await engine.answered(*question)  # type: ignore[arg-type]
    await settled(engine)
    return asked


async def settled(engine: Engine) -> None:
    while True:
        if not engine.replies.running:
            return
        await asyncio.sleep(0.002)


def snapshots(viewer: Watcher) -> int:
    return sum(event["type"] == "snapshot" for event in viewer.events)


async def test_a_question_asked_elsewhere_and_its_answer_are_seen(engines):
    here, there = engines
    thread_id = new_id()
    first = await answered(here, "One?", thread_id)
    viewer = await here.watch(thread_id)
    asked = await there.ask("Two?", thread_id, first.reply_id)
    await look(here)
    assert viewer.text(asked.message_id) == "Two?"
    await there.answer("Two.")
    await there.end(thread_id, str(asked.reply_id))
    await look(here)
    assert viewer.text(asked.reply_id) == "Two."
    assert viewer.status(asked.reply_id) == "complete"


async def test_an_answer_made_elsewhere_grows(engines):
    here, there = engines
    thread_id = new_id()
    asked = await there.ask("Why?", thread_id)
    call = await there.provider.call()
    viewer = await here.watch(thread_id)
    assert viewer.status(asked.reply_id) == "streaming"
    shown = ""
    for word in ("Be", "cau", "se."):
        call.say(word)
        while viewer.text(asked.reply_id) == shown:  # it is kept every 400 ms
            await look(here, 1)
        shown += word
        assert viewer.text(asked.reply_id) == shown
    call.finish()
    await there.end(thread_id, str(asked.reply_id))
    await look(here, 1)
    assert (viewer.text(asked.reply_id), viewer.status(asked.reply_id)) == ("Because.", "complete")


async def test_an_answer_made_elsewhere_is_stopped(engines):
    here, there = engines
    thread_id = new_id()
    asked = await there.ask("Why?", thread_id)
    call = await there.provider.call()
    call.say("Be")
    await here.conversations.stop("ada", Stop("1", thread_id, str(asked.reply_id)))
    await there.elsewhere.look()
    reply = await there.end(thread_id, str(asked.reply_id))
    assert reply.status is Status.STOPPED
    await settled(there)
    assert await here.store.asked_to_stop(there.replies.owner) == []


async def test_what_is_changed_here_is_told_once(engines):
    """A look just before this process tells of it shows nothing twice."""
    here, _ = engines
    thread_id = new_id()
    first = await answered(here, "One?", thread_id)
    viewer = await here.watch(thread_id)
    await answered(here, "Two?", thread_id, first.reply_id)
    await here.conversations.change_thread("ada", thread_id, ThreadPatch(title="Frogs"))
    await look(here, 3)
    assert snapshots(viewer) == 1


async def test_a_change_is_shown_when_it_is_seen_for_the_second_time(engines):
    here, there = engines
    thread_id = new_id()
    await answered(here, "One?", thread_id)
    viewer = await here.watch(thread_id)
    await there.conversations.change_thread("ada", thread_id, ThreadPatch(title="Frogs"))
    await look(here, 1)
    assert snapshots(viewer) == 1, "this process may be about to tell of it"
    await look(here, 1)
    assert snapshots(viewer) == 2
    titles = [event["thread"]["title"] for event in viewer.events if event["type"] == "thread"]
    assert titles == ["Frogs"]
    await look(here, 2)
    assert snapshots(viewer) == 2


async def test_a_thread_deleted_for_good_elsewhere_is_gone(engines):
    here, there = engines
    thread_id = new_id()
    await answered(here, "One?", thread_id)
    viewer = await here.watch(thread_id)
    await there.conversations.delete_thread("ada", thread_id)
    assert await there.store.purge("ada", thread_id)
    await look(here, 3)
    gone = [event for event in viewer.events if event["type"] == "gone"]
    assert [event["thread_id"] for event in gone] == [thread_id]


async def test_where_nobody_looks_nothing_is_asked(engines, monkeypatch):
    here, _ = engines
    await answered(here, "One?", new_id())

    async def revisions(threads: object) -> dict[str, int]:
        raise AssertionError

    monkeypatch.setattr(here.store, "revisions", revisions)
    await look(here)
