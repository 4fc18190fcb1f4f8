"""What can be said of models: the form of `models.json` and of what goes before it.

    {"default": "gpt-6-luna",
     "families": {"flagship": {"context_tokens": 1050000}},
     "models": {"gpt-6-luna": {"family": "flagship", "input_price": 0.1}}}

Prices are US dollars per million tokens.  What is said later goes before what was said
earlier, field by field; `null` takes a field away, or a model.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from datetime import date
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from ...protocol import Effort, LongContext, Model

_Tokens = Annotated[int, Meta(gt=0)]
_Dollars = Annotated[float, Meta(ge=0)]
_Said = dict[str, dict[str, Any] | None]


class WrongForm(ValueError):
    """Something is said that cannot be understood; says where, and what."""

    def __init__(self, place: str, what: str) -> None:
        super().__init__(f"{place}: {what}" if place else what)
        self.place = place


class _Facts(Struct, frozen=True):
    """What can be said of one model, or of several that have it in common."""

    context_tokens: _Tokens | None = None
    max_input_tokens: _Tokens | None = None
    max_output_tokens: _Tokens | None = None
    efforts: list[Effort] | None = None
    temperature: bool | None = None
    images: bool | None = None
    input_price: _Dollars | None = None
    cached_price: _Dollars | None = None
    cache_write_price: _Dollars | None = None
    output_price: _Dollars | None = None
    long_context: LongContext | None = None
    shutdown_date: date | None = None


class _Entry(_Facts, frozen=True):
    name: str | None = None
    family: str | None = None


class Said(Struct, frozen=True):
    """What one source says, looked through: each field is there and of the right type."""

    default: str | None = None
    families: _Said = {}
    models: _Said = {}


class Catalogue(Struct, frozen=True):
    """All that is known of models, in the order in which they are offered."""

    default: str
    models: dict[str, Model]


def decoded(content: bytes) -> Said:
    """What a file says.  Raises :class:`WrongForm`."""
    try:
        return understood(msgspec.json.decode(content))
    except msgspec.DecodeError as error:
        raise WrongForm("", f"this is not JSON ({error})") from None


def understood(said: Any) -> Said:
    """The same, of what has been decoded."""
    if not isinstance(said, dict):
        raise WrongForm("", "this is not an object with `models` in it")
    check_names("", said, Said.__struct_fields__)
    default = said.get("default")
    if not isinstance(default, str | None):
        raise WrongForm("default", "this is not the name of a model")
    return Said(
        default,
        _entries("families", said.get("families"), _Facts),
        _entries("models", said.get("models"), _Entry),
    )


def catalogue_of(layers: Iterable[Said]) -> Catalogue:
    """All of it, the last one first.  Raises :class:`WrongForm`."""
    default, families, models = "", dict[str, Any](), dict[str, Any]()
    for said in layers:
        default = said.default or default
        _lay_over(families, said.families)
        _lay_over(models, said.models)
    return Catalogue(default, {own: _model(own, said, families) for own, said in models.items()})


def _entries(where: str, said: Any, kind: type[_Facts]) -> _Said:
    if said is None:
        return {}
    if not isinstance(said, dict):
        raise WrongForm(where, "this is not an object with names and what is said of each")
    for name, facts in said.items():
        _check_entry(f"{where}.{name}", facts, kind)
    return said


def _check_entry(place: str, facts: Any, kind: type[_Facts]) -> None:
    if facts is None:
        return
    if not isinstance(facts, dict):
        raise WrongForm(place, "this is not an object with fields")
    check_names(place, facts, kind.__struct_fields__)
    try:
        msgspec.convert({name: value for name, value in facts.items() if value is not None}, kind)
    except msgspec.ValidationError as error:
        what, _, path = str(error).partition(" - at `$")
        raise WrongForm(place + path.rstrip("`"), in_words(what)) from None


def check_names(place: str, said: dict[Any, Any], known: Iterable[str]) -> None:
    for name in said:
        if name not in known:
            close = difflib.get_close_matches(str(name), list(known), 1)
            hint = f"; is `{close[0]}` meant?" if close else ""
            raise WrongForm(f"{place}.{name}".lstrip("."), f"there is no such field{hint}")


def in_words(refusal: str) -> str:
    """What the decoder says, without its capital letter."""
    return re.sub(r"^E(?=xpected)", "e", refusal)


def _lay_over(below: dict[str, Any], said: _Said) -> None:
    for name, facts in said.items():
        if facts is None:
            below.pop(name, None)
        else:
            both = {**below.get(name, {}), **facts}
            below[name] = {field: value for field, value in both.items() if value is not None}


def _model(own: str, said: dict[str, Any], families: dict[str, Any]) -> Model:
    family = said.get("family")
    if family is not None and family not in families:
        raise WrongForm(f"models.{own}.family", f"there is no family `{family}`")
    common = families[family] if family is not None else {}
    entry = msgspec.convert({**common, **said}, _Entry)
    efforts = entry.efforts or []
    takes_temperature = not efforts or Effort.NONE in efforts
    return Model(
        id=own,
        name=entry.name or own,
        known=True,
        context_tokens=entry.context_tokens,
        max_input_tokens=entry.max_input_tokens,
        max_output_tokens=entry.max_output_tokens,
        efforts=efforts,
        temperature=takes_temperature if entry.temperature is None else entry.temperature,
        images=entry.images is not False,
        input_price=entry.input_price,
        output_price=entry.output_price,
        cached_price=entry.cached_price,
        cache_write_price=entry.cache_write_price,
        long_context=entry.long_context,
        shutdown_date=entry.shutdown_date.isoformat() if entry.shutdown_date else None,
    )
