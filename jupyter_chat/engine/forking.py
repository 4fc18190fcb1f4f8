"""Forks: the branch up to a message, copied into a thread of its own."""

from __future__ import annotations

import hashlib
import re
import uuid

import msgspec

from ..protocol import Message, Milliseconds, Origin, Thread

_LONGEST_TITLE = 200
_MARKED = re.compile(r"^(?P<title>.*) \(fork(?: (?P<number>\d+))?\)$", re.DOTALL)


def fork_id(client_id: str, message_id: str) -> str:
    """The id of the thread that a command makes: the same for the same command."""
    return _derived(client_id, f"thread:{message_id}", _stamp(message_id))


def fork(
    thread: Thread, path: list[Message], client_id: str, now: Milliseconds
) -> tuple[Thread, list[Message]]:
    """A thread with copies of `path`, and these.

    Their ids follow from the command and the ids of what is copied, so that the same
    command makes the same ones; like those they sort by time, parents before children.
    """
    copies: list[Message] = []
    stamp = 0
    thread_id = fork_id(client_id, path[-1].id)
    for message in path:
        stamp = max(_stamp(message.id), stamp + 1)
        copy = msgspec.structs.replace(
            message,
            id=_derived(client_id, message.id, stamp),
            thread_id=thread_id,
            parent_id=copies[-1].id if copies else None,
            client_id=None,
        )
        copies.append(copy)
    copied = {message.id: copy.id for message, copy in zip(path, copies, strict=True)}
    forked = Thread(
        id=thread_id,
        title=marked(thread.title),
        settings=thread.settings,
        created_at=now,
        updated_at=now,
        leaf_id=copies[-1].id,
        titled_by_user=thread.titled_by_user,
        forked_from=Origin(thread.id, path[-1].id),
        pinned_messages=[copied[own] for own in thread.pinned_messages if own in copied],
        excluded_messages=[copied[own] for own in thread.excluded_messages if own in copied],
    )
    return forked, copies


def marked(title: str | None) -> str | None:
    """A title with the mark of a fork; one that has it gets the next number."""
    if title is None:
        return None
    mark = "(fork)"
    found = _MARKED.match(title)
    if found is not None:
        title = found["title"]
        mark = f"(fork {int(found['number'] or 1) + 1})"
    return f"{title[: _LONGEST_TITLE - len(mark) - 1]} {mark}"


def _stamp(message_id: str) -> int:
    """The part of a UUIDv7 that sorts it: 48 bits of milliseconds, 12 of their fraction."""
    bits = uuid.UUID(message_id).int
    return bits >> 80 << 12 | bits >> 64 & 0xFFF


def _derived(client_id: str, name: str, stamp: int) -> str:
    digest = hashlib.sha256(f"{client_id}:{name}".encode()).digest()
    value = (stamp >> 12) << 80 | 0x7 << 76 | (stamp & 0xFFF) << 64
    value |= 0b10 << 62 | int.from_bytes(digest[:8], "big") >> 2
    return str(uuid.UUID(int=value))
