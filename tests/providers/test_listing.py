"""What servers say of their models, each in words of its own."""

from __future__ import annotations

from typing import Any

import pytest

from jupyter_chat.protocol import Model
from jupyter_chat.providers.listing import model

OPENROUTER = {
    "id": "some/model",
    "name": "Some: Model",
    "context_length": 200_000,
    "architecture": {"modality": "text->text", "input_modalities": ["text"]},
    "pricing": {
        "prompt": "0.0000003",
        "completion": "0.000015",
        "input_cache_read": "0.00000003",
        "image": "0.0048",
    },
    "top_provider": {"context_length": 200_000, "max_completion_tokens": 64_000},
    "expiration_date": "2027-03-01T00:00:00Z",
}
LITELLM = {
    "id": "alias",
    "model_info": {
        "max_input_tokens": 128_000,
        "max_output_tokens": 4_096,
        "input_cost_per_token": 1.5e-07,
        "output_cost_per_token": 6e-07,
        "supports_vision": False,
    },
}


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        pytest.param({}, {}, id="OpenAI"),
        pytest.param({"max_model_len": 32_768}, {"context_tokens": 32_768}, id="vLLM"),
        pytest.param({"meta": {"n_ctx_train": 8_192}}, {"context_tokens": 8_192}, id="llama.cpp"),
        pytest.param(
            {"meta": {"n_ctx": 4_096, "n_ctx_train": 8_192}},
            {"context_tokens": 4_096},
            id="llama.cpp that was started with less",
        ),
        pytest.param(
            {"context_window": 131_072, "max_completion_tokens": 8_192},
            {"context_tokens": 131_072, "max_output_tokens": 8_192},
            id="Groq",
        ),
        pytest.param(
            {"context_length": 1_000, "max_input_tokens": 900},
            {"context_tokens": 1_000, "max_input_tokens": 900},
            id="a limit for what goes in",
        ),
    ],
)
def test_limits_are_understood(entry: dict[str, Any], said: dict[str, Any]):
    assert model({"id": "m", **entry}) == Model("m", "m", **said)


def test_what_openrouter_says_is_understood():
    assert model(OPENROUTER) == Model(
        "some/model",
        "some/model",
        context_tokens=200_000,
        max_output_tokens=64_000,
        images=False,
        input_price=0.3,
        output_price=15,
        cached_price=0.03,
        shutdown_date="2027-03-01",
    )


def test_what_litellm_says_is_understood():
    assert model(LITELLM) == Model(
        "alias",
        "alias",
        context_tokens=128_000,
        max_output_tokens=4_096,
        images=False,
        input_price=0.15,
        output_price=0.6,
    )


@pytest.mark.parametrize(
    "entry",
    [
        {"max_model_len": "many", "context_length": 0, "meta": [8_192]},
        {"context_window": True, "max_completion_tokens": -1},
        {"pricing": {"prompt": "-1", "completion": "-1"}},
        {"pricing": {"prompt": "0.001"}},
        {"pricing": {"prompt": "cheap", "completion": None}},
        {"pricing": "free", "architecture": "transformer", "top_provider": None},
        {"pricing": {"prompt": "nan", "completion": "inf"}},
        {"expiration_date": "soon"},
        {"architecture": {"input_modalities": "image"}},
    ],
)
def test_what_makes_no_sense_has_not_been_said(entry: dict[str, Any]):
    assert model({"id": "m", **entry}) == Model("m", "m")
