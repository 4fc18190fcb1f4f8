"""Presets and prompts."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from msgspec import Meta, Struct

from .basics import Id
from .conversations import ThreadSettings

MOST_ENTRIES = 200
"""So many presets a person may have, and so many prompts."""

EntryName: TypeAlias = Annotated[str, Meta(min_length=1, max_length=50)]
PromptText: TypeAlias = Annotated[str, Meta(min_length=1, max_length=20_000)]


class Preset(Struct, frozen=True):
    """Settings of a conversation under a name, which no other preset of the person has,
    whatever its case."""

    id: Id
    name: EntryName
    settings: ThreadSettings


class Prompt(Struct, frozen=True):
    """A text to ask with, under a name of its own; `{{words}}` in it are to be filled in."""

    id: Id
    name: EntryName
    text: PromptText


class Library(Struct, frozen=True):
    """All presets and prompts of a person, by name; `revision` grows with every change."""

    revision: int = 0
    presets: list[Preset] = []
    prompts: list[Prompt] = []


class SharedPreset(Struct, frozen=True):
    """A preset in a file; its id belongs to whoever keeps it."""

    name: EntryName
    settings: ThreadSettings


class SharedPrompt(Struct, frozen=True):
    """A prompt in a file."""

    name: EntryName
    text: PromptText


class LibraryFile(Struct, frozen=True):
    """What presets and prompts are shared as: never with a key, or the address of a server."""

    format: Literal["jupyter-chat-presets"]
    version: Literal[1]
    presets: list[SharedPreset] = []
    prompts: list[SharedPrompt] = []


class LibraryProblem(Struct, omit_defaults=True, frozen=True):
    """An entry of a file that was left out, and why; `entry` counts from 1 in its list."""

    kind: Literal["presets", "prompts"]
    entry: int
    message: str
    name: str | None = None


class Renamed(Struct, frozen=True):
    """An entry of a file whose name another one has had."""

    name: str
    now: str


class LibraryReport(Struct, frozen=True):
    """What was taken from a file; `known` entries were there already, under the same name."""

    library: Library
    presets: int = 0
    prompts: int = 0
    known: int = 0
    renamed: list[Renamed] = []
    problems: list[LibraryProblem] = []
