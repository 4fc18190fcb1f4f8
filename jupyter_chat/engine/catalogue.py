"""What we know of each model: limits, what it takes, prices.

The facts are data (`models.json`; US dollars per million tokens, from OpenAI's model
pages, November 2026).  A model that is not there works all the same: with default
limits, without restrictions, and with no price rather than a wrong one.
"""

from __future__ import annotations

import re
from datetime import date, datetime, timezone
from functools import cache
from pathlib import Path

import msgspec
from msgspec import Struct

from ..protocol import Effort, Model, Usage

_FILE = Path(__file__).with_name("models.json")
_CHATS = re.compile(
    r"^(?!.*(audio|realtime|image|search|transcribe|tts|instruct))(gpt-|o\d|chatgpt-)"
)
_OTHERWISE = re.compile(
    # a part of the name is enough
    r"embed|minilm|rerank|whisper|moderation|transcri|dall-e|diffusion|realtime|gpt-.*audio"
    # a word of it
    r"|(?<![a-z0-9])(bge|tts|stt|asr|speech|imagen?|sora|veo)(?![a-z])"
    r"|^(babbage|davinci)-",
    re.IGNORECASE,
)
"""Names of what other servers list beside their chat models."""
_SAYS_IT_CHATS = re.compile(r"chat|instruct", re.IGNORECASE)
_SNAPSHOT = re.compile(r"-\d{4}-\d{2}-\d{2}$|-latest$")


class _LongContext(Struct, frozen=True):
    """Factors on the prices of a request whose input is above a number of tokens."""

    above: int
    input: float
    output: float


class _Family(Struct, frozen=True):
    """What several models have in common."""

    context_tokens: int
    max_output_tokens: int
    long_context: _LongContext | None = None


class _Entry(Struct, frozen=True):
    id: str
    name: str
    family: str | None = None
    context_tokens: int | None = None
    max_output_tokens: int | None = None
    efforts: list[Effort] = []
    input_price: float | None = None
    cached_price: float | None = None
    cache_write_price: float | None = None
    output_price: float | None = None
    shutdown_date: str | None = None


class _Catalogue(Struct, frozen=True):
    default: str
    families: dict[str, _Family]
    models: list[_Entry]


def default_model() -> str:
    """The model used at OpenAI where nobody chose one: a small, cheap one."""
    return _read().default


def lookup(model_id: str) -> Model:
    """What is known of a model; a dated snapshot is known as its model."""
    entry = _find(model_id)
    if entry is None:
        return Model(model_id, model_id)
    family = _read().families.get(entry.family or "")
    return Model(
        id=model_id,
        name=entry.name if entry.id == model_id else model_id,
        known=True,
        context_tokens=entry.context_tokens or (family.context_tokens if family else None),
        max_output_tokens=entry.max_output_tokens or (family.max_output_tokens if family else None),
        efforts=entry.efforts,
        temperature=not entry.efforts or Effort.NONE in entry.efforts,
        input_price=entry.input_price,
        output_price=entry.output_price,
        cached_price=entry.cached_price,
        shutdown_date=entry.shutdown_date,
    )


def offered(today: date | None = None) -> list[Model]:
    """All models of the catalogue that still run today."""
    today = today or datetime.now(timezone.utc).date()
    return [
        lookup(entry.id)
        for entry in _read().models
        if entry.shutdown_date is None or date.fromisoformat(entry.shutdown_date) > today
    ]


def allowed(
    model: Model, effort: Effort | None, temperature: float | None
) -> tuple[Effort | None, float | None]:
    """Of an effort and a temperature, what the model does not refuse.

    A model that reasons takes a temperature only when told not to.
    """
    if model.known and effort not in model.efforts:
        effort = None
    if model.efforts and effort is not Effort.NONE:
        temperature = None
    return effort, temperature


def describe(listed: list[Model], *, openai: bool) -> list[Model]:
    """What a server lists, with what we know of each, but for what by its name does
    something else than chat.  Only a list is shortened: a model that is named somewhere
    is asked, whatever its name.  The first one is another server's default."""
    models = []
    for said in listed:
        model = lookup(said.id)
        if openai and not model.known and not _CHATS.search(said.id):
            continue
        if not model.known:
            model = msgspec.structs.replace(model, context_tokens=said.context_tokens)
        models.append(model)
    if openai:
        order = {entry.id: place for place, entry in enumerate(_read().models)}
        models.sort(key=lambda model: (order.get(model.id, len(order)), model.id))
        return models
    # A name may deceive: where it would leave nothing to choose it is not believed.
    return [model for model in models if _seems_to_chat(model)] or models


def _seems_to_chat(model: Model) -> bool:
    name = model.id
    return model.known or not _OTHERWISE.search(name) or bool(_SAYS_IT_CHATS.search(name))


def cost(model_id: str, usage: Usage) -> float | None:
    """US dollars for one reply, `None` where a price is not known."""
    entry = _find(model_id)
    if entry is None or entry.input_price is None or entry.output_price is None:
        return None
    cached_price = entry.cached_price
    write_price = entry.cache_write_price
    if usage.cached_tokens and cached_price is None:
        return None
    if usage.cache_write_tokens and write_price is None:
        return None
    plain = usage.input_tokens - usage.cached_tokens - usage.cache_write_tokens
    read = (
        plain * entry.input_price
        + usage.cached_tokens * (cached_price or 0)
        + usage.cache_write_tokens * (write_price or 0)
    )
    written = usage.output_tokens * entry.output_price
    family = _read().families.get(entry.family or "")
    long = family.long_context if family is not None else None
    if long is not None and usage.input_tokens > long.above:
        read, written = read * long.input, written * long.output
    return (read + written) / 1_000_000


def input_cost(model_id: str, tokens: int) -> float | None:
    """US dollars for a request of so many tokens, none of them in upstream's cache, without
    its answer; `None` where a price is not known."""
    return cost(model_id, Usage(input_tokens=tokens))


def _find(model_id: str) -> _Entry | None:
    entries = _by_id()
    return entries.get(model_id) or entries.get(_SNAPSHOT.sub("", model_id))


@cache
def _by_id() -> dict[str, _Entry]:
    return {entry.id: entry for entry in _read().models}


@cache
def _read() -> _Catalogue:
    return msgspec.json.decode(_FILE.read_bytes(), type=_Catalogue)
