"""What is typed after `%chat`: options first, then the question, of which nothing is read."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from keyword import iskeyword
from typing import Literal, TypeAlias, get_args

Verb: TypeAlias = Literal["ask", "fix", "list", "open", "new", "stop", "cost", "help"]

_FLAGS = ("new", "code", "quiet", "fill", "secrets")
_VALUES = ("model", "thread", "system", "with", "cells", "json", "out")
_OPTION = re.compile(r"--([a-z]*)(?:=|(?=\s)|$)")
_VALUE = re.compile(r"""\s*("[^"]*"|'[^']*'|\S+)""")
_OPENED = re.compile(r"open\s+(\S+)")


class BadLine(ValueError):
    """The options make no sense; the message says what does."""


@dataclass
class Line:
    """`text` is the question as it was typed, or what is to be opened."""

    verb: Verb = "ask"
    text: str = ""
    model: str | None = None
    thread: str | None = None
    system: str | None = None
    names: list[str] = field(default_factory=list)
    """Of values that go with the question."""
    cells: int = 0
    """So many of the cells that ran last go with it."""
    schema: str | None = None
    """A variable that holds a JSON Schema or a pydantic model, or the schema itself."""
    out: str | None = None
    new: bool = False
    code: bool = False
    quiet: bool = False
    fill: bool = False
    secrets: bool = False
    """What goes with the question may look like secrets."""


def parse(line: str, cell: str | None = None) -> Line:
    """The options, and the question: the rest of the line, and below it the cell.

    Raises :class:`BadLine`.
    """
    verb, rest = _verb(line.strip()) if cell is None else ("ask", line.strip())
    parsed = Line(verb)
    rest = _options(rest, parsed)
    if verb == "fix" and rest:  # `fix` and other words is a question like any other
        parsed.verb, rest = "ask", line.strip()
    parsed.text = "\n\n".join(text for text in (rest, (cell or "").rstrip("\n")) if text)
    return parsed


def _verb(line: str) -> tuple[Verb, str]:
    if not line:
        return "help", ""
    opened = _OPENED.fullmatch(line)
    if opened is not None:
        return "open", opened[1]
    word, _, rest = line.partition(" ")
    if word == "fix":
        return "fix", rest.strip()
    if line in get_args(Verb) and line not in ("ask", "open"):
        return line, ""  # type: ignore[return-value]
    return "ask", line


def _options(rest: str, into: Line) -> str:
    """Take the options off the beginning; what is left."""
    while (found := _OPTION.match(rest)) is not None:
        name, rest = found[1], rest[found.end() :]
        if not name:  # `--` ends the options
            return rest.strip()
        if name in _FLAGS:
            if found[0].endswith("="):
                raise BadLine(f"`--{name}` takes no value.")
            setattr(into, name, True)
        elif name in _VALUES:
            value = _VALUE.match(rest)
            if value is None:
                raise BadLine(f"`--{name}` needs a value.")
            rest = rest[value.end() :]
            _set(into, name, _unquoted(value[1]))
        else:
            known = ", ".join(f"--{each}" for each in sorted((*_FLAGS, *_VALUES)))
            raise BadLine(
                f"There is no option `--{name}`. There are {known}; a question that begins "
                "with -- comes after a -- of its own."
            )
        rest = rest.lstrip()
    return rest


def _set(into: Line, name: str, value: str) -> None:
    if name == "with":
        if value.endswith(","):
            raise BadLine("`--with` takes names with commas and no blanks, such as df,fig.")
        into.names += [each.strip() for each in value.split(",") if each.strip()]
    elif name == "cells":
        if not value.isascii() or not value.isdigit() or int(value) < 1:
            raise BadLine("`--cells` needs a number, such as 3.")
        into.cells = int(value)
    elif name == "out" and (not value.isidentifier() or iskeyword(value)):
        raise BadLine(f"`{value}` cannot be the name of a variable.")
    elif name == "json":
        into.schema = value
    else:
        setattr(into, name, value)


def _unquoted(value: str) -> str:
    return value[1:-1] if value[0] in "\"'" and value[-1] == value[0] and len(value) > 1 else value
