"""Where history lives: what every store promises.

A store keeps threads, messages, running replies and people's settings.  Every
call names the user, and somebody else's id is answered exactly as an unknown one
(:class:`NotFound`).  When a writing call returns, what it wrote survives the death
of this process.  Every writing call may be repeated: doing it twice changes nothing.

The engine calls it from one event loop; no call blocks that loop.
"""

from __future__ import annotations

from enum import Enum
from typing import Protocol

from msgspec import UNSET, Struct, UnsetType

from ..protocol import (
    Api,
    Code,
    Library,
    Message,
    Milliseconds,
    Problem,
    Role,
    Source,
    Status,
    Summary,
    Thread,
    ThreadSettings,
    Usage,
    UsageBy,
    UsageSum,
    View,
)
from .terms import Phrase


class StoreError(Exception):
    """The store cannot do it; `problem` says why in words for the person."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem


class NotFound(StoreError):
    """No such thing, or it is somebody else's."""

    def __init__(self, what: str) -> None:
        super().__init__(Problem(Code.NOT_FOUND, f"There is no such {what}."))


class BelowDeleted(NotFound):
    """It was deleted, and what it follows is deleted as well."""

    def __init__(self) -> None:
        words = "What it belongs to is deleted as well: take that back first."
        StoreError.__init__(self, Problem(Code.NOT_FOUND, words))


class Failed(StoreError):
    """It went wrong in a way that nobody foresaw; the log says how."""

    def __init__(self) -> None:
        super().__init__(
            Problem(
                Code.INTERNAL,
                "Something went wrong in the chat history; the server's log has the details. "
                "What was stored before is kept; try again.",
            )
        )


class Conflict(StoreError):
    """The thread has changed since the revision that the change was made for."""

    def __init__(self) -> None:
        super().__init__(
            Problem(
                Code.CONFLICT,
                "This conversation was changed elsewhere in the meantime; nothing was "
                "overwritten. Look at it again and repeat the change.",
            )
        )


