"""The replies that are made here: one after the other in each thread, from beginning to end.

What each does while it is made is in `generation.py`.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine, Iterable, Mapping
from contextlib import suppress

import msgspec

from ..bounded import drop_oldest
from ..ids import new_id, now_ms
from ..protocol import (
    Continue,
    Goodbye,
    Message,
    MessageChanged,
    Part,
    Problem,
    Regenerate,
    Role,
    Send,
    Source,
    Status,
    Thread,
    ThreadChanged,
    ThreadSettings,
    Usage,
    text_of,
)
from ..providers.interface import Provider, ProviderError
from ..store.errors import NotFound, StoreError
from ..store.interface import Store
from ..store.types import Accepted, Left, ThreadChanges, Turn, UsageKind
from . import titles
from .broadcast import Broadcast
from .checkpoints import Checkpointer
from .context.corrections import Corrections
from .costs.accounting import Accounting, entry_of
from .generation import Generation
from .limits.enforcing import Asked, Limits
from .moderation.moderating import Moderator
from .pace import Pace
from .requests import Requests
from .temporary import Temporaries

_KEEP_SECONDS = 2.0
_LEAST_SECONDS = 0.2
"""What is left of that for the last checkpoints where a store did not answer."""
_BEGUN_KNOWN = 10_000


class Replies:
    """All replies that this process makes."""

    def __init__(
        self,
        store: Store,
        provider: Provider,
        requests: Requests,
        corrections: Corrections,
        broadcast: Broadcast,
        limits: Limits,
        moderator: Moderator,
        log: logging.Logger,
        *,
        model_titles: bool = True,
    ) -> None:
        self._store = store
        self._provider = provider
        self._requests = requests
        self._corrections = corrections
        self._broadcast = broadcast
        self._limits = limits
        self._moderator = moderator
        self._accounting = Accounting(corrections)
        self._log = log
        self._model_titles = model_titles
        self.temporaries = Temporaries(broadcast)
        self._pace = Pace()
        self._running: dict[str, Generation] = {}
        self._last: dict[tuple[str, str], Generation] = {}
        """The newest running reply of each thread: the next one waits for it."""
        self._begun: dict[str, None] = {}
        """The newest replies that were begun here: none is begun twice, whatever several
        calls at once find in the store."""
        self._tasks: set[asyncio.Task[None]] = set()
        self.closing = False
        """No reply is begun any more."""
        self._checkpointer = Checkpointer(
            limits.owner, store, self._running.values, self._recovered, self._accounting.estimated
        )

    @property
    def owner(self) -> str:
        """What this process is called in the store."""
        return self._checkpointer.owner

    @property
    def running(self) -> Mapping[str, Generation]:
        """By the ids of the messages; it changes by itself."""
        return self._running

    async def start(self) -> None:
        """Once the store has been opened."""
        await self._checkpointer.start()

    async def close(self) -> None:
        """Keep what runs, for the next process to go on with or else as interrupted,
        and say goodbye."""
        self.closing = True
        loop = asyncio.get_running_loop()
        until = loop.time() + _KEEP_SECONDS
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
        await self._checkpointer.close(max(until - loop.time(), _LEAST_SECONDS))
        for task in tasks:
            if task.done() and not task.cancelled():
                task.exception()  # of one that was cancelled in the middle: of no interest
        self._broadcast.to_all(Goodbye())

    # --- beginning ----------------------------------------------------------------------

    async def begin(
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
        if accepted.thread.deleted_at is not None:
            accepted = await self._taken_out_of_the_trash(user_id, accepted)
        self.temporaries.note(user_id, accepted.thread)
        if not accepted.repeated:
            self._run(user_id, accepted.thread, question, reply, settings)
        elif accepted.owner == self._checkpointer.owner:
            await self._run_unless_running(user_id, accepted, settings)
        return accepted

    async def _taken_out_of_the_trash(self, user_id: str, accepted: Accepted) -> Accepted:
        """A thread in which something is asked is wanted."""
        with suppress(NotFound):  # it is being deleted for good
            thread = await self._store.update_thread(
                user_id, accepted.thread.id, ThreadChanges(deleted_at=None)
            )
            return msgspec.structs.replace(accepted, thread=thread)
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
        drop_oldest(self._begun, _BEGUN_KNOWN)
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
            requests=self._requests,
            particular=settings,
            limits=self._limits,
            moderator=self._moderator,
            accounting=self._accounting,
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
        self.tell(user_id, thread)

        def finished(changed: Thread | None) -> None:
            self._running.pop(reply.id, None)
            if self._last.get(key) is generation:
                del self._last[key]
                if generation.before is not None:
                    self._last[key] = generation.before
            if changed is not None:
                self.tell(user_id, changed)

        async def run() -> None:
            try:
                await generation.run(finished)
            except Exception:  # noqa: BLE001 - the next one waits for its end
                self._log.exception("A chat reply ended badly.")
                finished(None)
                return
            finally:
                self._broadcast.release(user_id, feed)
            if generation.final is not None and reply.model is not None:
                self._corrections.learn(user_id, reply.model, generation.final)
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
            target = await self._requests.target(user_id, thread_id, anew)
            endpoint, model = target.endpoint, target.model
            if endpoint.source is Source.LOCAL:
                return  # it finds no better one, and the next question waits for it
            texts = text_of(question), text_of(reply)
            asked = Asked(
                reply.id,
                UsageKind.TITLE,
                model,
                endpoint,
                titles.counted(*texts),
                titles.MAX_OUTPUT_TOKENS,
            )
            permit = await self._limits.admit(user_id, asked)

            async def spend(usage: Usage) -> None:
                permit.entry = entry_of(reply, model, usage, endpoint.source, UsageKind.TITLE)
                await self._store.add_usage(user_id, permit.entry)

            async with permit:
                title = await titles.from_model(
                    self._provider, endpoint, target.name, *texts, spend=spend
                )
            if title is not None:
                thread = await self._store.get_thread(user_id, thread_id)
                if not thread.titled_by_user:
                    named = await self._store.update_thread(
                        user_id, thread_id, ThreadChanges(title=title), thread.revision
                    )
                    self.tell(user_id, named)
        except (StoreError, ProviderError):
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

    # --- which there are ----------------------------------------------------------------

    def of_thread(self, user_id: str, thread_id: str) -> list[Generation]:
        """Those that run or wait in a thread."""
        return [
            generation
            for generation in self._running.values()
            if (generation.user_id, generation.feed.thread_id) == (user_id, thread_id)
        ]

    async def stop(self, user_id: str, message_ids: Iterable[str]) -> bool:
        """Stop those of these that run or wait, and see them kept; whether there were any."""
        running = [
            generation
            for message_id in message_ids
            if (generation := self._running.get(message_id)) is not None
            and generation.user_id == user_id
        ]
        await _stop(running)
        return bool(running)

    async def stop_thread(self, user_id: str, thread_id: str) -> None:
        """Stop all of a thread, and see them kept."""
        await _stop(self.of_thread(user_id, thread_id))

    def people(self) -> set[str]:
        """For whom replies are made here, by id."""
        return {each.user_id for each in self._running.values()}

    async def stop_all(self, user_id: str) -> None:
        """Stop all of a person's, and see them kept."""
        await _stop([each for each in self._running.values() if each.user_id == user_id])

    def waiting(self, messages: list[Message]) -> dict[str, Problem]:
        """Why those of these wait for their model's server that do, by id."""
        running = (self._running.get(message.id) for message in messages)
        return {each.id: each.waiting for each in running if each and each.waiting}

    def seen(self, user_id: str, thread: Thread) -> Thread:
        """A thread with whether a reply is being made in it."""
        running = (user_id, thread.id) in self._last
        return msgspec.structs.replace(thread, running=running)

    def tell(self, user_id: str, thread: Thread) -> None:
        """Tell all of a user's viewers how a thread is now."""
        self._broadcast.to_user(user_id, ThreadChanged(self.seen(user_id, thread)))

    def _status_now(self, user_id: str, thread_id: str) -> Status:
        """How a reply begins: it waits while another one runs in its thread."""
        waits = (user_id, thread_id) in self._last
        return Status.QUEUED if waits else Status.STREAMING

    def _spawn(self, coroutine: Coroutine[object, object, None]) -> None:
        task = asyncio.create_task(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


async def _stop(running: list[Generation]) -> None:
    for generation in running:  # all before the first has ended, and the next begins
        generation.stop()
    for generation in running:
        await generation.done.wait()
