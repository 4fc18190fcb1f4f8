"""Every type that crosses the wire, once.

The front end's types are generated from this file (`npm run protocol` in
`labextension/`); a test fails when they are out of date.  Unknown fields are
ignored, so that an older peer can talk to a newer one; a wrong type is refused
with :class:`InvalidFrame`, which names the field.

Times are milliseconds since the Unix epoch (UTC), money is US dollars, and ids
are UUIDv7 strings: they sort by the time they were made.
"""

from __future__ import annotations

import json
import re
from enum import Enum
from typing import Annotated, Any, Literal, TypeAlias, TypeVar, get_args

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

_T = TypeVar("_T")

PROTOCOL_VERSION = 1
MAX_FRAME_BYTES = 4 * 1024 * 1024
HEARTBEAT_SECONDS = 20
"""The server sends a heartbeat this often; a client that hears nothing for
twice as long reconnects (proxies drop sockets that are idle for 60 s)."""

KERNEL_URL = "JUPYTER_CHAT_URL"
KERNEL_TOKEN = "JUPYTER_CHAT_TOKEN"  # noqa: S105 - the name of a variable
"""Environment variables that tell a kernel where its server's chat is, and let it in."""
KERNEL_SCHEME = "jupyter-chat"
"""A kernel shows its token as `Authorization: jupyter-chat TOKEN`."""

ID_PATTERN = "^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$"
Id: TypeAlias = Annotated[
    str,
    Meta(pattern=ID_PATTERN),
]
Milliseconds: TypeAlias = int
Title: TypeAlias = Annotated[str, Meta(min_length=1, max_length=200)]
Tag: TypeAlias = Annotated[str, Meta(min_length=1, max_length=50)]
Folder: TypeAlias = Annotated[str, Meta(min_length=1, max_length=50)]
MOST_TAGS = 20
MOST_MARKED_MESSAGES = 200
MOST_NOTES = 50
Note: TypeAlias = Annotated[str, Meta(min_length=1, max_length=500)]


# --- What a conversation is made of -------------------------------------------------


class Role(str, Enum):
    USER = "user"
    ASSISTANT = "assistant"


class Status(str, Enum):
    """Where a message stands.  The last four are final."""

    QUEUED = "queued"
    STREAMING = "streaming"
    COMPLETE = "complete"
    STOPPED = "stopped"
    INTERRUPTED = "interrupted"
    FAILED = "failed"

    @property
    def is_final(self) -> bool:
        return self not in (Status.QUEUED, Status.STREAMING)


class TextPart(Struct, tag="text", frozen=True):
    text: str


class ReasoningPart(Struct, tag="reasoning", frozen=True):
    """What the model lets us see of its thinking; never sent back to it."""

    text: str


class AttachmentKind(str, Enum):
    """What an attachment was taken from."""

    VARIABLE = "variable"
    CELL = "cell"
    SELECTION = "selection"
    OUTPUT = "output"
    ERROR = "error"
    FILE = "file"


PartName: TypeAlias = Annotated[str, Meta(min_length=1, max_length=200)]


class AttachmentPart(Struct, tag="attachment", omit_defaults=True, frozen=True):
    """Something that goes with a question, as the text that the model reads.

    `language` is that of its code, if it is code.
    """

    kind: AttachmentKind
    name: PartName
    text: Annotated[str, Meta(max_length=1_000_000)]
    language: Annotated[str, Meta(max_length=50)] | None = None


class ImagePart(Struct, tag="image", omit_defaults=True, frozen=True):
    """A picture that goes with a question; `data` is base64."""

    media_type: Literal["image/png", "image/jpeg", "image/gif", "image/webp"]
    data: Annotated[str, Meta(min_length=4, max_length=3 * 1024 * 1024)]
    name: PartName | None = None


WrittenPart: TypeAlias = TextPart | ReasoningPart
"""What replies are made of."""
AskedPart: TypeAlias = TextPart | AttachmentPart | ImagePart
"""What questions are made of."""
Part: TypeAlias = TextPart | ReasoningPart | AttachmentPart | ImagePart


