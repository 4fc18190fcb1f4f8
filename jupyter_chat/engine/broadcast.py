"""Who is looking at what, and how they hear of changes.

Each thread that somebody looks at, or that an answer is being made in, has a
:class:`Feed`: it numbers the thread's events, encodes each once whatever the number
of viewers, and keeps the newest for viewers that come back after a short absence.
"""

from __future__ import annotations

from collections import deque
from typing import Protocol, TypeAlias

from ..ids import new_id
from ..protocol import Delta, Event, MessageChanged, Snapshot, Waiting, encode

ThreadEvent: TypeAlias = Delta | MessageChanged | Waiting

_RECENT_BYTES = 256 * 1024


class Viewer(Protocol):
    """One open socket."""

    @property
    def user_id(self) -> str: ...

    def send(self, frame: bytes) -> None:
        """Put an encoded event on its way; never blocks, never raises."""


class Feed:
    """The events of one thread, numbered without gaps."""

    __slots__ = ("_recent", "_recent_bytes", "reshaped", "seq", "thread_id", "users", "viewers")

    def __init__(self, thread_id: str, seq: int) -> None:
        self.thread_id = thread_id
        self.seq = seq
        self.viewers: set[Viewer] = set()
        self.users = 0
        """How many running replies hold on to this feed."""
        self.reshaped = 0
        """Counts the events that are more than growing text (see `subscribe`)."""
        self._recent: deque[tuple[int, bytes]] = deque()
        self._recent_bytes = 0

    def publish(self, kind: type[ThreadEvent], /, **fields: object) -> None:
        """Number an event of this thread and send it to all viewers."""
        self.seq += 1
        if kind is not Delta:
            self.reshaped += 1
        frame = encode(kind(thread_id=self.thread_id, seq=self.seq, **fields))  # type: ignore[arg-type]
        self._recent.append((self.seq, frame))
        self._recent_bytes += len(frame)
        while self._recent_bytes > _RECENT_BYTES and len(self._recent) > 1:
            self._recent_bytes -= len(self._recent.popleft()[1])
        for viewer in tuple(self.viewers):
            viewer.send(frame)

    def reset(self) -> None:
        """Count one event that has no frame of its own to keep: a new snapshot."""
        self.seq += 1
        self.reshaped += 1
        self._recent.clear()
        self._recent_bytes = 0

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
        self._highest = 0

    def join(self, viewer: Viewer) -> None:
        self._viewers.setdefault(viewer.user_id, set()).add(viewer)

    def leave(self, viewer: Viewer) -> None:
        """Forget a viewer and all its subscriptions."""
        viewers = self._viewers.get(viewer.user_id)
        if viewers is not None:
            viewers.discard(viewer)
            if not viewers:
                del self._viewers[viewer.user_id]
        watched = [feed for feed in self._feeds.values() if viewer in feed.viewers]
        for feed in watched:
            self.unsubscribe(viewer, feed.thread_id)

    def viewers(self) -> list[Viewer]:
        return [viewer for viewers in self._viewers.values() for viewer in viewers]

    def subscribe(self, viewer: Viewer, thread_id: str) -> Feed:
        feed = self._feed(viewer.user_id, thread_id)
        feed.viewers.add(viewer)
        return feed

    def unsubscribe(self, viewer: Viewer, thread_id: str) -> None:
        feed = self._feeds.get((viewer.user_id, thread_id))
        if feed is not None:
            feed.viewers.discard(viewer)
            self._drop_unused(viewer.user_id, feed)

    def hold(self, user_id: str, thread_id: str) -> Feed:
        """The thread's feed, kept until `release` even while nobody looks."""
        feed = self._feed(user_id, thread_id)
        feed.users += 1
        return feed

    def release(self, user_id: str, feed: Feed) -> None:
        feed.users -= 1
        self._drop_unused(user_id, feed)

    def find(self, user_id: str, thread_id: str) -> Feed | None:
        return self._feeds.get((user_id, thread_id))

    def to_user(self, user_id: str, event: Event) -> None:
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
            # A feed made anew goes on above every number used before it, so that an
            # old number never looks current.
            feed = self._feeds[user_id, thread_id] = Feed(thread_id, self._highest)
        return feed

    def _drop_unused(self, user_id: str, feed: Feed) -> None:
        if not feed.viewers and not feed.users:
            self._highest = max(self._highest, feed.seq)
            self._feeds.pop((user_id, feed.thread_id), None)
