"""What people enter of keys and addresses."""

from __future__ import annotations

import re

from ...addresses import login_of
from ...protocol import Code, InvalidFrame, Problem

_ADDRESS = re.compile(r"https?://[^\s/?#]+[^\s]*", re.IGNORECASE)
_SHORTEST_WITH_HINT = 12


def api_key(text: str) -> str:
    """An API key, as it was entered; raises :class:`InvalidFrame`."""
    key = text.strip()
    if not key.isascii() or not key.isprintable() or not key:
        raise InvalidFrame(
            Problem(
                Code.INVALID,
                "This is no API key: it holds characters that keys do not have, perhaps "
                "because it was copied in a shortened form. Nothing was changed.",
                field="key",
            )
        )
    return key


def hint_of(key: str) -> str | None:
    """What of a key may be shown: its last four characters, if it has enough others."""
    return key[-4:] if len(key) >= _SHORTEST_WITH_HINT else None


def address(text: str) -> str:
    """The address of a server, as it was entered; raises :class:`InvalidFrame`."""
    entered = text.strip()
    if not _ADDRESS.fullmatch(entered):
        raise InvalidFrame(
            Problem(
                Code.INVALID,
                "The address of a server begins with http:// or https://, for example "
                "http://localhost:11434/v1. Nothing was changed.",
                field="base_url",
            )
        )
    if login_of(entered) is not None:
        raise InvalidFrame(
            Problem(
                Code.INVALID,
                "This address holds a name or password, and addresses are kept as they are, not "
                "encrypted. Nothing was changed: enter it without, and what the server asks "
                "for as the key.",
                field="base_url",
            )
        )
    return entered