class Code(str, Enum):
    """What went wrong, as far as it changes what the person can do."""

    # the model's server
    NO_KEY = "no_key"
    WRONG_KEY = "wrong_key"
    NO_QUOTA = "no_quota"
    RATE_LIMITED = "rate_limited"
    MODEL_UNKNOWN = "model_unknown"
    CONTEXT_TOO_LONG = "context_too_long"
    CONTENT_REFUSED = "content_refused"
    REQUEST_REFUSED = "request_refused"
    PROVIDER_DOWN = "provider_down"
    PROVIDER_TIMEOUT = "provider_timeout"
    STREAM_CUT = "stream_cut"
    REPLY_GONE = "reply_gone"
    OUTPUT_LIMIT = "output_limit"
    LOCAL_MODEL_MISSING = "local_model_missing"
    SUMMARISING = "summarising"
    BUDGET_SPENT = "budget_spent"
    # the frame or the request
    INVALID = "invalid"
    TOO_LARGE = "too_large"
    FORBIDDEN = "forbidden"
    NOT_FOUND = "not_found"
    CONFLICT = "conflict"
    # the history
    STORE_DOWN = "store_down"
    STORE_LOCKED = "store_locked"
    STORE_READ_ONLY = "store_read_only"
    STORE_FULL = "store_full"
    STORE_CORRUPT = "store_corrupt"
    STORE_NEWER = "store_newer"
    # ours
    SERVER_STOPPED = "server_stopped"
    INTERNAL = "internal"


class Problem(Struct, omit_defaults=True, frozen=True):
    """One thing that went wrong: what happened, what was kept, what to do next.

    `message` is a full English sentence or two; `field` is the path of the field
    that was refused; `retry_at` says when waiting is expected to help; `detail` is
    the upstream's own words, shown on request.
    """

    code: Code
    message: str
    field: str | None = None
    retry_at: Milliseconds | None = None
    detail: str | None = None


class Usage(Struct, omit_defaults=True, frozen=True):
    """Tokens of one reply, as the API reports them; `estimated`: it did not say, as of a
    reply that broke off, and they were counted here.

    `cached_tokens` and `cache_write_tokens` are part of `input_tokens`,
    `reasoning_tokens` of `output_tokens`.
    """

    input_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = 0
    cache_write_tokens: int = 0
    reasoning_tokens: int = 0
    estimated: bool = False


class Effort(str, Enum):
    NONE = "none"
    MINIMAL = "minimal"
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    XHIGH = "xhigh"
    MAX = "max"


class MemoryPolicy(str, Enum):
    """What becomes of what no longer fits into a model's window: the oldest messages are
    left out (`window`), a summary takes their place (`summarise`), or nothing more is asked
    (`strict`)."""

    WINDOW = "window"
    SUMMARISE = "summarise"
    STRICT = "strict"


class ThreadSettings(Struct, omit_defaults=True, frozen=True):
    """How replies of a thread are made; `None` leaves it to the default.

    With `json_schema`, a JSON Schema, an answer is JSON of that form.  `use_notes` says
    whether the person's notes (:class:`Account`) go with the instructions; a temporary
    thread goes without them unless it says so itself.
    """

    model: Annotated[str, Meta(min_length=1, max_length=200)] | None = None
    temperature: Annotated[float, Meta(ge=0, le=2)] | None = None
    max_output_tokens: Annotated[int, Meta(ge=1, le=10_000_000)] | None = None
    effort: Effort | None = None
    system_prompt: Annotated[str, Meta(max_length=100_000)] | None = None
    json_schema: dict[str, Any] | None = None
    memory: MemoryPolicy | None = None
    summary_model: Annotated[str, Meta(min_length=1, max_length=200)] | None = None
    """Makes the summaries; `None`: the model that answers."""
    use_notes: bool | None = None


class Message(Struct, omit_defaults=True):
    """One node of a thread's message tree; siblings are versions of each other.

    `begun_at` is when a reply's turn came: it may have been queued since `created_at`.
    `counted_tokens` is what its request was counted as before it was sent; its `usage`
    says what it was.
    """

    id: Id
    thread_id: Id
    parent_id: Id | None
    role: Role
    parts: list[Part]
    status: Status
    created_at: Milliseconds
    begun_at: Milliseconds | None = None
    first_token_at: Milliseconds | None = None
    completed_at: Milliseconds | None = None
    client_id: str | None = None
    model: str | None = None
    usage: Usage | None = None
    cost: float | None = None
    problem: Problem | None = None
    counted_tokens: int | None = None


