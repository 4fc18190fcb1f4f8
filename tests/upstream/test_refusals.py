"""What the real API refuses is refused, with the same status, code and parameter."""

from __future__ import annotations

import openai
import pytest
from openai import AsyncOpenAI

from .conftest import MODEL

PICTURE = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}


@pytest.mark.parametrize(
    ("more", "status", "code", "param"),
    [
        ({"extra_body": {"nonsense": 1}}, 400, "unknown_parameter", "nonsense"),
        ({"model": "no-such-model"}, 404, "model_not_found", "model"),
        ({"model": "whisper-1"}, 404, None, "model"),
        ({"messages": "Hi"}, 400, "invalid_type", "messages"),
        ({"messages": []}, 400, "empty_array", "messages"),
        ({"messages": [{"content": "Hi"}]}, 400, "missing_required_parameter", "messages[0].role"),
        ({"max_tokens": 100}, 400, "unsupported_parameter", "max_tokens"),
        ({"temperature": 0.5}, 400, "unsupported_parameter", "temperature"),
        ({"temperature": 3}, 400, "integer_above_max_value", "temperature"),
        ({"max_completion_tokens": 128_001}, 400, "invalid_value", "max_completion_tokens"),
        (
            {"model": "blind", "messages": [{"role": "user", "content": [PICTURE]}]},
            400,
            None,
            "messages[0].content[0].type",
        ),
        ({"reasoning_effort": "max"}, 400, "unsupported_value", "reasoning_effort"),
        ({"stream": False}, 400, None, "stream_options"),
        ({"safety_identifier": "x" * 65}, 400, "string_above_max_length", "safety_identifier"),
    ],
)
async def test_chat_completions_refuses(complete, more, status, code, param):
    with pytest.raises(openai.APIStatusError) as refused:
        await complete("Hi", **more)
    found = refused.value
    assert (found.status_code, found.code, found.param) == (status, code, param)
    assert found.request_id


@pytest.mark.parametrize(
    ("more", "status", "code", "param"),
    [
        ({"extra_body": {"messages": []}}, 400, "unknown_parameter", "messages"),
        ({"model": "no-such-model"}, 404, "model_not_found", "model"),
        ({"input": None}, 400, "missing_required_parameter", "input"),
        ({"input": 7}, 400, "invalid_type", "input"),
        (
            {"input": [{"role": "assistant", "content": [{"type": "input_text", "text": "Hi"}]}]},
            400,
            "invalid_value",
            "input[0].content[0].type",
        ),
        ({"max_output_tokens": 128_001}, 400, "invalid_value", "max_output_tokens"),
        ({"max_output_tokens": 5}, 400, "integer_below_min_value", "max_output_tokens"),
        ({"temperature": 0.5}, 400, "unsupported_parameter", "temperature"),
        ({"reasoning": {"effort": "minimal"}}, 400, "unsupported_value", "reasoning.effort"),
        (
            {"model": "gpt-4o-mini", "reasoning": {"effort": "low"}},
            400,
            "unsupported_parameter",
            "reasoning.effort",
        ),
        (
            {"stream_options": {"include_usage": True}},
            400,
            "unknown_parameter",
            "stream_options.include_usage",
        ),
    ],
)
async def test_responses_refuses(respond, more, status, code, param):
    with pytest.raises(openai.APIStatusError) as refused:
        await respond("Hi", **more)
    found = refused.value
    assert (found.status_code, found.code, found.param) == (status, code, param)


async def test_a_model_that_need_not_reason_takes_a_temperature(respond, complete):
    await respond("Hi", temperature=0.5, reasoning={"effort": "none"})
    await complete("Hi", temperature=0.5, reasoning_effort="none")
    await complete("Hi", temperature=0.5, model="gpt-4o-mini", max_tokens=100)
    await complete("Hi", temperature=0.5, model="any-model", max_tokens=100)


async def test_another_key_is_refused(upstream):
    async with AsyncOpenAI(base_url=upstream.url, api_key="sk-other") as client:
        with pytest.raises(openai.AuthenticationError) as refused:
            await client.models.list()
    assert refused.value.code == "invalid_api_key"


async def test_summaries_are_for_verified_organisations(upstream):
    key = "sk-test-unverified"
    async with AsyncOpenAI(base_url=upstream.url, api_key=key) as client:
        await client.responses.create(model=MODEL, input="Hi", reasoning={"effort": "low"})
        with pytest.raises(openai.BadRequestError) as refused:
            await client.responses.create(model=MODEL, input="Hi", reasoning={"summary": "auto"})
    assert refused.value.param == "reasoning.summary"


async def test_a_directive_that_is_unknown_or_wrong_is_refused(complete):
    for directive in ("chunk=3", "chunks", "chunks=many", "echo refuse=1"):
        with pytest.raises(openai.BadRequestError, match="directive"):
            await complete(f"Hi [[{directive}]]")
    await complete("[[1, 2], [3, 4]] is a list")
