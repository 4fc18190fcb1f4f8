"""An entry of our own export as a thread.

Ids stay what they are, so that an export which comes back finds what is there.  Where
they cannot be (they are somebody else's, or are in no order), they are derived.
"""

from __future__ import annotations

from collections import Counter

import msgspec

from ..ids import now_ms
from ..protocol import MOST_TAGS, ExportedThread, Message, Status, Thread
from ..store.records import LIVE
from .derived_ids import DerivedIds, stamp_of
from .found import Found, Refused, possible_time
from .problems import in_a_circle, same_id, without_parent
from .tree import parents_first

SOURCE = "jupyter-chat"
FORMAT = "jupyter-chat"
VERSION = 1

_NAME = 50
"""Characters that a tag or a folder may have."""

_decode = msgspec.json.Decoder(ExportedThread).decode


class OwnThreads:
    """Converts one entry after the other; remembers what belongs to the thread that
    the next one may go on with."""

    def __init__(self, user_id: str) -> None:
        self._ids = DerivedIds(user_id, SOURCE)
        self._thread_id = ""
        self._must_derive = False
        self._known: dict[str, str] = {}
        """The derived id of each message of the thread so far."""

    def convert(self, data: bytes) -> Found:
        """Raises :class:`Refused`, or what msgspec raises for what is no JSON or has
        another form."""
        entry = _decode(data)
        thread, problems = _possible(entry.thread)
        if thread.temporary:
            raise Refused("It is a temporary conversation; these are not kept.", thread.title)
        if thread.id != self._thread_id:
            self._thread_id, self._known = thread.id, {}
            self._must_derive = False
        messages = self._ordered(thread.id, entry.messages, problems)
        derived = self._derived(thread, messages)
        if self._must_derive or not _is_ordered(messages):
            self._must_derive = True
            return Found(self._thread_id, *derived, problems, Counter())
        return Found(self._thread_id, thread, messages, problems, Counter(), derived)

    def _ordered(self, thread_id: str, given: list[Message], problems: list[str]) -> list[Message]:
        """The messages, parents first, in a state that a store takes."""
        by_id: dict[str, Message] = {}
        twice = lost = 0
        for message in given:
            if message.id in by_id:
                twice += 1
                continue
            by_id[message.id] = message
        for message in by_id.values():
            message.thread_id = thread_id
            message.client_id = None
            if message.status in LIVE:
                message.status = Status.INTERRUPTED
            message.created_at = possible_time(message.created_at) or 1
            parent_id = message.parent_id
            if parent_id is not None and parent_id not in by_id and parent_id not in self._known:
                message.parent_id = None
                lost += 1
        order = parents_first({each.id: each.parent_id for each in by_id.values()})
        for count, sentence in (
            (twice, same_id),
            (lost, without_parent),
            (len(by_id) - len(order), in_a_circle),
        ):
            if count:
                problems.append(sentence(count))
        return [by_id[message_id] for message_id in order]

    def _derived(self, thread: Thread, messages: list[Message]) -> tuple[Thread, list[Message]]:
        thread_id = self._ids.make(f"thread {thread.id}", thread.created_at)
        derived: list[Message] = []
        for message in messages:
            parent_id = self._known.get(message.parent_id or "")
            new_id = self._ids.make(f"message {message.id}", message.created_at, parent_id)
            self._known[message.id] = new_id
            derived.append(
                msgspec.structs.replace(
                    message, id=new_id, thread_id=thread_id, parent_id=parent_id
                )
            )
        return msgspec.structs.replace(
            thread,
            id=thread_id,
            leaf_id=self._known.get(thread.leaf_id or ""),
            pinned_messages=self._those_known(thread.pinned_messages),
            excluded_messages=self._those_known(thread.excluded_messages),
        ), derived

    def _those_known(self, ids: list[str]) -> list[str]:
        return [self._known[own] for own in ids if own in self._known]


def _possible(thread: Thread) -> tuple[Thread, list[str]]:
    problems: list[str] = []
    created_at, updated_at = possible_time(thread.created_at), possible_time(thread.updated_at)
    if created_at is None or updated_at is None:
        problems.append("Its times cannot be right; the beginning of 1970 stands for them.")
    return msgspec.structs.replace(
        thread,
        title=thread.title[:200] if thread.title is not None else None,
        created_at=created_at or 1,
        updated_at=updated_at or created_at or 1,
        deleted_at=None,
        expires_at=None,
        retire_at=None,
        tags=_tags(thread),
        folder=thread.folder[:_NAME] or None if thread.folder is not None else None,
        running=False,
        revision=min(max(thread.revision, 0), 2**53),
    ), problems


def _tags(thread: Thread) -> list[str]:
    """As they would be had somebody given them: short, few, none twice."""
    tags: dict[str, str] = {}
    for tag in thread.tags:
        if tag:
            tags.setdefault(tag[:_NAME].casefold(), tag[:_NAME])
    return list(tags.values())[:MOST_TAGS]


def _is_ordered(messages: list[Message]) -> bool:
    """Every id is greater than that of the message it follows, and not of the future."""
    return all(
        (message.parent_id is None or message.parent_id < message.id)
        and stamp_of(message.id) >> 12 <= now_ms()
        for message in messages
    )