class Origin(Struct, frozen=True):
    """Where a fork began: the last message that was copied, in the thread it is in."""

    thread_id: Id
    message_id: Id


class Thread(Struct, omit_defaults=True):
    """A conversation without its messages.

    `leaf_id` is the last message of the branch being shown; `revision` grows by
    one with every change, for compare-and-set.  `title` is `None` until somebody,
    or the first answer, gives one; `titled_by_user` keeps it from being replaced.
    `updated_at` is the last activity and orders the list, below what is `pinned`.

    `tags` are unique whatever their case.  A `folder` exists as long as a thread is in
    it.  A `temporary` thread is in no list; it is deleted for good once it is closed,
    and at `expires_at` at the latest.

    `pinned_messages` go to the model whether they are old or not, `excluded_messages`
    never do, even if pinned.
    """

    id: Id
    title: str | None
    settings: ThreadSettings
    created_at: Milliseconds
    updated_at: Milliseconds
    leaf_id: Id | None = None
    revision: int = 0
    titled_by_user: bool = False
    deleted_at: Milliseconds | None = None
    forked_from: Origin | None = None
    running: bool = False
    """True while an answer is being made; known by the engine, never stored."""
    pinned: bool = False
    archived: bool = False
    tags: list[str] = []
    folder: str | None = None
    temporary: bool = False
    expires_at: Milliseconds | None = None
    pinned_messages: list[Id] = []
    excluded_messages: list[Id] = []


SummaryText: TypeAlias = Annotated[str, Meta(min_length=1, max_length=100_000)]


class Summary(Struct, omit_defaults=True, frozen=True):
    """What the model sees instead of the beginning of a branch: of the message `upto` and
    all before it.  It belongs to every branch that goes on from there."""

    thread_id: Id
    upto: Id
    text: SummaryText
    created_at: Milliseconds
    model: str | None = None
    edited: bool = False


class SummaryPatch(Struct, frozen=True):
    """Another text for a summary; `null`: it is made anew when it is needed."""

    text: SummaryText | None


class User(Struct, frozen=True):
    """Whoever the server says is asking."""

    id: str
    name: str
    initials: str
    avatar_url: str | None = None
    color: str | None = None


# --- Commands: client to server over the socket --------------------------------------

CommandId: TypeAlias = Annotated[str, Meta(min_length=1, max_length=64)]
ClientId: TypeAlias = Annotated[str, Meta(min_length=8, max_length=64)]


class Subscribe(Struct, tag="subscribe", frozen=True):
    """Follow a thread.

    Answered with a `snapshot`, or, where `epoch` and `after` name the last event
    seen and the server still has the rest, with just the events missed.  With
    `brief`, growing text comes as `More`, and a reply that has grown while
    one was looking ends without its text being sent again.
    """

    id: CommandId
    thread_id: Id
    after: int | None = None
    epoch: str | None = None
    brief: bool = False


class Unsubscribe(Struct, tag="unsubscribe", frozen=True):
    id: CommandId
    thread_id: Id


class Send(Struct, tag="send", frozen=True):
    """Ask.  `parent_id` is the message it follows (`None`: it begins the thread).

    Asking under an older parent begins a new branch, which is how a question is
    edited.  `create` makes the thread if it does not exist yet, with `settings`.  What
    `reply_settings` says goes, for this one reply, before what the thread says.
    The same `client_id` sent again changes nothing and gets the same answer.
    With `temporary`, the thread it makes is not kept; with `folder`, it is in that.
    """

    id: CommandId
    client_id: ClientId
    thread_id: Id
    parent_id: Id | None
    parts: Annotated[list[AskedPart], Meta(min_length=1, max_length=64)]
    create: bool = False
    settings: ThreadSettings | None = None
    reply_settings: ThreadSettings | None = None
    temporary: bool = False
    folder: Folder | None = None


