"""Answers that survive: broken connections upstream, and the end of their process."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import msgspec
import pytest

from jupyter_chat.ids import new_id
from jupyter_chat.protocol import Code, Problem, Status, Stop
from jupyter_chat.providers.interface import Chunk, Mark, ProviderError
from jupyter_chat.store.errors import Failed

pytestmark = pytest.mark.usefixtures("impatient")


def failure(code: Code, *, again: bool = True, ended: bool = False) -> ProviderError:
    return ProviderError(Problem(code, "No."), 0.0 if again else None, ended=ended)


async def test_a_cut_before_the_first_token_is_tried_once_more_and_says_so(engine):
    thread_id = new_id()
    asked = await engine.ask("Go", thread_id)
    viewer = await engine.watch(thread_id)
    (await engine.provider.call()).fail(failure(Code.STREAM_CUT))
    (await engine.provider.call()).fail(failure(Code.STREAM_CUT))
    await viewer.until(lambda: viewer.status(asked.reply_id) == "failed")
    waiting = [event["problem"] for event in viewer.events if event["type"] == "waiting"]
    assert [problem and problem["code"] for problem in waiting] == ["stream_cut", None]
    assert "once more" in waiting[0]["message"]
    assert engine.provider.count == 2


async def test_a_cut_after_a_rate_limit_has_its_own_second_try(engine):
    thread_id = new_id()
    asked = await engine.ask("Go", thread_id)
    for code in (Code.RATE_LIMITED, Code.STREAM_CUT):
        (await engine.provider.call()).fail(failure(code))
    call = await engine.provider.call()
    viewer = await engine.watch(thread_id)
    call.say("There.")
    call.finish()
    await viewer.until(lambda: viewer.status(asked.reply_id) == "complete")
    assert engine.provider.count == 3


async def test_silence_before_the_first_token_is_not_asked_again(engine):
    thread_id = new_id()
    asked = await engine.ask("Go", thread_id)
    viewer = await engine.watch(thread_id)
    (await engine.provider.call()).fail(failure(Code.PROVIDER_TIMEOUT, again=False))
    await viewer.until(lambda: viewer.status(asked.reply_id) == "failed")
    assert engine.provider.count == 1


async def test_a_reply_that_upstream_goes_on_with_is_followed_after_a_cut(engine):
    thread_id = new_id()
    asked = await engine.ask("Go", thread_id)
    viewer = await engine.watch(thread_id)
    call = await engine.provider.call()
    call.say(mark=Mark("resp_1", 1))
    call.say(reasoning="Hm. ", mark=Mark("resp_1", 3))
    call.say("Be", mark=Mark("resp_1", 5))
    call.fail(failure(Code.STREAM_CUT))
    call = await engine.provider.call()
    assert call.resume.mark == Mark("resp_1", 5)
    assert (call.resume.text, call.resume.reasoning) == ("Be", "Hm. ")
    call.say("cause.", mark=Mark("resp_1", 7))
    call.finish()
    await viewer.until(lambda: viewer.status(asked.reply_id) == "complete")
    assert viewer.text(asked.reply_id) == "Because."
    assert any(event["type"] == "waiting" and event["problem"] for event in viewer.events)


async def test_it_is_not_looked_for_for_ever(engine):
    thread_id = new_id()
    asked = await engine.ask("Go", thread_id)
    viewer = await engine.watch(thread_id)
    call = await engine.provider.call()
    call.say("Be", mark=Mark("resp_1", 5))
    while not call.closed.is_set() or viewer.status(asked.reply_id) == "streaming":
        call.fail(failure(Code.STREAM_CUT))
        if engine.provider.count == 6:
            break
        call = await engine.provider.call()
    await viewer.until(lambda: viewer.status(asked.reply_id) == "interrupted")
    assert viewer.text(asked.reply_id) == "Be"
    assert engine.provider.count == 6


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (failure(Code.REPLY_GONE, ended=True), "interrupted"),
        (failure(Code.PROVIDER_DOWN, ended=True), "interrupted"),
        (failure(Code.RATE_LIMITED, ended=True), "failed"),
    ],
)
async def test_a_reply_that_upstream_has_ended_is_not_asked_for_anew(engine, error, status):
    thread_id = new_id()
    asked = await engine.ask("Go", thread_id)
    viewer = await engine.watch(thread_id)
    call = await engine.provider.call()
    call.say("Be", mark=Mark("resp_1", 5))
    call.fail(error)
    await viewer.until(lambda: viewer.status(asked.reply_id) == status)
    assert viewer.text(asked.reply_id) == "Be"
    assert engine.provider.count == 1


@pytest.mark.parametrize("mark", [Mark("resp_1", 5), None])
async def test_stop_stops_what_would_go_on(engine, mark):
    thread_id = new_id()
    asked = await engine.ask("Go", thread_id)
    viewer = await engine.watch(thread_id)
    call = await engine.provider.call()
    call.say("half", mark=mark)
    await viewer.until(lambda: viewer.text(asked.reply_id))
    await engine.conversations.stop("ada", Stop("9", thread_id, asked.reply_id))
    assert viewer.status(asked.reply_id) == "stopped"
    await call.closed.wait()
    assert engine.provider.cancelled == ([mark] if mark else [])


async def test_the_next_process_goes_on_with_the_same_answer(engine, next_engine):
    thread_id = new_id()
    asked = await engine.ask("Go", thread_id)
    queued = await engine.ask("And then?", thread_id, asked.reply_id)
    viewer = await engine.watch(thread_id)
    call = await engine.provider.call()
    call.say(reasoning="Hm. ", mark=Mark("resp_1", 3))
    call.say("Be", mark=Mark("resp_1", 5))
    await viewer.until(lambda: viewer.text(asked.reply_id))
    await engine.replies.close()
    assert viewer.events[-1]["type"] == "goodbye"
    assert engine.provider.cancelled == []

    engine = await next_engine()
    viewer = await engine.watch(thread_id)
    assert viewer.status(asked.reply_id) == "streaming"
    assert viewer.status(queued.reply_id) == "queued"
    assert viewer.text(asked.reply_id) == "Be"
    call = await engine.provider.call()
    assert call.resume.mark == Mark("resp_1", 5)
    assert (call.resume.text, call.resume.reasoning) == ("Be", "Hm. ")
    call.say("cause.", mark=Mark("resp_1", 7))
    call.finish()
    await viewer.until(lambda: viewer.status(asked.reply_id) == "complete")
    assert viewer.text(asked.reply_id) == "Because."
    kept = await engine.store.get_message("ada", thread_id, asked.reply_id)
    assert [part.text for part in kept.parts] == ["Hm. ", "Because."]
    assert kept.model == "puppet"
    call = await engine.provider.call()
    assert call.resume is None
    assert [prompt.text for prompt in call.request.messages] == ["Go", "Because.", "And then?"]
    call.say("Then.")
    call.finish()
    await viewer.until(lambda: viewer.status(queued.reply_id) == "complete")
    assert engine.provider.count == 2


async def test_a_reply_taken_over_survives_again(engine, next_engine):
    thread_id = new_id()
    asked = await engine.ask("Go", thread_id)
    call = await engine.provider.call()
    said = ""
    for number in range(3):
        viewer = await engine.watch(thread_id)
        call.say(f"{number} ", mark=Mark("resp_1", number))
        said += f"{number} "
        await viewer.until(lambda viewer=viewer, said=said: viewer.text(asked.reply_id) == said)
        await engine.replies.close()
        engine = await next_engine()
        call = await engine.provider.call()
        assert (call.resume.mark.seq, call.resume.text) == (number, said)
    call.finish()
    viewer = await engine.watch(thread_id)
    await viewer.until(lambda: viewer.status(asked.reply_id) == "complete")
    assert (await engine.store.get_message("ada", thread_id, asked.reply_id)).parts[0].text == said


async def test_stop_after_a_restart_stops_upstream(engine, next_engine):
    thread_id = new_id()
    asked = await engine.ask("Go", thread_id)
    (await engine.provider.call()).say("half", mark=Mark("resp_1", 5))
    viewer = await engine.watch(thread_id)
    await viewer.until(lambda: viewer.text(asked.reply_id))
    await engine.replies.close()
    engine = await next_engine()
    await engine.provider.call()
    await engine.conversations.stop("ada", Stop("9", thread_id, asked.reply_id))
    kept = await engine.store.get_message("ada", thread_id, asked.reply_id)
    assert (kept.status, kept.parts[0].text) == (Status.STOPPED, "half")
    viewer = await engine.watch(thread_id)
    await viewer.until(lambda: engine.provider.cancelled)
    assert engine.provider.cancelled == [Mark("resp_1", 5)]


async def test_what_another_process_has_taken_over_is_not_asked_for(engine, monkeypatch):
    thread_id = new_id()
    asked = await engine.ask("Go", thread_id)
    queued = await engine.ask("More", thread_id, asked.reply_id)
    viewer = await engine.watch(thread_id)
    call = await engine.provider.call()
    # Thought dead, this process loses the reply that waits.
    lease = msgspec.structs.replace(engine.replies._checkpointer._lease(), owner="another")
    await engine.store.release_lease(engine.replies._checkpointer.owner)
    await engine.store.recover(lease, 0)
    call.say("There.")
    call.finish()
    await viewer.until(
        lambda: (
            viewer.events[-1].get("message", {}).get("id") == queued.reply_id
            and queued.reply_id not in engine.replies._running
        )
    )
    assert viewer.status(queued.reply_id) == "queued"
    assert engine.provider.count == 1


@pytest.mark.parametrize("durable", [True, False])
async def test_what_is_sent_again_while_it_is_taken_over_is_made_once(
    engine, next_engine, monkeypatch, durable
):
    thread_id, client_id = new_id(), new_id()
    before = await engine.ask("Go", thread_id)
    call = await engine.provider.call()
    if durable:  # upstream goes on with it
        call.finish()
        await engine.replies._running[before.reply_id].done.wait()
    asked = await engine.ask("More", thread_id, before.reply_id, client_id=client_id)
    if durable:
        (await engine.provider.call()).say("Be", mark=Mark("resp_1", 5))
        viewer = await engine.watch(thread_id)
        await viewer.until(lambda: viewer.text(asked.reply_id))
    await engine.replies.close()

    async def later(self) -> None:
        pass

    monkeypatch.setattr("jupyter_chat.engine.checkpoints.Checkpointer.start", later)
    engine = await next_engine()
    get_thread, times = engine.store.get_thread, iter([0.3])

    async def slow_at_first(*args):
        await asyncio.sleep(next(times, 0))
        return await get_thread(*args)

    # It is this process's in the store before it is known here.
    monkeypatch.setattr(engine.store, "get_thread", slow_at_first)
    acks = await asyncio.gather(
        engine.replies._checkpointer.recover(),
        *(engine.ask("More", thread_id, before.reply_id, client_id=client_id) for _ in range(3)),
    )
    assert {ack.reply_id for ack in acks[1:]} == {asked.reply_id}
    call = await engine.provider.call()
    assert (call.resume is not None) is durable
    call.say("cause.")
    call.finish()
    viewer = await engine.watch(thread_id)
    await viewer.until(lambda: viewer.status(asked.reply_id) == "complete")
    assert viewer.text(asked.reply_id) == ("Because." if durable else "cause.")
    assert engine.provider.count == 1


async def test_nothing_is_begun_while_the_server_stops(engine):
    thread_id = new_id()
    asked = await engine.ask("Go", thread_id)
    await engine.provider.call()
    await engine.replies.close()
    await engine.ask("More", thread_id, asked.reply_id)
    assert not engine.replies._tasks
    assert engine.provider.count == 1


async def test_the_end_waits_for_no_further_round(engine):
    engine.replies._checkpointer.hurry()
    await asyncio.wait_for(engine.replies.close(), 30)
    assert engine.replies._checkpointer._task.done()


async def test_stop_stops_also_where_the_cancellation_is_swallowed(engine, monkeypatch):
    async def swallowing(self):
        yield Chunk("half")
        with suppress(asyncio.CancelledError):
            await asyncio.sleep(60)
        yield Chunk(" and more")
        await asyncio.sleep(60)

    monkeypatch.setattr("tests.engine.puppet.Call.chunks", swallowing)
    thread_id = new_id()
    asked = await engine.ask("Go", thread_id)
    viewer = await engine.watch(thread_id)
    await viewer.until(lambda: viewer.text(asked.reply_id))
    stop = Stop("9", thread_id, asked.reply_id)
    await asyncio.wait_for(engine.conversations.stop("ada", stop), 30)
    assert viewer.status(asked.reply_id) == "stopped"
    assert viewer.text(asked.reply_id) == "half"


async def test_an_answer_that_cannot_be_kept_holds_nobody_up(engine, monkeypatch):
    """Whatever the store does: the next question is answered, and stopping returns."""
    thread_id = new_id()

    async def stumble(*_):
        raise KeyError("x")

    finish = engine.store.finish_reply
    monkeypatch.setattr(engine.store, "finish_reply", stumble)
    asked = await engine.ask("One?", thread_id)
    waits = await engine.ask("Two?", thread_id, asked.reply_id)
    (await engine.provider.call()).finish(None)
    second = await engine.provider.call()
    monkeypatch.setattr(engine.store, "finish_reply", finish)
    second.say("Two.")
    second.finish(None)
    await engine.end(thread_id, waits.reply_id)


async def test_a_round_that_stumbles_is_not_the_last(engine, monkeypatch):
    thread_id = new_id()
    append, stumbles = engine.store.append_checkpoints, [True]

    async def stumble(checkpoints):
        if stumbles:
            stumbles.pop()
            raise Failed
        await append(checkpoints)

    monkeypatch.setattr(engine.store, "append_checkpoints", stumble)
    asked = await engine.ask("Why?", thread_id)
    call = await engine.provider.call()
    call.say("Because")
    while not (  # noqa: ASYNC110 - the store tells nobody
        await engine.store.get_message("ada", thread_id, asked.reply_id)
    ).parts:
        await asyncio.sleep(0.05)
    call.finish(None)
    await engine.end(thread_id, asked.reply_id)
