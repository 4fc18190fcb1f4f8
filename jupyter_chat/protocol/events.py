"""Events: what the server sends over the socket."""

from __future__ import annotations

from typing import Literal, TypeAlias

from msgspec import Struct

from .basics import Id
from .conversations import Message, Problem, Summary, Thread, User
from .histories import Import


class Welcome(Struct, tag="welcome", frozen=True):
    """The first frame of every socket."""

    protocol: int
    server_version: str
    epoch: str
    """Changes when the server restarts."""
    user: User
    heartbeat_seconds: int
    problem: Problem | None = None
    """What keeps the history from being read or written, if anything does."""


class Ack(Struct, tag="ack", omit_defaults=True, frozen=True):
    """The command `id` was carried out; what it stored is durable."""

    id: str
    thread_id: Id | None = None
    message_id: Id | None = None
    reply_id: Id | None = None


class Rejected(Struct, tag="rejected", frozen=True):
    """The command `id` (empty where it could not be read) changed nothing."""

    id: str
    problem: Problem


class Snapshot(Struct, tag="snapshot", frozen=True):
    """A thread as it stands after event `seq`: the newest messages of the branch.

    Events count from the beginning of an `epoch`, which ends with the server, or when
    nobody looks at the thread any more.  `messages` go from older to newer and end at
    the leaf; `more` says that older ones exist (fetched over REST).  `versions` maps the
    id of each message shown that has siblings to the ids of all of them, oldest first.
    `waiting` says why replies among them wait for their model's server, by message (see
    :class:`Waiting`).
    `deleted` is the message that was deleted just now, with all below it.
    `summaries` are those of the thread, on whichever branch.
    """

    thread_id: Id
    epoch: str
    seq: int
    thread: Thread
    messages: list[Message]
    versions: dict[str, list[str]]
    more: bool
    waiting: dict[str, Problem] = {}
    deleted: Id | None = None
    summaries: list[Summary] = []


class MessageChanged(Struct, tag="message", omit_defaults=True, frozen=True):
    """A message is new or has changed; replaces what the client has of it.

    With `leaf`, the branch that ends with it is the one being shown now.  With `grown`,
    the message comes without its parts: they are what the deltas have made of them, of
    so many UTF-16 code units in all.
    """

    thread_id: Id
    seq: int
    message: Message
    leaf: bool = False
    grown: int | None = None


class Delta(Struct, tag="delta", frozen=True):
    """More of a reply: `text` goes to the end of part number `part`.

    `part` equal to the number of parts so far begins a new one of `kind`.  `handle`
    is what `More` names the thread by.
    """

    thread_id: Id
    seq: int
    message_id: Id
    part: int
    kind: Literal["text", "reasoning"]
    text: str
    handle: int


class More(Struct, array_like=True, frozen=True):
    """`[handle, seq, text]`: a delta that goes on where the thread's last one ended.

    A chunk of an answer is five bytes long, a `delta` two hundred.  Sent instead of one
    to those who follow the thread with `brief` and have had the last delta.
    """

    handle: int
    seq: int
    text: str


class Waiting(Struct, tag="waiting", frozen=True):
    """A reply waits for its model's server and says why; `None`: no longer."""

    thread_id: Id
    seq: int
    message_id: Id
    problem: Problem | None


class SummaryChanged(Struct, tag="summary", frozen=True):
    """The summary up to a message is new, another one, or (`None`) gone."""

    thread_id: Id
    seq: int
    upto: Id
    summary: Summary | None


class ThreadChanged(Struct, tag="thread", frozen=True):
    """Sent to every socket of the user.  `thread.deleted_at` set: it is in the trash."""

    thread: Thread


class ThreadGone(Struct, tag="gone", frozen=True):
    """Sent to every socket of the user: the thread was deleted for good."""

    thread_id: Id


class Health(Struct, tag="health", frozen=True):
    """What keeps the history from being read or written; `None`: all is well again."""

    problem: Problem | None


class Heartbeat(Struct, tag="heartbeat", frozen=True):
    pass


class Pong(Struct, tag="pong", frozen=True):
    id: str


class Goodbye(Struct, tag="goodbye", frozen=True):
    """The server is stopping; running replies have been kept as far as they came."""


class ImportChanged(Struct, tag="import", frozen=True):
    """Sent to every socket of the user while a history is being taken in."""

    progress: Import


class LibraryChanged(Struct, tag="library", frozen=True):
    """Sent to every socket of the user: their presets and prompts have changed."""

    revision: int


Event: TypeAlias = (
    Welcome
    | Ack
    | Rejected
    | Snapshot
    | MessageChanged
    | Delta
    | Waiting
    | SummaryChanged
    | ThreadChanged
    | ThreadGone
    | Health
    | ImportChanged
    | LibraryChanged
    | Heartbeat
    | Pong
    | Goodbye
)
"""Also on the socket, but told apart by its form: :class:`More`."""
