"""What both stores compute alike: pure functions on threads, replies and leases."""

from __future__ import annotations

import base64
import os
from collections.abc import Iterable
from datetime import date, timedelta

import msgspec
from msgspec import UNSET, Struct

from ..protocol import (
    Code,
    Message,
    Milliseconds,
    Part,
    Problem,
    ReasoningPart,
    Source,
    Status,
    TextPart,
    Thread,
    WrittenPart,
    written_in,
)
from .types import Estimate, Lease, LedgerEntry, Left, ThreadChanges

LARGEST_NUMBER = 2**63 - 1
"""That either database compares with."""

MINUTE_MS = 60_000
DAY_MS = 24 * 60 * MINUTE_MS

LIVE = (Status.QUEUED, Status.STREAMING)
"""What a reply's status is until it has ended."""


class Growth(Struct, array_like=True, frozen=True):
    """What a checkpoint adds to its reply."""

    part: int
    kind: str
    text: str
    model: str | None = None
    upstream_id: str | None = None
    upstream_seq: int | None = None
    counted_tokens: int | None = None
    source: Source | None = None


class Resumable(Struct, frozen=True):
    """A reply as far as upstream can be asked to go on from there."""

    message: Message
    upstream_id: str
    upstream_seq: int


_PARTS: dict[str, type[WrittenPart]] = {
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
    kinds = [type(part) for part in written_in(message)]
    texts = [[part.text] for part in written_in(message)]
    model, counted = message.model, message.counted_tokens
    for each in growth:
        model = each.model or model
        if each.counted_tokens is not None:
            counted = each.counted_tokens or None
        if not each.text:
            continue
        if each.part >= len(texts):
            kinds.append(_PARTS[each.kind])
            texts.append([])
        texts[min(each.part, len(texts) - 1)].append(each.text)
    parts: list[Part] = [kind("".join(pieces)) for kind, pieces in zip(kinds, texts, strict=True)]
    return msgspec.structs.replace(message, parts=parts, model=model, counted_tokens=counted)


def source_of(growth: Iterable[Growth]) -> Source | None:
    """Where the reply was asked for, as its checkpoints say."""
    return next((each.source for each in growth if each.source is not None), None)


def grown_in(message: Message, growth: list[Growth]) -> str:
    """The text that has come of a reply, without what it was told to go on from."""
    texts = [each.text for each in growth]
    if any(each.upstream_id for each in growth):
        # It goes on from nothing else: what stands in the message came before it was taken over.
        texts = [*(part.text for part in written_in(message)), *texts]
    return "".join(texts)


def resumable(message: Message, growth: list[Growth]) -> Resumable | None:
    """The reply up to the last checkpoint that says where upstream was then; `None`:
    upstream does not go on without us.  Text after that would come again."""
    upstream_id = next((each.upstream_id for each in growth if each.upstream_id), None)
    last = max(
        (place for place, each in enumerate(growth) if each.upstream_seq is not None), default=None
    )
    if upstream_id is None or last is None:
        return None
    upstream_seq = growth[last].upstream_seq
    assert upstream_seq is not None
    kept = fold(message, growth[: last + 1])
    return Resumable(
        msgspec.structs.replace(kept, status=Status.STREAMING), upstream_id, upstream_seq
    )


def left_of(user_id: str, message: Message, attempt: int, growth: list[Growth]) -> Left:
    """A reply that was taken over, as whoever did so goes on with it."""
    found = resumable(message, growth)
    if found is None:  # it had not been asked for
        return Left(user_id, message, attempt)
    return Left(user_id, found.message, attempt, found.upstream_id, found.upstream_seq)


def interrupted(
    user_id: str,
    message: Message,
    growth: list[Growth],
    now: Milliseconds,
    estimate: Estimate | None,
) -> tuple[Message, LedgerEntry | None]:
    """A reply whose process is gone, as it is kept, and what it has cost."""
    grown = grown_in(message, growth)
    message = _ended(fold(message, growth), now)
    if estimate is None:
        return message, None
    return estimate(user_id, message, grown, source_of(growth))


def _ended(message: Message, now: Milliseconds) -> Message:
    kept = "What had come is kept" if message.parts else "Your question is kept"
    return msgspec.structs.replace(
        message,
        status=Status.INTERRUPTED,
        completed_at=now,
        problem=Problem(
            Code.SERVER_STOPPED,
            f"The server stopped while this answer was being made. {kept}.",
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
        place = msgspec.json.decode(base64.urlsafe_b64decode(cursor), type=Place)
    except (ValueError, msgspec.DecodeError):
        raise unreadable_cursor() from None
    if abs(place.time) > LARGEST_NUMBER:
        raise unreadable_cursor()
    return place


def decode_number(text: str) -> int:
    """A number that is a cursor or a part of one; raises `ValueError`."""
    if not text.isascii() or not text.isdigit() or len(text) > len(str(LARGEST_NUMBER)):
        raise unreadable_cursor()
    number = int(text)
    if number > LARGEST_NUMBER:
        raise unreadable_cursor()
    return number


def day_name(number: int) -> str:
    """The day that is so many days after the first of January 1970."""
    return (date(1970, 1, 1) + timedelta(days=number)).isoformat()


def unreadable_cursor() -> ValueError:
    return ValueError("The cursor cannot be read; begin with the first page.")


def page_of(threads: list[Thread], limit: int) -> tuple[list[Thread], str | None]:
    """A page and the cursor of the next one, from up to one thread more than a page."""
    if len(threads) <= limit:
        return threads, None
    return threads[:limit], encode_cursor(threads[limit - 1])