class Unavailable(StoreError):
    """The store as a whole cannot be used (down, locked, read-only, full, corrupt or
    written by a newer version); may be over later."""


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
    asked: the `model`, where (`source`), and the tokens that the request was counted as.

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
    that is known); `cost` is `None` where the price is not known.
    """

    message_id: str
    thread_id: str
    at: Milliseconds
    model: str
    usage: Usage
    cost: float | None
    source: Source | None = None
    kind: UsageKind = UsageKind.REPLY


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
    defaults: ThreadSettings = ThreadSettings()
    durable_replies: bool | None = None
    """`None`: as the server has it."""
    notes: list[str] = []
    use_notes: bool = False
    monthly_limit: float | None = None
    """US dollars; see `protocol.Budget`."""


class Store(Protocol):
    """All of it raises :class:`Unavailable` while the store cannot be used, and works
    again by itself once it can."""

    async def open(self) -> None:
        """Connect, and create or migrate the schema.  May be called again after it
        raised :class:`Unavailable`."""

    async def close(self) -> None:
        """Finish what is being written and let go of all resources."""

    async def check(self) -> None:
        """Raise :class:`Unavailable` if the store could not be written to now."""

    async def owner_id(self) -> str:
        """The stable user id of *the owner*: everyone that a server with Jupyter's
        default login lets in.  Made once, kept with the data."""

    # threads

    async def get_thread(self, user_id: str, thread_id: str) -> Thread:
        """Also one in the trash."""

    async def list_threads(
        self,
        user_id: str,
        *,
        limit: int,
        cursor: str | None = None,
        which: ThreadFilter = EVERYTHING,
    ) -> tuple[list[Thread], str | None]:
        """Threads, pinned ones first, then newest activity first (the trash: what was
        deleted last first), and the cursor of the next page (`None`: this was the last).
        An unreadable cursor raises `ValueError`."""

    async def folders(self, user_id: str) -> tuple[dict[str, int], dict[str, int]]:
        """Folders and tags of the threads that :data:`EVERYTHING` lists, each with the
        number of its threads."""

    async def thread_ids(self, user_id: str) -> list[str]:
        """Of all threads that are kept: not in the trash, not temporary; oldest first."""

    async def update_thread(
        self, user_id: str, thread_id: str, changes: ThreadChanges, revision: int | None = None
    ) -> Thread:
        """The thread after the change.  With `revision`, only if the thread still has
        it (:class:`Conflict`)."""

    async def due(
        self, *, deleted_before: Milliseconds, now: Milliseconds, limit: int
    ) -> list[tuple[str, str]]:
        """(user id, thread id) of threads to be purged, of all users: in the trash since
        before `deleted_before`, temporary and expired, or purged in part by a process
        that died over it."""

    async def purge(self, user_id: str, thread_id: str) -> bool:
        """Delete for good a thread that is in the trash or temporary, with all that
        belongs to it; one that is neither (any more) is left alone.  In small steps, so
        that others can write meanwhile; after the first one nobody sees the thread.
        Returns whether there is no such thread now."""

    # messages; what is deleted, and what is below it, is as if it were not there

    async def add_turn(self, user_id: str, turn: Turn) -> Accepted:
        """Store a turn and make its reply the thread's leaf.

        :class:`NotFound` if the thread (without `new_thread`), or the parent within
        it, does not exist.
        """

    async def add_thread(self, user_id: str, thread: Thread, messages: list[Message]) -> int:
        """Add a thread that is whole already (a fork, an import): it, unless it exists,
        and those of its messages that are not there yet.  Returns how many were added.

        Every message is final, belongs to `thread`, and comes after its parent.
        :class:`NotFound`, with nothing added, if an id is somebody else's, or that of a
        message in another thread.
        """

    async def get_message(self, user_id: str, thread_id: str, message_id: str) -> Message:
        """A running reply comes with the text of its checkpoints."""

    async def get_messages(self, user_id: str, thread_id: str, ids: list[str]) -> list[Message]:
        """Those of the given messages that the thread has, by id.  Together with `tree`
        this reads a thread of any length a few messages at a time."""

    async def path(
        self, user_id: str, thread_id: str, leaf_id: str, *, limit: int
    ) -> list[Message]:
        """The last `limit` messages of the branch that ends at `leaf_id`, older first.
        Costs no more on a long thread than on a short one."""

    async def outline(
        self, user_id: str, thread_id: str, leaf_id: str, *, limit: int
    ) -> list[Outline]:
        """The last `limit` messages of the branch that ends at `leaf_id`, older first,
        without their bodies."""

    async def put_weights(self, user_id: str, thread_id: str, weights: dict[str, Weight]) -> None:
        """Keep the weights of final messages, by id; those that are not there (any more)
        are passed over."""

    async def summaries(self, user_id: str, thread_id: str) -> list[Summary]:
        """All of a thread, by the ids of the messages up to which they go."""

    async def put_summary(self, user_id: str, summary: Summary) -> None:
        """Keep a summary, in the place of one up to the same message.  :class:`NotFound` if
        there is no such message in the thread."""

    async def delete_summary(self, user_id: str, thread_id: str, upto: str) -> None:
        """Forget the summary up to a message, if there is one."""

    async def after(
        self, user_id: str, thread_id: str, message_id: str, leaf_id: str, *, limit: int
    ) -> list[Message]:
        """The first `limit` messages that follow a message on the branch that ends at
        `leaf_id` (which nothing follows), older first; where it is not on that branch, on
        its own newest one.
        Costs no more on a long thread than on a short one, unless there are forks: then
        the way from the leaf is walked back, once."""

    async def newest_leaf(self, user_id: str, thread_id: str, message_id: str) -> str:
        """The end of the branch that goes on from a message, at each fork with the newest
        child.  Costs as much as that branch is long."""

    async def leads_to(self, user_id: str, thread_id: str, message_id: str, leaf_id: str) -> bool:
        """Whether a message is on the branch that ends at `leaf_id`.  Costs as much as
        there are messages between them."""

    async def tree(self, user_id: str, thread_id: str) -> list[Node]:
        """All of the thread's tree, by id (so parents before children)."""

    async def children(
        self, user_id: str, thread_id: str, parent_ids: list[str | None]
    ) -> list[Node]:
        """All nodes under the given parents (`None`: the roots), by id."""

    async def delete_message(
        self, user_id: str, thread_id: str, message_id: str, now: Milliseconds
    ) -> Deletion:
        """Delete a message and all below it, for as long as nobody restores it.

        A leaf among them gives way to the newest one under the nearest version of the
        message, else to its parent.  A reply being made there is kept when it ends.
        Deleted twice by its own id it stays deleted as it was.
        """

    async def restore_message(self, user_id: str, thread_id: str, message_id: str) -> Thread:
        """Take a deletion back: just what went with `message_id` is there again, and is
        the branch being shown if it was then.

        :class:`NotFound` if it went with another message, :class:`BelowDeleted` if that
        which it follows is deleted as well.  A message that is there stays as it is.
        """

    async def purge_messages(self, before: Milliseconds) -> int:
        """Remove for good what was deleted before that time; how many messages."""

    # replies being made

    async def begin_reply(self, user_id: str, message_id: str, owner: str) -> bool:
        """Note that a reply which was stored as queued is asked for from now on, so
        that nobody else asks for it.  False: it is not `owner`'s any more."""

    async def append_checkpoints(self, checkpoints: list[Checkpoint]) -> None:
        """Keep what running replies have grown by."""

    async def finish_reply(
        self, user_id: str, message: Message, entry: LedgerEntry | None = None
    ) -> Thread:
        """Store the reply in its final state, with its `entry` for the ledger (`None`: the
        model was not asked), drop its checkpoints and its place among the running, and set
        the thread's last activity to `message.completed_at`."""

    async def renew_lease(self, lease: Lease) -> None:
        """Create or prolong this process's lease."""

    async def release_lease(self, owner: str) -> None:
        """Give the lease up at once."""

    async def recover(
        self, lease: Lease, now: Milliseconds, estimate: Estimate | None = None
    ) -> list[Left]:
        """Find every reply whose lease has lapsed (or whose process on this host is
        gone).  Those that can go on become `lease.owner`'s (see :class:`Left`); the
        others are marked as interrupted, with the text of their checkpoints, completed
        at `now`, and entered into the ledger as `estimate` says.  Of several processes
        that try, one gets each reply.

        Returns those that were interrupted just now, and all that are taken over and
        run: also those of earlier calls, whose answer may have been lost."""

    # what it cost

    async def add_usage(self, user_id: str, entry: LedgerEntry) -> None:
        """Enter what no reply brings with it: a title, or a reply whose thread is gone.

        What there is of the same message and kind gives way, unless the new one is an
        estimate: so it is with the entries of replies, too.
        """

    async def usage_total(self, user_id: str, which: LedgerQuery) -> UsageSum:
        """The sum of entries."""

    async def usage_sums(
        self, user_id: str, which: LedgerQuery, by: UsageBy, *, limit: int, minutes_west: int = 0
    ) -> list[UsageSum]:
        """The sums of entries by day (in order; as it is so many minutes west of
        Greenwich), model or thread (the dearest first); without titles."""

    async def usage_entries(
        self, user_id: str, which: LedgerQuery, *, limit: int, after: LedgerEntry | None = None
    ) -> list[LedgerEntry]:
        """Entries in the order of time, from the one that follows `after`."""

    # search

    async def search(
        self,
        user_id: str,
        query: SearchQuery,
        *,
        titles: bool = False,
        limit: int,
        cursor: str | None = None,
    ) -> FoundPage:
        """The person's final messages that hold what is looked for, in threads that are
        not in the trash, newest first (those of one moment in any order); with `titles`
        threads, by their titles.  A message is found as soon as it is stored.  An
        unreadable cursor raises `ValueError`."""

    async def index_some(self) -> bool:
        """Take some of what was stored before there was an index into it.  False: there
        is nothing left; to be called until then, by one process or several."""

    # people

    async def get_settings(self, user_id: str) -> UserSettings:
        """Defaults if nothing was ever set."""

    async def put_settings(self, user_id: str, settings: UserSettings) -> None:
        """Replace them."""

    async def get_library(self, user_id: str) -> Library:
        """Empty, with revision 0, if nothing was ever kept."""

    async def put_library(self, user_id: str, library: Library) -> bool:
        """Keep it in place of the one whose revision is one lower.  False: another one has
        taken that place, and nothing was changed."""
