"""Of servers that people name for themselves requests and answers count, and nothing that such a
server says."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from jupyter_chat.ids import new_id
from jupyter_chat.protocol import (
    AccountPatch,
    Code,
    Measure,
    Problem,
    Source,
    Status,
    ThreadSettings,
    Usage,
    User,
)
from jupyter_chat.providers.interface import Endpoint, Finish
from jupyter_chat.providers.usage import MOST_TOKENS
from jupyter_chat.store.errors import StoreError
from jupyter_chat.store.types import Lease, LedgerQuery

from ..conftest import Engine, make_engine

ADA = User("ada", "Ada", "A")
LIMITS = {
    "everyone": {"tokens_per_day": 50_000},
    "together": {
        "requests_per_minute": 50,
        "concurrent_replies": 5,
        "tokens_per_day": 100_000,
        "dollars_per_month": 1,
    },
}
LUNA = ThreadSettings(model="gpt-6-luna")


async def of_ada(directory: Path, *, source: Source = Source.COMPATIBLE) -> AsyncIterator[Any]:
    """A server with limits, on which Ada has named a server of her own."""
    shared = Endpoint(Source.OPENAI, key="sk-shared")
    async for engine in make_engine(directory, limits=LIMITS, endpoint=shared):
        own = AccountPatch(source=source, base_url="http://own.example/v1", key="sk-own-12345678")
        account = await engine.accounts.change(ADA, own)
        assert account.problem is None
        yield engine


async def answered(engine: Engine, usage: Usage, user: str = "ada") -> Any:
    thread_id = new_id()
    asked = await engine.ask("Why?", thread_id, settings=LUNA, user_id=user)
    await engine.answer("So.", Finish("stop", usage))
    reply = await engine.end(thread_id, str(asked.reply_id), user)
    await settled(engine)
    return reply


async def settled(engine: Engine) -> None:
    """Once all replies have ended, which may be told a moment before they are settled."""
    while True:
        if not engine.replies.running:
            return
        await asyncio.sleep(0.002)


async def kept(engine: Engine, thread_id: str, reply_id: str) -> None:
    """Once the store has something of a reply."""
    while True:
        if (await engine.store.get_message("ada", thread_id, reply_id)).parts:
            return
        await asyncio.sleep(0.01)


async def taken(engine: Engine, user: str = "ada") -> dict[str, float]:
    return {
        f"{each.whose.value} {each.measure.value}": each.taken
        for each in (await engine.limits.of(user)).allowances
    }


@pytest.mark.parametrize("source", [Source.COMPATIBLE, Source.OPENAI, Source.AZURE])
async def test_its_tokens_are_nobodys_and_its_requests_count(tmp_path, source):
    async for engine in of_ada(tmp_path, source=source):
        await answered(engine, Usage(MOST_TOKENS, MOST_TOKENS))
        assert await taken(engine) == {
            "own tokens": 0,
            "all requests": 1,
            "all replies": 0,
            "all tokens": 0,
            "all dollars": 0,
        }
        reply = await answered(engine, Usage(30, 20), "grace")
        assert reply.status is Status.COMPLETE, "nobody else is locked out"
        assert (await taken(engine))["all tokens"] == 50


async def test_it_answers_where_what_all_share_is_used_up(tmp_path):
    async for engine in of_ada(tmp_path):
        await answered(engine, Usage(100_000, 0), "grace")
        assert (await answered(engine, Usage(1, 1))).status is Status.COMPLETE


async def test_what_it_says_is_believed_as_far_as_it_can_be(tmp_path):
    async for engine in of_ada(tmp_path):
        usage = (await answered(engine, Usage(MOST_TOKENS, MOST_TOKENS))).usage
        assert 0 < usage.input_tokens < 20_000
        assert 0 < usage.output_tokens < 200_000
        assert (await answered(engine, Usage(30, 20))).usage == Usage(30, 20)


async def test_it_has_not_the_price_of_openai(tmp_path):
    async for engine in of_ada(tmp_path):
        assert (await answered(engine, Usage(30, 20))).cost is None
        assert (await answered(engine, Usage(30, 20), "grace")).cost is not None
        (entry,) = await engine.store.usage_entries("ada", LedgerQuery(), limit=9)
        assert entry.cost is None


async def test_a_long_answer_of_it_reserves_nothing_more(tmp_path):
    async for engine in of_ada(tmp_path):
        thread_id = new_id()
        asked = await engine.ask("Why?", thread_id, settings=LUNA)
        call = await engine.provider.call()
        for _ in range(5):
            call.say("x" * 50_000)
            await asyncio.sleep(0.01)
        assert (await taken(engine))["all tokens"] == 0
        call.finish()
        assert (await engine.end(thread_id, str(asked.reply_id))).status is Status.COMPLETE


async def test_nor_does_it_count_when_its_process_dies(tmp_path):
    makers = [of_ada(tmp_path) for _ in range(2)]
    dead: Any = await anext(makers[0])
    thread_id = new_id()
    asked = await dead.ask("Why?", thread_id, settings=LUNA)
    (await dead.provider.call()).say("Because")
    await kept(dead, thread_id, str(asked.reply_id))
    dead.replies._checkpointer._task.cancel()  # its lease is not renewed any more
    await dead.store.renew_lease(Lease(dead.limits.owner, 1, "elsewhere", 1))
    engine: Engine = await anext(makers[1])
    await engine.end(thread_id, str(asked.reply_id))
    entries = await engine.store.usage_entries("ada", LedgerQuery(), limit=9)
    assert [entry.usage.estimated for entry in entries] == [True]
    assert (await taken(engine))["all tokens"] == 0
    for maker in makers:
        await anext(maker, None)


async def test_what_cannot_be_counted_takes_no_place_among_the_answers(tmp_path, monkeypatch):
    shared = Endpoint(Source.OPENAI, key="sk-shared")
    async for engine in make_engine(tmp_path, limits=LIMITS, endpoint=shared):
        settle = engine.store.settle

        async def refuse(user_id: str, own: str, scopes: Any, spent: Any) -> None:
            if spent is not None and spent.tokens == 50:
                raise StoreError(Problem(Code.INTERNAL, "Too large."))
            await settle(user_id, own, scopes, spent)  # noqa: B023

        monkeypatch.setattr(engine.store, "settle", refuse)
        await answered(engine, Usage(30, 20))
        (replies,) = [
            each.taken
            for each in (await engine.limits.of("ada")).allowances
            if each.measure is Measure.REPLIES
        ]
        assert replies == 0
        assert (await taken(engine))["all tokens"] > 50, "as it was reserved"
