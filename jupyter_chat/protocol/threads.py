"""Threads and messages over REST: pages, searches, changes."""

from __future__ import annotations

from enum import Enum
from typing import Annotated, TypeAlias

from msgspec import UNSET, Meta, Struct, UnsetType

from .basics import MOST_MARKED_MESSAGES, MOST_TAGS, Folder, Id, Milliseconds, Tag, Title
from .conversations import Message, Problem, Role, Thread, ThreadSettings


class View(str, Enum):
    """Which threads a list holds: each that is not temporary is in one of the three."""

    ACTIVE = "active"
    ARCHIVED = "archived"
    TRASH = "trash"


class ThreadPage(Struct, frozen=True):
    """Threads, pinned ones first, then newest activity first (the trash: what was
    deleted last first); `next` is the cursor of the following page."""

    threads: list[Thread]
    next: str | None


class MessagePage(Struct, frozen=True):
    """A part of a branch: before, after or around a message, as in :class:`Snapshot`.

    `newer` says that newer messages exist on the branch, `elsewhere` that it is not the
    one being shown (`select` shows it).
    """

    messages: list[Message]
    versions: dict[str, list[str]]
    more: bool
    newer: bool = False
    elsewhere: bool = False


class Mark(Struct, frozen=True):
    """A place in a text, from `begin` to before `end`, counted as JavaScript counts
    (in UTF-16)."""

    begin: int
    end: int


class Snippet(Struct, frozen=True):
    """A piece of a text, all on one line; `marks` are the places of what was looked for."""

    text: str
    marks: list[Mark]


class MessageHit(Struct, frozen=True):
    """A message that was found, and the conversation it is in."""

    thread: Thread
    message_id: Id
    role: Role
    created_at: Milliseconds
    snippet: Snippet


class TitleHit(Struct, frozen=True):
    """A conversation whose title was found."""

    thread: Thread
    title: Snippet


class SearchPage(Struct, omit_defaults=True, frozen=True):
    """What was found, newest first.

    The first page has the newest few titles, and messages.  `more_titles` and `next`
    are the cursors of the following pages of either, which hold only those.  A page
    with `next` may hold fewer messages than asked for, even none: the search has been
    long enough by then, and goes on from there.
    """

    titles: list[TitleHit] = []
    more_titles: str | None = None
    messages: list[MessageHit] = []
    next: str | None = None
    indexing: bool = False
    """Older messages are still being taken into the index: there may be more to find."""


MarkedMessages: TypeAlias = Annotated[list[Id], Meta(max_length=MOST_MARKED_MESSAGES)]


class ThreadPatch(Struct, frozen=True):
    """Changes to a thread; fields left out stay.  `revision` makes it compare-and-set."""

    title: Title | UnsetType = UNSET
    settings: ThreadSettings | UnsetType = UNSET
    revision: int | UnsetType = UNSET
    pinned: bool | UnsetType = UNSET
    archived: bool | UnsetType = UNSET
    tags: Annotated[list[Tag], Meta(max_length=MOST_TAGS)] | UnsetType = UNSET
    folder: Folder | None | UnsetType = UNSET
    temporary: bool | UnsetType = UNSET
    """Only `false`, which keeps a temporary thread."""
    pinned_messages: MarkedMessages | UnsetType = UNSET
    excluded_messages: MarkedMessages | UnsetType = UNSET


class BulkAction(str, Enum):
    """What can be done to many threads at once; `purge` deletes for good."""

    PIN = "pin"
    UNPIN = "unpin"
    ARCHIVE = "archive"
    UNARCHIVE = "unarchive"
    DELETE = "delete"
    RESTORE = "restore"
    TAG = "tag"
    UNTAG = "untag"
    MOVE = "move"
    PURGE = "purge"


class BulkChange(Struct, frozen=True):
    """One action on many threads.  `value` is the tag, or the folder to move to
    (`None`: out of any folder)."""

    thread_ids: Annotated[list[Id], Meta(min_length=1, max_length=1000)]
    action: BulkAction
    value: Annotated[str, Meta(min_length=1, max_length=50)] | None = None


class BulkOutcome(Struct, omit_defaults=True, frozen=True):
    """What became of one thread; `problem` says why it stayed as it was."""

    thread_id: Id
    problem: Problem | None = None


class BulkResult(Struct, frozen=True):
    """One outcome for each thread, in the order of asking."""

    outcomes: list[BulkOutcome]


class Emptied(Struct, frozen=True):
    """How many threads were deleted for good."""

    threads: int


class Count(Struct, frozen=True):
    """A folder or a tag, and how many threads have it."""

    name: str
    threads: int


class Folders(Struct, frozen=True):
    """Folders and tags of threads that are neither archived nor in the trash, by name.

    What is in the trash is deleted for good after `trash_days`; conversations in which
    nothing has happened go there after `retention_days`; 0: never.
    """

    folders: list[Count]
    tags: list[Count]
    trash_days: int
    retention_days: int = 0
