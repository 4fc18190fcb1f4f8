"""The audit log, for whoever administers a server."""

from __future__ import annotations

from typing import Annotated, TypeAlias

from msgspec import Meta, Struct

from .basics import Milliseconds

AuditNumber: TypeAlias = Annotated[int, Meta(ge=1, le=2**53)]
WhoseName: TypeAlias = Annotated[str, Meta(max_length=200)]
"""What somebody is named by: the name that they sign in with, or their id."""


class AuditEntry(Struct, frozen=True):
    """Something that matters for the safety of the whole: `user_id` did it (empty: the
    server itself, or whoever administers it), to `subject`.

    `number` counts from 1 without gaps; `previous` is the hash of the entry before.
    """

    number: int
    at: Milliseconds
    user_id: str
    event: str
    subject: str
    detail: str
    previous: str


class AuditPage(Struct, omit_defaults=True, frozen=True):
    """The newest first; `more`: there are older ones.  `names` are those of the people whose
    ids occur, as far as the server knows them; `events` all that is noted."""

    entries: list[AuditEntry]
    names: dict[str, str]
    events: list[str]
    more: bool = False


class AuditBreak(Struct, frozen=True):
    """Where the chain of entries does not hold, and why."""

    number: int
    why: str


class AuditVerdict(Struct, frozen=True):
    """What a look at the whole log has found.  `number` and `digest` are those of the last
    entry: noted elsewhere, they also show later whether the end is still there."""

    entries: int
    number: int
    digest: str
    breaks: list[AuditBreak]
