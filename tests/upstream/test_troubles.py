"""What goes wrong on request, and what the record says of it."""

from __future__ import annotations

import asyncio
from typing import Any

import openai
import pytest

from .conftest import MODEL, text_of


@pytest.mark.parametrize(
    ("directives", "error", "code"),
    [
        ("error=500", openai.InternalServerError, "server_error"),
        ("error=503", openai.InternalServerError, "server_overloaded"),
        ("error=429", openai.RateLimitError, "rate_limit_exceeded"),
        ("error=400 code=content_filter", openai.BadRequestError, "content_filter"),
        ("error=502", openai.InternalServerError, None),
        ("quota", openai.RateLimitError, "insufficient_quota"),
        ("context", openai.BadRequestError, "context_length_exceeded"),
    ],
)
async def test_error_answers(respond, complete, directives, error, code):
    for ask in (respond, complete):
        with pytest.raises(error) as raised:
            await ask(f"Hi [[{directives}]]")
        assert raised.value.code == code


async def test_an_error_only_the_first_times(complete):
    question = "Once more [[error=429 times=2 retry_after=0.25]]"
    for _ in range(2):
        with pytest.raises(openai.RateLimitError) as raised:
            await complete(question)
        assert raised.value.response.headers["retry-after-ms"] == "250"
    assert text_of(await complete(question))


async def test_cut_breaks_the_connection(client):
    stream = await client.responses.create(
        model=MODEL, input="Hi [[cut=2 delay=0.05]]", stream=True
    )
    events = aiter(stream)
    kinds = [(await anext(events)).type for _ in range(6)]
    assert kinds.count("response.output_text.delta") == 2
    with pytest.raises(openai.APIConnectionError):
        await anext(events)


async def test_no_terminal_ends_the_body_in_good_order(respond, complete):
    events = await respond("Hi [[no_terminal=2]]")
    assert events[-1].type == "response.output_text.delta"
    chunks = await complete("Hi [[no_terminal=2]]")
    assert chunks[-1].choices[0].finish_reason is None
    assert len(chunks) == 3


async def test_malformed_events_are_not_json(respond, complete):
    for ask in (respond, complete):
        with pytest.raises(ValueError, match="Unterminated string"):
            await ask("Hi [[malformed=1]]")


async def test_failures_within_the_stream(respond, complete):
    failed = (await respond("Hi [[failed=1 code=rate_limit_exceeded]]"))[-1]
    assert failed.type == "response.failed"
    assert failed.response.error.code == "rate_limit_exceeded"
    flat = (await respond('Hi [[error_event=1 message="Sorry."]]'))[-1]
    assert flat.type == "error"
    assert flat.message == "Sorry."
    with pytest.raises(openai.APIError, match="Sorry"):
        await complete('Hi [[failed=1 message="Sorry."]]')


async def test_stall_says_no_more_and_leaving_is_recorded(client, upstream):
    def mine(asked: dict[str, Any]) -> bool:
        return bool(asked["body"]) and asked["body"].get("input") == "Wait [[stall=1]]"

    stream = await client.responses.create(model=MODEL, input="Wait [[stall=1]]", stream=True)
    async with stream:
        events = aiter(stream)
        kinds = [(await anext(events)).type for _ in range(5)]
        assert kinds[-1] == "response.output_text.delta"
        waiting = asyncio.ensure_future(anext(events))
        done, _ = await asyncio.wait([waiting], timeout=0.2)
        assert not done
        assert (await upstream.wait_for_async(mine))["ended"] is None
        waiting.cancel()
    left = await upstream.wait_for_async(lambda asked: mine(asked) and asked["ended"])
    assert left["outcome"] == "closed by client"
    assert left["ended"] > left["started"]