class Regenerate(Struct, tag="regenerate", frozen=True):
    """Answer the same question again, as a new version beside the answer `message_id`;
    or answer the question `message_id`.

    What `settings` says goes, for this one reply, before what the thread says.
    """

    id: CommandId
    client_id: ClientId
    thread_id: Id
    message_id: Id
    settings: ThreadSettings | None = None


class Continue(Struct, tag="continue", frozen=True):
    """Go on with an answer that broke off, as a new version that begins with its text."""

    id: CommandId
    client_id: ClientId
    thread_id: Id
    message_id: Id


class Stop(Struct, tag="stop", frozen=True):
    """Stop a reply; a queued one is taken out of the queue."""

    id: CommandId
    thread_id: Id
    message_id: Id


class Select(Struct, tag="select", frozen=True):
    """Show the branch that `message_id` is on (its newest leaf)."""

    id: CommandId
    thread_id: Id
    message_id: Id


class Delete(Struct, tag="delete", frozen=True):
    """Delete a message and all below it; `restore` takes that back."""

    id: CommandId
    thread_id: Id
    message_id: Id


class Restore(Struct, tag="restore", frozen=True):
    """Take back the deletion of `message_id`: just what went with it comes back."""

    id: CommandId
    thread_id: Id
    message_id: Id


class Fork(Struct, tag="fork", frozen=True):
    """Go on in a thread of its own: a copy of the branch up to `message_id`.

    The answer names the new thread; the same `client_id` again makes no other one.
    """

    id: CommandId
    client_id: ClientId
    thread_id: Id
    message_id: Id


class Ping(Struct, tag="ping", frozen=True):
    id: CommandId


Command: TypeAlias = (
    Subscribe
    | Unsubscribe
    | Send
    | Regenerate
    | Continue
    | Stop
    | Select
    | Delete
    | Restore
    | Fork
    | Ping
)


# --- Events: server to client over the socket -----------------------------------------


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


# --- Resources: REST ------------------------------------------------------------------


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

    What is in the trash is deleted for good after `trash_days`; 0: never.
    """

    folders: list[Count]
    tags: list[Count]
    trash_days: int


class LongContext(Struct, frozen=True, forbid_unknown_fields=True):
    """Factors on the prices of a request whose input is `above` so many tokens."""

    above: int
    input: float
    output: float


class Model(Struct, omit_defaults=True, frozen=True):
    """A model that can be chosen and what it takes; prices are per million tokens.

    Its window has room for `context_tokens`; what goes in may be limited on its own
    (`max_input_tokens`).  `shutdown_date` is the first day on which it no longer answers.
    """

    id: str
    name: str
    known: bool = False
    """False: not in our catalogue; of it is known what its server says, if anything."""
    context_tokens: int | None = None
    max_input_tokens: int | None = None
    max_output_tokens: int | None = None
    efforts: list[Effort] = []
    default_effort: Effort | None = None
    temperature: bool = True
    """Whether temperature may be set (with efforts: only at effort `none`)."""
    images: bool = True
    """Whether pictures may go with a question."""
    input_price: float | None = None
    output_price: float | None = None
    cached_price: float | None = None
    cache_write_price: float | None = None
    long_context: LongContext | None = None
    shutdown_date: str | None = None


class ModelList(Struct, omit_defaults=True, frozen=True):
    """`default` is the model used where a thread names none; `problem` says why the
    server's own list could not be had (the catalogue is shown instead).  `gone` are models
    that conversations may still name, and that have been shut down.  `ignored` says what is
    wrong with what this server's administrator says of models: it is left out."""

    models: list[Model]
    default: str | None
    problem: Problem | None = None
    gone: list[Model] = []
    ignored: Problem | None = None


class UsageBy(str, Enum):
    """What usage is added up by."""

    DAY = "day"
    MODEL = "model"
    THREAD = "thread"


