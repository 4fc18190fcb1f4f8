"""What a store is given and gives back, beside what crosses the wire."""

from __future__ import annotations

from enum import Enum
from typing import Protocol

from msgspec import UNSET, Struct, UnsetType

from ..protocol import (
    Api,
    AuditEntry,
    Message,
    Milliseconds,
    Role,
    Source,
    Status,
    Thread,
    ThreadSettings,
    Usage,
    View,
)
from .terms import Phrase


class ThreadChanges(Struct, frozen=True):
    """What to change of a thread; fields left out stay."""

    title: str | UnsetType = UNSET
    titled_by_user: bool | UnsetType = UNSET
    settings: ThreadSettings | UnsetType = UNSET
    leaf_id: str | None | UnsetType = UNSET
    updated_at: Milliseconds | UnsetType = UNSET
    deleted_at: Milliseconds | None | UnsetType = UNSET
    pinned: bool | UnsetType = UNSET
    archived: bool | UnsetType = UNSET
    tags: list[str] | UnsetType = UNSET
    folder: str | None | UnsetType = UNSET
    temporary: bool | UnsetType = UNSET
    expires_at: Milliseconds | None | UnsetType = UNSET
    retire_at: Milliseconds | None | UnsetType = UNSET
    pinned_messages: list[str] | UnsetType = UNSET
    excluded_messages: list[str] | UnsetType = UNSET


class ThreadFilter(Struct, frozen=True):
    """Which threads to list; temporary ones are in none.

    `folder` or `tag` narrows it down, one of them, and not in the trash.
    """

    view: View = View.ACTIVE
    folder: str | None = None
    tag: str | None = None


EVERYTHING = ThreadFilter()


"""All that is neither archived nor in the trash."""


class Turn(Struct, frozen=True):
    """A question with the reply that is to be made, or (`question` is `None`) one more
    version of a reply.  Both carry the `client_id` of the command that asked.

    `new_thread` is created if it does not exist.  `owner` is the lease under which
    this process makes the reply.
    """

    reply: Message
    owner: str
    question: Message | None = None
    new_thread: Thread | None = None


class Accepted(Struct, frozen=True):
    """What a turn became.  `repeated`: its `client_id` was known, nothing was added,
    and the ids are those of the first time.

    `owner` is who makes the reply, `None` once it has ended.  A repeated turn whose
    reply is this process's own but not being made (the first call was cancelled, or
    failed after it had stored everything) is to be made now.
    """

    thread: Thread
    question_id: str | None
    reply_id: str
    repeated: bool
    owner: str | None = None


class Checkpoint(Struct, frozen=True):
    """Text that a running reply has grown by since checkpoint `number` - 1 (from 0).

    `kind` is that of the part it belongs to, `part` the part's index; a checkpoint
    never spans two parts, and one without text begins none.  The first one says what was
    asked: the `model`, where (`source`), and the tokens that the request was counted as
    (later 0: it was refused, and may be asked again).

    Where upstream goes on without us, `upstream_id` is what it calls the reply (said
    once) and `upstream_seq` the number of its last event that the text up to here holds.

    `attempt` counts how often the reply had been taken over before.  Checkpoints of an
    earlier attempt are ignored: they come from a process that was thought dead.
    """

    user_id: str
    thread_id: str
    message_id: str
    number: int
    part: int
    kind: str
    text: str
    model: str | None = None
    upstream_id: str | None = None
    upstream_seq: int | None = None
    attempt: int = 0
    counted_tokens: int | None = None
    source: Source | None = None


class Left(Struct, frozen=True):
    """A reply that a dead process has left behind, and what became of it.

    Its `message` is either interrupted, or taken over by whoever recovered it: one that
    had not been asked for (`queued`) is to be asked for now; one that upstream goes on
    with (`streaming`, with the text up to its event `upstream_seq`) is to be followed.
    Checkpoints then have this `attempt`, and numbers from 1.
    """

    user_id: str
    message: Message
    attempt: int = 0
    upstream_id: str | None = None
    upstream_seq: int | None = None

    @property
    def taken_over(self) -> bool:
        return self.message.completed_at is None


class Node(Struct, frozen=True):
    """A message without its body: one node of the tree."""

    id: str
    parent_id: str | None
    role: Role
    status: Status


class Weight(Struct, array_like=True, frozen=True):
    """A final message's tokens, counted once: of its text, of what is attached to it, of
    its pictures.  `rules` is the version of the rules they were counted by."""

    rules: int
    text: int
    attached: int
    images: int

    @property
    def total(self) -> int:
        return self.text + self.attached + self.images


