"""What we know of each model: limits, what it takes, prices.

The facts are data (`models.json`, from OpenAI's model pages, November 2026), and what this
server's administrator says goes before them (`overrides.py`).  A model that is not there
works all the same: with default limits, without restrictions, and with no price rather than
a wrong one.
"""

from __future__ import annotations

import re
from datetime import date, datetime, timezone
from functools import cache
from pathlib import Path

import msgspec
from msgspec import Struct

from ...protocol import Effort, Model, Source, Usage
from .form import Catalogue, Said, catalogue_of, decoded

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
_FILLED_IN = ("context_tokens", "max_input_tokens", "max_output_tokens", "shutdown_date")
_PRICES = ("input_price", "output_price", "cached_price", "cache_write_price", "long_context")

_DEAREST_WRITE = 1.25
"""What writing into the cache costs at most, of the input price (OpenAI, since gpt-5.6)."""

_used: Catalogue | None = None


def use(catalogue: Catalogue | None) -> None:
    """Use another catalogue in this process; `None`: the one that comes with the package."""
    global _used
    _used = catalogue


@cache
def built_in() -> Said:
    """What comes with the package."""
    return decoded(_FILE.read_bytes())


def default_model() -> str:
    """The model used at OpenAI where nobody chose one: a small, cheap one."""
    return _current().default


def lookup(model_id: str) -> Model:
    """What is known of a model; a dated snapshot is known as its model."""
    models = _current().models
    model = models.get(model_id)
    if model is not None:
        return model
    model = models.get(_SNAPSHOT.sub("", model_id))
    if model is not None:
        return msgspec.structs.replace(model, id=model_id, name=model_id)
    return Model(model_id, model_id)


def offered(today: date | None = None) -> list[Model]:
    """All models of the catalogue that still run today."""
    return [model for model in _current().models.values() if not _is_shut_down(model, today)]


def gone(listed: list[Model], today: date | None = None) -> list[Model]:
    """Models that OpenAI has shut down, but for what is listed all the same."""
    still = {model.id for model in listed}
    return [
        model
        for model in _current().models.values()
        if _is_shut_down(model, today) and model.id not in still
    ]


def _is_shut_down(model: Model, today: date | None = None) -> bool:
    today = today or datetime.now(timezone.utc).date()
    return model.shutdown_date is not None and date.fromisoformat(model.shutdown_date) <= today


def allowed(
    model: Model, effort: Effort | None, temperature: float | None
) -> tuple[Effort | None, float | None]:
    """Of an effort and a temperature, what the model does not refuse.

    A model that reasons takes a temperature only when told not to.
    """
    if model.known and effort not in model.efforts:
        effort = None
    if not model.temperature or (model.efforts and effort is not Effort.NONE):
        temperature = None
    return effort, temperature


def describe(listed: list[Model], source: Source, *, own_server: bool = False) -> list[Model]:
    """What a server lists, with what we know of each, but for what by its name does
    something else than chat.  Only a list is shortened: a model that is named somewhere
    is asked, whatever its name.  The first one is another server's default."""
    openai = source in (Source.OPENAI, Source.AZURE)
    models = []
    for said in listed:
        model = known_at(source, said.id, said, own_server=own_server)
        if not openai or model.known or _CHATS.search(said.id):
            models.append(model)
    if openai:
        order = {model_id: place for place, model_id in enumerate(_current().models)}
        models.sort(key=lambda model: (order.get(model.id, len(order)), model.id))
        return models
    # A name may deceive: where it would leave nothing to choose it is not believed.
    return [model for model in models if _seems_to_chat(model)] or models


def known_at(
    source: Source, model_id: str, said: Model | None = None, *, own_server: bool = False
) -> Model:
    """What is known of a model of some server, which says of it itself what is `said`:
    that counts where the catalogue says nothing.  What OpenAI takes for a model is no price of a
    server that somebody has for their own (`own_server`)."""
    model = lookup(model_id)
    if own_server and source is Source.COMPATIBLE and _is_sold_by_openai(model_id):
        model = msgspec.structs.replace(model, **dict.fromkeys(_PRICES))
    if not model.known:
        return said or model
    # Azure has days of its own; what is listed after that day runs all the same; and what
    # has such a name elsewhere is another model.
    runs = said is not None or source is not Source.OPENAI
    if source is Source.AZURE or (runs and _is_shut_down(model)):
        model = msgspec.structs.replace(model, shutdown_date=None)
    if said is None:
        return model
    missing = [field for field in _FILLED_IN if getattr(model, field) is None]
    if model.input_price is None and model.output_price is None:
        missing += _PRICES
    return msgspec.structs.replace(model, **{field: getattr(said, field) for field in missing})


def _is_sold_by_openai(model_id: str) -> bool:
    sold = built_in().models
    return model_id in sold or _SNAPSHOT.sub("", model_id) in sold


def _seems_to_chat(model: Model) -> bool:
    name = model.id
    return model.known or not _OTHERWISE.search(name) or bool(_SAYS_IT_CHATS.search(name))


class Price(Struct, frozen=True):
    """US dollars for one request; `at_most`: what came from the cache, or went into it, may
    have been cheaper, for its price is not known."""

    dollars: float
    at_most: bool = False


def price(model: Model, usage: Usage) -> Price | None:
    """What a request has cost, `None` where the model's prices are not known."""
    if model.input_price is None or model.output_price is None:
        return None
    cached_price, write_price = model.cached_price, model.cache_write_price
    at_most = (usage.cached_tokens > 0 and cached_price is None) or (
        usage.cache_write_tokens > 0 and write_price is None
    )
    if cached_price is None:
        cached_price = model.input_price
    if write_price is None:
        write_price = _DEAREST_WRITE * model.input_price
    plain = usage.input_tokens - usage.cached_tokens - usage.cache_write_tokens
    read = (
        plain * model.input_price
        + usage.cached_tokens * cached_price
        + usage.cache_write_tokens * write_price
    )
    written = usage.output_tokens * model.output_price
    long = model.long_context
    if long is not None and usage.input_tokens > long.above:
        read, written = read * long.input, written * long.output
    return Price((read + written) / 1_000_000, at_most)


def _current() -> Catalogue:
    return _used if _used is not None else _built_in_catalogue()


@cache
def _built_in_catalogue() -> Catalogue:
    return catalogue_of([built_in()])
