"""What a model's server says of its models is what requests go by."""

from __future__ import annotations

import asyncio

import pytest

from jupyter_chat.engine.models import listings
from jupyter_chat.engine.models.listings import Listings
from jupyter_chat.ids import new_id
from jupyter_chat.protocol import (
    Code,
    ContextQuery,
    ImagePart,
    Model,
    Problem,
    Send,
    Source,
    TextPart,
    ThreadPatch,
    ThreadSettings,
    Usage,
)
from jupyter_chat.providers.interface import Endpoint, Finish, ProviderError

from ..conftest import Engine
from ..puppet import Puppet

SMALL = Model("small", "small", context_tokens=8_192, input_price=1, output_price=10)
SERVER = Endpoint(Source.COMPATIBLE, base_url="http://gpu/v1")
PICTURE = ImagePart("image/png", "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJ")
NOTHING_THERE = ProviderError(Problem(Code.PROVIDER_DOWN, "Nothing there."))


async def test_the_window_that_a_server_names_is_the_one_that_is_filled(engine: Engine):
    engine.provider.listed = [SMALL]
    query = ContextQuery(settings=ThreadSettings(model="small"), text="Hello")
    shown = await engine.inspector.look("ada", query)
    assert (shown.window, shown.assumed) == (8_192, False)
    assert shown.input_cost == pytest.approx(shown.used / 1e6)


async def test_a_reply_costs_what_its_server_says(engine: Engine):
    engine.provider.listed = [SMALL]
    thread_id = new_id()
    asked = await engine.ask("Hello?", thread_id, settings=ThreadSettings(model="small"))
    usage = Usage(input_tokens=1_000, output_tokens=100)
    await engine.answer("Hello.", Finish("stop", usage))
    reply = await engine.end(thread_id, str(asked.reply_id))
    assert reply.cost == pytest.approx(0.002)


async def test_a_server_that_says_nothing_holds_up_one_question_only():
    puppet = Puppet()
    puppet.refusal = NOTHING_THERE
    asked = Listings(puppet)
    for _ in range(5):
        assert await asked.model(SERVER, "small") == Model("small", "small")
    assert puppet.times_listed == 1


async def test_what_it_says_later_counts_from_then_on():
    puppet = Puppet()
    puppet.refusal = NOTHING_THERE
    asked = Listings(puppet)
    await asked.model(SERVER, "small")
    puppet.refusal, puppet.listed = None, [SMALL]
    await asked.fetch(SERVER)
    assert await asked.model(SERVER, "small") == SMALL


async def test_openai_is_not_asked_for_what_it_does_not_say():
    puppet = Puppet()
    endpoint = Endpoint(Source.OPENAI, key="sk-test")
    assert (await Listings(puppet).model(endpoint, "gpt-6-luna")).known
    assert puppet.times_listed == 0


async def test_no_server_is_remembered_for_ever(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(listings, "_MOST_SERVERS", 3)
    puppet = Puppet()
    asked = Listings(puppet)
    for number in range(10):
        await asked.model(Endpoint(Source.COMPATIBLE, base_url=f"http://{number}/"), "small")
    assert len(asked._said) == 3


def showing(thread_id: str, parent_id: str | None, model: str) -> Send:
    return Send(
        *("1", new_id(), thread_id, parent_id),
        [PICTURE, TextPart("What is this?")],
        create=parent_id is None,
        settings=ThreadSettings(model=model),
    )


BLIND = Model("blind", "Blind", context_tokens=8_192, images=False)


async def test_a_question_with_a_picture_is_not_sent_to_a_model_that_takes_none(engine: Engine):
    engine.provider.listed = [BLIND]
    thread_id = new_id()
    asked = await engine.conversations.send("ada", showing(thread_id, None, "blind"))
    reply = await asyncio.wait_for(engine.end(thread_id, str(asked.reply_id)), 20)
    assert reply.problem is not None
    assert reply.problem.code is Code.REQUEST_REFUSED
    assert "takes no pictures" in reply.problem.message
    assert "Your question is kept" in reply.problem.message
    assert engine.provider.count == 0
    question = await engine.store.get_message("ada", thread_id, str(asked.message_id))
    assert PICTURE in question.parts


async def test_older_pictures_are_left_out_for_such_a_model_and_not_counted(engine: Engine):
    engine.provider.listed = [BLIND, Model("seeing", "Seeing", context_tokens=8_192)]
    thread_id = new_id()
    asked = await engine.conversations.send("ada", showing(thread_id, None, "seeing"))
    call = await engine.answer("A frog.", Finish("stop"))
    assert call.request.messages[0].images == (PICTURE,)
    await engine.end(thread_id, str(asked.reply_id))
    seen = await engine.inspector.look("ada", ContextQuery(thread_id, asked.reply_id, text="So?"))
    patch = ThreadPatch(settings=ThreadSettings(model="blind"))
    await engine.conversations.change_thread("ada", thread_id, patch)
    unseen = await engine.inspector.look("ada", ContextQuery(thread_id, asked.reply_id, text="So?"))
    assert unseen.used == seen.used - 1
    await engine.ask("So?", thread_id, asked.reply_id)
    call = await engine.answer("So.", Finish("stop"))
    assert [prompt.images for prompt in call.request.messages] == [(), (), ()]
    assert call.request.counted_tokens == unseen.used


async def test_an_answer_is_not_asked_to_be_longer_than_the_model_makes_it(engine: Engine):
    engine.provider.listed = [Model("short", "short", max_output_tokens=500)]
    settings = ThreadSettings(model="short", max_output_tokens=9_000)
    await engine.ask("Long?", new_id(), settings=settings)
    call = await engine.answer("No.", Finish("stop"))
    assert call.request.max_output_tokens == 500
