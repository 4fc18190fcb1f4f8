"""Fenced code in Markdown text."""

from __future__ import annotations

import re
from collections.abc import Iterator

from msgspec import Struct

_OPENING = re.compile(r"^( {0,3})(`{3,}(?=[^`]*$)|~{3,})[ \t]*(.*?)[ \t]*$")
_PYTHON = {"python", "py", "python3", "py3", "ipython", "ipython3"}


class Prose(Struct, frozen=True):
    """Text, with whatever fences it has that are not Python."""

    text: str


class PythonCode(Struct, frozen=True):
    text: str


def split(text: str) -> Iterator[Prose | PythonCode]:
    """The text cut into prose and the Python between fences, in order; a fence without
    an end (an answer that was interrupted) goes to the end of the text.

    A fence within a quotation or a longer fence is part of the prose.
    """
    prose: list[str] = []
    code: list[str] | None = None
    closing: re.Pattern[str] | None = None
    indent = ""
    for line in text.split("\n"):
        if closing is not None:
            ended = closing.match(line) is not None
            if code is None:
                prose.append(line)
            elif ended:
                yield PythonCode("\n".join(code))
                code = None
            else:
                code.append(line.removeprefix(indent))
            if ended:
                closing = None
            continue
        opening = _OPENING.match(line)
        if opening is None:
            prose.append(line)
            continue
        indent, fence, info = opening.groups()
        closing = re.compile(rf"^ {{0,3}}{re.escape(fence[0])}{{{len(fence)},}}[ \t]*$")
        if _language(info) not in _PYTHON:
            prose.append(line)
            continue
        yield from _prose(prose)
        prose, code = [], []
    if code is not None:
        yield PythonCode("\n".join(code))
    yield from _prose(prose)


def _language(info: str) -> str:
    words = info.replace("{", " ").replace("}", " ").replace(",", " ").split()
    return words[0].lstrip(".").lower() if words else ""


def _prose(lines: list[str]) -> Iterator[Prose]:
    text = "\n".join(lines).strip("\n")
    if text.strip():
        yield Prose(text)


def fenced(text: str, language: str) -> str:
    """The text between fences that are longer than any within it."""
    longest = max((len(run) for run in re.findall(r"`{3,}", text)), default=2)
    fence = "`" * (longest + 1)
    return f"{fence}{language}\n{text}\n{fence}"
