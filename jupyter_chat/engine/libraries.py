"""Everybody's presets and prompts: keeping, renaming, deleting them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeAlias, TypeVar

import msgspec

from ..protocol import (
    MOST_ENTRIES,
    Code,
    Library,
    LibraryChanged,
    Preset,
    Problem,
    Prompt,
    encode,
)
from ..store.errors import StoreError
from ..store.interface import Store
from .broadcast import Broadcast
from .errors import Invalid

MOST_BYTES = 1024 * 1024
"""What all presets and prompts of a person may have together: they are read as a whole."""

_TRIES = 20
_JOINERS = {0x200C: None, 0x200D: None}
"""Invisible, but a part of words in some scripts, and of emoji."""

Entry = TypeVar("Entry", Preset, Prompt)
Change: TypeAlias = Callable[[Library], Library]


class Libraries:
    """The presets and prompts of all people; a change is told to all windows of the person."""

    def __init__(self, store: Store, broadcast: Broadcast) -> None:
        self._store = store
        self._broadcast = broadcast

    async def get(self, user_id: str) -> Library:
        return await self._store.get_library(user_id)

    async def put_preset(self, user_id: str, preset: Preset) -> Library:
        """Keep a preset: a new one, or in place of the one that has its id."""
        return await self.change(user_id, lambda library: with_preset(library, preset))

    async def put_prompt(self, user_id: str, prompt: Prompt) -> Library:
        """Keep a prompt: a new one, or in place of the one that has its id."""
        return await self.change(user_id, lambda library: with_prompt(library, prompt))

    async def delete(self, user_id: str, entry_id: str) -> Library:
        """Delete a preset or a prompt; one that is not there is deleted already."""

        def change(library: Library) -> Library:
            return msgspec.structs.replace(
                library,
                presets=[each for each in library.presets if each.id != entry_id],
                prompts=[each for each in library.prompts if each.id != entry_id],
            )

        return await self.change(user_id, change)

    async def change(self, user_id: str, change: Change) -> Library:
        """Change what there is now, also where another window or process does so too."""
        for _ in range(_TRIES):
            library = await self._store.get_library(user_id)
            after = change(library)
            if after == library:
                return library
            after = msgspec.structs.replace(after, revision=library.revision + 1)
            if await self._store.put_library(user_id, after):
                self._broadcast.to_user(user_id, LibraryChanged(after.revision))
                return after
        raise StoreError(
            Problem(
                Code.CONFLICT,
                "Your presets and prompts are being changed elsewhere. Nothing was changed "
                "here; try again.",
            )
        )


def with_preset(library: Library, preset: Preset) -> Library:
    """Raises :class:`Invalid` where it cannot be kept."""
    presets = _with(library.presets, preset, "presets")
    return _bounded(msgspec.structs.replace(library, presets=presets))


def with_prompt(library: Library, prompt: Prompt) -> Library:
    """Raises :class:`Invalid` where it cannot be kept."""
    if not prompt.text.strip():
        raise Invalid("A prompt needs a text; nothing was changed.", "text")
    prompts = _with(library.prompts, prompt, "prompts")
    return _bounded(msgspec.structs.replace(library, prompts=prompts))


def find(entries: Iterable[Entry], name: str) -> Entry | None:
    """The one that has this name, whatever its case."""
    return next((each for each in entries if each.name.casefold() == name.casefold()), None)


def readable_name(text: str) -> str:
    """A name without white space around it, and with single spaces in it."""
    name = " ".join(text.split())
    seen = name.translate(_JOINERS)
    if not seen or not seen.isprintable():
        raise Invalid("It needs a name that can be read; nothing was changed.", "name")
    return name


def _with(entries: list[Entry], entry: Entry, what: str) -> list[Entry]:
    """By name, so that every list of them is in the same order."""
    entry = msgspec.structs.replace(entry, name=readable_name(entry.name))
    others = [each for each in entries if each.id != entry.id]
    same = find(others, entry.name)
    if same is not None:
        raise Invalid(
            f"There is “{same.name}” already; nothing was changed. Choose another name.", "name"
        )
    if len(others) == MOST_ENTRIES:
        raise Invalid(
            f"You have {MOST_ENTRIES} {what}, and more cannot be kept. Delete one that you do "
            "not need.",
            what,
        )
    others.append(entry)
    return sorted(others, key=lambda each: (each.name.casefold(), each.id))


def _bounded(library: Library) -> Library:
    if len(encode(library)) > MOST_BYTES:
        raise Invalid(
            "All presets and prompts together may have 1 MiB, and with this one they would have "
            "more. Nothing was changed: shorten it, or delete one that you do not need.",
            "text",
        )
    return library
