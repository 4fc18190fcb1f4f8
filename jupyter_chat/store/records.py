"""What both stores compute alike: pure functions on threads, replies and leases."""

from __future__ import annotations

import base64
import os
from collections.abc import Iterable

import msgspec
from msgspec import UNSET, Struct

from ..protocol import (
    Code,
    Message,
    Milliseconds,
    Part,
    Problem,
    ReasoningPart,
    Status,
    TextPart,
    Thread,
)
from .interface import Lease, ThreadChanges

LIVE = (Status.QUEUED, Status.STREAMING)
"""What a reply's status is until it has ended."""


class Growth(Struct, array_like=True, frozen=True):
    """What a checkpoint adds to its reply."""

    part: int
    kind: str
    text: str
    model: str | None = None


_PARTS: dict[str, type[TextPart] | type[ReasoningPart]] = {
    "text": TextPart,
    "reasoning": ReasoningPart,
}


def changed(thread: Thread, changes: ThreadChanges) -> Thread:
    """The thread with the changes, its revision one higher; the very same thread if
    they make no difference, so that a repeated change changes nothing."""
    fields = {
        name: value
        for name in changes.__struct_fields__
        if (value := getattr(changes, name)) is not UNSET and value != getattr(thread, name)
    }
    if not fields:
        return thread
    return msgspec.structs.replace(thread, revision=thread.revision + 1, **fields)


def fold(message: Message, growth: Iterable[Growth]) -> Message:
    """The message grown by checkpoints, in their order."""
    kinds = [type(part) for part in message.parts]
    texts = [[part.text] for part in message.parts]
    model = message.model
    for each in growth:
        if each.part >= len(texts):
            kinds.append(_PARTS[each.kind])
            texts.append([])
        texts[min(each.part, len(texts) - 1)].append(each.text)
        model = each.model or model
    parts: list[Part] = [kind("".join(pieces)) for kind, pieces in zip(kinds, texts, strict=True)]
    return msgspec.structs.replace(message, parts=parts, model=model)


def interrupted(message: Message, now: Milliseconds) -> Message:
    """A reply whose process is gone, as it is kept."""
    return msgspec.structs.replace(
        message,
        status=Status.INTERRUPTED,
        completed_at=now,
        problem=Problem(
            Code.SERVER_STOPPED,
            "The server stopped while this answer was being made. What had come is "
            "kept; ask again for the whole answer.",
        ),
    )


def has_lapsed(lease: Lease | None, observer: Lease, now: Milliseconds) -> bool:
    """Whether the process that held `lease` no longer makes its replies, as far as
    the process that holds `observer` can tell."""
    if lease is None or lease.expires_at <= now:
        return True
    return lease.host == observer.host and not _may_run(lease.pid)


def _may_run(pid: int) -> bool:
    if os.name != "posix":
        return True  # os.kill would end the process there: wait for the lease to lapse
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        pass  # it is somebody else's
    return True


class Place(Struct, array_like=True, frozen=True):
    """Where a thread stands in a list: pinned or not, its time, its id."""

    pinned: bool
    time: Milliseconds
    id: str


def encode_cursor(thread: Thread) -> str:
    """An opaque mark of the thread's place in the list that it is in."""
    place = Place(thread.pinned, thread.updated_at, thread.id)
    if thread.deleted_at is not None:
        place = Place(False, thread.deleted_at, thread.id)
    return base64.urlsafe_b64encode(msgspec.json.encode(place)).decode()


def decode_cursor(cursor: str) -> Place:
    """The place that the cursor marks; raises `ValueError`."""
    try:
        return msgspec.json.decode(base64.urlsafe_b64decode(cursor), type=Place)
    except (ValueError, msgspec.DecodeError):
        raise ValueError("The cursor cannot be read; begin with the first page.") from None


def page_of(threads: list[Thread], limit: int) -> tuple[list[Thread], str | None]:
    """A page and the cursor of the next one, from up to one thread more than a page."""
    if len(threads) <= limit:
        return threads, None
    return threads[:limit], encode_cursor(threads[limit - 1])