class UsageSum(Struct, frozen=True):
    """What several requests have taken and cost together: answers, and the titles
    and summaries that models made.

    `key` is the day (`2026-11-26`), the model or the thread's id; the sum of all has none.
    `title` is a thread's, as long as there is the thread.  `cost` is that of the requests
    whose price is known; `unpriced` of them have none.  The tokens of `estimated` ones were
    counted here, because the API did not say.
    """

    key: str
    requests: int
    input_tokens: int
    output_tokens: int
    cached_tokens: int
    cache_write_tokens: int
    reasoning_tokens: int
    cost: float
    unpriced: int
    estimated: int
    title: str | None = None


class UsageReport(Struct, frozen=True):
    """One's own usage in a span of time: days in their order (those without any are left
    out), models and threads with the dearest first, of threads the first 100.  `total` is
    the sum of all."""

    sums: list[UsageSum]
    total: UsageSum


class Budget(Struct, omit_defaults=True, frozen=True):
    """What may be spent in a month (US dollars), and what has been `since` it began (UTC).

    Requests whose price is not known count nothing.  From `limit` on nothing more is asked.
    """

    spent: float
    since: Milliseconds
    limit: float | None = None


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
    branch are listed, or those before the message `before`.
    """

    thread_id: Id | None = None
    leaf_id: Id | None = None
    settings: ThreadSettings | None = None
    text: Annotated[str, Meta(max_length=4_000_000)] = ""
    attached: Annotated[int, Meta(ge=0, le=2**40)] = 0
    entries: Annotated[int, Meta(ge=0, le=200)] = 0
    before: Id | None = None


class Context(Struct, omit_defaults=True, frozen=True):
    """What the model will see.

    Of the `window` (tokens; `assumed`, where nobody says how large the model's is),
    `used` are taken by the parts other than the answer; `shares` says by which.  Counts
    have been multiplied by `correction`, which follows from the usage that the API gave
    of the last answers.  `sent` messages go to the model, `left_out` do not; with
    `refused` nothing would be asked: the thread is strict, and does not fit.
    `input_cost` is what sending this costs, in US dollars, if nothing is cached.
    `summary` is sent before the messages; with `summarises` another one is made first.

    `entries` go from newer to older; `next` is what to ask for `before`.  With them comes
    what the thread has cost so far, with all its branches, also those that are deleted.
    """

    window: int
    used: int
    shares: list[ContextShare]
    sent: int
    left_out: int
    model: str | None = None
    assumed: bool = False
    correction: float = 1.0
    refused: bool = False
    input_cost: float | None = None
    instructions: str | None = None
    summary: Summary | None = None
    summarises: bool = False
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


class Source(str, Enum):
    """Where replies come from."""

    OPENAI = "openai"
    COMPATIBLE = "compatible"
    AZURE = "azure"
    LOCAL = "local"


class Api(str, Enum):
    """Which of the two APIs to speak; `auto`: Responses at OpenAI and Azure, else
    Chat Completions."""

    AUTO = "auto"
    RESPONSES = "responses"
    CHAT = "chat"


class Account(Struct, omit_defaults=True, frozen=True):
    """A user's own settings, as the browser may see them: the key is write-only."""

    user: User
    source: Source | None = None
    """`None`: nothing is set up yet and the first-run screen shows."""
    from_environment: bool = False
    """The source comes from the server's environment, not from this user."""
    base_url: str | None = None
    api: Api = Api.AUTO
    key_hint: str | None = None
    """The last four characters of the key."""
    local_available: bool = False
    """The local model is installed."""
    defaults: ThreadSettings = ThreadSettings()
    durable_replies: bool = False
    """OpenAI goes on with answers while this server is down."""
    notes: list[str] = []
    """What the person wants every model to know."""
    use_notes: bool = False
    """They go with the instructions of all threads that say nothing else."""
    monthly_limit: float | None = None
    """See :class:`Budget`."""
    problem: Problem | None = None


class AccountPatch(Struct, frozen=True):
    """Changes to one's own settings.  `source: null` goes back to the environment's;
    `key: null` forgets the stored key."""

    source: Source | None | UnsetType = UNSET
    base_url: Annotated[str, Meta(max_length=2000)] | None | UnsetType = UNSET
    api: Api | UnsetType = UNSET
    key: Annotated[str, Meta(min_length=1, max_length=500)] | None | UnsetType = UNSET
    defaults: ThreadSettings | UnsetType = UNSET
    durable_replies: bool | UnsetType = UNSET
    notes: Annotated[list[Note], Meta(max_length=MOST_NOTES)] | UnsetType = UNSET
    use_notes: bool | UnsetType = UNSET
    monthly_limit: Annotated[float, Meta(ge=0.01, le=1_000_000)] | None | UnsetType = UNSET


# --- Presets and prompts -----------------------------------------------------------------

MOST_ENTRIES = 200
"""So many presets a person may have, and so many prompts."""

EntryName: TypeAlias = Annotated[str, Meta(min_length=1, max_length=50)]
PromptText: TypeAlias = Annotated[str, Meta(min_length=1, max_length=20_000)]


class Preset(Struct, frozen=True):
    """Settings of a conversation under a name, which no other preset of the person has,
    whatever its case."""

    id: Id
    name: EntryName
    settings: ThreadSettings


class Prompt(Struct, frozen=True):
    """A text to ask with, under a name of its own; `{{words}}` in it are to be filled in."""

    id: Id
    name: EntryName
    text: PromptText


class Library(Struct, frozen=True):
    """All presets and prompts of a person, by name; `revision` grows with every change."""

    revision: int = 0
    presets: list[Preset] = []
    prompts: list[Prompt] = []


class SharedPreset(Struct, frozen=True):
    """A preset in a file; its id belongs to whoever keeps it."""

    name: EntryName
    settings: ThreadSettings


class SharedPrompt(Struct, frozen=True):
    """A prompt in a file."""

    name: EntryName
    text: PromptText


class LibraryFile(Struct, frozen=True):
    """What presets and prompts are shared as: never with a key, or the address of a server."""

    format: Literal["jupyter-chat-presets"]
    version: Literal[1]
    presets: list[SharedPreset] = []
    prompts: list[SharedPrompt] = []


class LibraryProblem(Struct, omit_defaults=True, frozen=True):
    """An entry of a file that was left out, and why; `entry` counts from 1 in its list."""

    kind: Literal["presets", "prompts"]
    entry: int
    message: str
    name: str | None = None


class Renamed(Struct, frozen=True):
    """An entry of a file whose name another one has had."""

    name: str
    now: str


class LibraryReport(Struct, frozen=True):
    """What was taken from a file; `known` entries were there already, under the same name."""

    library: Library
    presets: int = 0
    prompts: int = 0
    known: int = 0
    renamed: list[Renamed] = []
    problems: list[LibraryProblem] = []


# --- Taking a history along ------------------------------------------------------------


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


class About(Struct, frozen=True):
    """Which server answers; `epoch` as in :class:`Welcome`."""

    server_version: str
    epoch: str


class Failure(Struct, frozen=True):
    """The body of every REST answer that is not a success."""

    problem: Problem


RESOURCES = (
    ThreadPage,
    MessagePage,
    SearchPage,
    ThreadPatch,
    Thread,
    View,
    BulkChange,
    BulkResult,
    Emptied,
    Folders,
    ModelList,
    ContextQuery,
    Context,
    CountQuery,
    Counted,
    Summary,
    SummaryPatch,
    UsageBy,
    UsageReport,
    Budget,
    FileRead,
    Attached,
    FoundFiles,
    Account,
    AccountPatch,
    Library,
    LibraryFile,
    LibraryReport,
    History,
    ImportStart,
    Import,
    ImportList,
    About,
    Failure,
)


# --- Reading and writing ----------------------------------------------------------------


class InvalidFrame(ValueError):
    """A frame or body that is not of the right form; `problem` names the field."""

    def __init__(self, problem: Problem, command_id: str = "") -> None:
        super().__init__(problem.message)
        self.problem = problem
        self.command_id = command_id


class _CommandId(Struct):
    id: str = ""


_encoder = msgspec.json.Encoder()
_command_decoder: msgspec.json.Decoder[Command] = msgspec.json.Decoder(Command)
_id_decoder = msgspec.json.Decoder(_CommandId)
_decoders: dict[type, msgspec.json.Decoder[object]] = {}

_event_decoder: msgspec.json.Decoder[Event] = msgspec.json.Decoder(Event)

encode = _encoder.encode
"""JSON bytes of any type above."""


def decode_command(frame: str | bytes) -> Command:
    """The command in a frame; raises :class:`InvalidFrame`."""
    try:
        return _command_decoder.decode(frame)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InvalidFrame(_problem_of(error), _command_id(frame)) from None


def decode_event(frame: str | bytes) -> Event | None:
    """The event in a frame; `None`: one that a newer server has and we do not know."""
    try:
        return _event_decoder.decode(frame)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def decode(body: str | bytes, kind: type[_T]) -> _T:
    """A REST body of type `kind`; raises :class:`InvalidFrame`."""
    decoder = _decoders.get(kind)
    if decoder is None:
        decoder = _decoders[kind] = msgspec.json.Decoder(kind)
    try:
        return decoder.decode(body)  # type: ignore[return-value]
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InvalidFrame(_problem_of(error)) from None


def text_of(message: Message) -> str:
    """The message's text, without reasoning and attachments."""
    return "".join(part.text for part in message.parts if isinstance(part, TextPart))


def written_in(message: Message) -> list[WrittenPart]:
    """The parts of a reply."""
    return [part for part in message.parts if isinstance(part, TextPart | ReasoningPart)]


def json_schema() -> dict[str, object]:
    """One JSON Schema with a definition for every type of this module."""
    kinds = (*get_args(Command), *get_args(Event), More, *RESOURCES)
    _, definitions = msgspec.json.schema_components(kinds, ref_template="#/$defs/{name}")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$defs": {name: definitions[name] for name in sorted(definitions)},
    }


