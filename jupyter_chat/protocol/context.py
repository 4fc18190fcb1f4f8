"""What a model gets to see, and what goes with a question."""

from __future__ import annotations

from enum import Enum
from typing import Annotated

from msgspec import Meta, Struct

from .basics import Id
from .conversations import (
    AskedPart,
    AttachmentPart,
    ImagePart,
    Problem,
    Role,
    Summary,
    ThreadSettings,
)
from .usage import UsageSum


class ContextPart(str, Enum):
    """What the tokens of a model's window are spent on.

    `answer` is what is kept free for the answer; `attachments` are those of all messages
    that are sent, and pictures; `draft` is the question that is being written; `notes` are
    the person's own.
    """

    SYSTEM = "system"
    SUMMARY = "summary"
    NOTES = "notes"
    PINNED = "pinned"
    ATTACHMENTS = "attachments"
    CONVERSATION = "conversation"
    DRAFT = "draft"
    ANSWER = "answer"


class ContextShare(Struct, frozen=True):
    """How many tokens one part takes."""

    part: ContextPart
    tokens: int


class Reason(str, Enum):
    """Why a message is sent to the model, or is not.

    Sent: the question to be answered (`asked`), what is `pinned`, what `fits`.  Not sent:
    what is `excluded`, what a summary stands for (`summarised`), what does not fit
    (`full`), has no text (`empty`), was `withdrawn` before its turn came, is still
    `waiting`, or is an answer whose question does not fit (`alone`).
    """

    ASKED = "asked"
    PINNED = "pinned"
    FITS = "fits"
    EXCLUDED = "excluded"
    SUMMARISED = "summarised"
    FULL = "full"
    EMPTY = "empty"
    WITHDRAWN = "withdrawn"
    WAITING = "waiting"
    ALONE = "alone"

    @property
    def is_sent(self) -> bool:
        return self in (Reason.ASKED, Reason.PINNED, Reason.FITS)


class ContextEntry(Struct, frozen=True):
    """A message of the branch, and what becomes of it: its tokens with its frame and all
    that is attached (`attached` of them), and how its text begins."""

    message_id: Id
    role: Role
    tokens: int
    attached: int
    reason: Reason
    beginning: str


class ContextQuery(Struct, frozen=True):
    """What would be sent if something were asked now, after `leaf_id` of a thread.

    Without `thread_id` it is about a thread that is not there yet, with `settings`.
    `text` is the question as far as it is written, `attached` the tokens of what goes
    with it (see :class:`Counted`).  With `entries` the newest so many messages of the
    branch are listed, or those before the message `before`.  `cost` asks what the thread has
    cost so far.
    """

    thread_id: Id | None = None
    leaf_id: Id | None = None
    settings: ThreadSettings | None = None
    text: Annotated[str, Meta(max_length=4_000_000)] = ""
    attached: Annotated[int, Meta(ge=0, le=2**40)] = 0
    entries: Annotated[int, Meta(ge=0, le=200)] = 0
    before: Id | None = None
    cost: bool = False


class Context(Struct, omit_defaults=True, frozen=True):
    """What the model will see.

    Of the `window` (tokens; `assumed`, where nobody says how large the model's is),
    `used` are taken by the parts other than the answer; `shares` says by which.  Counts
    have been multiplied by `correction`, which follows from the usage that the API gave
    of the last answers.  `sent` messages go to the model, `left_out` do not.  `over` tokens
    are too many, whatever is left out; with `refused` nothing would be asked: the thread is
    strict, and `over` tokens do not fit.
    `input_cost` is what sending this costs, in US dollars, if nothing is cached.
    `summary` is sent before the messages; with `summarises` another one is made first.
    `summary_problem` says why the last one could not be made.

    `entries` go from newer to older; `next` is what to ask for `before`.  `instructions` is what is
    sent before them all.  `thread_cost` is that of all branches, also of those that are
    deleted.
    """

    window: int
    used: int
    shares: list[ContextShare]
    sent: int
    left_out: int
    model: str | None = None
    assumed: bool = False
    correction: float = 1.0
    over: int = 0
    refused: bool = False
    input_cost: float | None = None
    instructions: str | None = None
    summary: Summary | None = None
    summarises: bool = False
    summary_problem: Problem | None = None
    entries: list[ContextEntry] = []
    next: Id | None = None
    thread_cost: UsageSum | None = None


class CountQuery(Struct, frozen=True):
    """Parts of a question whose tokens are to be counted."""

    parts: Annotated[list[AskedPart], Meta(max_length=64)]


class Counted(Struct, frozen=True):
    """The tokens of each part, in the order of asking, and what in each looks like a secret:
    sentences for the person, mostly none."""

    tokens: list[int]
    warnings: list[list[str]]


class FileRead(Struct, frozen=True):
    """A file of the server that is to go with a question, by its path as Jupyter's file
    browser has it."""

    path: Annotated[str, Meta(min_length=1, max_length=2000)]


class Attached(Struct, omit_defaults=True, frozen=True):
    """A file as part of a question; `notes` say what of it is missing."""

    part: AttachmentPart | ImagePart
    notes: list[str] = []


class FoundFile(Struct, frozen=True):
    """A file of the server; `size` in bytes, as far as it is known."""

    path: str
    size: int | None


class FoundFiles(Struct, frozen=True):
    """The best of what was looked for; with `more`, not all folders were looked through."""

    files: list[FoundFile]
    more: bool
