"""Where history lives: what every store promises.

A store keeps threads, messages, running replies and people's settings.  Every
call names the user, and somebody else's id is answered exactly as an unknown one
(:class:`NotFound`).  When a writing call returns, what it wrote survives the death
of this process.  Every writing call may be repeated: doing it twice changes nothing.

The engine calls it from one event loop; no call blocks that loop.
"""

from __future__ import annotations

from typing import Protocol

from msgspec import UNSET, UnsetType

from ..protocol import (
    AuditEntry,
    Flagged,
    Library,
    LimitRules,
    Message,
    Milliseconds,
    Summary,
    Thread,
    UsageBy,
    UsageSum,
)
from .people import PeopleStore
from .reserving import Amount, Reached, Reservation, Taken
from .types import (
    EVERYTHING,
    Accepted,
    Checkpoint,
    Deletion,
    Estimate,
    FoundPage,
    Lease,
    LedgerEntry,
    LedgerQuery,
    Left,
    Node,
    Outline,
    SearchQuery,
    SharedSource,
    StoredSecret,
    ThreadChanges,
    ThreadFilter,
    Turn,
    UserSettings,
    Weight,
)


class Store(PeopleStore, Protocol):
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

    async def revisions(self, threads: list[tuple[str, str]]) -> dict[str, int]:
        """The revisions of threads, each named by its user and its id; by id, without those
        that are not there."""

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

    async def quiet(
        self, *, before: Milliseconds, limit: int, after: Thread | None = None
    ) -> list[tuple[str, Thread]]:
        """(user id, thread), of all users: kept threads that are not to be retired yet, whose
        last activity was before that time; what has been quiet for longest first, from the
        one that follows `after`."""

    async def retiring(
        self, *, before: Milliseconds, limit: int, after: Thread | None = None
    ) -> list[tuple[str, Thread]]:
        """(user id, thread), of all users: kept threads that were to be retired before that
        time, in this order, from the one that follows `after`."""

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

    async def ask_to_stop(self, user_id: str, message_id: str) -> bool:
        """Ask whichever process makes this reply to stop it.  False: none does."""

    async def asked_to_stop(self, owner: str) -> list[str]:
        """Which of this process's running replies somebody has asked to stop, by the ids of
        their messages."""

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

        What dead processes have reserved is settled with what the ledger says of it, or
        given back; of a reply that goes on, it is held on.

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

    async def usage_by_person(self, which: LedgerQuery, *, limit: int) -> list[UsageSum]:
        """The sums of everybody's entries, by the ids of people, the dearest first.  For
        administrators: it looks through all entries of that time."""

    async def usage_entries(
        self, user_id: str, which: LedgerQuery, *, limit: int, after: LedgerEntry | None = None
    ) -> list[LedgerEntry]:
        """Entries in the order of time, from the one that follows `after`."""

    # what is limited

    async def reserve(self, user_id: str, wanted: Reservation) -> Reached | None:
        """Count a request in all of its scopes, and hold what it may take until it is settled;
        where one of them has no room for it, in none: that one is returned.  Exact, however
        many ask at once.  What is held already is not counted again."""

    async def settle(
        self, user_id: str, reservation_id: str, scopes: tuple[str, ...], spent: Amount | None
    ) -> None:
        """End a reservation: what was `spent` (its tokens and dollars) takes the place of what
        was held, in the spans of time in which it was reserved.  `None`: nothing was asked, and
        nothing is counted."""

    async def taken(self, user_id: str, scopes: list[str], now: Milliseconds) -> list[Taken]:
        """What is taken of each of these scopes, which are the user's own or shared."""

    # what was flagged

    async def add_flagged(self, user_id: str, record: Flagged) -> None:
        """Note it."""

    async def flagged(
        self, *, limit: int, before: str | None = None, unseen: bool = False
    ) -> list[Flagged]:
        """Everybody's, the newest first, from the one that follows the id `before`; with
        `unseen`, what nobody has marked as seen; for administrators."""

    async def see_flagged(self, flagged_ids: list[str], now: Milliseconds) -> None:
        """Mark these as seen, but for those that are already; for administrators."""

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

    async def put_settings(
        self,
        user_id: str,
        settings: UserSettings,
        *,
        key_before: str | None | UnsetType = UNSET,
    ) -> bool:
        """Replace them.  With `key_before`, only those whose `key` is this; `False`: it is
        another one by now, and nothing was changed."""

    async def get_library(self, user_id: str) -> Library:
        """Empty, with revision 0, if nothing was ever kept."""

    async def put_library(self, user_id: str, library: Library) -> bool:
        """Keep it in place of the one whose revision is one lower.  False: another one has
        taken that place, and nothing was changed."""

    # for whoever administers the server: these name no user

    async def get_limit_rules(self) -> LimitRules:
        """Empty, with revision 0, if nothing was ever set."""

    async def put_limit_rules(self, rules: LimitRules) -> bool:
        """Keep them in place of those whose revision is one lower.  False: others have taken
        that place, and nothing was changed."""

    async def get_shared_source(self) -> SharedSource | None:
        """`None` if there is none."""

    async def put_shared_source(self, shared: SharedSource | None) -> None:
        """Replace it."""

    async def secrets(self, *, after: str | None = None, limit: int) -> list[StoredSecret]:
        """All that is encrypted, by user id (that for everybody first), from the one that
        follows the user `after`."""

    async def replace_secret(self, secret: StoredSecret, sealed: str) -> bool:
        """Put another ciphertext in the place of just this one.  `False`: it is not there any
        more, and nothing was changed."""

    async def add_audit(self, entry: AuditEntry) -> bool:
        """Keep an entry for ever, as it is.  `False`: another one has its number."""

    async def last_audit(self) -> AuditEntry | None:
        """The one with the highest number."""

    async def audit_entries(self, *, after: int = 0, limit: int) -> list[AuditEntry]:
        """In the order of their numbers, from the one that follows the number `after`."""

    async def newest_audit(
        self, *, before: int | None = None, person: str = "", event: str = "", limit: int
    ) -> list[AuditEntry]:
        """The newest first, from the one that follows the number `before`: all, or those of
        what `person` (a user id) did or what was done to them, and of one `event`."""
