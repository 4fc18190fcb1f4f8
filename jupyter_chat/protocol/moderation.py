"""What was flagged, for whoever administers a server."""

from __future__ import annotations

from enum import Enum
from typing import Annotated

from msgspec import Meta, Struct

from .basics import Id, Milliseconds


class Direction(str, Enum):
    """Whether somebody asked it, or a model answered it."""

    INPUT = "input"
    OUTPUT = "output"


class Flagged(Struct, frozen=True):
    """One thing that was flagged: where it is, not what it says.  `blocked`: it was not sent,
    or was withdrawn.  The category `unchecked` stands for what could not be looked at.
    `seen_at` is when an administrator has marked it as seen."""

    id: str
    user_id: str
    thread_id: str
    message_id: str
    at: Milliseconds
    direction: Direction
    categories: list[str]
    blocked: bool
    seen_at: Milliseconds | None = None


class FlaggedList(Struct, omit_defaults=True, frozen=True):
    """The newest first; `more`: there are older ones.  `names` are those of the people whom the
    server knows by one."""

    flagged: list[Flagged]
    names: dict[str, str] = {}
    more: bool = False


class FlaggedSeen(Struct, frozen=True):
    """Marks what was flagged as seen; what is seen already stays as it is."""

    flagged_ids: Annotated[list[Id], Meta(max_length=200)]
