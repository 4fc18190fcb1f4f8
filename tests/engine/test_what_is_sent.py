"""Of each model of the catalogue: nothing that it refuses is ever sent, whatever is set.

The scripted server has its rules from OpenAI's pages, not from the catalogue.
"""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator
from contextlib import aclosing
from datetime import date
from typing import Any

import msgspec
import pytest

from jupyter_chat.engine.models import catalogue
from jupyter_chat.ids import new_id
from jupyter_chat.protocol import (
    Api,
    Effort,
    ImagePart,
    Message,
    Send,
    Source,
    Status,
    TextPart,
    ThreadSettings,
)
from jupyter_chat.providers import chat_completions, responses
from jupyter_chat.providers.interface import Endpoint, Finish, ReplyRequest
from jupyter_chat.providers.openai import OpenAI
from tests.upstream import Upstream, models, validation
from tests.upstream.errors import ApiError

from .conftest import Engine, make_engine

OPENAI = Endpoint(Source.OPENAI, key="sk-test")
TODAY = date(2026, 11, 26)
MODELS = [model.id for model in catalogue.offered(TODAY)]
PICTURE = ImagePart("image/png", "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJ")
STRICT = {
    "type": "object",
    "properties": {"frogs": {"type": "integer"}},
    "required": ["frogs"],
    "additionalProperties": False,
}
LOOSE = {"type": "object"}

EFFORTS = (None, *Effort)
TEMPERATURES = (None, 0.0, 2.0)
LENGTHS = (None, 1, 10_000_000)
SCHEMAS = (None, STRICT, LOOSE)
MANY = list(itertools.product(EFFORTS, TEMPERATURES, LENGTHS, SCHEMAS))


@pytest.fixture
async def engine(tmp_path: Any) -> AsyncIterator[Engine]:
    async for made in make_engine(tmp_path, endpoint=OPENAI):
        yield made


async def a_reply(engine: Engine, *parts: Any) -> Message:
    """One that is to be made, for a question of such parts."""
    thread_id = new_id()
    asked = await engine.conversations.send(
        "ada", Send("1", new_id(), thread_id, None, [*parts, TextPart("So?")], create=True)
    )
    await engine.answer("So.", Finish("stop"))
    reply = await engine.end(thread_id, str(asked.reply_id))
    return msgspec.structs.replace(reply, status=Status.STREAMING, parts=[], model=None)


async def requests(engine: Engine, model: str) -> list[ReplyRequest]:
    """All that differ of those that come of all settings."""
    plain, pictured = await a_reply(engine), await a_reply(engine, PICTURE)
    found: dict[bytes, ReplyRequest] = {}
    for number, (effort, temperature, length, schema) in enumerate(MANY):
        reply = pictured if number % 2 else plain
        settings = ThreadSettings(
            model=model,
            effort=effort,
            temperature=temperature,
            max_output_tokens=length,
            system_prompt="Be kind.",
            json_schema=schema,
        )
        _, request = await engine.requests.prepare("ada", reply.thread_id, reply, settings)
        found[msgspec.json.encode(request)] = request
    return list(found.values())


def test_the_scripted_server_knows_the_models_of_the_catalogue():
    assert set(MODELS) <= set(models.MODELS)
    assert not any(models.MODELS[name].lenient for name in MODELS)


@pytest.mark.parametrize("model", MODELS)
async def test_nothing_that_a_model_refuses_is_sent(engine: Engine, model: str):
    many = await requests(engine, model)
    assert {bool(each.messages[0].images) for each in many} == {False, True}
    assert {each.json_schema is None for each in many} == {False, True}
    chat, own = (msgspec.structs.replace(OPENAI, api=api) for api in (Api.CHAT, Api.RESPONSES))
    for request in many:
        validation.chat_completion(chat_completions.parameters(chat, request))
        for durable in (False, True):
            body = responses.parameters(own, request, summaries=True, durable=durable)
            validation.response(body)


@pytest.mark.parametrize("api", [Api.CHAT, Api.RESPONSES])
async def test_each_model_answers(engine: Engine, upstream: Upstream, api: Api):
    endpoint = Endpoint(Source.OPENAI, api, upstream.url, upstream.key)
    provider = OpenAI()
    reply = await a_reply(engine, PICTURE)
    try:
        for model in MODELS:
            for effort, temperature in ((None, None), (Effort.HIGH, 1.0), (Effort.NONE, 1.0)):
                settings = ThreadSettings(
                    model, temperature, 10_000_000, effort, "Be kind.", json_schema=STRICT
                )
                _, request = await engine.requests.prepare("ada", reply.thread_id, reply, settings)
                stream = provider.stream(endpoint, request)
                async with aclosing(stream) as chunks:  # type: ignore[type-var]
                    last = [chunk async for chunk in chunks][-1]
                assert last.finish is not None
                assert last.finish.problem is None
    finally:
        await provider.close()


def test_the_server_would_refuse_what_is_not_allowed():
    """That the tests above can fail at all."""
    request = ReplyRequest("gpt-6.2-sol", [], effort=Effort.NONE)
    body = responses.parameters(OPENAI, request, summaries=False, durable=False)
    with pytest.raises(ApiError) as refused:
        validation.response(body)
    assert refused.value.param == "reasoning.effort"
