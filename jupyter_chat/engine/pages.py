"""Threads in parts: a page of a branch, before, after or around one of its messages, or
where it begins.

What a page costs does not depend on how long the thread is, unless it has forks.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from ..protocol import Message, MessagePage
from ..store.errors import NotFound
from ..store.interface import Store
from .generation import Generation

PAGE = 50
"""Messages in a snapshot, and in a page."""


class Pages:
    """`running`: the replies that this process makes, by message."""

    def __init__(self, store: Store, running: Mapping[str, Generation]) -> None:
        self._store = store
        self._running = running

    async def ending_at(
        self, user_id: str, thread_id: str, leaf_id: str, limit: int
    ) -> MessagePage:
        """The newest part of the branch that ends at a message."""
        messages = await self._store.path(user_id, thread_id, leaf_id, limit=limit)
        return await self._page(user_id, thread_id, messages)

    async def before(
        self, user_id: str, thread_id: str, message_id: str, limit: int
    ) -> MessagePage:
        """The part just before a message."""
        message = await self._store.get_message(user_id, thread_id, message_id)
        if message.parent_id is None:
            return MessagePage([], {}, False, newer=True)
        messages = await self._store.path(user_id, thread_id, message.parent_id, limit=limit)
        return await self._page(user_id, thread_id, messages, newer=True)

    async def after(self, user_id: str, thread_id: str, message_id: str, limit: int) -> MessagePage:
        """The part just after a message, on the branch being shown; where the message is
        not on that, on its own newest one."""
        leaf_id = await self._leaf(user_id, thread_id) or message_id
        found = await self._store.after(user_id, thread_id, message_id, leaf_id, limit=limit + 1)
        newer = len(found) > limit
        return await self._page(user_id, thread_id, found[:limit], newer=newer)

    async def around(
        self, user_id: str, thread_id: str, message_id: str, limit: int
    ) -> MessagePage:
        """A message with as many before it as after it, on a branch as in `after`."""
        half = limit // 2
        leaf_id = await self._leaf(user_id, thread_id) or message_id
        up_to, following, shown = await asyncio.gather(
            self._store.path(user_id, thread_id, message_id, limit=limit - half),
            self._store.after(user_id, thread_id, message_id, leaf_id, limit=half + 1),
            self._store.leads_to(user_id, thread_id, message_id, leaf_id),
        )
        return await self._page(
            user_id,
            thread_id,
            up_to + following[:half],
            newer=len(following) > half,
            elsewhere=not shown,
        )

    async def first(self, user_id: str, thread_id: str, message_id: str, limit: int) -> MessagePage:
        """The part that the branch up to a message begins with."""
        roots = await self._store.children(user_id, thread_id, [None])
        # Mostly there is one; of versions the newest is the likeliest.
        for root in reversed(roots):
            if len(roots) == 1 or await self._store.leads_to(
                user_id, thread_id, root.id, message_id
            ):
                top, found = await asyncio.gather(
                    self._store.path(user_id, thread_id, root.id, limit=1),
                    self._store.after(user_id, thread_id, root.id, message_id, limit=limit),
                )
                messages = (top + found)[:limit]
                newer = len(top + found) > limit
                return await self._page(user_id, thread_id, messages, newer=newer)
        raise NotFound("message")

    def live(self, messages: list[Message]) -> list[Message]:
        """With replies that run here as they stand this moment."""
        running = self._running
        return [
            running[message.id].message() if message.id in running else message
            for message in messages
        ]

    async def _leaf(self, user_id: str, thread_id: str) -> str | None:
        return (await self._store.get_thread(user_id, thread_id)).leaf_id

    async def _page(
        self,
        user_id: str,
        thread_id: str,
        messages: list[Message],
        *,
        newer: bool = False,
        elsewhere: bool = False,
    ) -> MessagePage:
        parents = list({message.parent_id for message in messages})
        siblings: dict[str | None, list[str]] = {}
        for node in await self._store.children(user_id, thread_id, parents):
            siblings.setdefault(node.parent_id, []).append(node.id)
        versions = {
            message.id: siblings[message.parent_id]
            for message in messages
            if len(siblings.get(message.parent_id, ())) > 1
        }
        more = bool(messages) and messages[0].parent_id is not None
        return MessagePage(self.live(messages), versions, more, newer, elsewhere)
