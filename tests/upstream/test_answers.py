"""Both APIs answer in shapes that the official client's strict types accept."""

from __future__ import annotations

import json

import pytest
from openai import AsyncAzureOpenAI, AsyncOpenAI

from tests.upstream import start_upstream

from .answers import MULTI_BYTE
from .conftest import MODEL, text_of

SENTENCE = "You asked “Hello there”, and this is the scripted answer."


async def test_a_response_comes_event_by_event(respond):
    events = await respond("Hello there [[chunks=2]]")
    assert [event.type for event in events] == [
        "response.created",
        "response.in_progress",
        "response.output_item.added",
        "response.content_part.added",
        "response.output_text.delta",
        "response.output_text.delta",
        "response.output_text.done",
        "response.content_part.done",
        "response.output_item.done",
        "response.completed",
    ]
    assert [event.sequence_number for event in events] == list(range(10))
    final = events[-1].response
    assert text_of(events) == final.output_text == SENTENCE
    assert final.usage.input_tokens == 6
    assert final.usage.output_tokens == -(-len(SENTENCE) // 4)


async def test_a_completion_comes_chunk_by_chunk(complete):
    first, *chunks, finish, usage = await complete("Hello there [[chunks=2]]")
    assert first.choices[0].delta.role == "assistant"
    assert len(chunks) == 2
    assert text_of(chunks) == SENTENCE
    assert finish.choices[0].finish_reason == "stop"
    assert usage.choices == []
    assert usage.usage.completion_tokens == -(-len(SENTENCE) // 4)


async def test_usage_comes_only_where_it_is_asked_for(complete):
    chunks = await complete("Hello there", stream_options=None)
    assert all(chunk.usage is None for chunk in chunks)


async def test_without_a_stream_the_answer_is_the_same(client):
    response = await client.responses.create(model=MODEL, input="Hello there")
    completion = await client.chat.completions.create(
        model=MODEL, messages=[{"role": "user", "content": "Hello there"}]
    )
    assert response.output_text == completion.choices[0].message.content == SENTENCE
    assert response.usage.total_tokens == completion.usage.total_tokens


async def test_the_reasoning_comes_as_a_summary_in_parts(respond):
    events = await respond(
        r'Why? [[reasoning="First this.\n\nThen that."]]', reasoning={"summary": "auto"}
    )
    done = [event.text for event in events if event.type == "response.reasoning_summary_text.done"]
    assert done == ["First this.", "Then that."]
    thought, message = events[-1].response.output
    assert [part.text for part in thought.summary] == done
    assert message.type == "message"
    assert events[-1].response.usage.output_tokens_details.reasoning_tokens == 6


async def test_without_a_summary_the_reasoning_itself_comes(respond, complete):
    events = await respond("Why? [[reasoning=3]]")
    deltas = [event.delta for event in events if event.type == "response.reasoning_text.delta"]
    assert len(deltas) == 3
    chunks = await complete("Why? [[reasoning=3]]")
    thoughts = [
        chunk.choices[0].delta.reasoning_content
        for chunk in chunks
        if chunk.choices and hasattr(chunk.choices[0].delta, "reasoning_content")
    ]
    assert thoughts == deltas


async def test_a_refusal(respond, complete):
    events = await respond("Do it [[refuse]]")
    assert events[-1].response.output[0].content[0].type == "refusal"
    assert [event for event in events if event.type == "response.refusal.done"]
    chunks = await complete("Do it [[refuse]]")
    assert [chunk for chunk in chunks if chunk.choices and chunk.choices[0].delta.refusal]


@pytest.mark.parametrize(
    ("directive", "reason", "finish"),
    [("length", "max_output_tokens", "length"), ("filter", "content_filter", "content_filter")],
)
async def test_an_answer_that_is_not_whole_says_why(respond, complete, directive, reason, finish):
    final = (await respond(f"Hi [[{directive}]]"))[-1]
    assert final.type == "response.incomplete"
    assert final.response.incomplete_details.reason == reason
    assert (await complete(f"Hi [[{directive}]]"))[-2].choices[0].finish_reason == finish


async def test_the_output_limit_holds(respond):
    events = await respond("Hi [[chunks=100]]", max_output_tokens=20)
    assert len(text_of(events)) == 80
    assert events[-1].response.incomplete_details.reason == "max_output_tokens"


async def test_the_answer_has_the_chunks_that_were_asked_for(complete):
    chunks = await complete("Hello there [[chunks=50 size=3]]")
    texts = [chunk.choices[0].delta.content for chunk in chunks[1:-2]]
    assert [len(text) for text in texts] == [3] * 50
    assert "".join(texts).startswith(f"{SENTENCE} 1 2 3 ")


async def test_exactly_this_text(complete):
    assert text_of(await complete(r'Say [[text="a ]] \"b\"\nü" chunks=2]]')) == 'a ]] "b"\nü'


async def test_echo_gives_the_question_without_directives(complete):
    question = "[[echo]] One\n[[left alone]]\ntwo [[chunks=3]]"
    assert text_of(await complete(question)) == "One\n[[left alone]]\ntwo"


async def test_echo_all_gives_everything_that_was_received(respond):
    conversation = [
        {"role": "user", "content": "One"},
        {"role": "assistant", "content": [{"type": "output_text", "text": "Two"}]},
        {"role": "user", "content": "Three [[echo=all]]"},
    ]
    events = await respond("", input=conversation, instructions="Be brief.")
    assert json.loads(text_of(events)) == {
        "model": MODEL,
        "instructions": "Be brief.",
        "messages": [
            {"role": "user", "text": "One"},
            {"role": "assistant", "text": "Two"},
            {"role": "user", "text": "Three [[echo=all]]"},
        ],
    }


async def test_split_characters_arrive_whole(respond, complete):
    assert text_of(await respond("[[split_unicode]]")) == MULTI_BYTE
    assert text_of(await complete("[[split_unicode]]")) == MULTI_BYTE


async def test_azure_is_asked_by_deployment_and_its_own_header(upstream):
    async with AsyncAzureOpenAI(
        azure_endpoint=upstream.origin,
        api_key=upstream.key,
        api_version="2025-04-01-preview",
        max_retries=0,
    ) as client:
        stream = await client.chat.completions.create(
            model="gpt-4o-mini", messages=[{"role": "user", "content": "Hello there"}], stream=True
        )
        chunks = [chunk async for chunk in stream]
        assert chunks[0].choices == []
        assert text_of(chunks) == SENTENCE
        response = await client.responses.create(model="gpt-4o-mini", input="Hello there")
        assert response.output_text == SENTENCE


async def test_the_models(client):
    listed = [model.id async for model in client.models.list()]
    assert {"gpt-6-luna", "scripted", "text-embedding-3-small"} <= set(listed)
    assert (await client.models.retrieve("gpt-5.5")).id == "gpt-5.5"


async def test_a_server_without_keys_takes_any():
    with start_upstream("--no-key") as server:
        async with AsyncOpenAI(base_url=server.url, api_key="none") as client:
            assert [model.id async for model in client.models.list()]
