"""Background mode, as the official client sees it."""

from __future__ import annotations

import asyncio

import openai
import pytest

from .conftest import MODEL, text_of

QUESTION = "Go on [[chunks=20 size=4 delay=0.01]]"


@pytest.fixture
def begin(client):
    async def begin(question: str, events: int):
        """Ask, and leave after so many events; the id and the events."""
        stream = await client.responses.create(
            model=MODEL, input=question, stream=True, background=True
        )
        seen = []
        async with stream:
            async for event in stream:
                seen.append(event)
                if len(seen) == events:
                    break
        return seen[0].response.id, seen

    return begin


async def test_it_goes_on_while_nobody_listens(client, begin):
    response_id, _ = await begin(QUESTION, 6)
    await asyncio.sleep(0.5)
    kept = await client.responses.retrieve(response_id)
    assert kept.status == "completed"
    assert len(kept.output_text) == 80


@pytest.mark.parametrize("events", [1, 4, 7, 12])
async def test_events_come_again_from_any_place(client, begin, events):
    response_id, seen = await begin(QUESTION, events)
    assert [event.sequence_number for event in seen] == list(range(events))
    stream = await client.responses.retrieve(response_id, stream=True, starting_after=events - 1)
    rest = [event async for event in stream]
    assert rest[0].sequence_number == events
    assert rest[-1].type == "response.completed"
    assert text_of(seen) + text_of(rest) == rest[-1].response.output_text


async def test_a_cut_befalls_the_first_stream_only(client, begin, upstream):
    upstream.clear()
    with pytest.raises(openai.APIConnectionError):
        await begin("Go on [[chunks=8 size=2 cut=3]]", 99)
    response_id = f"resp_{upstream.requests()[0]['number']:08}"
    stream = await client.responses.retrieve(response_id, stream=True)
    assert len(text_of([event async for event in stream])) == 16


async def test_cancelled_is_cancelled(client, begin):
    response_id, _ = await begin("Go on [[chunks=1000 delay=0.01]]", 8)
    for _ in range(2):
        assert (await client.responses.cancel(response_id)).status == "cancelled"
    stream = await client.responses.retrieve(response_id, stream=True)
    assert [event async for event in stream][-1].type == "response.output_text.delta"


async def test_what_is_not_there_is_not_found(client, begin):
    response_id, _ = await begin("Go on [[gone]]", 3)
    for asked in (response_id, "resp_none"):
        for ask in (client.responses.retrieve, client.responses.cancel):
            with pytest.raises(openai.NotFoundError):
                await ask(asked)


async def test_some_are_no_longer_streamed(client, begin):
    response_id, _ = await begin("Go on [[unstreamed]]", 3)
    with pytest.raises(openai.BadRequestError, match="no longer be streamed"):
        await client.responses.retrieve(response_id, stream=True)
    assert (await client.responses.retrieve(response_id)).id == response_id


async def test_it_must_be_stored(client):
    with pytest.raises(openai.BadRequestError) as refused:
        await client.responses.create(model=MODEL, input="Hi", background=True, store=False)
    assert refused.value.param == "store"
