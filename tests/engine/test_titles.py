from __future__ import annotations

import asyncio

import pytest

from jupyter_chat.engine import titles
from jupyter_chat.protocol import Code, Problem, Source, Usage
from jupyter_chat.providers.interface import Endpoint, ProviderError
from jupyter_chat.providers.openai import OpenAI

from .puppet import USAGE, Puppet


@pytest.fixture
def spent() -> list[Usage]:
    return []


@pytest.fixture
def spend(spent):
    """Notes what was spent."""

    async def spend(usage: Usage) -> None:
        spent.append(usage)

    return spend


@pytest.mark.parametrize(
    ("question", "title"),
    [
        ("How do I merge two frames?", "How do I merge two frames?"),
        ("\n\n  # Plan\n\nfor today", "Plan"),
        ("```\ncode\n```", "code"),
        ("a  b\tc", "a b c"),
        ("   ", None),
        ("...\n", "..."),
        ("word " * 40, "word word word word word word word word word word word word…"),
        ("x" * 200, "x" * 59 + "…"),
    ],
)
def test_a_question_gives_a_short_title(question, title):
    assert titles.from_question(question) == title


async def test_the_models_title_loses_quotes_and_further_lines(spent, spend):
    provider = Puppet()

    async def speak():
        call = await provider.call()
        call.say('"Merging data')
        call.say(' frames."\nAs you asked.')
        call.finish()
        return call

    speaking = asyncio.create_task(speak())
    endpoint = Endpoint(Source.OPENAI)
    title = await titles.from_model(provider, endpoint, "gpt-6-luna", "How?", "So.", spend=spend)
    assert title == "Merging data frames"
    assert spent == [USAGE]
    assert (await speaking).closed.is_set()


async def test_a_reasoning_model_behind_another_address_gives_a_title(upstream, spent, spend):
    provider = OpenAI()
    endpoint = Endpoint(Source.COMPATIBLE, base_url=upstream.url, key=upstream.key)
    try:
        title = await titles.from_model(
            provider, endpoint, "gpt-6-luna", "How?", "So.", spend=spend
        )
    finally:
        await provider.close()
    assert title is not None
    assert [usage.estimated for usage in spent] == [False]
    assert title.startswith("You asked"), "what that server says to everything"


async def test_a_model_that_fails_gives_no_title(spent, spend):
    provider = Puppet()

    async def fail():
        (await provider.call()).fail(ProviderError(Problem(Code.NO_QUOTA, "No quota.")))

    failing = asyncio.create_task(fail())
    endpoint = Endpoint(Source.OPENAI)
    assert await titles.from_model(provider, endpoint, "m", "q", "a", spend=spend) is None
    await failing
    assert spent == []


async def test_a_title_that_broke_off_is_paid_for_as_it_is_estimated(spent, spend):
    provider = Puppet()

    async def break_off():
        call = await provider.call()
        call.say("Merging data")
        call.fail(ProviderError(Problem(Code.STREAM_CUT, "Cut.")))

    breaking = asyncio.create_task(break_off())
    endpoint = Endpoint(Source.OPENAI)
    assert await titles.from_model(provider, endpoint, "m", "q", "a", spend=spend) is None
    await breaking
    (usage,) = spent
    assert usage.estimated
    assert (usage.output_tokens, usage.input_tokens > 20) == (3, True)


async def test_a_model_that_repeats_what_it_was_told_gives_no_title(spent, spend):
    provider = Puppet()

    async def repeat():
        call = await provider.call()
        call.say("At most six words, in the language of the question")
        call.finish()

    repeating = asyncio.create_task(repeat())
    endpoint = Endpoint(Source.COMPATIBLE)
    assert await titles.from_model(provider, endpoint, "tiny", "How?", "So.", spend=spend) is None
    assert spent == [USAGE], "it is paid for all the same"
    await repeating
