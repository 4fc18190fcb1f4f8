"""What servers say of the models that they list, each in words of its own.

OpenAI says nothing but names.  vLLM, llama.cpp, LiteLLM, OpenRouter and others say how
much a model takes, some of them for which price.  What is of another type than expected has
not been said.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import msgspec

from ..protocol import Model

_MILLION = 1_000_000


def model(entry: Mapping[str, Any]) -> Model:
    """What an entry of `/v1/models` says."""
    meta = _mapping(entry, "meta")  # llama.cpp
    info = _mapping(entry, "model_info")  # LiteLLM
    provider = _mapping(entry, "top_provider")  # OpenRouter
    inputs = _mapping(entry, "architecture").get("input_modalities")
    window = _first(
        _tokens(entry.get("max_model_len")),  # vLLM, SGLang
        _tokens(entry.get("context_length")),  # OpenRouter, Together, Fireworks
        _tokens(entry.get("context_window")),  # Groq
        _tokens(entry.get("max_context_length")),  # Mistral
        _tokens(meta.get("n_ctx")),
        _tokens(meta.get("n_ctx_train")),
    )
    most_in = _first(
        _tokens(entry.get("max_input_tokens")),
        _tokens(info.get("max_input_tokens")),
    )
    most_out = _first(
        _tokens(provider.get("max_completion_tokens")),
        _tokens(entry.get("max_completion_tokens")),
        _tokens(entry.get("max_output_tokens")),
        _tokens(info.get("max_output_tokens")),
    )
    takes_images = "image" in inputs if isinstance(inputs, list) else True
    if info.get("supports_vision") is False:
        takes_images = False
    name = str(entry.get("id", ""))
    said = Model(
        id=name,
        name=name,
        # Where only that is said, it is the whole.
        context_tokens=window or most_in,
        max_input_tokens=most_in if window else None,
        max_output_tokens=most_out,
        images=takes_images,
        shutdown_date=_day(entry.get("expiration_date")),
    )
    return _priced(said, entry, info)


def _priced(said: Model, entry: Mapping[str, Any], info: Mapping[str, Any]) -> Model:
    """With the dollars for a million tokens, of dollars for one; all that is needed, or
    nothing."""
    pricing = _mapping(entry, "pricing")  # OpenRouter
    read = _first(_dollars(pricing.get("prompt")), _dollars(info.get("input_cost_per_token")))
    written = _first(
        _dollars(pricing.get("completion")), _dollars(info.get("output_cost_per_token"))
    )
    if read is None or written is None:
        return said
    return msgspec.structs.replace(
        said,
        input_price=read,
        output_price=written,
        cached_price=_first(
            _dollars(pricing.get("input_cache_read")),
            _dollars(info.get("cache_read_input_token_cost")),
        ),
        cache_write_price=_first(
            _dollars(pricing.get("input_cache_write")),
            _dollars(info.get("cache_creation_input_token_cost")),
        ),
    )


def _mapping(entry: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = entry.get(name)
    return found if isinstance(found, dict) else {}


def _tokens(said: Any) -> int | None:
    whole = isinstance(said, int) and not isinstance(said, bool)
    return said if whole and said > 0 else None


def _dollars(said: Any) -> float | None:
    """For a million tokens; -1 is said where it depends."""
    if isinstance(said, bool) or not isinstance(said, str | int | float):
        return None
    try:
        dollars = float(said)
    except ValueError:
        return None
    # Numbers like 1e-07 times a million are no round ones.
    return round(dollars * _MILLION, 6) if 0 <= dollars < 1 else None


def _day(said: Any) -> str | None:
    try:
        return date.fromisoformat(str(said)[:10]).isoformat() if said else None
    except ValueError:
        return None


def _first(*said: Any) -> Any:
    return next((each for each in said if each is not None), None)
