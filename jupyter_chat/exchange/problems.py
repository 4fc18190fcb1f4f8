"""What is wrong with an entry of a file, in words for whoever imports it.

Of what msgspec says only the place and the kinds are taken: a person knows neither its
types nor its paths.
"""

from __future__ import annotations

import re
from contextlib import suppress

import msgspec
from msgspec import Raw, Struct

from .found import short_title

LEFT_OUT = "It was left out."

_PLACE = re.compile(r" - at `\$(.*)`$")
_KINDS = re.compile(r"Expected `(\w+)[^`]*`, got `(\w+)`")
_MISSING = re.compile(r"missing required field `(\w+)`")
_IN_MESSAGE = re.compile(r"\.messages\[(\d+)\](.*)")
_INDEX = re.compile(r"\[[^\]]*\]")
_TITLE = re.compile(rb'"title"\s*:\s*("(?:[^"\\]|\\.)*")')
_TITLE_WITHIN = 2000
"""Bytes: exports name the conversation before its messages, which may have titles too."""

_NAMES = {
    "object": "a group of fields",
    "array": "a list",
    "str": "a text",
    "int": "a whole number",
    "float": "a number",
    "bool": "yes or no",
    "null": "empty",
}


class _Titled(Struct):
    title: str | None = None
    thread: dict[str, Raw] | None = None


def of_form(error: msgspec.ValidationError, kind: str = "conversation") -> str:
    """Why an entry that is valid JSON is no conversation (or whatever), in a sentence."""
    said = str(error)
    place = _PLACE.search(said)
    path = place.group(1) if place is not None else ""
    message = _IN_MESSAGE.match(path)
    if message is not None:
        whole = f"Its message {int(message.group(1)) + 1}"
        whose, fields = f"{whole}'s", message.group(2)
    else:
        whole, whose, fields = "It", "Its", path
    field = _INDEX.sub("", fields).strip(".")
    what = f"{whose} “{field}”" if field else whole
    missing, kinds = _MISSING.search(said), _KINDS.search(said)
    if missing is not None:
        return f"{what} lacks “{missing.group(1)}”."
    if kinds is None:
        return f"{what} has a value that cannot be right."
    expected, got = (_NAMES.get(kind, kind) for kind in kinds.groups())
    return f"{what} is {got}, not {expected}." if path else f"It is {got} and no {kind}."


def title_in(data: bytes) -> str | None:
    """What an entry is called that cannot be taken over, as far as that can be seen."""
    with suppress(msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        titled = msgspec.json.decode(data, type=_Titled)
        if titled.title is not None:
            return short_title(titled.title)
        raw = (titled.thread or {}).get("title")
        return short_title(msgspec.json.decode(raw)) if raw is not None else None
    found = _TITLE.search(data[:_TITLE_WITHIN])
    with suppress(msgspec.DecodeError, UnicodeDecodeError):
        return short_title(msgspec.json.decode(found.group(1))) if found is not None else None
    return None


def not_understood(count: int) -> str:
    if count == 1:
        return "1 message was not understood and left out; the others were kept."
    return f"{count} messages were not understood and left out; the others were kept."


def same_id(count: int) -> str:
    if count == 1:
        return "1 message has the id of another one and was left out; the others were kept."
    return f"{count} messages have the id of another one and were left out; the others were kept."


def without_parent(count: int) -> str:
    if count == 1:
        return "1 message follows one that is missing; it was kept and begins a branch of its own."
    return (
        f"{count} messages follow one that is missing; they were kept, and each begins a branch "
        "of its own."
    )


def in_a_circle(count: int) -> str:
    if count == 1:
        return "1 message follows itself and was left out; the others were kept."
    return (
        f"{count} messages follow each other in a circle and were left out; the others were kept."
    )


def size(count: int) -> str:
    return f"{count / 2**30:.3g} GiB" if count >= 2**30 else f"{count / 2**20:.3g} MiB"
