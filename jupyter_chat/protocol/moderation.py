"""What was flagged, for whoever administers a server."""

from __future__ import annotations

from enum import Enum

from msgspec import Struct

from .basics import Milliseconds


class Direction(str, Enum):
    """Whether somebody asked it, or a model answered it."""

    INPUT = "input"
    OUTPUT = "output"


class Flagged(Struct, frozen=True):
    """One thing that was flagged: where it is, not what it says.  `blocked`: it was not sent,
    or was withdrawn.  The category `unchecked` stands for what could not be looked at."""

    id: str
    user_id: str
    thread_id: str
    message_id: str
    at: Milliseconds
    direction: Direction
    categories: list[str]
    blocked: bool


class FlaggedList(Struct, omit_defaults=True, frozen=True):
    """The newest first; `more`: there are older ones."""

    flagged: list[Flagged]
    more: bool = False
