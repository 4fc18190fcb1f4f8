"""The scripted server, and the official client in front of it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest
from openai import AsyncOpenAI

from tests.upstream import Upstream, start_upstream

MODEL = "gpt-6-luna"


@pytest.fixture(scope="session")
def upstream() -> Iterator[Upstream]:
    with start_upstream() as server:
        yield server


@pytest.fixture
async def client(upstream: Upstream) -> AsyncIterator[AsyncOpenAI]:
    """Checks every event against the API's types."""
    async with AsyncOpenAI(
        base_url=upstream.url,
        api_key=upstream.key,
        max_retries=0,
        _strict_response_validation=True,
    ) as client:
        yield client


@pytest.fixture
def respond(client: AsyncOpenAI) -> Callable[..., Any]:
    """Asks the Responses API; the events."""

    async def respond(question: str, **more: Any) -> list[Any]:
        stream = await client.responses.create(
            **{"model": MODEL, "input": question, "stream": True, **more}
        )
        return [event async for event in stream]

    return respond


@pytest.fixture
def complete(client: AsyncOpenAI) -> Callable[..., Any]:
    """Asks Chat Completions; the chunks."""

    async def complete(question: str, **more: Any) -> list[Any]:
        stream = await client.chat.completions.create(
            **{
                "model": MODEL,
                "messages": [{"role": "user", "content": question}],
                "stream": True,
                "stream_options": {"include_usage": True},
                **more,
            }
        )
        return [chunk async for chunk in stream]

    return complete


def text_of(received: list[Any]) -> str:
    """The answer's text in the events of either API."""
    texts = []
    for one in received:
        if hasattr(one, "choices"):
            texts += [choice.delta.content or "" for choice in one.choices]
        elif one.type == "response.output_text.delta":
            texts.append(one.delta)
    return "".join(texts)
