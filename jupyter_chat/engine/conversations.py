"""Threads and the message tree: what people can do with them.

The only part of the engine that the server talks to about conversations.  Every
method names the user; what belongs to somebody else is answered as unknown.
"""

from __future__ import annotations

import msgspec
from msgspec import UNSET

from ..ids import new_id, now_ms
from ..protocol import (
    Ack,
    Continue,
    Message,
    MessagePage,
    Regenerate,
    Role,
    Send,
    Snapshot,
    Status,
    Stop,
    SummaryChanged,
    TextPart,
    Thread,
    ThreadPage,
    ThreadPatch,
    ThreadSettings,
    encode,
)
from ..store.errors import NotFound
from ..store.interface import Store
from ..store.types import EVERYTHING, ThreadChanges, ThreadFilter
from . import continuing, leaves, titles
from .broadcast import Broadcast, Feed, Viewer
from .errors import Invalid
from .labels import changes_of, name_of
from .pages import PAGE, Pages
from .replies import Replies
from .temporary import LONGEST_MS


class Conversations:
    """All conversations of all users of this process."""

    def __init__(self, store: Store, replies: Replies, broadcast: Broadcast) -> None:
        self._store = store
        self._replies = replies
        self._broadcast = broadcast
        self.pages = Pages(store, replies.running)

    # --- looking ------------------------------------------------------------------------

    async def subscribe(
        self,
        viewer: Viewer,
        thread_id: str,
        after: int | None = None,
        epoch: str | None = None,
        *,
        brief: bool = False,
    ) -> None:
        """Let a viewer follow a thread: what it missed, or a snapshot, then all events."""
        user_id = viewer.user_id
        feed = self._broadcast.find(user_id, thread_id)
        if feed is not None and after is not None and epoch == feed.epoch:
            frames = feed.missed(after)
            if frames is not None:
                self._broadcast.subscribe(viewer, thread_id, brief=brief)
                for frame in frames:
                    viewer.send(frame)
                return
        feed = self._broadcast.hold(user_id, thread_id)  # one epoch for all that follows
        try:
            snapshot, _ = await self._snapshot(user_id, thread_id)
            # No await between taking the snapshot and listening: nothing falls between.
            self._broadcast.subscribe(viewer, thread_id, brief=brief)
            viewer.send(encode(snapshot))
        finally:
            self._broadcast.release(user_id, feed)

    def unsubscribe(self, viewer: Viewer, thread_id: str) -> None:
        self._broadcast.unsubscribe(viewer, thread_id)
        self._replies.temporaries.left(viewer.user_id, thread_id)

    async def threads(
        self, user_id: str, limit: int, cursor: str | None, which: ThreadFilter = EVERYTHING
    ) -> ThreadPage:
        threads, following = await self._store.list_threads(
            user_id, limit=limit, cursor=cursor, which=which
        )
        return ThreadPage([self._replies.seen(user_id, thread) for thread in threads], following)

    async def thread(self, user_id: str, thread_id: str) -> Thread:
        return self._replies.seen(user_id, await self._store.get_thread(user_id, thread_id))

    # --- asking -------------------------------------------------------------------------

    async def send(self, user_id: str, command: Send) -> Ack:
        """Store a question and begin (or queue) its answer."""
        now = now_ms()
        texts = [part.text for part in command.parts if isinstance(part, TextPart)]
        if not any(text.strip() for text in texts):
            raise Invalid("The question is empty; nothing was sent.", "parts")
        settings = command.settings or ThreadSettings()
        thread = None
        if command.create:
            thread = Thread(
                id=command.thread_id,
                title=titles.from_question("\n".join(texts)),
                settings=settings,
                created_at=now,
                updated_at=now,
                folder=None if command.folder is None else name_of(command.folder, "folder"),
                temporary=command.temporary,
                expires_at=now + LONGEST_MS if command.temporary else None,
            )
        question = Message(
            id=new_id(),
            thread_id=command.thread_id,
            parent_id=command.parent_id,
            role=Role.USER,
            parts=list(command.parts),
            status=Status.COMPLETE,
            created_at=now,
            completed_at=now,
            client_id=command.client_id,
        )
        accepted = await self._replies.begin(
            user_id,
            command,
            question.id,
            question,
            thread,
            settings=command.reply_settings,
        )
        return Ack(
            command.id,
            thread_id=command.thread_id,
            message_id=accepted.question_id,
            reply_id=accepted.reply_id,
        )

    async def regenerate(self, user_id: str, command: Regenerate) -> Ack:
        """Begin one more version of an answer, or answer a question that has none."""
        message = await self._store.get_message(user_id, command.thread_id, command.message_id)
        question_id = message.id if message.role is Role.USER else message.parent_id
        if question_id is None:
            raise Invalid("There is no question that this answers.", "message_id")
        accepted = await self._replies.begin(
            user_id, command, question_id, settings=command.settings
        )
        return Ack(command.id, thread_id=command.thread_id, reply_id=accepted.reply_id)

    async def go_on(self, user_id: str, command: Continue) -> Ack:
        """Begin a version of an answer that broke off, which goes on from its text."""
        answer = await self._store.get_message(user_id, command.thread_id, command.message_id)
        if answer.parent_id is None or not continuing.is_unfinished(answer):
            raise Invalid("There is nothing to go on with; have it answered again.", "message_id")
        accepted = await self._replies.begin(
            user_id,
            command,
            answer.parent_id,
            parts=continuing.kept(answer),
            settings=continuing.settings(answer),
        )
        return Ack(command.id, thread_id=command.thread_id, reply_id=accepted.reply_id)

    async def stop(self, user_id: str, command: Stop) -> Ack:
        """Stop a reply that runs or waits, also in another process; one that has ended stays as
        it is."""
        if not await self._replies.stop(user_id, [command.message_id]):
            await self._store.get_message(user_id, command.thread_id, command.message_id)
            await self._store.ask_to_stop(user_id, command.message_id)
        return Ack(command.id, thread_id=command.thread_id, message_id=command.message_id)

    # --- changing -----------------------------------------------------------------------

    async def change_thread(self, user_id: str, thread_id: str, patch: ThreadPatch) -> Thread:
        """Rename a thread, change its settings, or put it somewhere else."""
        revision = patch.revision if patch.revision is not UNSET else None
        thread = await self.change(user_id, thread_id, changes_of(patch), revision)
        self._replies.temporaries.note(user_id, thread)
        return thread

    async def delete_thread(self, user_id: str, thread_id: str) -> Thread:
        """Put a thread into the trash; answers being made in it are stopped."""
        for generation in self._replies.of_thread(user_id, thread_id):
            generation.stop()
        return await self.change(user_id, thread_id, ThreadChanges(deleted_at=now_ms()))

    async def restore_thread(self, user_id: str, thread_id: str) -> Thread:
        """Take a thread out of the trash."""
        return await self.change(user_id, thread_id, ThreadChanges(deleted_at=None, retire_at=None))

    async def reshaped(self, user_id: str, thread: Thread, deleted: str | None = None) -> None:
        """A thread shows other messages now: tell all viewers, and those of the thread
        what it shows, and which message was deleted."""
        self._replies.tell(user_id, thread)
        feed = self._broadcast.find(user_id, thread.id)
        if feed is not None:
            feed.reset()
            snapshot, feed = await self._snapshot(user_id, thread.id)
            snapshot = msgspec.structs.replace(snapshot, deleted=deleted)
            self._broadcast.to_viewers(feed, snapshot)

    async def change(
        self,
        user_id: str,
        thread_id: str,
        changes: ThreadChanges,
        revision: int | None = None,
    ) -> Thread:
        """Change a thread and tell all of its user's sockets."""
        thread = await self._store.update_thread(user_id, thread_id, changes, revision)
        self._replies.tell(user_id, thread)
        return self._replies.seen(user_id, thread)

    async def change_summary(
        self, user_id: str, thread_id: str, upto: str, text: str | None
    ) -> None:
        """Give the summary up to a message another text; `None`: have it made anew when it
        is needed."""
        found = await self._store.summaries(user_id, thread_id)
        before = next((summary for summary in found if summary.upto == upto), None)
        if before is None:
            raise NotFound("summary")
        summary = None
        if text is None:
            await self._store.delete_summary(user_id, thread_id, upto)
        else:
            summary = msgspec.structs.replace(before, text=text, edited=True)
            await self._store.put_summary(user_id, summary)
        feed = self._broadcast.find(user_id, thread_id)
        if feed is not None:
            feed.publish(SummaryChanged, upto=upto, summary=summary)

    # --- helpers ------------------------------------------------------------------------

    async def _snapshot(self, user_id: str, thread_id: str) -> tuple[Snapshot, Feed]:
        """The thread as it stands after the last event of its feed."""
        feed = self._broadcast.hold(user_id, thread_id)
        try:
            while True:
                reshaped = feed.reshaped
                thread = await self._store.get_thread(user_id, thread_id)
                self._replies.temporaries.note(user_id, thread)
                page = MessagePage([], {}, False)
                summaries = await self._store.summaries(user_id, thread_id)
                try:
                    if thread.leaf_id is not None:
                        page = await self.pages.ending_at(user_id, thread_id, thread.leaf_id, PAGE)
                except NotFound:  # it was deleted, and its process died on the way
                    await leaves.show(self._store, user_id, thread_id, None)
                    continue
                if feed.reshaped == reshaped:
                    break
            feed.tell_of(thread)
            feed.growing = {
                message.id: message
                for message in page.messages
                if message.completed_at is None and message.id not in self._replies.running
            }
        finally:
            self._broadcast.release(user_id, feed)
        snapshot = Snapshot(
            thread_id=thread_id,
            epoch=feed.epoch,
            seq=feed.seq,
            thread=self._replies.seen(user_id, thread),
            messages=self.pages.live(page.messages),
            versions=page.versions,
            more=page.more,
            waiting=self._replies.waiting(page.messages),
            summaries=summaries,
        )
        return snapshot, feed
