"""Reading and writing frames and bodies."""

from __future__ import annotations

import json
import re
from typing import TypeVar

import msgspec
from msgspec import Struct

from .commands import Command
from .conversations import (
    Code,
    Problem,
)
from .events import Event

_T = TypeVar("_T")


class InvalidFrame(ValueError):
    """A frame or body that is not of the right form; `problem` names the field."""

    def __init__(self, problem: Problem, command_id: str = "") -> None:
        super().__init__(problem.message)
        self.problem = problem
        self.command_id = command_id


class _CommandId(Struct):
    id: str = ""


_encoder = msgspec.json.Encoder()
_command_decoder: msgspec.json.Decoder[Command] = msgspec.json.Decoder(Command)
_id_decoder = msgspec.json.Decoder(_CommandId)
_decoders: dict[type, msgspec.json.Decoder[object]] = {}

_event_decoder: msgspec.json.Decoder[Event] = msgspec.json.Decoder(Event)

encode = _encoder.encode
"""JSON bytes of any type above."""


def decode_command(frame: str | bytes) -> Command:
    """The command in a frame; raises :class:`InvalidFrame`."""
    try:
        return _command_decoder.decode(frame)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InvalidFrame(_problem_of(error), _command_id(frame)) from None


def decode_event(frame: str | bytes) -> Event | None:
    """The event in a frame; `None`: one that a newer server has and we do not know."""
    try:
        return _event_decoder.decode(frame)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def decode(body: str | bytes, kind: type[_T]) -> _T:
    """A REST body of type `kind`; raises :class:`InvalidFrame`."""
    decoder = _decoders.get(kind)
    if decoder is None:
        decoder = _decoders[kind] = msgspec.json.Decoder(kind)
    try:
        return decoder.decode(body)  # type: ignore[return-value]
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InvalidFrame(_problem_of(error)) from None


def _problem_of(error: Exception) -> Problem:
    # Without what was in the wrong place: it may be a secret.
    text = _VALUE.sub(r"\1", str(error) or type(error).__name__)
    found = re.search(r" - at `\$?\.?(.*)`$", text)
    field = found.group(1) if found else None
    if field is None:
        missing = re.search(r"missing required field `(\w+)`", text)
        field = missing.group(1) if missing else None
    return Problem(Code.INVALID, _in_words(text, field), field=field, detail=text)


_VALUE = re.compile(r"^(Invalid (?:enum )?value) .*(?= - at `)", re.DOTALL)
_ENTERED = {
    "base_url": "The address",
    "concurrent_replies": "Answers at a time",
    "dollars_per_day": "US dollars a day",
    "dollars_per_month": "US dollars a month",
    "folder": "A folder's name",
    "key": "The API key",
    "max_output_tokens": "The longest answer, in tokens,",
    "model": "The model's name",
    "monthly_limit": "The monthly limit, in US dollars,",
    "notes": "The notes",
    "notes[]": "A note",
    "name": "The name",
    "path": "The file's path",
    "requests_per_minute": "Requests a minute",
    "system_prompt": "The system prompt",
    "tags": "The tags",
    "tags[]": "A tag",
    "temperature": "The temperature",
    "text": "The text",
    "title": "A title",
    "tokens_per_day": "Tokens a day",
    "tokens_per_minute": "Tokens a minute",
    "tokens_per_month": "Tokens a month",
    "value": "The name",
}
"""The fields that people fill in, and what to call each."""
_LIMIT = re.compile(r"Expected `(\w+)`(?: of length)? ([<>]=) ([\d.]+)")
_LIMITED = {"str": " characters long", "array": " in number"}


def _in_words(refusal: str, field: str | None) -> str:
    """What the decoder refused, in words for the person; its own ones are the `detail`."""
    name = _ENTERED.get(re.sub(r"\[[^]]*\]", "[]", field or "").rpartition(".")[2])
    if name is None:
        where = f" (“{field}”)" if field else ""
        return (
            f"The server does not understand what was sent{where}. Nothing was changed; a page "
            "that is older than the server has to be reloaded."
        )
    limit = _LIMIT.match(refusal)
    if limit is None:
        return f"{name} is not of a form that can be used. Nothing was changed."
    kind, direction, number = limit.groups()
    if (kind, direction, number) == ("str", ">=", "1"):
        return f"{name} must not be empty."
    most = "at most" if direction == "<=" else "at least"
    return f"{name} must be {most} {float(number):,.15g}{_LIMITED.get(kind, '')}."


def _command_id(frame: str | bytes) -> str:
    try:
        return _id_decoder.decode(frame).id[:64]
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        pass
    try:  # takes some that is not quite JSON, such as half a surrogate pair
        command_id = json.loads(frame)["id"]
    except (ValueError, LookupError, TypeError, RecursionError):
        return ""
    # Half a pair is no text that could be sent back.
    return command_id[:64].encode(errors="replace").decode() if isinstance(command_id, str) else ""
