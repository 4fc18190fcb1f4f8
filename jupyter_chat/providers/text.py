"""Characters that upstream has cut in two."""

from __future__ import annotations

from typing import Any


class WholeCharacters:
    r"""Joins halves of surrogate pairs that come in different events.

    Some servers escape an emoji as `\ud83d\ude00` and cut between the two; neither
    half is a character.  A half that is followed by something else
    becomes U+FFFD, one at the very end is dropped.
    """

    __slots__ = ("_half",)

    def __init__(self) -> None:
        self._half = ""

    @property
    def waits(self) -> bool:
        """For a second half."""
        return bool(self._half)

    def mend(self, value: Any) -> Any:
        """A decoded JSON value, with all its strings made whole."""
        if isinstance(value, str):
            return self._mended(value)
        if isinstance(value, list):
            return [self.mend(item) for item in value]
        if isinstance(value, dict):
            return {key: self.mend(item) for key, item in value.items()}
        return value

    def _mended(self, text: str) -> str:
        if not any("\ud800" <= character <= "\udfff" for character in text):
            return text
        text, self._half = self._half + text, ""
        if "\ud800" <= text[-1] <= "\udbff":
            text, self._half = text[:-1], text[-1]
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
