"""Presets and prompts as a file that people give to each other.

It never has a key or the address of a server in it: the settings of a conversation have
neither.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from contextlib import suppress
from typing import Literal, TypeAlias, TypeVar

import msgspec
from msgspec import Raw, Struct

from ..engine.errors import Invalid
from ..engine.libraries import Libraries, find, readable_name, with_preset, with_prompt
from ..ids import new_id
from ..protocol import (
    Code,
    InvalidFrame,
    Library,
    LibraryFile,
    LibraryProblem,
    LibraryReport,
    Preset,
    Problem,
    Prompt,
    Renamed,
    SharedPreset,
    SharedPrompt,
    decode,
)
from ..store.errors import NotFound
from .filenames import safe
from .found import short_title
from .problems import of_form

_Kind: TypeAlias = Literal["presets", "prompts"]
_Entry = TypeVar("_Entry", Preset, Prompt)

_FORMAT: Literal["jupyter-chat-presets"] = "jupyter-chat-presets"
_LONGEST_NAME = 50
_LIMIT = re.compile(r"Expected .* [<>]= ")


class _File(Struct):
    """A file before its entries are looked at, each on its own."""

    format: str = ""
    version: int = 0
    presets: list[Raw] = []
    prompts: list[Raw] = []


class _Named(Struct):
    name: str


def write(library: Library, ids: Collection[str] | None = None) -> tuple[str, LibraryFile]:
    """A file with all of a library, or the entries with these ids; and its name."""
    presets = [each for each in library.presets if ids is None or each.id in ids]
    prompts = [each for each in library.prompts if ids is None or each.id in ids]
    names = [each.name for each in presets] + [each.name for each in prompts]
    if ids is not None and len(names) < len(set(ids)):
        raise NotFound("preset or prompt")
    name = safe(names[0]) if len(names) == 1 else ""
    return f"{name or 'presets and prompts'}.json", LibraryFile(
        _FORMAT,
        1,
        [SharedPreset(each.name, each.settings) for each in presets],
        [SharedPrompt(each.name, each.text) for each in prompts],
    )


async def take_in(libraries: Libraries, user_id: str, body: bytes) -> LibraryReport:
    """Add what a file holds: what cannot be kept is reported and left out, the rest goes on.

    The same file again adds nothing.  An entry whose name another one has gets a number.
    """
    file = _read(body)
    intake = _Intake(Library())

    def change(library: Library) -> Library:
        nonlocal intake
        intake = _Intake(library)  # anew, where somebody was faster
        intake.take(file)
        return intake.library

    after = await libraries.change(user_id, change)
    return intake.report(after)


def _read(body: bytes) -> _File:
    try:
        file = msgspec.json.decode(body, type=_File)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        file = _File()
    if file.format != _FORMAT:
        raise _unusable("This is no file with presets and prompts")
    if file.version != 1:
        raise _unusable("Only a newer version of Jupyter Chat can read this file")
    return file


def _unusable(message: str) -> InvalidFrame:
    return InvalidFrame(Problem(Code.INVALID, f"{message}; nothing was added.", field="format"))


class _Intake:
    """A library that the entries of a file are added to."""

    def __init__(self, library: Library) -> None:
        self.library = library
        self._added: dict[_Kind, int] = {"presets": 0, "prompts": 0}
        self._known = 0
        self._renamed: list[Renamed] = []
        self._problems: list[LibraryProblem] = []

    def take(self, file: _File) -> None:
        for number, raw in enumerate(file.presets, start=1):
            self._take("presets", number, raw)
        for number, raw in enumerate(file.prompts, start=1):
            self._take("prompts", number, raw)

    def report(self, library: Library) -> LibraryReport:
        return LibraryReport(
            library,
            presets=self._added["presets"],
            prompts=self._added["prompts"],
            known=self._known,
            renamed=self._renamed,
            problems=self._problems,
        )

    def _take(self, kind: _Kind, number: int, raw: Raw) -> None:
        try:
            added = self._add_preset(raw) if kind == "presets" else self._add_prompt(raw)
        except (InvalidFrame, Invalid) as error:
            problem = LibraryProblem(kind, number, _why(error, kind), _name_in(raw))
            self._problems.append(problem)
            return
        if added:
            self._added[kind] += 1
        else:
            self._known += 1

    def _add_preset(self, raw: Raw) -> bool:
        shared = decode(bytes(raw), SharedPreset)
        name = readable_name(shared.name)
        same = [each for each in self.library.presets if each.settings == shared.settings]
        if _has_name(same, name):
            return False
        free = _free(self.library.presets, name)
        self.library = with_preset(self.library, Preset(new_id(), free, shared.settings))
        self._note(name, free)
        return True

    def _add_prompt(self, raw: Raw) -> bool:
        shared = decode(bytes(raw), SharedPrompt)
        name = readable_name(shared.name)
        same = [each for each in self.library.prompts if each.text == shared.text]
        if _has_name(same, name):
            return False
        free = _free(self.library.prompts, name)
        self.library = with_prompt(self.library, Prompt(new_id(), free, shared.text))
        self._note(name, free)
        return True

    def _note(self, name: str, free: str) -> None:
        if free != name:
            self._renamed.append(Renamed(name, free))


def _has_name(entries: list[_Entry], name: str) -> bool:
    """Whether one of them has this name, or has been given it with a number."""
    numbered = re.compile(re.escape(name) + r"( \(\d+\))?", re.IGNORECASE)
    return any(numbered.fullmatch(each.name) for each in entries)


def _free(entries: list[_Entry], name: str) -> str:
    """The name, with a number where another entry has it."""
    free, number = name, 1
    while find(entries, free) is not None:
        number += 1
        ending = f" ({number})"
        free = name[: _LONGEST_NAME - len(ending)].rstrip() + ending
    return free


def _why(error: InvalidFrame | Invalid, kind: _Kind) -> str:
    """What is wrong with an entry, in words for whoever imports it."""
    detail = error.problem.detail
    if detail is None or _LIMIT.search(detail):
        return error.problem.message
    return of_form(msgspec.ValidationError(detail), kind.removesuffix("s"))


def _name_in(raw: Raw) -> str | None:
    with suppress(msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return short_title(msgspec.json.decode(raw, type=_Named).name)
    return None
