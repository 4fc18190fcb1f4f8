"""The text of a reply while it grows, at constant cost per delta."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, TypeAlias

from ..protocol import ReasoningPart, TextPart, WrittenPart

Kind: TypeAlias = Literal["text", "reasoning"]

MOST_CHARACTERS = 2_000_000
"""Several times what any model says at once. A server may go on for ever, and what it says is
held in memory and kept as one record, for which MongoDB has 16 MB."""


class Growth:
    """Parts that only ever grow at the end, and what of them is not yet kept; `parts` are
    those that have been kept already."""

    __slots__ = ("_kinds", "_pieces", "_unsaved", "has_grown", "room")

    def __init__(self, parts: Iterable[WrittenPart] = ()) -> None:
        self._kinds: list[Kind] = []
        self._pieces: list[list[str]] = []
        self.room = MOST_CHARACTERS
        """So many characters may still come."""
        for part in parts:
            self._kinds.append("text" if isinstance(part, TextPart) else "reasoning")
            self._pieces.append([part.text])
            self.room -= len(part.text)
        self._unsaved: list[tuple[int, list[str]]] = []
        self.has_grown = False

    def __bool__(self) -> bool:
        return bool(self._kinds)

    @property
    def has_text(self) -> bool:
        return "text" in self._kinds

    def append(self, kind: Kind, text: str) -> int:
        """Add to the last part, or begin a new one of another kind; its index.  What there is no
        `room` for has to be left out before."""
        self.room -= len(text)
        self.has_grown = True
        if not self._kinds or self._kinds[-1] != kind:
            self._kinds.append(kind)
            self._pieces.append([])
        part = len(self._kinds) - 1
        self._pieces[part].append(text)
        if self._unsaved and self._unsaved[-1][0] == part:
            self._unsaved[-1][1].append(text)
        else:
            self._unsaved.append((part, [text]))
        return part

    def parts(self) -> list[WrittenPart]:
        made: list[WrittenPart] = []
        for kind, pieces in zip(self._kinds, self._pieces, strict=True):
            text = "".join(pieces)
            pieces[:] = [text]
            made.append(TextPart(text) if kind == "text" else ReasoningPart(text))
        return made

    def text_of(self, kind: Kind) -> str:
        """All that has come of one kind."""
        kinds = zip(self._kinds, self._pieces, strict=True)
        return "".join(text for each, pieces in kinds if each == kind for text in pieces)

    def take_unsaved(self) -> list[tuple[int, Kind, str]]:
        """(part, kind, text) that has come since the last call."""
        taken = [(part, self._kinds[part], "".join(pieces)) for part, pieces in self._unsaved]
        self._unsaved = []
        return taken
