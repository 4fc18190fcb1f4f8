"""What a conversation is made of."""

from __future__ import annotations

from enum import Enum
from typing import Annotated, Any, Literal, TypeAlias

from msgspec import Meta, Struct

from .basics import Id, Milliseconds


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
    LIMIT_REACHED = "limit_reached"
    MODEL_NOT_ALLOWED = "model_not_allowed"
    MODERATED = "moderated"
    # the frame or the request
    INVALID = "invalid"
    TOO_LARGE = "too_large"
    FORBIDDEN = "forbidden"
    NOT_FOUND = "not_found"
    CONFLICT = "conflict"
    TOO_OFTEN = "too_often"
    # the history
    STORE_DOWN = "store_down"
    STORE_LOCKED = "store_locked"
    STORE_READ_ONLY = "store_read_only"
    STORE_FULL = "store_full"
    STORE_CORRUPT = "store_corrupt"
    STORE_NEWER = "store_newer"
    # ours
    SERVICE_DOWN = "service_down"
    SERVER_STOPPED = "server_stopped"
    HUB_DOWN = "hub_down"
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
    says what it was.  `cost` (US dollars) is `cost_at_most` where the price of what came from
    upstream's cache is not known.
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
    cost_at_most: bool = False
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

    Where conversations are kept for a limited time, this one goes to the trash at
    `retire_at`, unless something is asked in it before.

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
    retire_at: Milliseconds | None = None
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


def text_of(message: Message) -> str:
    """The message's text, without reasoning and attachments."""
    return "".join(part.text for part in message.parts if isinstance(part, TextPart))


def written_in(message: Message) -> list[WrittenPart]:
    """The parts of a reply."""
    return [part for part in message.parts if isinstance(part, TextPart | ReasoningPart)]