class Outline(Struct, frozen=True):
    """A message of a branch, as much as choosing needs what of the branch is sent.

    `begun` says of a stopped reply whether its turn had come; `weight` is `None` where
    nobody has counted it yet.
    """

    id: str
    parent_id: str | None
    role: Role
    status: Status
    begun: bool = True
    weight: Weight | None = None


class UsageKind(str, Enum):
    """What a model was asked for."""

    REPLY = "reply"
    TITLE = "title"
    SUMMARY = "summary"


class LedgerEntry(Struct, frozen=True):
    """What was asked for one message of a thread, and what it cost; there is one for each
    message and `kind`, and it outlives the thread.  Of a summary, which may be made again and
    in parts, each request has an id of its own.

    `at` is when the message was made, `model` the one that was asked, `source` where (if
    that is known); `cost` is `None` where the price is not known, and an upper bound where
    `at_most` says so.
    """

    message_id: str
    thread_id: str
    at: Milliseconds
    model: str
    usage: Usage
    cost: float | None
    source: Source | None = None
    kind: UsageKind = UsageKind.REPLY
    at_most: bool = False


class Estimate(Protocol):
    """What a reply has cost whose process died over it.

    `message` says what was asked as far as that is known, `grown` is the text that has
    come of it.  Returns the message with its usage, and the entry for the ledger (`None`:
    the model was not asked).  Takes its time: not to be called on the event loop.
    """

    def __call__(
        self, user_id: str, message: Message, grown: str, source: Source | None
    ) -> tuple[Message, LedgerEntry | None]: ...


class LedgerQuery(Struct, frozen=True):
    """Which entries: from `since` on, before `until`, of one thread or of all."""

    since: Milliseconds = 0
    until: Milliseconds | None = None
    thread_id: str | None = None


class SearchQuery(Struct, frozen=True):
    """What to look for; all of it must hold.

    `phrases` are in the text, `model` are words of the model's name, `tag` is one of
    the thread's.  The time is that of the message (or thread): from `since` on, before
    `until`.
    """

    phrases: tuple[Phrase, ...] = ()
    role: Role | None = None
    model: str | None = None
    tag: str | None = None
    has_code: bool = False
    since: Milliseconds | None = None
    until: Milliseconds | None = None


class FoundPage(Struct, frozen=True):
    """Messages (or, for titles, threads only) that were found, newest first.

    `next` is the cursor of the following page (`None`: this was the last).  A page may
    be short, even empty, and have a following one: a call looks only so far.
    """

    found: list[tuple[Thread, Message | None]]
    next: str | None
    indexing: bool
    """What was stored before there was an index is not all in it yet."""


class Deletion(Struct, frozen=True):
    """What the deletion of a message has done: the ids of all that went with it, and
    the thread as it is without them."""

    thread: Thread
    message_ids: list[str]


class Lease(Struct, frozen=True):
    """One running process that makes replies.  It lapses at `expires_at` unless
    renewed; whoever finds it lapsed recovers its replies."""

    owner: str
    expires_at: Milliseconds
    host: str
    pid: int


class UserSettings(Struct, omit_defaults=True, frozen=True):
    """What a person has set.  `key` is encrypted (see `vault.py`)."""

    source: Source | None = None
    base_url: str | None = None
    api: Api = Api.AUTO
    key: str | None = None
    key_hint: str | None = None
    key_for: str | None = None
    """The server that the key was entered for: no other one gets it."""
    defaults: ThreadSettings = ThreadSettings()
    durable_replies: bool | None = None
    """`None`: as the server has it."""
    notes: list[str] = []
    use_notes: bool = False
    monthly_limit: float | None = None
    """US dollars; see `protocol.Budget`."""


DAMAGED = "damaged entry"
"""The event of what stands in the audit log in the place of an entry, and is none."""


def damaged(number: int) -> AuditEntry:
    return AuditEntry(number, 0, "", DAMAGED, "", "", "")


class SharedSource(Struct, omit_defaults=True, frozen=True):
    """Where replies come from for everybody who has set nothing else, as an administrator
    has set it.  `key` is encrypted (see `vault.py`)."""

    source: Source
    base_url: str | None = None
    api: Api = Api.AUTO
    key: str | None = None
    key_hint: str | None = None
    public_only: bool = False
    """Its server is not to be in this machine or its network."""


class StoredSecret(Struct, frozen=True):
    """Something encrypted, whose it is, and what it was encrypted for."""

    user_id: str
    purpose: str
    sealed: str

    def __repr__(self) -> str:
        return f"StoredSecret({self.user_id!r}, {self.purpose!r})"
