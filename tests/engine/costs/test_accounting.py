"""What replies cost: one entry for each that was asked for, as it was billed."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from jupyter_chat.engine.context import tokens
from jupyter_chat.engine.context.corrections import Corrections
from jupyter_chat.engine.costs.accounting import Accounting
from jupyter_chat.ids import new_id
from jupyter_chat.protocol import (
    Code,
    Message,
    Problem,
    Role,
    Source,
    Status,
    Stop,
    ThreadSettings,
    Usage,
)
from jupyter_chat.providers.interface import Endpoint, Finish, Mark, ProviderError
from jupyter_chat.store.types import LedgerEntry, LedgerQuery, ThreadChanges, UsageKind

from ..conftest import Engine, make_engine
from ..puppet import USAGE

pytestmark = pytest.mark.usefixtures("impatient")

LUNA = ThreadSettings(model="gpt-6-luna")


def failure(code: Code, *, again: bool = False) -> ProviderError:
    return ProviderError(Problem(code, "No."), 0.0 if again else None)


async def ledger(engine: Engine) -> list[LedgerEntry]:
    return await engine.store.usage_entries("ada", LedgerQuery(), limit=100)


async def ledger_of(engine: Engine, number: int) -> list[LedgerEntry]:
    """The same once there are so many."""
    for _ in range(3_000):
        entries = await ledger(engine)
        if len(entries) == number:
            return entries
        await asyncio.sleep(0.01)
    raise AssertionError(entries)


async def ask(engine: Engine, **more: Any) -> tuple[str, str]:
    thread_id = new_id()
    asked = await engine.ask("Why is the sky blue?", thread_id, settings=LUNA, **more)
    return thread_id, str(asked.reply_id)


async def test_an_answer_is_entered_as_the_api_says(engine):
    thread_id, reply_id = await ask(engine)
    await engine.answer("So.", Finish("stop", USAGE, model="gpt-6-luna-2026-10-01"))
    reply = await engine.end(thread_id, reply_id)
    (entry,) = await ledger(engine)
    assert (entry.message_id, entry.thread_id, entry.at) == (reply_id, thread_id, reply.created_at)
    assert entry.model == "gpt-6-luna", "as it was asked for"
    assert (entry.usage, entry.cost) == (USAGE, reply.cost)
    assert (entry.source, entry.kind) == (Source.COMPATIBLE, UsageKind.REPLY)
    assert reply.cost is not None


async def test_an_answer_without_a_count_is_estimated(engine):
    thread_id, reply_id = await ask(engine)
    call = await engine.answer("one two three", Finish("stop"))
    reply = await engine.end(thread_id, reply_id)
    assert reply.usage == Usage(call.request.counted_tokens, 3, estimated=True)
    assert [entry.usage for entry in await ledger(engine)] == [reply.usage]


@pytest.mark.parametrize(("text", "written"), [("", 0), ("one two three", 3)])
async def test_a_stopped_answer_is_estimated(engine, text, written):
    thread_id, reply_id = await ask(engine)
    call = await engine.provider.call()
    viewer = await engine.watch(thread_id)
    if text:
        call.say(text)
        await viewer.until(lambda: viewer.text(reply_id) == text)
    await engine.conversations.stop("ada", Stop("1", thread_id, reply_id))
    reply = await engine.end(thread_id, reply_id)
    assert reply.status is Status.STOPPED
    assert reply.usage == Usage(call.request.counted_tokens, written, estimated=True)
    (entry,) = await ledger(engine)
    assert (entry.usage, entry.cost) == (reply.usage, reply.cost)
    assert reply.cost == pytest.approx((reply.usage.input_tokens * 0.1 + written * 0.5) / 1e6)


async def test_thinking_is_counted_with_what_came(engine):
    thread_id, reply_id = await ask(engine)
    call = await engine.provider.call()
    call.say(reasoning="one two three")
    call.say("four five")
    call.fail(failure(Code.STREAM_CUT))
    reply = await engine.end(thread_id, reply_id)
    assert reply.status is Status.INTERRUPTED
    assert reply.usage.output_tokens == tokens.count("one two threefour five")


async def test_what_an_answer_goes_on_from_is_not_its_own(engine):
    thread_id, reply_id = await ask(engine)
    call = await engine.provider.call()
    call.say("one two three ")
    call.fail(failure(Code.STREAM_CUT))
    await engine.end(thread_id, reply_id)
    more = await engine.go_on(thread_id, reply_id)
    call = await engine.provider.call()
    call.say("four five")
    call.fail(failure(Code.STREAM_CUT))
    reply = await engine.end(thread_id, str(more.reply_id))
    assert reply.usage.output_tokens == tokens.count("four five")
    assert len(await ledger(engine)) == 2


@pytest.mark.parametrize(
    ("code", "billed"),
    [
        (Code.RATE_LIMITED, False),
        (Code.WRONG_KEY, False),
        (Code.MODEL_UNKNOWN, False),
        (Code.PROVIDER_DOWN, False),
        (Code.PROVIDER_TIMEOUT, True),
        (Code.STREAM_CUT, True),
    ],
)
async def test_what_failed_before_the_first_token_is_paid_for_unless_it_was_refused(
    engine, code, billed
):
    thread_id, reply_id = await ask(engine)
    call = await engine.provider.call()
    call.fail(failure(code))
    reply = await engine.end(thread_id, reply_id)
    assert reply.status is Status.FAILED
    expected = Usage(call.request.counted_tokens, 0, estimated=True) if billed else None
    assert reply.usage == expected
    assert [entry.usage for entry in await ledger(engine)] == ([expected] if billed else [])


async def test_what_fails_after_the_first_token_is_paid_for(engine):
    thread_id, reply_id = await ask(engine)
    call = await engine.provider.call()
    call.say("one two")
    call.fail(failure(Code.PROVIDER_DOWN))
    reply = await engine.end(thread_id, reply_id)
    assert reply.usage == Usage(call.request.counted_tokens, 2, estimated=True)
    assert len(await ledger(engine)) == 1


async def test_a_reply_that_was_asked_for_twice_is_one_entry_of_both(engine):
    thread_id, reply_id = await ask(engine)
    for _ in range(2):
        call = await engine.provider.call()
        call.fail(failure(Code.STREAM_CUT, again=True))
    reply = await engine.end(thread_id, reply_id)
    assert reply.usage == Usage(2 * call.request.counted_tokens, 0, estimated=True)
    assert len(await ledger(engine)) == 1


async def test_a_refusal_before_the_answer_adds_nothing(engine):
    thread_id, reply_id = await ask(engine)
    (await engine.provider.call()).fail(failure(Code.RATE_LIMITED, again=True))
    await engine.answer("So.")
    reply = await engine.end(thread_id, reply_id)
    assert [entry.usage for entry in await ledger(engine)] == [reply.usage] == [USAGE]


async def test_stopped_while_it_waits_after_a_refusal_it_costs_nothing(engine, monkeypatch):
    monkeypatch.setattr("jupyter_chat.engine.generation._FIRST_WAIT_SECONDS", 30)
    thread_id, reply_id = await ask(engine)
    viewer = await engine.watch(thread_id)
    (await engine.provider.call()).fail(failure(Code.RATE_LIMITED, again=True))
    await viewer.until(lambda: any(event["type"] == "waiting" for event in viewer.events))
    await engine.conversations.stop("ada", Stop("1", thread_id, reply_id))
    assert (await engine.end(thread_id, reply_id)).usage is None
    assert await ledger(engine) == []


async def test_each_retry_is_an_entry_of_its_own(engine):
    thread_id, reply_id = await ask(engine)
    (await engine.provider.call()).fail(failure(Code.STREAM_CUT))
    await engine.end(thread_id, reply_id)
    for _ in range(2):
        again = await engine.again(thread_id, reply_id)
        await engine.answer("So.")
        await engine.end(thread_id, str(again.reply_id))
    assert [entry.usage.estimated for entry in await ledger(engine)] == [True, False, False]


async def test_a_question_withdrawn_while_it_waited_costs_nothing(engine):
    thread_id, reply_id = await ask(engine)
    call = await engine.provider.call()
    queued = await engine.ask("And then?", thread_id, reply_id)
    await engine.conversations.stop("ada", Stop("1", thread_id, str(queued.reply_id)))
    await engine.end(thread_id, str(queued.reply_id))
    call.finish()
    await engine.end(thread_id, reply_id)
    assert [entry.message_id for entry in await ledger(engine)] == [reply_id]


async def test_without_a_model_nothing_is_entered(tmp_path):
    async for engine in make_engine(tmp_path, endpoint=None):
        thread_id, reply_id = await ask(engine)
        problem = (await engine.end(thread_id, reply_id)).problem
        assert problem is not None
        assert problem.code is Code.NO_KEY
        assert await ledger(engine) == []


async def test_the_local_model_costs_nothing(tmp_path):
    async for engine in make_engine(tmp_path, endpoint=Endpoint(Source.LOCAL)):
        thread_id, reply_id = await ask(engine)
        await engine.answer("So.")
        await engine.end(thread_id, reply_id)
        assert [(entry.source, entry.cost) for entry in await ledger(engine)] == [
            (Source.LOCAL, 0.0)
        ]


async def test_an_answer_whose_conversation_is_gone_is_paid_for_all_the_same(engine):
    thread_id, reply_id = await ask(engine)
    call = await engine.provider.call()
    await engine.store.update_thread("ada", thread_id, ThreadChanges(deleted_at=5))
    await engine.store.purge("ada", thread_id)
    call.finish()
    (entry,) = await ledger_of(engine, 1)
    assert entry.message_id == reply_id


async def test_an_estimate_teaches_no_correction(engine):
    thread_id, reply_id = await ask(engine)
    await engine.answer("So.", Finish("stop"))
    await engine.end(thread_id, reply_id)
    await asyncio.sleep(0)
    assert engine.replies._corrections.of("ada", "gpt-6-luna") == 1.0
    corrections = Corrections()
    estimated = Message(new_id(), new_id(), None, Role.ASSISTANT, [], Status.COMPLETE, 0)
    estimated.usage, estimated.counted_tokens = Usage(300, estimated=True), 100
    corrections.learn("ada", "m", estimated)
    assert corrections.of("ada", "m") == 1.0


async def test_estimates_are_corrected_as_counts_are():
    corrections = Corrections()
    said = Message(new_id(), new_id(), None, Role.ASSISTANT, [], Status.COMPLETE, 0)
    said.usage, said.counted_tokens = Usage(20_000), 10_000
    corrections.learn("ada", "m", said)
    usage = Accounting(corrections).estimate("ada", "m", 50, "one two three")
    assert usage == Usage(round(50 * corrections.of("ada", "m")), 6, estimated=True)
    assert usage.input_tokens >= 99


async def test_without_its_ranks_an_estimate_is_a_rough_one(monkeypatch):
    def missing(text: str) -> int:
        raise tokens.RanksMissing

    monkeypatch.setattr(tokens, "count", missing)
    usage = Accounting(Corrections()).estimate("ada", "m", 50, "x" * 41)
    assert usage == Usage(50, 11, estimated=True)


# --- the end of the process ------------------------------------------------------------------


@pytest.mark.parametrize("text", ["", "one two three"])
async def test_what_a_killed_process_had_asked_the_next_one_enters(
    engine, next_engine, monkeypatch, text
):
    thread_id, reply_id = await ask(engine)
    call = await engine.provider.call()
    viewer = await engine.watch(thread_id)
    call.say(text)
    await viewer.until(lambda: viewer.text(reply_id) == text)
    await engine.replies._checkpointer.save()
    monkeypatch.setattr(engine.store, "finish_reply", killed, raising=False)
    await engine.store.release_lease(engine.replies._checkpointer.owner)
    later = await next_engine()
    reply = await later.end(thread_id, reply_id)
    assert reply.status is Status.INTERRUPTED
    expected = Usage(call.request.counted_tokens, tokens.count(text), estimated=True)
    assert reply.usage == expected
    (entry,) = await ledger(later)
    assert (entry.usage, entry.cost, entry.model) == (expected, reply.cost, "gpt-6-luna")
    assert entry.source is Source.COMPATIBLE


async def test_a_process_killed_while_it_waits_after_a_refusal_has_nothing_to_pay_for(
    engine, next_engine, monkeypatch
):
    monkeypatch.setattr("jupyter_chat.engine.generation._FIRST_WAIT_SECONDS", 60)
    thread_id, reply_id = await ask(engine)
    call = await engine.provider.call()
    await engine.replies._checkpointer.save()
    viewer = await engine.watch(thread_id)
    call.fail(failure(Code.RATE_LIMITED, again=True))
    await viewer.until(lambda: any(event["type"] == "waiting" for event in viewer.events))
    await engine.replies._checkpointer.save()
    monkeypatch.setattr(engine.store, "finish_reply", killed, raising=False)
    await engine.store.release_lease(engine.replies._checkpointer.owner)
    later = await next_engine()
    reply = await later.end(thread_id, reply_id)
    assert (reply.status, reply.usage) == (Status.INTERRUPTED, None)
    assert await ledger(later) == []


async def killed(*args: object) -> None:
    """Nothing comes of it any more."""
    await asyncio.Event().wait()


async def test_what_was_left_and_gone_on_with_is_one_entry(engine, next_engine):
    thread_id, reply_id = await ask(engine)
    call = await engine.provider.call()
    viewer = await engine.watch(thread_id)
    call.say("one two ", mark=Mark("resp_1", 3))
    await viewer.until(lambda: viewer.text(reply_id) == "one two ")
    await engine.replies.close()
    later = await next_engine()
    call = await later.provider.call()
    call.fail(ProviderError(Problem(Code.REPLY_GONE, "No."), ended=True))
    reply = await later.end(thread_id, reply_id)
    assert reply.status is Status.INTERRUPTED
    assert reply.usage.output_tokens == 3
    assert reply.usage.input_tokens == reply.counted_tokens
    assert [entry.usage for entry in await ledger(later)] == [reply.usage]


# --- titles ----------------------------------------------------------------------------------


async def test_a_title_that_the_model_gives_is_entered_beside_its_answer(tmp_path):
    async for engine in make_engine(tmp_path, model_titles=True):
        thread_id, reply_id = await ask(engine)
        await engine.answer("Because.")
        await engine.answer("Blue sky", Finish("stop", Usage(40, 3)))
        reply, title = await ledger_of(engine, 2)
        assert (reply.kind, title.kind) == (UsageKind.REPLY, UsageKind.TITLE)
        assert (title.message_id, title.thread_id) == (reply_id, thread_id)
        assert title.usage == Usage(40, 3)
        assert title.cost is not None
