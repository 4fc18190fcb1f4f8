"""Limits are kept before anything is asked: for replies, titles and summaries."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest

from jupyter_chat.engine.limits import enforcing, extending
from jupyter_chat.ids import new_id, now_ms
from jupyter_chat.protocol import (
    AccountPatch,
    Allowance,
    Code,
    Measure,
    MemoryPolicy,
    Model,
    Problem,
    Span,
    Status,
    ThreadSettings,
    Usage,
    User,
    Whose,
)
from jupyter_chat.providers.interface import Finish, ProviderError
from jupyter_chat.store.reserving import Ceiling, Share, start_of
from jupyter_chat.store.types import Lease, LedgerEntry

from ..conftest import Engine, make_engine

ALL_OF_THEM = (Share("all", (Ceiling(Measure.TOKENS, 0, Span.DAY), Ceiling(Measure.REPLIES, 0))),)
DAY = {"everyone": {"tokens_per_day": 10_000}}


async def with_limits(directory: Path, limits: dict[str, Any], **more: Any) -> AsyncIterator[Any]:
    async for engine in make_engine(directory, limits=limits, **more):
        yield engine


async def taken(engine: Engine, user: str = "ada") -> list[float]:
    return [each.taken for each in (await engine.limits.of(user)).allowances]


async def taken_in_the_end(engine: Engine) -> list[float]:
    """Once all replies have ended, which may be told a moment before they are settled."""
    while True:
        if not engine.replies.running:
            return await taken(engine)
        await asyncio.sleep(0.002)


async def refused(engine: Engine, text: str = "Why?") -> Any:
    thread_id = new_id()
    asked = await engine.ask(text, thread_id)
    reply = await engine.end(thread_id, str(asked.reply_id))
    assert reply.status is Status.FAILED
    assert reply.usage is None
    return reply.problem


async def waits(engine: Engine, reply_id: str) -> Problem:
    """What a reply waits for, once it does."""
    generation = engine.replies.running[reply_id]
    while True:
        if generation.waiting is not None:
            return generation.waiting
        await asyncio.sleep(0.002)


# --- what is counted ------------------------------------------------------------------------


async def test_what_a_reply_took_is_counted_when_it_ends(tmp_path):
    async for engine in with_limits(tmp_path, DAY):
        await engine.answered("Why?", new_id())
        assert await taken_in_the_end(engine) == [15]
        assert await taken(engine, "grace") == [0]


async def test_what_a_reply_may_take_is_counted_while_it_is_made(tmp_path):
    async for engine in with_limits(tmp_path, DAY):
        thread_id = new_id()
        asked = await engine.ask("Why?", thread_id)
        call = await engine.provider.call()
        (reserved,) = await taken(engine)
        assert reserved > extending.STEP_TOKENS
        call.finish()
        await engine.end(thread_id, str(asked.reply_id))
        assert await taken_in_the_end(engine) == [15]


async def test_a_stopped_reply_counts_as_it_is_entered(tmp_path):
    async for engine in with_limits(tmp_path, DAY):
        thread_id = new_id()
        asked = await engine.ask("Why?", thread_id)
        call = await engine.provider.call()
        call.say("Because")
        await engine.replies.stop("ada", [str(asked.reply_id)])
        reply = await engine.end(thread_id, str(asked.reply_id))
        assert await taken_in_the_end(engine) == [
            reply.usage.input_tokens + reply.usage.output_tokens
        ]


async def test_what_was_refused_upstream_is_given_back(tmp_path):
    limits = {"everyone": {"requests_per_minute": 50, "concurrent_replies": 1}}
    async for engine in with_limits(tmp_path, limits):
        thread_id = new_id()
        asked = await engine.ask("Why?", thread_id)
        call = await engine.provider.call()
        call.fail(ProviderError(Problem(Code.WRONG_KEY, "No.")))
        await engine.end(thread_id, str(asked.reply_id))
        assert await taken_in_the_end(engine) == [0, 0]


async def test_money_is_counted_by_the_models_price(tmp_path):
    async for engine in with_limits(tmp_path, {"everyone": {"dollars_per_month": 1}}):
        thread_id = new_id()
        asked = await engine.ask("Why?", thread_id, settings=ThreadSettings(model="gpt-6-luna"))
        call = await engine.provider.call()
        call.finish(Finish("stop", Usage(1_000_000, 0)))
        reply = await engine.end(thread_id, str(asked.reply_id))
        assert reply.cost > 0
        assert await taken_in_the_end(engine) == [pytest.approx(reply.cost, abs=1e-9)]


async def test_a_title_counts_as_a_request_of_its_own(tmp_path):
    async for engine in with_limits(
        tmp_path, {"everyone": {"requests_per_minute": 2}}, model_titles=True
    ):
        await engine.answered("Why?", new_id())
        await engine.answer("Reasons")
        await engine.replies.close()
        assert engine.provider.count == 2
        assert await taken_in_the_end(engine) == [2]


async def test_no_title_is_asked_for_beyond_the_limit(tmp_path):
    async for engine in with_limits(
        tmp_path, {"everyone": {"requests_per_minute": 1}}, model_titles=True
    ):
        await engine.answered("Why?", new_id())
        await engine.replies.close()
        assert engine.provider.count == 1


async def test_a_summary_counts_as_a_request_of_its_own(tmp_path):
    limits = {"everyone": {"requests_per_minute": 50, "max_output_tokens": 100}}
    async for engine in with_limits(tmp_path, limits):
        engine.provider.listed = [Model("puppet", "Puppet", context_tokens=2_000)]
        settings = ThreadSettings(memory=MemoryPolicy.SUMMARISE)
        thread_id, parent = new_id(), None
        asked = await engine.ask("x " * 1_700, thread_id, settings=settings)
        await engine.answer("y " * 600)
        await engine.end(thread_id, str(asked.reply_id))
        parent = str(asked.reply_id)
        asked = await engine.ask("And then?", thread_id, parent)
        while True:
            call = await engine.provider.call()
            call.say("Short.")
            call.finish()
            if "sum up" not in str(call.request.instructions):
                break
        await engine.end(thread_id, str(asked.reply_id))
        assert engine.provider.count > 2
        assert await taken_in_the_end(engine) == [engine.provider.count]


# --- refusals -------------------------------------------------------------------------------


async def test_beyond_a_limit_nothing_is_asked_and_the_question_is_kept(tmp_path):
    async for engine in with_limits(tmp_path, {"everyone": {"tokens_per_day": 5_000}}):
        for _ in range(3):
            thread_id = new_id()
            asked = await engine.ask("Why?", thread_id)
            (await engine.provider.call()).finish(Finish("stop", Usage(300, 100)))
            await engine.end(thread_id, str(asked.reply_id))
        problem = await refused(engine)
        assert problem.code is Code.LIMIT_REACHED
        for words in ("Your limit of 5,000 tokens a day", "1,200 tokens", "Your question is kept"):
            assert words in problem.message
        assert problem.retry_at == start_of(Span.DAY, now_ms()) + 24 * 60 * 60 * 1000
        assert engine.provider.count == 3


async def test_a_limit_of_all_says_that_it_is(tmp_path):
    limits = {"together": {"dollars_per_month": 0}}
    async for engine in with_limits(tmp_path, limits):
        thread_id = new_id()
        asked = await engine.ask("Why?", thread_id, settings=ThreadSettings(model="gpt-6-luna"))
        reply = await engine.end(thread_id, str(asked.reply_id))
        assert "Everybody's common limit of $0.00 a month" in reply.problem.message


async def test_what_is_larger_than_the_whole_limit_says_so(tmp_path):
    async for engine in with_limits(tmp_path, {"everyone": {"tokens_per_minute": 50}}):
        problem = await refused(engine)
        assert problem.retry_at is None
        assert "leaves no room" in problem.message


async def test_a_shorter_answer_needs_less_room(tmp_path):
    async for engine in with_limits(
        tmp_path, {"everyone": {"tokens_per_day": 200, "max_output_tokens": 50}}
    ):
        await engine.answered("Why?", new_id())


async def test_the_personal_limit_is_looked_at_in_the_same_place(tmp_path):
    async for engine in with_limits(tmp_path, DAY):
        await engine.accounts.change(User("ada", "Ada", "A"), AccountPatch(monthly_limit=1.0))
        entry = LedgerEntry(new_id(), new_id(), now_ms(), "m", Usage(1, 1), 2.0)
        await engine.store.add_usage("ada", entry)
        assert (await refused(engine)).code is Code.BUDGET_SPENT
        assert await taken_in_the_end(engine) == [0]


# --- answers whose length nothing limits ----------------------------------------------------


async def test_more_is_reserved_while_an_answer_grows_and_given_back(tmp_path):
    async for engine in with_limits(tmp_path, {"everyone": {"tokens_per_day": 100_000}}):
        thread_id = new_id()
        asked = await engine.ask("Why?", thread_id)
        call = await engine.provider.call()
        (reserved,) = await taken(engine)
        for _ in range(3):
            call.say("x" * 3 * extending.STEP_TOKENS)
            await asyncio.sleep(0.05)
        call.say("y")
        while await taken(engine) != [reserved + 3 * extending.STEP_TOKENS]:
            call.say("y")
            await asyncio.sleep(0.01)
        call.finish(Finish("stop", Usage(10, 9_000)))
        assert (await engine.end(thread_id, str(asked.reply_id))).status is Status.COMPLETE
        assert await taken_in_the_end(engine) == [9_010]


async def test_an_answer_ends_with_what_has_come_where_there_is_no_room_for_more(tmp_path):
    async for engine in with_limits(tmp_path, {"everyone": {"tokens_per_day": 7_000}}):
        thread_id = new_id()
        asked = await engine.ask("Why?", thread_id)
        call = await engine.provider.call()
        while not call.closed.is_set():
            call.say("x" * extending.STEP_TOKENS)
            await asyncio.sleep(0.005)
        reply = await engine.end(thread_id, str(asked.reply_id))
        assert (reply.status, reply.problem.code) == (Status.INTERRUPTED, Code.LIMIT_REACHED)
        assert "What had come is kept" in reply.problem.message
        assert reply.parts
        assert await taken_in_the_end(engine) == [
            reply.usage.input_tokens + reply.usage.output_tokens
        ]


async def test_no_answer_is_cut_off_by_a_minute_that_is_full(tmp_path):
    async for engine in with_limits(tmp_path, {"everyone": {"tokens_per_minute": 5_000}}):
        thread_id = new_id()
        asked = await engine.ask("Why?", thread_id)
        call = await engine.provider.call()
        for _ in range(10):
            call.say("x" * 3 * extending.STEP_TOKENS)
            await asyncio.sleep(0.005)
        call.finish()
        assert (await engine.end(thread_id, str(asked.reply_id))).status is Status.COMPLETE


# --- waiting --------------------------------------------------------------------------------


@pytest.fixture
def no_spread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(enforcing, "_SPREAD_SECONDS", 0.0)


def at(minute: int, second: float) -> int:
    time = datetime(2026, 11, 26, 12, minute, tzinfo=timezone.utc)
    return round((time.timestamp() + second) * 1000)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch, no_spread: None) -> Callable[[int], None]:
    """Sets the time that limits go by."""
    now = [at(0, 0)]
    monkeypatch.setattr(enforcing, "now_ms", lambda: now[0])

    def set_to(time: int) -> None:
        now[0] = time

    return set_to


async def test_for_the_next_minute_it_is_waited_visibly(tmp_path, clock):
    async for engine in with_limits(tmp_path, {"everyone": {"requests_per_minute": 1}}):
        clock(at(0, 59.8))
        await engine.answered("Why?", new_id())
        thread_id = new_id()
        asked = await engine.ask("And why?", thread_id)
        watcher = await engine.watch(thread_id)
        problem = await waits(engine, str(asked.reply_id))
        assert problem.code is Code.LIMIT_REACHED
        assert problem.retry_at == at(1, 0)
        assert "1 request a minute" in problem.message
        clock(at(1, 0.1))
        await engine.answer("Because.")
        await engine.end(thread_id, str(asked.reply_id))
        waited = [each for each in watcher.events if each["type"] == "waiting"]
        assert waited[-1].get("problem") is None
        assert engine.provider.count == 2


async def test_an_answer_waits_until_another_one_has_ended(tmp_path):
    async for engine in with_limits(tmp_path, {"everyone": {"concurrent_replies": 1}}):
        first, second = new_id(), new_id()
        await engine.ask("Why?", first)
        call = await engine.provider.call()
        asked = await engine.ask("And why?", second)
        problem = await waits(engine, str(asked.reply_id))
        assert "1 answer at a time" in problem.message
        assert engine.provider.count == 1
        call.finish()
        await engine.answer("Because.")
        reply = await engine.end(second, str(asked.reply_id))
        assert reply.status is Status.COMPLETE


async def test_what_waits_can_be_stopped_and_holds_nothing(tmp_path):
    async for engine in with_limits(tmp_path, {"everyone": {"concurrent_replies": 1}}):
        await engine.ask("Why?", new_id())
        call = await engine.provider.call()
        thread_id = new_id()
        asked = await engine.ask("And why?", thread_id)
        await waits(engine, str(asked.reply_id))
        await engine.replies.stop("ada", [str(asked.reply_id)])
        assert await taken(engine) == [1]
        call.finish()
        await engine.answered("Why not?", new_id())


async def test_it_is_not_waited_for_ever(tmp_path, clock, monkeypatch):
    async for engine in with_limits(tmp_path, {"everyone": {"concurrent_replies": 1}}):
        monkeypatch.setattr(enforcing, "_LONGEST_WAIT_MS", 0)
        await engine.ask("Why?", new_id())
        await engine.provider.call()
        problem = await refused(engine)
        assert "1 answer at a time" in problem.message


# --- models and the length of answers -------------------------------------------------------


async def test_models_that_are_not_allowed_are_not_offered(tmp_path):
    async for engine in with_limits(tmp_path, {"everyone": {"models": ["small-*"]}}):
        engine.provider.listed = [Model(name, name) for name in ("large", "small-1", "small-2")]
        offered = await engine.accounts.models("ada")
        assert [model.id for model in offered.models] == ["small-1", "small-2"]
        assert offered.default == "small-1"


async def test_a_model_that_is_not_allowed_is_refused(tmp_path):
    async for engine in with_limits(tmp_path, {"everyone": {"models": ["small-*"]}}):
        thread_id = new_id()
        asked = await engine.ask("Why?", thread_id, settings=ThreadSettings(model="large"))
        reply = await engine.end(thread_id, str(asked.reply_id))
        assert reply.problem.code is Code.MODEL_NOT_ALLOWED
        assert "large" in reply.problem.message
        assert engine.provider.count == 0


async def test_where_no_model_is_named_an_allowed_one_answers(tmp_path):
    async for engine in with_limits(tmp_path, {"everyone": {"models": ["small-*"]}}):
        engine.provider.listed = [Model("large", "L"), Model("small-1", "S")]
        await engine.ask("Why?", new_id())
        call = await engine.provider.call()
        assert call.request.model == "small-1"


@pytest.mark.parametrize(("own", "sent"), [(None, 100), (60, 60), (5_000, 100)])
async def test_answers_are_asked_for_no_longer_than_allowed(tmp_path, own, sent):
    async for engine in with_limits(tmp_path, {"everyone": {"max_output_tokens": 100}}):
        await engine.ask("Why?", new_id(), settings=ThreadSettings(max_output_tokens=own))
        call = await engine.provider.call()
        assert call.request.max_output_tokens == sent
        (model,) = (await engine.accounts.models("ada")).models
        assert model.max_output_tokens == 100


@pytest.mark.parametrize(("own", "raisable"), [(None, False), (60, True), (5_000, False)])
async def test_nobody_is_told_to_raise_a_limit_that_is_not_theirs(tmp_path, own, raisable):
    said = "Raise the limit in the settings."
    cut = Finish("length", problem=Problem(Code.OUTPUT_LIMIT, said))
    async for engine in with_limits(tmp_path, {"everyone": {"max_output_tokens": 100}}):
        thread_id = new_id()
        settings = ThreadSettings(max_output_tokens=own)
        asked = await engine.ask("Why?", thread_id, settings=settings)
        await engine.answer("Beca", cut)
        problem = (await engine.end(thread_id, str(asked.reply_id))).problem
        assert problem.code is Code.OUTPUT_LIMIT
        assert (problem.message == said) == raisable
        assert ("this server allows" in problem.message) != raisable


# --- processes that die -----------------------------------------------------------------------


async def test_what_a_killed_process_held_is_free_again(tmp_path, next_engine):
    limits = {"together": {"concurrent_replies": 1, "tokens_per_day": 100_000}}
    makers: list[Any] = [make_engine(tmp_path, limits=limits) for _ in range(2)]
    dead = await anext(makers[0])
    await dead.ask("Why?", new_id())
    (await dead.provider.call()).say("Because")
    dead.replies._checkpointer._task.cancel()  # its lease is not renewed any more
    await dead.store.renew_lease(_lapsed(dead.limits.owner))
    engine = await anext(makers[1])
    thread_id = new_id()
    asked = await engine.ask("And why?", thread_id)
    await engine.answer("Therefore.")
    assert (await engine.end(thread_id, str(asked.reply_id))).status is Status.COMPLETE
    for maker in makers:
        await anext(maker, None)


def _lapsed(owner: str) -> Lease:
    return Lease(owner, 1, "elsewhere", 1)


# --- what is shown --------------------------------------------------------------------------


async def test_a_person_sees_what_is_left_and_when_it_begins_anew(tmp_path):
    limits = {
        "everyone": {"requests_per_minute": 5, "dollars_per_month": 2.5, "models": ["p*"]},
        "together": {"concurrent_replies": 7},
    }
    async for engine in with_limits(tmp_path, limits):
        await engine.answered("Why?", new_id())
        now = now_ms()
        found = await engine.limits.of("ada")
        assert found.role == "user"
        assert found.models == ["p*"]
        requests, dollars, replies = found.allowances
        assert requests.resets_at is not None
        assert now < requests.resets_at <= now + 60_000
        assert (requests.whose, requests.measure, requests.most) == (Whose.OWN, Measure.REQUESTS, 5)
        assert dollars == Allowance(
            Whose.OWN, Measure.DOLLARS, 2.5, 0, Span.MONTH, dollars.resets_at
        )
        assert replies == Allowance(Whose.ALL, Measure.REPLIES, 7, 0)


async def test_where_nothing_is_limited_the_store_is_not_asked(engine, monkeypatch):
    def reserve(*_: object) -> None:
        raise AssertionError

    monkeypatch.setattr(type(engine.store), "reserve", reserve, raising=False)
    await engine.answered("Why?", new_id())
    assert (await engine.limits.of("ada")).allowances == []
