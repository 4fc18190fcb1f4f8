"""The branches of a thread: which one is shown, deleting and restoring, forks."""

from __future__ import annotations

from ..ids import now_ms
from ..protocol import Ack, Delete, Fork, Message, Restore, Select, Thread
from ..store.errors import NotFound
from ..store.interface import Store
from ..store.records import LIVE
from . import forking, leaves
from .conversations import Conversations
from .errors import Invalid
from .replies import Replies

_MESSAGES_AT_ONCE = 500


class Branches:
    """What people can do with branches; like :class:`Conversations`, every method names
    the user."""

    def __init__(self, store: Store, conversations: Conversations, replies: Replies) -> None:
        self._store = store
        self._conversations = conversations
        self._replies = replies

    async def select(self, user_id: str, command: Select) -> Ack:
        """Show another branch: the newest leaf below a message."""
        thread = await leaves.show(self._store, user_id, command.thread_id, command.message_id)
        await self._conversations.reshaped(user_id, thread)
        return Ack(command.id, thread_id=thread.id, message_id=thread.leaf_id)

    async def delete(self, user_id: str, command: Delete) -> Ack:
        """Delete a message and all below it; replies being made there are stopped."""
        deletion = await self._store.delete_message(
            user_id, command.thread_id, command.message_id, now_ms()
        )
        await self._replies.stop(user_id, deletion.message_ids)
        thread = await self._store.get_thread(user_id, command.thread_id)
        await self._conversations.reshaped(user_id, thread, command.message_id)
        return Ack(command.id, thread_id=command.thread_id, message_id=command.message_id)

    async def restore(self, user_id: str, command: Restore) -> Ack:
        """Take back the deletion of a message."""
        thread = await self._store.restore_message(user_id, command.thread_id, command.message_id)
        await self._conversations.reshaped(user_id, thread)
        return Ack(command.id, thread_id=command.thread_id, message_id=command.message_id)

    async def fork(self, user_id: str, command: Fork) -> Ack:
        """Copy the branch up to a message into a thread of its own."""
        thread_id = forking.fork_id(command.client_id, command.message_id)
        try:
            forked = await self._store.get_thread(user_id, thread_id)
        except NotFound:
            forked = await self._fork(user_id, command)
        await self._conversations.reshaped(user_id, forked)
        return Ack(command.id, thread_id=thread_id, message_id=forked.leaf_id)

    async def _fork(self, user_id: str, command: Fork) -> Thread:
        thread = await self._store.get_thread(user_id, command.thread_id)
        path = await self._path(user_id, thread.id, command.message_id)
        if any(message.status in LIVE for message in path):
            raise Invalid(
                "An answer up to here is still being made; nothing was copied. Wait for it, "
                "or stop it, and fork then.",
                "message_id",
            )
        forked, copies = forking.fork(thread, path, command.client_id, now_ms())
        await self._store.add_thread(user_id, forked, copies)
        return await self._store.get_thread(user_id, forked.id)

    async def _path(self, user_id: str, thread_id: str, message_id: str) -> list[Message]:
        """A branch from its beginning up to a message, however long."""
        pages: list[list[Message]] = []
        upto: str | None = message_id
        while upto is not None:
            page = await self._store.path(user_id, thread_id, upto, limit=_MESSAGES_AT_ONCE)
            pages.append(page)
            upto = page[0].parent_id
        return [message for page in reversed(pages) for message in page]
