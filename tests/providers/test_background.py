"""Replies that upstream makes whether we listen or not."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing

import msgspec
import pytest

from jupyter_chat.protocol import Api, Code, Role, Source, Usage
from jupyter_chat.providers.interface import (
    Chunk,
    Endpoint,
    Mark,
    Prompt,
    ProviderError,
    ReplyRequest,
    Resume,
)
from jupyter_chat.providers.openai import OpenAI
from tests.upstream import Upstream

TEXT = "It goes on. " * 20


@pytest.fixture
async def openai() -> AsyncIterator[OpenAI]:
    openai = OpenAI(idle_seconds=20)
    yield openai
    await openai.close()


@pytest.fixture
def endpoint(upstream: Upstream) -> Endpoint:
    upstream.clear()
    return Endpoint(Source.OPENAI, base_url=upstream.url, key=upstream.key)


def asking(question: str) -> ReplyRequest:
    return ReplyRequest("any-model", [Prompt(Role.USER, question)], reasons=True, durable=True)


async def take(
    openai: OpenAI, endpoint: Endpoint, question: str, resume: Resume | None = None
) -> tuple[list[Chunk], Code | None]:
    chunks: list[Chunk] = []
    try:
        async for chunk in openai.stream(endpoint, asking(question), resume):
            chunks += [chunk]
    except ProviderError as error:
        return chunks, error.problem.code
    return chunks, None


def after(chunks: list[Chunk], number: int) -> Resume:
    """Where to go on after so many chunks."""
    mark = chunks[number - 1].mark
    assert mark is not None
    text = "".join(chunk.text for chunk in chunks[:number])
    return Resume(mark, text, "".join(chunk.reasoning for chunk in chunks[:number]))


def usage(chunks: list[Chunk]) -> Usage | None:
    assert chunks[-1].finish is not None
    return chunks[-1].finish.usage


def said(chunks: list[Chunk]) -> tuple[str, str]:
    return "".join(c.reasoning for c in chunks), "".join(c.text for c in chunks)


def posts(upstream: Upstream, path: str = "/v1/responses") -> int:
    return sum(
        request["method"] == "POST" and request["path"].endswith(path)
        for request in upstream.requests()
    )


async def test_the_first_chunk_names_it(openai, endpoint, upstream):
    chunks, error = await take(openai, endpoint, "[[first=0.1 chunks=3]]")
    assert error is None
    assert said(chunks[:1]) == ("", "")
    assert chunks[0].mark is not None
    assert chunks[0].mark.upstream_id.startswith("resp_")
    assert usage(chunks) is not None
    body = upstream.requests()[0]["body"]
    assert (body["background"], body["store"]) == (True, True)


async def test_from_any_place_exactly_the_rest_comes(openai, endpoint, upstream):
    question = 'Go [[reasoning="One.\\n\\nTwo." text="And so, 👩‍👩‍👧‍👦 on." size=2 delay=0.04]]'
    whole, error = await take(openai, endpoint, question)
    assert error is None
    assert said(whole) == ("One.\n\nTwo.", "And so, 👩‍👩‍👧‍👦 on.")
    places = [number for number, chunk in enumerate(whole, start=1) if chunk.mark]
    assert len(places) > 5
    for number in places[:-1]:
        rest, error = await take(openai, endpoint, question, after(whole, number))
        assert error is None
        assert said(whole[:number] + rest) == said(whole)
        assert usage(rest) == usage(whole)
    assert posts(upstream) == 1


@pytest.mark.parametrize("how", ["cut=9", "no_terminal=9", "malformed=9", "stall=9"])
async def test_after_a_broken_stream_the_rest_is_to_be_had(openai, endpoint, upstream, how):
    if how == "stall=9":
        openai._idle_seconds = 2.0
    question = f'Go [[text="{TEXT}" size=12 delay=0.01 {how}]]'
    chunks, error = await take(openai, endpoint, question)
    assert error in (Code.STREAM_CUT, Code.PROVIDER_TIMEOUT)
    assert said(chunks) == ("", TEXT[:108])
    rest, error = await take(openai, endpoint, question, after(chunks, len(chunks)))
    assert error is None
    assert said(chunks + rest) == ("", TEXT)
    assert posts(upstream) == 1


async def test_what_is_no_longer_streamed_is_waited_for(openai, endpoint, upstream, monkeypatch):
    monkeypatch.setattr("jupyter_chat.providers.background._POLL_SECONDS", 0.05)
    question = f'Go [[text="{TEXT}" reasoning="Hm." size=12 delay=0.03 cut=5 unstreamed]]'
    chunks, error = await take(openai, endpoint, question)
    assert error is Code.STREAM_CUT
    rest, error = await take(openai, endpoint, question, after(chunks, len(chunks)))
    assert error is None
    assert said(chunks + rest) == ("Hm.", TEXT)
    assert usage(rest) is not None
    begun = next(n for n, chunk in enumerate(chunks, start=1) if chunk.reasoning)
    rest, _ = await take(openai, endpoint, question, after(chunks, begun))
    assert said(chunks[:begun] + rest) == ("Hm.", TEXT)
    assert posts(upstream) == 1


async def test_a_text_that_is_another_one_is_not_pieced_together(openai, endpoint):
    question = f'Go [[text="{TEXT}" cut=5 unstreamed]]'
    chunks, _ = await take(openai, endpoint, question)
    wrong = msgspec.structs.replace(after(chunks, len(chunks)), text="It goes off. ")
    assert await take(openai, endpoint, question, wrong) == ([], Code.REPLY_GONE)


async def test_a_reply_that_failed_says_why(openai, endpoint):
    question = "Go [[chunks=6 failed=3 code=rate_limit_exceeded unstreamed]]"
    chunks, error = await take(openai, endpoint, question)
    assert error is Code.RATE_LIMITED
    _, error = await take(openai, endpoint, question, after(chunks, 1))
    assert error is not None


async def test_a_reply_that_is_gone_says_so(openai, endpoint):
    for question in ("Go [[chunks=8 cut=3 gone]]", "Go [[chunks=8 cut=3 gone unstreamed]]"):
        chunks, _ = await take(openai, endpoint, question)
        resume = after(chunks, len(chunks))
        assert await take(openai, endpoint, question, resume) == ([], Code.REPLY_GONE)
    nowhere = Resume(Mark("resp_none", 3), "", "")
    assert await take(openai, endpoint, "Go", nowhere) == ([], Code.REPLY_GONE)


async def test_leaving_does_not_stop_it_but_cancelling_does(openai, endpoint, upstream):
    question = "Go [[chunks=500 delay=0.01]]"
    async with aclosing(openai.stream(endpoint, asking(question))) as stream:
        async for chunk in stream:
            if chunk.text:
                break
    assert chunk.mark is not None
    left = len(upstream.requests()[0]["said"])
    await upstream.wait_for_async(lambda request: len(request["said"]) > left + 20)
    await openai.cancel(endpoint, chunk.mark)
    stopped = upstream.requests()[0]["said"]
    await asyncio.sleep(0.1)
    assert upstream.requests()[0]["said"] == stopped
    await openai.cancel(endpoint, Mark("resp_none", 1))


@pytest.mark.parametrize("how", ["headers=2", "headers=2 first=30"])
async def test_whoever_leaves_before_it_has_a_name_stops_it(openai, endpoint, upstream, how):
    asked = asyncio.create_task(take(openai, endpoint, f"Go [[chunks=500 delay=0.01 {how}]]"))
    await upstream.wait_for_async(lambda request: True)
    asked.cancel()
    await asyncio.wait({asked})
    await upstream.wait_for_async(lambda request: request["path"].endswith("/cancel"))
    assert posts(upstream) == 1


async def test_a_server_without_this_mode_answers_all_the_same(openai, endpoint, upstream):
    other = msgspec.structs.replace(endpoint, key="sk-test-foreground")
    for asked in (2, 3):
        chunks, error = await take(openai, other, "[[echo]] Hi")
        assert (said(chunks)[1], error) == ("Hi", None)
        assert all(chunk.mark is None for chunk in chunks)
        assert posts(upstream) == asked
    assert upstream.requests()[-1]["body"]["store"] is False


async def test_chat_completions_have_no_such_mode(openai, endpoint, upstream):
    other = msgspec.structs.replace(endpoint, api=Api.CHAT)
    chunks, error = await take(openai, other, "[[echo]] Hi")
    assert (said(chunks)[1], error) == ("Hi", None)
    assert chunks[0].mark is None
    assert upstream.requests()[-1]["body"]["store"] is False


@pytest.mark.parametrize("kind", ["chat", "foreground"])
async def test_stopping_closes_what_is_not_made_in_the_background(openai, endpoint, upstream, kind):
    other = msgspec.structs.replace(
        endpoint,
        **({"api": Api.CHAT} if kind == "chat" else {"key": "sk-test-foreground"}),
    )
    async with aclosing(openai.stream(other, asking("Go [[chunks=1000 delay=0.05]]"))) as stream:
        async for chunk in stream:
            if chunk.text:
                break
    request = await upstream.wait_for_async(
        lambda request: request["ended"] is not None and request["status"] == 200
    )
    assert request["outcome"] == "closed by client"
    assert not openai._afterwards
