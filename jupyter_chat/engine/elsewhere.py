"""What other processes on the same history do to the threads that are looked at here.

Somebody may have JupyterLab and `jupyter chat` open on one history, or a page on each of two
servers that share a database.  Each process tells its own viewers what it does itself.  For the
rest the revisions of all threads that somebody looks at are asked for once a second, in one
call; where one is ahead of what was told here, and still is a second later, the viewers get the
thread as it is now.  Answers that another process makes are read as they grow, and it is asked
through the store to stop them.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress

from ..protocol import Message, MessageChanged, Thread, ThreadGone
from ..store.errors import NotFound
from ..store.interface import Store
from .broadcast import Broadcast, Feed
from .replies import Replies
from .rounds import Rounds

ROUND_SECONDS = 1.0

Place = tuple[str, str]
"""User id and thread id."""


class Elsewhere:
    """`show` tells the viewers of a thread how it is now."""

    def __init__(
        self,
        store: Store,
        broadcast: Broadcast,
        replies: Replies,
        show: Callable[[str, Thread], Awaitable[None]],
        log: logging.Logger,
    ) -> None:
        self._store = store
        self._broadcast = broadcast
        self._replies = replies
        self._show = show
        self._ahead: dict[Place, int] = {}
        """Where the store was ahead when it was last asked: this process may be about to tell
        of that itself."""
        self._rounds = Rounds(self.look, lambda: ROUND_SECONDS, "what other servers do", log)

    async def start(self) -> None:
        """Once the store has been opened."""
        self._rounds.start()

    async def close(self) -> None:
        await self._rounds.close()

    async def look(self) -> None:
        """Ask once, tell what there is to tell, and stop what others want to be stopped."""
        if self._replies.running:
            for message_id in await self._store.asked_to_stop(self._replies.owner):
                generation = self._replies.running.get(message_id)
                if generation is not None:
                    generation.stop()
        feeds = self._broadcast.watched()
        if not feeds:
            self._ahead.clear()
            return
        found = await self._store.revisions(list(feeds))
        ahead = {
            place: found[place[1]]
            for place, feed in feeds.items()
            if feed.revision is not None and found.get(place[1], -1) > feed.revision
        }
        changed = [place for place in ahead if place in self._ahead]
        self._ahead = ahead
        for place, feed in feeds.items():
            if feed.revision is not None and place[1] not in found:
                feed.revision = None  # it is said once
                self._broadcast.to_user(place[0], ThreadGone(place[1]))
            elif place in changed:
                await self._show_again(place)
            for message_id, known in tuple(feed.growing.items()):
                await self._grown(place[0], feed, message_id, known)

    async def _show_again(self, place: Place) -> None:
        user_id, thread_id = place
        with suppress(NotFound):  # it is going just now
            await self._show(user_id, await self._store.get_thread(user_id, thread_id))

    async def _grown(self, user_id: str, feed: Feed, message_id: str, known: Message) -> None:
        """Tell how far a reply is that another process makes."""
        if message_id in self._replies.running:  # it was taken over
            feed.growing.pop(message_id, None)
            return
        try:
            message = await self._store.get_message(user_id, feed.thread_id, message_id)
        except NotFound:
            feed.growing.pop(message_id, None)
            return
        if message_id in self._replies.running or message_id not in feed.growing:
            return
        if message.completed_at is None:
            feed.growing[message_id] = message
        else:
            del feed.growing[message_id]
        if message != known:
            feed.publish(MessageChanged, message=message)
