"""Limits of all together, with several engines on one store, as replicas are: what upstream
got, counted there, is what they say."""

from __future__ import annotations

import asyncio
import random
from typing import Any

from jupyter_chat.engine.limits import enforcing
from jupyter_chat.ids import new_id
from jupyter_chat.protocol import Measure, Span, Status, Usage
from jupyter_chat.providers.interface import Finish
from jupyter_chat.store.reserving import Ceiling, Share

from ..conftest import make_engine
from ..puppet import Call, Puppet

ALL_OF_THEM = (Share("all", (Ceiling(Measure.TOKENS, 0, Span.DAY), Ceiling(Measure.REPLIES, 0))),)


async def test_processes_on_one_store_ask_no_more_than_there_is_together(
    tmp_path, store_url, monkeypatch
):
    """What upstream got, counted there, is what was counted here, and within the limit."""
    monkeypatch.setattr(enforcing, "_LONGEST_WAIT_MS", 600_000)  # however slow the machine is
    limits = {
        "everyone": {"requests_per_minute": 2, "max_output_tokens": 10},
        "together": {"tokens_per_day": 1_500, "concurrent_replies": 60},
    }
    makers: list[Any] = [
        make_engine(tmp_path, limits=limits, store_url=store_url) for _ in range(3)
    ]
    engines = [await anext(maker) for maker in makers]
    chance = random.Random(3)
    upstream = Upstream(chance)
    listening = [asyncio.create_task(upstream.serve(engine.provider)) for engine in engines]

    async def person(number: int) -> int:
        engine, user, thread_id = engines[number % 3], f"person-{number}", new_id()
        asked = await engine.ask("Why?", thread_id, user_id=user)
        reply = await engine.end(thread_id, str(asked.reply_id), user)
        return int(reply.status is Status.COMPLETE)

    complete = sum(await asyncio.gather(*(person(number) for number in range(120))))
    await asyncio.gather(*(settled(engine) for engine in engines))
    for task in listening:
        task.cancel()
    assert complete == upstream.requests
    assert 1_000 <= upstream.tokens <= 1_500
    assert upstream.most <= 60
    found = {each.measure: each for each in await engines[0].limits.allowances("", ALL_OF_THEM)}
    assert found[Measure.TOKENS].taken == upstream.tokens
    assert found[Measure.REPLIES].taken == 0
    for maker in makers:
        await anext(maker, None)


async def settled(engine: Any) -> None:
    """All replies have ended, which may be told a moment before they are settled."""
    while True:
        if not engine.replies.running:
            return
        await asyncio.sleep(0.002)


class Upstream:
    """Answers whatever the engines ask, and counts what it got and said."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self._answering: list[asyncio.Task[None]] = []
        self.requests = self.tokens = self.running = self.most = 0

    async def serve(self, provider: Puppet) -> None:
        while True:
            call = await provider.next_call()
            self.requests, self.running = self.requests + 1, self.running + 1
            self.most = max(self.most, self.running)
            self._answering.append(asyncio.create_task(self._answer(call)))

    async def _answer(self, call: Call) -> None:
        await asyncio.sleep(self._chance.random() / 50)
        usage = Usage(call.request.counted_tokens or 0, self._chance.randrange(1, 11))
        self.tokens += usage.input_tokens + usage.output_tokens
        self.running -= 1
        call.finish(Finish("stop", usage))
