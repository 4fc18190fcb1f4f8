"""The directives of a question; see the package's docstring for what they mean."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, fields
from typing import Any

from .errors import ApiError

TROUBLES = ("cut", "stall", "no_terminal", "malformed", "failed", "error_event")


@dataclass
class Script:
    text: str | None = None
    echo: str | bool = False
    markdown: bool = False
    split_unicode: bool = False
    reasoning: str | None = None
    refuse: bool = False

    chunks: int | None = None
    size: int | None = None
    delay: float = 0.0
    first: float = 0.0
    headers: float = 0.0

    length: bool = False
    filter: bool = False
    cut: int | None = None
    stall: int | None = None
    no_terminal: int | None = None
    malformed: int | None = None
    failed: int | None = None
    error_event: int | None = None
    again: bool = False
    gone: bool = False
    unstreamed: bool = False

    error: int | None = None
    code: str | None = None
    message: str | None = None
    retry_after: float | None = None
    times: int | None = None
    quota: bool = False
    context: bool = False

    question: str = ""
    """The text without its directives."""

    def trouble(self) -> tuple[str | None, int]:
        """What goes wrong, and after how many chunks."""
        for name in TROUBLES:
            after = getattr(self, name)
            if after is not None:
                return name, after
        return None, 0


_QUOTED = r'"(?:[^"\\]|\\.)*"'
_ITEM = rf"[a-z_]+(?:=(?:{_QUOTED}|[^\s\"\]]+))?"
_DIRECTIVES = re.compile(rf"\[\[\s*({_ITEM}(?:\s+{_ITEM})*)\s*\]\]")
_EACH = re.compile(rf"([a-z_]+)(?:=({_QUOTED}|[^\s\"\]]+))?")
_TYPES = {field.name: str(field.type) for field in fields(Script) if field.name != "question"}


def parse(text: str) -> Script:
    """Read the directives of the first and the last line.

    In other lines they are left alone: there they are part of something quoted.

    Raises:
        ApiError: one is unknown or has a wrong value, so that no test relies on it.
    """
    lines = text.split("\n")
    found: dict[str, Any] = {}
    for index in {0, len(lines) - 1}:
        for group in _DIRECTIVES.findall(lines[index]):
            found.update(_value(name, value) for name, value in _EACH.findall(group))
        lines[index] = _DIRECTIVES.sub("", lines[index]).strip()
    return Script(**found, question="\n".join(lines).strip())


def _value(name: str, text: str) -> tuple[str, Any]:
    kind = _TYPES.get(name)
    if kind is None:
        raise _wrong(name, "is not one that the scripted server knows")
    try:
        if not text:
            if "bool" not in kind:
                raise _wrong(name, "needs a value")
            return name, True
        if "str" in kind:
            return name, json.loads(text) if text.startswith('"') else text
        if "int" in kind:
            return name, int(text)
        if "float" in kind:
            return name, float(text)
    except ValueError:
        raise _wrong(name, f"cannot be {text}") from None
    raise _wrong(name, "takes no value")


def _wrong(name: str, what: str) -> ApiError:
    return ApiError(400, f"The directive {name} {what}.", code="wrong_directive", param=name)