def _problem_of(error: Exception) -> Problem:
    text = str(error) or type(error).__name__
    found = re.search(r" - at `\$?\.?(.*)`$", text)
    field = found.group(1) if found else None
    if field is None:
        missing = re.search(r"missing required field `(\w+)`", text)
        field = missing.group(1) if missing else None
    return Problem(Code.INVALID, _in_words(text, field), field=field, detail=text)


_ENTERED = {
    "base_url": "The address",
    "folder": "A folder's name",
    "key": "The API key",
    "max_output_tokens": "The longest answer, in tokens,",
    "model": "The model's name",
    "monthly_limit": "The monthly limit, in US dollars,",
    "notes": "The notes",
    "notes[]": "A note",
    "name": "The name",
    "path": "The file's path",
    "system_prompt": "The system prompt",
    "tags": "The tags",
    "tags[]": "A tag",
    "temperature": "The temperature",
    "text": "The text",
    "title": "A title",
    "value": "The name",
}
"""The fields that people fill in, and what to call each."""
_LIMIT = re.compile(r"Expected `(\w+)`(?: of length)? ([<>]=) ([\d.]+)")
_LIMITED = {"str": " characters long", "array": " in number"}


def _in_words(refusal: str, field: str | None) -> str:
    """What the decoder refused, in words for the person; its own ones are the `detail`."""
    name = _ENTERED.get(re.sub(r"\[[^]]*\]", "[]", field or "").rpartition(".")[2])
    if name is None:
        where = f" (“{field}”)" if field else ""
        return (
            f"The server does not understand what was sent{where}. Nothing was changed; a page "
            "that is older than the server has to be reloaded."
        )
    limit = _LIMIT.match(refusal)
    if limit is None:
        return f"{name} is not of a form that can be used. Nothing was changed."
    kind, direction, number = limit.groups()
    if (kind, direction, number) == ("str", ">=", "1"):
        return f"{name} must not be empty."
    most = "at most" if direction == "<=" else "at least"
    return f"{name} must be {most} {float(number):,.10g}{_LIMITED.get(kind, '')}."


def _command_id(frame: str | bytes) -> str:
    try:
        return _id_decoder.decode(frame).id[:64]
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        pass
    try:  # takes some that is not quite JSON, such as half a surrogate pair
        command_id = json.loads(frame)["id"]
    except (ValueError, LookupError, TypeError, RecursionError):
        return ""
    return command_id[:64] if isinstance(command_id, str) else ""
