"""Going on with answers that broke off, and having them made again."""

from __future__ import annotations

import asyncio

import pytest

from jupyter_chat.engine.errors import Invalid
from jupyter_chat.ids import new_id
from jupyter_chat.protocol import (
    Code,
    Problem,
    ReasoningPart,
    Role,
    Status,
    Stop,
    TextPart,
    ThreadSettings,
)
from jupyter_chat.providers.interface import Finish, ProviderError

CUT = ProviderError(Problem(Code.STREAM_CUT, "It broke off."))
BUSY = ProviderError(Problem(Code.RATE_LIMITED, "Too many."), retry_after=0.01)
LIMIT = Finish("length", model="puppet-2026", problem=Problem(Code.OUTPUT_LIMIT, "Too long."))


async def broken_off(engine, thread_id: str, text: str = "half an ans") -> str:
    asked = await engine.ask("Go", thread_id, settings=ThreadSettings(model="puppet"))
    await engine.answer(text, CUT)
    await engine.end(thread_id, asked.reply_id)
    return str(asked.reply_id)


async def test_a_continuation_is_a_version_that_begins_with_the_kept_text(engine):
    thread_id = new_id()
    first = await broken_off(engine, thread_id)
    viewer = await engine.watch(thread_id)
    ack = await engine.go_on(thread_id, first)
    call = await engine.provider.call()
    *path, partial, instruction = call.request.messages
    assert [(p.role, p.text) for p in path] == [(Role.USER, "Go")]
    assert (partial.role, partial.text) == (Role.ASSISTANT, "half an ans")
    assert instruction.role is Role.USER
    assert "exactly where it ended" in instruction.text
    assert viewer.text(ack.reply_id) == "half an ans", "nothing new has come yet"
    call.say("wer, ")
    call.say("and the rest")
    call.finish()
    await viewer.until(lambda: viewer.status(ack.reply_id) == "complete")
    whole = await engine.end(thread_id, ack.reply_id)
    assert whole.parts == [TextPart("half an answer, and the rest")]
    assert viewer.text(ack.reply_id) == whole.parts[0].text
    kept = await engine.store.get_message("ada", thread_id, first)
    assert (kept.status, kept.parts) == (Status.INTERRUPTED, [TextPart("half an ans")])
    late = await engine.watch(thread_id)
    assert late.events[-1]["versions"] == {ack.reply_id: [first, ack.reply_id]}


async def test_the_deltas_of_a_continuation_go_to_the_end_of_the_kept_text(engine):
    thread_id = new_id()
    first = await broken_off(engine, thread_id)
    viewer = await engine.watch(thread_id)
    ack = await engine.go_on(thread_id, first)
    (await engine.provider.call()).say("wer")
    await viewer.until(lambda: viewer.text(ack.reply_id) == "half an answer")
    for _ in range(3_000):  # a checkpoint keeps it, should the server be killed
        message = await engine.store.get_message("ada", thread_id, ack.reply_id)
        if message.parts != [TextPart("half an ans")]:
            break
        await asyncio.sleep(0.01)
    assert message.status is Status.STREAMING
    assert message.parts == [TextPart("half an answer")]


async def test_the_same_continuation_twice_is_asked_for_once(engine):
    thread_id = new_id()
    first = await broken_off(engine, thread_id)
    acks = await asyncio.gather(*(engine.go_on(thread_id, first, "once-only") for _ in "ab"))
    assert acks[0].reply_id == acks[1].reply_id
    await engine.answer("wer")
    await engine.end(thread_id, acks[0].reply_id)
    again = await engine.go_on(thread_id, first, "once-only")
    assert again.reply_id == acks[0].reply_id
    assert engine.provider.count == 2


async def test_thinking_before_the_rest_stays_out_of_the_middle(engine):
    thread_id = new_id()
    asked = await engine.ask("Go", thread_id)
    call = await engine.provider.call()
    call.say("half", reasoning="Hm.")
    call.say(reasoning="What else?")
    call.fail(CUT)
    await engine.end(thread_id, asked.reply_id)
    ack = await engine.go_on(thread_id, asked.reply_id)
    call = await engine.provider.call()
    call.say(reasoning="Where was I?")
    call.say(" done")
    call.finish()
    whole = await engine.end(thread_id, ack.reply_id)
    assert whole.parts == [ReasoningPart("Hm."), TextPart("half done")]


