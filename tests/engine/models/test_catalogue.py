"""What is known of models, and what follows where nothing is known."""

from __future__ import annotations

from datetime import date

import msgspec
import pytest

from jupyter_chat.engine.models import catalogue
from jupyter_chat.engine.models.catalogue import Price
from jupyter_chat.protocol import Effort, Model, Source, Usage


def listed(*ids: str) -> list[Model]:
    return [Model(name, name) for name in ids]


def test_an_unknown_model_works_without_a_price():
    model = catalogue.lookup("somebody-elses-model")
    assert not model.known
    assert model.context_tokens is None
    assert catalogue.price(model, Usage(input_tokens=9, output_tokens=9)) is None
    assert catalogue.allowed(model, Effort.HIGH, 0.7) == (Effort.HIGH, 0.7)


def test_a_snapshot_is_known_as_its_model():
    snapshot = catalogue.lookup("gpt-6-luna-2026-08-01")
    assert snapshot.known
    assert snapshot.id == snapshot.name == "gpt-6-luna-2026-08-01"
    assert snapshot.input_price == catalogue.lookup("gpt-6-luna").input_price


def test_the_default_is_offered_and_has_a_price():
    default = catalogue.lookup(catalogue.default_model())
    assert default in catalogue.offered()
    assert default.input_price is not None


def test_models_are_offered_until_they_are_shut_down():
    def offered(day: date) -> set[str]:
        return {model.id for model in catalogue.offered(day)}

    assert "gpt-5" in offered(date(2026, 12, 10))
    assert "gpt-5" not in offered(date(2026, 12, 11))


@pytest.mark.parametrize(
    ("model", "effort", "temperature", "expected"),
    [
        ("gpt-5.5", Effort.NONE, 0.5, (Effort.NONE, 0.5)),
        ("gpt-5.5", Effort.LOW, 0.5, (Effort.LOW, None)),
        ("gpt-5.5", None, 0.5, (None, None)),
        ("gpt-6.2-sol", Effort.NONE, 0.5, (None, None)),
        ("gpt-4.1", Effort.LOW, 0.5, (None, 0.5)),
        ("gpt-6.1-sol", None, 0.5, (None, None)),
    ],
)
def test_what_a_model_refuses_is_not_sent(model, effort, temperature, expected):
    assert catalogue.allowed(catalogue.lookup(model), effort, temperature) == expected


def dollars(name: str, usage: Usage) -> float:
    price = catalogue.price(catalogue.lookup(name), usage)
    assert price is not None
    assert not price.at_most
    return price.dollars


def test_the_cost_follows_from_the_usage():
    usage = Usage(input_tokens=100_000, output_tokens=10_000)
    assert dollars("gpt-6-luna", usage) == pytest.approx(0.01 + 0.005)
    cached = Usage(
        input_tokens=100_000, output_tokens=0, cached_tokens=50_000, cache_write_tokens=20_000
    )
    expected = (30_000 * 0.10 + 50_000 * 0.01 + 20_000 * 0.125) / 1e6
    assert dollars("gpt-6-luna", cached) == pytest.approx(expected)


def test_long_contexts_cost_more():
    at = dollars("gpt-6-luna", Usage(input_tokens=272_000, output_tokens=1000))
    above = dollars("gpt-6-luna", Usage(input_tokens=272_001, output_tokens=1000))
    assert at == pytest.approx((272_000 * 0.10 + 1000 * 0.50) / 1e6)
    assert above == pytest.approx((272_001 * 0.10 * 2 + 1000 * 0.50 * 1.5) / 1e6)


def test_no_cost_is_better_than_a_wrong_one():
    assert catalogue.price(catalogue.lookup("o3"), Usage(9, 9)) is None


def test_where_the_price_of_the_cache_is_not_known_the_cost_is_at_most_so_much():
    model = Model("m", "m", input_price=1, output_price=10)
    assert catalogue.price(model, Usage(1_000_000)) == Price(1.0)
    cached = catalogue.price(model, Usage(1_000_000, cached_tokens=900_000))
    assert cached == Price(1.0, at_most=True)
    written = catalogue.price(model, Usage(1_000_000, cache_write_tokens=1_000_000))
    assert written == Price(1.25, at_most=True)


