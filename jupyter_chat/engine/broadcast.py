"""Who is looking at what, and how they hear of changes.

Each thread that somebody looks at, or that an answer is being made in, has a
:class:`Feed`: it numbers the thread's events, encodes each once whatever the number
of viewers, and keeps the newest for viewers that come back after a short absence.
"""

from __future__ import annotations

from collections import deque
from itertools import count
from typing import Protocol, TypeAlias

import msgspec

from ..ids import new_id
from ..protocol import (
    Delta,
    Event,
    Message,
    MessageChanged,
    More,
    Snapshot,
    SummaryChanged,
    Thread,
    ThreadChanged,
    Waiting,
    encode,
    written_in,
)
from .growth import Kind

ThreadEvent: TypeAlias = MessageChanged | Waiting | SummaryChanged

_RECENT_BYTES = 256 * 1024
_QUIET_BYTES = 16 * 1024
"""What is kept of a thread in which no reply is being made.  Of growing text each chunk is kept
with two hundred bytes about it; whoever comes back after its end is shown the whole."""


class Viewer(Protocol):
    """One open socket."""

    @property
    def user_id(self) -> str: ...

    def send(self, frame: bytes) -> None:
        """Put an encoded event on its way; never blocks, never raises."""


class Feed:
    """The events of one thread, numbered without gaps from the beginning of its epoch."""

    __slots__ = (
        "_recent",
        "_recent_bytes",
        "_told",
        "epoch",
        "growing",
        "handle",
        "reshaped",
        "revision",
        "seq",
        "thread_id",
        "users",
        "viewers",
    )

    def __init__(self, thread_id: str, epoch: str, handle: int) -> None:
        self.thread_id = thread_id
        self.epoch = epoch
        self.handle = handle
        self.seq = 0
        self.viewers: dict[Viewer, bool] = {}
        """Who looks, and whether briefly."""
        self.users = 0
        """How many running replies hold on to this feed."""
        self.reshaped = 0
        """Counts the events that are more than growing text (see `subscribe`)."""
        self.revision: int | None = None
        """The newest of the thread that viewers were told of (see `elsewhere.py`)."""
        self.growing: dict[str, Message] = {}
        """Replies that were unfinished when they were last read, as they were then."""
        self._recent: deque[tuple[int, bytes]] = deque()
        self._recent_bytes = 0
        self._told: tuple[str, int] | None = None
        """The message and part that all brief viewers know the last delta was for."""

    def look(self, viewer: Viewer, brief: bool) -> None:
        """Send a viewer all events from now on."""
        self.viewers[viewer] = brief
        self._told = None

    def publish(self, kind: type[ThreadEvent], /, **fields: object) -> None:
        """Number an event of this thread and send it to all viewers."""
        self.reshaped += 1
        self._send(encode(kind(thread_id=self.thread_id, seq=self._next(), **fields)))  # type: ignore[arg-type]

    def grow(self, message_id: str, part: int, kind: Kind, text: str) -> None:
        """The same for more of a reply's text."""
        seq = self._next()
        event = Delta(self.thread_id, seq, message_id, part, kind, text, self.handle)
        where = message_id, part
        brief = encode(More(self.handle, seq, text)) if where == self._told else None
        self._told = where
        self._send(encode(event), brief)

    def end(self, message: Message) -> None:
        """The same for a reply that has ended, whose parts `grow` has told."""
        self.reshaped += 1
        event = MessageChanged(self.thread_id, self._next(), message)
        units = sum(
            len(part.text.encode("utf-16-le", "surrogatepass")) for part in written_in(message)
        )
        rest = msgspec.structs.replace(message, parts=[])
        brief = msgspec.structs.replace(event, message=rest, grown=units // 2)
        self._send(encode(event), encode(brief))

    def withdraw(self, message: Message) -> None:
        """The same for one whose parts nobody shall see any more: nobody gets them who comes
        back later either."""
        self._recent.clear()
        self._recent_bytes = 0
        self._told = None
        self.publish(MessageChanged, message=message)

    def tell_of(self, thread: Thread) -> None:
        """Viewers know the thread as it is here."""
        self.revision = max(self.revision or 0, thread.revision)

    def _next(self) -> int:
        self.seq += 1
        return self.seq

    def _send(self, frame: bytes, brief: bytes | None = None) -> None:
        """Keep an encoded event and send it, or its brief form to those who want that."""
        self._recent.append((self.seq, frame))
        self._recent_bytes += len(frame)
        self._forget_beyond(_RECENT_BYTES)
        for viewer, wants_brief in tuple(self.viewers.items()):
            viewer.send(brief if wants_brief and brief is not None else frame)

    def rest(self) -> None:
        """No reply is being made any more: keep less."""
        self._forget_beyond(_QUIET_BYTES)

    def _forget_beyond(self, most: int) -> None:
        while self._recent_bytes > most and len(self._recent) > 1:
            self._recent_bytes -= len(self._recent.popleft()[1])

    def reset(self) -> None:
        """Count one event that has no frame of its own to keep: a new snapshot."""
        self.seq += 1
        self.reshaped += 1
        self._recent.clear()
        self._recent_bytes = 0
        self._told = None

    def missed(self, after: int) -> list[bytes] | None:
        """The frames after event `after`, or `None` where some are gone."""
        if after == self.seq:
            return []
        if not self._recent or not self._recent[0][0] - 1 <= after < self.seq:
            return None
        return [frame for seq, frame in self._recent if seq > after]


class Broadcast:
    """All feeds and viewers of this process."""

    def __init__(self) -> None:
        self.epoch = new_id()
        self._feeds: dict[tuple[str, str], Feed] = {}
        self._viewers: dict[str, set[Viewer]] = {}
        self._followed: dict[Viewer, set[str]] = {}
        """The threads that each viewer looks at: one that goes is looked for in no others."""
        self._handles = count(1)

    def join(self, viewer: Viewer) -> None:
        self._viewers.setdefault(viewer.user_id, set()).add(viewer)

    def leave(self, viewer: Viewer) -> None:
        """Forget a viewer and all its subscriptions."""
        viewers = self._viewers.get(viewer.user_id)
        if viewers is not None:
            viewers.discard(viewer)
            if not viewers:
                del self._viewers[viewer.user_id]
        for thread_id in tuple(self._followed.get(viewer, ())):
            self.unsubscribe(viewer, thread_id)

    def viewers(self) -> list[Viewer]:
        return [viewer for viewers in self._viewers.values() for viewer in viewers]

    def subscribe(self, viewer: Viewer, thread_id: str, *, brief: bool = False) -> Feed:
        feed = self._feed(viewer.user_id, thread_id)
        feed.look(viewer, brief)
        self._followed.setdefault(viewer, set()).add(thread_id)
        return feed

    def unsubscribe(self, viewer: Viewer, thread_id: str) -> None:
        followed = self._followed.get(viewer)
        if followed is not None:
            followed.discard(thread_id)
            if not followed:
                del self._followed[viewer]
        feed = self._feeds.get((viewer.user_id, thread_id))
        if feed is not None:
            feed.viewers.pop(viewer, None)
            self._drop_unused(viewer.user_id, feed)

    def hold(self, user_id: str, thread_id: str) -> Feed:
        """The thread's feed, kept until `release` even while nobody looks."""
        feed = self._feed(user_id, thread_id)
        feed.users += 1
        return feed

    def release(self, user_id: str, feed: Feed) -> None:
        feed.users -= 1
        if not feed.users:
            feed.rest()
        self._drop_unused(user_id, feed)

    def find(self, user_id: str, thread_id: str) -> Feed | None:
        return self._feeds.get((user_id, thread_id))

    def watched(self) -> dict[tuple[str, str], Feed]:
        """The feeds that have viewers, by user and thread."""
        return {place: feed for place, feed in self._feeds.items() if feed.viewers}

    def to_user(self, user_id: str, event: Event) -> None:
        if isinstance(event, ThreadChanged):
            feed = self.find(user_id, event.thread.id)
            if feed is not None:
                feed.tell_of(event.thread)
        viewers = self._viewers.get(user_id)
        if viewers:
            frame = encode(event)
            for viewer in tuple(viewers):
                viewer.send(frame)

    def to_all(self, event: Event) -> None:
        frame = encode(event)
        for viewer in self.viewers():
            viewer.send(frame)

    def to_viewers(self, feed: Feed, event: Snapshot) -> None:
        frame = encode(event)
        for viewer in tuple(feed.viewers):
            viewer.send(frame)

    def _feed(self, user_id: str, thread_id: str) -> Feed:
        feed = self._feeds.get((user_id, thread_id))
        if feed is None:
            # An epoch of its own: a number of an earlier feed never looks current.
            handle = next(self._handles)
            feed = Feed(thread_id, f"{self.epoch}.{handle}", handle)
            self._feeds[user_id, thread_id] = feed
        return feed

    def _drop_unused(self, user_id: str, feed: Feed) -> None:
        if not feed.viewers and not feed.users:
            self._feeds.pop((user_id, feed.thread_id), None)
