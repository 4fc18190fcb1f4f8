"""Threads and the message tree: what people can do with them.

The only part of the engine that the server talks to about conversations.  Every
method names the user; what belongs to somebody else is answered as unknown.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine, Iterable
from contextlib import suppress
from functools import partial

import msgspec
from msgspec import UNSET

from ..ids import new_id, now_ms
from ..protocol import (
    Ack,
    Continue,
    Goodbye,
    Message,
    MessageChanged,
    MessagePage,
    Part,
    Problem,
    Regenerate,
    Role,
    Send,
    Snapshot,
    Source,
    Status,
    Stop,
    Thread,
    ThreadChanged,
    ThreadPage,
    ThreadPatch,
    ThreadSettings,
    encode,
    text_of,
)
from ..providers.interface import Provider, ProviderError
from ..store.interface import (
    EVERYTHING,
    Accepted,
    Conflict,
    Left,
    NotFound,
    Store,
    ThreadChanges,
    ThreadFilter,
    Turn,
    Unavailable,
)
from . import continuing, leaves, titles
from .accounts import Accounts
from .broadcast import Broadcast, Feed, Viewer
from .checkpoints import Checkpointer
from .errors import Invalid as Invalid
from .generation import Generation
from .labels import changes_of
from .pace import Pace
from .pages import PAGE, Pages
from .requests import Requests
from .temporary import LONGEST_MS, Temporaries

_KEEP_SECONDS = 2.0
_BEGUN_KNOWN = 10_000


class Conversations:
    """All conversations of all users of this process."""

    def __init__(
        self,
        store: Store,
        provider: Provider,
        accounts: Accounts,
        broadcast: Broadcast,
        log: logging.Logger,
        *,
        model_titles: bool = True,
        durable_replies: bool = False,
    ) -> None:
        self._store = store
        self._provider = provider
        self._requests = Requests(store, accounts, durable_replies)
        self._broadcast = broadcast
        self._log = log
        self._model_titles = model_titles
        self.temporaries = Temporaries(broadcast)
        self._pace = Pace()
        self._running: dict[str, Generation] = {}
        self.pages = Pages(store, self._running)
        self._last: dict[tuple[str, str], Generation] = {}
        """The newest running reply of each thread: the next one waits for it."""
        self._begun: dict[str, None] = {}
        """The newest replies that were begun here: none is begun twice, whatever several
        calls at once find in the store."""
        self._tasks: set[asyncio.Task[None]] = set()
        self.closing = False
        """No command is carried out any more."""
        self._checkpointer = Checkpointer(store, self._running.values, self._recovered)

    async def start(self) -> None:
        """Once the store has been opened."""
        await self._checkpointer.start()

    async def close(self) -> None:
        """Keep what runs, for the next process to go on with or else as interrupted,
        and say goodbye."""
        self.closing = True
        for generation in tuple(self._running.values()):
            if generation.can_be_left:
                generation.leave()
            else:
                generation.interrupt()
        tasks = tuple(self._tasks)
        if tasks:
            await asyncio.wait(tasks, timeout=_KEEP_SECONDS)
        for task in tasks:
            task.cancel()  # its store is away; whoever starts next finds the checkpoints
        await self._checkpointer.close()
        for task in tasks:
            if task.done() and not task.cancelled():
                task.exception()  # of one that was cancelled in the middle: of no interest
        self._broadcast.to_all(Goodbye())

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
        self.temporaries.left(viewer.user_id, thread_id)

    async def threads(
        self, user_id: str, limit: int, cursor: str | None, which: ThreadFilter = EVERYTHING
    ) -> ThreadPage:
        threads, following = await self._store.list_threads(
            user_id, limit=limit, cursor=cursor, which=which
        )
        return ThreadPage([self._seen(user_id, thread) for thread in threads], following)

    async def thread(self, user_id: str, thread_id: str) -> Thread:
        return self._seen(user_id, await self._store.get_thread(user_id, thread_id))

    # --- asking -------------------------------------------------------------------------

    async def send(self, user_id: str, command: Send) -> Ack:
        """Store a question and begin (or queue) its answer."""
        now = now_ms()
        texts = [part.text for part in command.parts]
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
        accepted = await self._begin(user_id, command, question.id, question, thread)
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
        accepted = await self._begin(user_id, command, question_id, settings=command.settings)
        return Ack(command.id, thread_id=command.thread_id, reply_id=accepted.reply_id)

    async def go_on(self, user_id: str, command: Continue) -> Ack:
        """Begin a version of an answer that broke off, which goes on from its text."""
        answer = await self._store.get_message(user_id, command.thread_id, command.message_id)
        if answer.parent_id is None or not continuing.is_unfinished(answer):
            raise Invalid("There is nothing to go on with; have it answered again.", "message_id")
        accepted = await self._begin(
            user_id,
            command,
            answer.parent_id,
            parts=continuing.kept(answer),
            settings=continuing.settings(answer),
        )
        return Ack(command.id, thread_id=command.thread_id, reply_id=accepted.reply_id)

    async def stop(self, user_id: str, command: Stop) -> Ack:
        """Stop a reply that runs or waits; one that has ended stays as it is."""
        generation = self._running.get(command.message_id)
        if generation is not None and generation.user_id == user_id:
            generation.stop()
            await generation.done.wait()
        else:
            await self._store.get_message(user_id, command.thread_id, command.message_id)
        return Ack(command.id, thread_id=command.thread_id, message_id=command.message_id)

    async def stop_replies(self, user_id: str, message_ids: Iterable[str]) -> None:
        """Stop those of these replies that run or wait, and see them kept."""
        running = [
            generation
            for message_id in message_ids
            if (generation := self._running.get(message_id)) is not None
            and generation.user_id == user_id
        ]
        for generation in running:  # all before the first has ended, and the next begins
            generation.stop()
        for generation in running:
            await generation.done.wait()

    # --- changing -----------------------------------------------------------------------

    async def change_thread(self, user_id: str, thread_id: str, patch: ThreadPatch) -> Thread:
        """Rename a thread, change its settings, or put it somewhere else."""
        revision = patch.revision if patch.revision is not UNSET else None
        thread = await self.change(user_id, thread_id, changes_of(patch), revision)
        self.temporaries.note(user_id, thread)
        return thread

    async def delete_thread(self, user_id: str, thread_id: str) -> Thread:
        """Put a thread into the trash; answers being made in it are stopped."""
        for generation in self._running_in(user_id, thread_id):
            generation.stop()
        return await self.change(user_id, thread_id, ThreadChanges(deleted_at=now_ms()))

    async def stop_all(self, user_id: str, thread_id: str) -> None:
        """Stop all answers being made in a thread, and wait until they are kept."""
        running = self._running_in(user_id, thread_id)
        for generation in running:
            generation.stop()
        for generation in running:
            await generation.done.wait()

    async def restore_thread(self, user_id: str, thread_id: str) -> Thread:
        """Take a thread out of the trash."""
        return await self.change(user_id, thread_id, ThreadChanges(deleted_at=None))

    async def reshaped(self, user_id: str, thread: Thread, deleted: str | None = None) -> None:
        """A thread shows other messages now: tell all viewers, and those of the thread
        what it shows, and which message was deleted."""
        self._tell(user_id, thread)
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
        self._tell(user_id, thread)
        return self._seen(user_id, thread)

    # --- replies ------------------------------------------------------------------------

    async def _begin(
        self,
        user_id: str,
        command: Send | Regenerate | Continue,
        parent_id: str,
        question: Message | None = None,
        new_thread: Thread | None = None,
        *,
        parts: Iterable[Part] = (),
        settings: ThreadSettings | None = None,
    ) -> Accepted:
        """Store a reply to be made under `parent_id`, with its question if that is new,
        and start making it.

        The reply goes on from `parts`; `settings` go before those of the thread.
        """
        reply = Message(
            id=new_id(),
            thread_id=command.thread_id,
            parent_id=parent_id,
            role=Role.ASSISTANT,
            parts=list(parts),
            status=self._status_now(user_id, command.thread_id),
            created_at=now_ms(),
            client_id=command.client_id,
            model=settings.model if settings is not None else None,
        )
        turn = Turn(reply, self._checkpointer.owner, question, new_thread)
        accepted = await self._store.add_turn(user_id, turn)
        self.temporaries.note(user_id, accepted.thread)
        if not accepted.repeated:
            self._run(user_id, accepted.thread, question, reply, settings)
        elif accepted.owner == self._checkpointer.owner:
            await self._run_unless_running(user_id, accepted, settings)
        return accepted

    async def _run_unless_running(
        self, user_id: str, accepted: Accepted, settings: ThreadSettings | None
    ) -> None:
        """Make a reply that an earlier call stored, but did not live to begin."""
        thread_id, reply_id = accepted.thread.id, accepted.reply_id
        if reply_id in self._begun:
            return
        await self._checkpointer.recover()  # in case that it was taken over just now
        reply = await self._store.get_message(user_id, thread_id, reply_id)
        question = None
        if accepted.question_id is not None:
            question = await self._store.get_message(user_id, thread_id, accepted.question_id)
        if reply.completed_at is None:
            self._run(user_id, accepted.thread, question, reply, settings)

    def _run(
        self,
        user_id: str,
        thread: Thread,
        question: Message | None,
        reply: Message,
        settings: ThreadSettings | None = None,
        left: Left | None = None,
    ) -> None:
        if reply.id in self._begun or self.closing:
            return  # the next process finds it
        self._begun[reply.id] = None
        while len(self._begun) > _BEGUN_KNOWN:
            del self._begun[next(iter(self._begun))]
        key = user_id, thread.id
        # Upstream goes on with such a reply: it waits for nobody.
        goes_on = left is not None and left.upstream_id is not None
        feed = self._broadcast.hold(user_id, thread.id)
        generation = Generation(
            user_id,
            reply,
            feed=feed,
            store=self._store,
            provider=self._provider,
            pace=self._pace,
            prepare=partial(self._requests.prepare, particular=settings),
            after=None if goes_on else self._last.get(key),
            owner=self._checkpointer.owner,
            hurry=self._checkpointer.hurry,
            log=self._log,
            left=left,
        )
        reply.status = Status.STREAMING if goes_on else self._status_now(user_id, thread.id)
        self._running[reply.id] = self._last[key] = generation
        if question is not None:
            feed.publish(MessageChanged, message=question)
        feed.publish(MessageChanged, message=reply, leaf=True)
        self._tell(user_id, thread)

        def finished(changed: Thread | None) -> None:
            self._running.pop(reply.id, None)
            if self._last.get(key) is generation:
                del self._last[key]
            if changed is not None:
                self._tell(user_id, changed)

        async def run() -> None:
            try:
                await generation.run(finished)
            finally:
                self._broadcast.release(user_id, feed)
            if not self._model_titles or thread.temporary:
                return
            if question is not None and question.parent_id is None:
                await self._title(user_id, question, reply.id)

        self._spawn(run())

    async def _title(self, user_id: str, question: Message, reply_id: str) -> None:
        """Let the model name a thread after its first answer."""
        thread_id = question.thread_id
        try:
            reply = await self._store.get_message(user_id, thread_id, reply_id)
            thread = await self._store.get_thread(user_id, thread_id)
            if reply.status is not Status.COMPLETE or thread.titled_by_user:
                return
            anew = msgspec.structs.replace(reply, parts=[], model=None)
            endpoint, request = await self._requests.prepare(user_id, thread_id, anew)
            if endpoint.source is Source.LOCAL:
                return  # it finds no better one, and the next question waits for it
            title = await titles.from_model(
                self._provider, endpoint, request.model, text_of(question), text_of(reply)
            )
            if title is not None:
                thread = await self._store.get_thread(user_id, thread_id)
                if not thread.titled_by_user:
                    changes = ThreadChanges(title=title)
                    await self.change(user_id, thread_id, changes, thread.revision)
        except (Conflict, NotFound, ProviderError, Unavailable):
            pass  # the title made from the question stays

    async def _recovered(self, left: Left) -> None:
        """A dead process has left a reply: it was interrupted, or is ours to make now."""
        user_id, message = left.user_id, left.message
        if not left.taken_over:
            feed = self._broadcast.find(user_id, message.thread_id)
            if feed is not None:
                feed.publish(MessageChanged, message=message)
        elif message.id not in self._begun:
            with suppress(NotFound):  # its thread is gone
                thread = await self._store.get_thread(user_id, message.thread_id)
                self._run(user_id, thread, None, message, left=left)

    # --- helpers ------------------------------------------------------------------------

    async def _snapshot(self, user_id: str, thread_id: str) -> tuple[Snapshot, Feed]:
        """The thread as it stands after the last event of its feed."""
        feed = self._broadcast.hold(user_id, thread_id)
        try:
            while True:
                reshaped = feed.reshaped
                thread = await self._store.get_thread(user_id, thread_id)
                self.temporaries.note(user_id, thread)
                page = MessagePage([], {}, False)
                try:
                    if thread.leaf_id is not None:
                        page = await self.pages.ending_at(user_id, thread_id, thread.leaf_id, PAGE)
                except NotFound:  # it was deleted, and its process died on the way
                    await leaves.show(self._store, user_id, thread_id, None)
                    continue
                if feed.reshaped == reshaped:
                    break
        finally:
            self._broadcast.release(user_id, feed)
        snapshot = Snapshot(
            thread_id=thread_id,
            epoch=feed.epoch,
            seq=feed.seq,
            thread=self._seen(user_id, thread),
            messages=self.pages.live(page.messages),
            versions=page.versions,
            more=page.more,
            waiting=self._waiting(page.messages),
        )
        return snapshot, feed

    def _waiting(self, messages: list[Message]) -> dict[str, Problem]:
        running = (self._running.get(message.id) for message in messages)
        return {each.id: each.waiting for each in running if each and each.waiting}

    def _seen(self, user_id: str, thread: Thread) -> Thread:
        running = (user_id, thread.id) in self._last
        return msgspec.structs.replace(thread, running=running)

    def _running_in(self, user_id: str, thread_id: str) -> list[Generation]:
        return [
            generation
            for generation in self._running.values()
            if (generation.user_id, generation.feed.thread_id) == (user_id, thread_id)
        ]

    def _status_now(self, user_id: str, thread_id: str) -> Status:
        """How a reply begins: it waits while another one runs in its thread."""
        waits = (user_id, thread_id) in self._last
        return Status.QUEUED if waits else Status.STREAMING

    def _tell(self, user_id: str, thread: Thread) -> None:
        self._broadcast.to_user(user_id, ThreadChanged(self._seen(user_id, thread)))

    def _spawn(self, coroutine: Coroutine[object, object, None]) -> None:
        task = asyncio.create_task(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