async def test_a_stopped_answer_and_one_at_the_output_limit_can_be_gone_on_with(engine):
    thread_id = new_id()
    settings = ThreadSettings(model="deployed-name")
    asked = await engine.ask("Go", thread_id, settings=settings)
    await engine.answer("so lo", LIMIT)
    limited = await engine.end(thread_id, asked.reply_id)
    assert (limited.status, limited.model) == (Status.COMPLETE, "puppet-2026")
    ack = await engine.go_on(thread_id, limited.id)
    call = await engine.provider.call()
    assert call.request.model == "deployed-name", "not the name that its server gave"
    viewer = await engine.watch(thread_id)
    call.say("ng, ")
    await viewer.until(lambda: viewer.text(ack.reply_id) == "so long, ")
    await engine.conversations.stop("ada", Stop("1", thread_id, ack.reply_id))
    ack = await engine.go_on(thread_id, ack.reply_id)
    await engine.answer("farewell")
    assert (await engine.end(thread_id, ack.reply_id)).parts == [TextPart("so long, farewell")]


async def test_the_model_that_began_goes_on(engine):
    thread_id = new_id()
    first = await broken_off(engine, thread_id)
    again = await engine.again(thread_id, first, ThreadSettings(model="another"))
    await engine.answer("other half", CUT)
    await engine.end(thread_id, again.reply_id)
    await engine.go_on(thread_id, again.reply_id)
    assert (await engine.provider.call()).request.model == "another"


async def test_there_is_nothing_to_go_on_with(engine):
    thread_id = new_id()
    asked = await engine.ask("Go", thread_id)
    for message_id in (asked.message_id, asked.reply_id):  # a question; one being made
        with pytest.raises(Invalid):
            await engine.go_on(thread_id, message_id)
    await engine.answer("whole")
    await engine.end(thread_id, asked.reply_id)
    again = await engine.again(thread_id, asked.reply_id)
    (await engine.provider.call()).fail(ProviderError(Problem(Code.WRONG_KEY, "No.")))
    await engine.end(thread_id, again.reply_id)
    for message_id in (asked.reply_id, again.reply_id):  # one that is whole; one without text
        with pytest.raises(Invalid):
            await engine.go_on(thread_id, message_id)
    assert engine.provider.count == 2


async def test_a_continuation_that_breaks_off_at_once_keeps_the_text(engine):
    thread_id = new_id()
    first = await broken_off(engine, thread_id)
    ack = await engine.go_on(thread_id, first)
    (await engine.provider.call()).fail(BUSY)  # nothing has come: asked again by itself
    (await engine.provider.call()).fail(CUT)
    reply = await engine.end(thread_id, ack.reply_id)
    assert (reply.status, reply.parts) == (Status.INTERRUPTED, [TextPart("half an ans")])
    ack = await engine.go_on(thread_id, reply.id)
    await engine.answer("wer")
    assert (await engine.end(thread_id, ack.reply_id)).parts == [TextPart("half an answer")]


async def test_one_reply_may_be_made_by_another_model(engine):
    thread_id = new_id()
    settings = ThreadSettings(model="gpt-5.5", temperature=0.5, system_prompt="Be brief.")
    asked = await engine.ask("Go", thread_id, settings=settings)
    viewer = await engine.watch(thread_id)
    await engine.answer("old")
    await engine.end(thread_id, asked.reply_id)
    again = await engine.again(thread_id, asked.reply_id, ThreadSettings(model="gpt-4o"))
    assert viewer.messages[again.reply_id]["model"] == "gpt-4o", "it says so from the start"
    call = await engine.answer("new")
    assert (call.request.model, call.request.instructions) == ("gpt-4o", "Be brief.")
    assert call.request.temperature == 0.5
    assert not call.request.reasoning_model
    await engine.end(thread_id, again.reply_id)
    assert (await engine.conversations.thread("ada", thread_id)).settings == settings
    await engine.ask("More", thread_id, again.reply_id)
    request = (await engine.provider.call()).request
    assert (request.model, request.reasoning_model) == ("gpt-5.5", True)


async def test_a_question_without_an_answer_can_be_answered(engine):
    thread_id = new_id()
    asked = await engine.answered("Go", thread_id)
    again = await engine.again(thread_id, asked.message_id)
    call = await engine.answer("Another.")
    assert [p.text for p in call.request.messages] == ["Go"]
    reply = await engine.end(thread_id, again.reply_id)
    assert reply.parent_id == asked.message_id
