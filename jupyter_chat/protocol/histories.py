"""Taking a history along."""

from __future__ import annotations

from enum import Enum
from typing import Annotated, Literal

from msgspec import Meta, Struct

from .basics import Milliseconds
from .conversations import Message, Problem, Thread


class ExportedThread(Struct, frozen=True):
    """A thread with all of its message tree; every message comes after its parent.

    A long thread fills several entries, one after the other, with the same `thread`
    and with the messages that follow.
    """

    thread: Thread
    messages: list[Message]


class History(Struct, frozen=True):
    """What an export as JSON holds, and what can be imported again."""

    format: Literal["jupyter-chat"]
    version: Literal[1]
    exported_at: Milliseconds
    threads: list[ExportedThread]


class ImportState(str, Enum):
    """Where an import stands.  The last three are final."""

    UPLOADING = "uploading"
    RUNNING = "running"
    DONE = "done"
    CANCELLED = "cancelled"
    FAILED = "failed"


class ImportStart(Struct, frozen=True):
    """Begin an import, or go on with one that was interrupted.

    `fingerprint` tells the same file from another one (its name, size and date).
    """

    name: Annotated[str, Meta(min_length=1, max_length=255)]
    size: Annotated[int, Meta(ge=1)]
    fingerprint: Annotated[str, Meta(min_length=1, max_length=1000)]


class ImportProblem(Struct, omit_defaults=True, frozen=True):
    """An entry that was not taken over, or not wholly: `message` says why.

    `entry` counts from 1 within `file` (of a zip); `title` as far as it is known.
    """

    message: str
    entry: int | None = None
    title: str | None = None
    file: str | None = None


class ImportOmission(Struct, frozen=True):
    """So many things of one kind have no place here; `what` is an English plural."""

    what: str
    count: int


class Import(Struct, omit_defaults=True):
    """One history being taken in.

    `received` of `size` bytes have been uploaded, `read` of `total` bytes have been
    looked through (of a zip: unpacked).  `problems` holds the first ones,
    `more_problems` counts the others; `problem` says why the whole import failed.
    """

    id: str
    name: str
    size: int
    state: ImportState
    received: int = 0
    read: int = 0
    total: int = 0
    threads_added: int = 0
    threads_known: int = 0
    """Were there already, and nothing of them was missing."""
    messages_added: int = 0
    threads_failed: int = 0
    problems: list[ImportProblem] = []
    more_problems: int = 0
    omissions: list[ImportOmission] = []
    problem: Problem | None = None


class ImportList(Struct, frozen=True):
    """The user's newest import, or none."""

    imports: list[Import]
