from __future__ import annotations

import asyncio

import pytest

from jupyter_chat.engine import titles
from jupyter_chat.protocol import Code, Problem, Source
from jupyter_chat.providers.interface import Endpoint, ProviderError
from jupyter_chat.providers.openai import OpenAI

from .puppet import Puppet


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


async def test_the_models_title_loses_quotes_and_further_lines():
    provider = Puppet()

    async def speak():
        call = await provider.call()
        call.say('"Merging data')
        call.say(' frames."\nAs you asked.')
        call.finish()
        return call

    speaking = asyncio.create_task(speak())
    endpoint = Endpoint(Source.OPENAI)
    title = await titles.from_model(provider, endpoint, "gpt-6-luna", "How?", "So.")
    assert title == "Merging data frames"
    assert (await speaking).closed.is_set()


async def test_a_reasoning_model_behind_another_address_gives_a_title(upstream):
    provider = OpenAI()
    endpoint = Endpoint(Source.COMPATIBLE, base_url=upstream.url, key=upstream.key)
    try:
        title = await titles.from_model(provider, endpoint, "gpt-6-luna", "How?", "So.")
    finally:
        await provider.close()
    assert title is not None
    assert title.startswith("You asked"), "what that server says to everything"


async def test_a_model_that_fails_gives_no_title():
    provider = Puppet()

    async def fail():
        (await provider.call()).fail(ProviderError(Problem(Code.NO_QUOTA, "No quota.")))

    failing = asyncio.create_task(fail())
    assert await titles.from_model(provider, Endpoint(Source.OPENAI), "m", "q", "a") is None
    await failing


async def test_a_model_that_repeats_what_it_was_told_gives_no_title():
    provider = Puppet()

    async def repeat():
        call = await provider.call()
        call.say("At most six words, in the language of the question")
        call.finish()

    repeating = asyncio.create_task(repeat())
    endpoint = Endpoint(Source.COMPATIBLE)
    assert await titles.from_model(provider, endpoint, "tiny", "How?", "So.") is None
    await repeating