def test_openais_list_is_reduced_to_models_that_chat():
    found = catalogue.describe(
        listed("whisper-1", "gpt-7-nova", "text-embedding-3-small", "gpt-6-luna", "gpt-image-2"),
        Source.OPENAI,
    )
    assert [model.id for model in found] == ["gpt-6-luna", "gpt-7-nova"]


def test_other_servers_lists_keep_their_order_and_all_models():
    said = [Model("b", "b", context_tokens=4096), Model("a", "a")]
    found = catalogue.describe(said, Source.COMPATIBLE)
    assert [(model.id, model.context_tokens) for model in found] == [("b", 4096), ("a", None)]


def test_what_a_server_says_of_a_model_counts_where_the_catalogue_says_nothing():
    said = Model("x", "x", context_tokens=4_096, images=False, input_price=1, output_price=2)
    assert catalogue.known_at(Source.COMPATIBLE, "x", said) == said
    luna = msgspec.structs.replace(said, id="gpt-6-luna")
    assert catalogue.known_at(Source.COMPATIBLE, "gpt-6-luna", luna) == catalogue.lookup(
        "gpt-6-luna"
    )
    mini = catalogue.known_at(Source.COMPATIBLE, "gpt-5-mini", said)
    assert (mini.context_tokens, mini.input_price, mini.output_price) == (272_000, 1, 2)


def test_a_price_that_is_known_is_not_mixed_with_another_ones():
    said = Model("gpt-6.2-sol", "m", input_price=1, output_price=2, cached_price=0.1)
    assert catalogue.known_at(Source.COMPATIBLE, "gpt-6.2-sol", said).cached_price is None


@pytest.mark.parametrize(
    ("source", "name", "day"),
    [
        (Source.OPENAI, "gpt-5", "2026-12-11"),
        (Source.OPENAI, "gpt-4", "2026-10-23"),
        (Source.AZURE, "gpt-5", None),
        # What answers to such a name elsewhere is something else.
        (Source.COMPATIBLE, "gpt-4", None),
    ],
)
def test_the_day_of_a_shutdown_is_openais(source: Source, name: str, day: str | None):
    assert catalogue.known_at(source, name).shutdown_date == day


@pytest.mark.parametrize(
    "name",
    [
        "nomic-embed-text:latest",
        "BAAI/bge-m3",
        "all-minilm",
        "whisper-1",
        "jina-reranker",
        "gpt-4o-mini-tts",
        "omni-moderation-latest",
        "gpt-image-2",
        "Qwen/Qwen-Image-Edit",
        "imagen-4",
        "gpt-realtime",
        "gpt-4o-audio-preview",
        "stable-diffusion-3.5",
        "babbage-002",
    ],
)
def test_what_does_not_chat_is_not_offered_by_another_server(name: str):
    found = catalogue.describe(listed(name, "llama3.2", "qwen3"), Source.COMPATIBLE)
    assert [model.id for model in found] == ["llama3.2", "qwen3"]


@pytest.mark.parametrize(
    "name",
    [
        "Qwen2-Audio-7B-Instruct",
        "bottts",
        "imagine-7b",
        "image-chat-13b",
        "soranova",
        "mistral-speechless:7b",
        "davinci",
    ],
)
def test_what_may_chat_is_offered(name: str):
    found = catalogue.describe(listed("llama3.2", name), Source.COMPATIBLE)
    assert [model.id for model in found] == ["llama3.2", name]


def test_a_server_without_any_other_model_offers_what_it_has():
    found = catalogue.describe(listed("my-embedder", "whisper-1"), Source.COMPATIBLE)
    assert [model.id for model in found] == ["my-embedder", "whisper-1"]


@pytest.mark.parametrize("name", ["gpt-6-luna", "gpt-6-luna-2026-10-01"])
def test_a_server_of_ones_own_does_not_take_what_openai_takes(name: str) -> None:
    own = catalogue.known_at(Source.COMPATIBLE, name, own_server=True)
    assert catalogue.price(own, Usage(1, 1)) is None
    assert own.context_tokens == catalogue.lookup(name).context_tokens
    assert catalogue.price(catalogue.known_at(Source.COMPATIBLE, name), Usage(1, 1)) is not None
    said = Model(name, name, input_price=1, output_price=2)
    own = catalogue.known_at(Source.COMPATIBLE, name, said, own_server=True)
    assert catalogue.price(own, Usage(1_000_000)) == Price(1.0)
