"""What the moderation endpoint says, and what it means where it says nothing."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator

import pytest

from jupyter_chat.protocol import Code, ImagePart, Source
from jupyter_chat.providers import Providers
from jupyter_chat.providers.environment import moderation_from_environment
from jupyter_chat.providers.interface import Endpoint, ProviderError
from tests.upstream import Upstream
from tests.upstream.moderations import DOWN, VIOLENT

MODEL = "omni-moderation-latest"


@pytest.fixture
async def providers() -> AsyncIterator[Providers]:
    made = Providers()
    yield made
    await made.close()


@pytest.fixture
def endpoint(upstream: Upstream) -> Endpoint:
    return Endpoint(Source.OPENAI, base_url=upstream.url, key=upstream.key)


async def test_its_categories_are_named_as_it_names_them(providers, endpoint) -> None:
    assert await providers.moderate(endpoint, MODEL, "Hello") == []
    assert await providers.moderate(endpoint, MODEL, f"A {VIOLENT} B") == ["violence"]


async def test_a_long_text_goes_in_pieces_of_one_request(providers, endpoint, upstream) -> None:
    upstream.clear()
    text = "word " * 10_000 + VIOLENT
    assert await providers.moderate(endpoint, MODEL, text) == ["violence"]
    (request,) = upstream.requests()
    assert "".join(request["body"]["input"]) == text
    assert len(request["body"]["input"]) == 3


def a_picture(data: str) -> ImagePart:
    return ImagePart("image/png", base64.b64encode(data.encode()).decode())


async def test_each_picture_goes_by_itself(providers, endpoint, upstream) -> None:
    upstream.clear()
    images = [a_picture("a frog"), a_picture(f"a {VIOLENT} frog")]
    assert await providers.moderate(endpoint, MODEL, "Hello", images) == ["violence"]
    inputs = [each["body"]["input"] for each in upstream.requests()]
    assert len(inputs) == 3
    assert ["Hello"] in inputs
    assert await providers.moderate(endpoint, MODEL, "", images[:1]) == []
    assert len(upstream.requests()) == 4


async def test_an_outage_is_an_error(providers, endpoint) -> None:
    with pytest.raises(ProviderError) as caught:
        await providers.moderate(endpoint, MODEL, DOWN)
    assert caught.value.problem.code is Code.PROVIDER_DOWN


def test_the_environment_can_name_another_server(monkeypatch: pytest.MonkeyPatch) -> None:
    assert moderation_from_environment() is None
    monkeypatch.setenv("JUPYTER_CHAT_MODERATION_KEY", "sk-moderation")
    found = moderation_from_environment()
    assert found == Endpoint(Source.OPENAI, key="sk-moderation")
    monkeypatch.setenv("JUPYTER_CHAT_MODERATION_URL", "http://gpu/v1")
    found = moderation_from_environment()
    assert found == Endpoint(Source.COMPATIBLE, base_url="http://gpu/v1", key="sk-moderation")
