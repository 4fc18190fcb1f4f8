"""One reply being made: provider to viewers and store; waiting, stopping, keeping.

A reply outlives its viewers.  Its text grows here; viewers get it as deltas, the
store as checkpoints (see `checkpoints.py`) and, at the end, as one whole message.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from contextlib import aclosing
from typing import Protocol

import msgspec

from ..ids import now_ms
from ..protocol import (
    Code,
    Message,
    MessageChanged,
    Problem,
    Status,
    Thread,
    Waiting,
)
from ..providers.interface import (
    Chunk,
    Endpoint,
    Finish,
    Provider,
    ProviderError,
    ReplyRequest,
)
from ..store.interface import Checkpoint, Store, StoreError, Unavailable
from . import catalogue
from .broadcast import Feed
from .growth import Growth, Kind
from .pace import Pace

_ATTEMPTS = {Code.RATE_LIMITED: 6}
_FEWER_ATTEMPTS = 3
_LONGEST_WAIT_SECONDS = 60.0
_KEEP_AGAIN_SECONDS = 1.0
_INTERRUPTING = {Code.STREAM_CUT, Code.PROVIDER_TIMEOUT, Code.PROVIDER_DOWN}


class Prepare(Protocol):
    """Finds out what to ask, when a reply's turn has come."""

    async def __call__(
        self, user_id: str, thread_id: str, reply: Message
    ) -> tuple[Endpoint, ReplyRequest]: ...


class Generation:
    """The running of one reply."""

    def __init__(
        self,
        user_id: str,
        reply: Message,
        *,
        feed: Feed,
        store: Store,
        provider: Provider,
        pace: Pace,
        prepare: Prepare,
        after: Generation | None,
        log: logging.Logger,
    ) -> None:
        self.user_id = user_id
        self.feed = feed
        self.done = asyncio.Event()
        self._reply = reply
        self._store = store
        self._provider = provider
        self._pace = pace
        self._prepare = prepare
        self._after = after
        self._log = log
        self._growth = Growth()
        self._checkpoints = 0
        self.waiting: Problem | None = None
        """Why it waits for its model's server, while it does."""
        self._finish: Finish | None = None
        self._making: asyncio.Task[None] | None = None
        self._ended_as: tuple[Status, Problem | None] | None = None

    @property
    def id(self) -> str:
        return self._reply.id

    def message(self) -> Message:
        """The reply as it stands now."""
        return msgspec.structs.replace(self._reply, parts=self._growth.parts())

    def stop(self) -> None:
        """End it as stopped; what came stays."""
        self._end(Status.STOPPED, None)

    def interrupt(self) -> None:
        """End it because the server stops."""
        self._end(
            Status.INTERRUPTED,
            Problem(
                Code.SERVER_STOPPED,
                "The server was stopped while this answer was being made. What had "
                "come is kept; ask again for the whole answer.",
            ),
        )

    def checkpoints(self) -> list[Checkpoint]:
        """What has grown since the last call, to be kept."""
        made = []
        for part, kind, text in self._growth.take_unsaved():
            made.append(
                Checkpoint(
                    user_id=self.user_id,
                    thread_id=self._reply.thread_id,
                    message_id=self._reply.id,
                    number=self._checkpoints,
                    part=part,
                    kind=kind,
                    text=text,
                    model=None if self._checkpoints else self._reply.model,
                )
            )
            self._checkpoints += 1
        return made

    async def run(self, finished: Callable[[Thread | None], None]) -> None:
        """Make the reply to its end, whatever happens, and keep it.

        `finished` is called with the thread, right before the viewers are told.
        """
        self._making = asyncio.create_task(self._make())
        if self._ended_as is not None:
            self._making.cancel()
        await asyncio.wait({self._making})
        status, problem = self._outcome(self._making)
        message = self.message()
        message.status = status
        message.problem = problem
        message.completed_at = now_ms()
        if self._finish is not None:
            message.model = self._finish.model or message.model
            message.usage = self._finish.usage
            if message.usage is not None and self._reply.model is not None:
                message.cost = catalogue.cost(self._reply.model, message.usage)
        thread = await self._keep(message)
        finished(thread)
        self.feed.end(message)
        self.done.set()

    # --- making ------------------------------------------------------------------------

    async def _make(self) -> None:
        if self._after is not None:
            await self._after.done.wait()
            self._after = None
        endpoint, request = await self._prepare(self.user_id, self._reply.thread_id, self._reply)
        self._reply.model = request.model
        self._reply.status = Status.STREAMING
        self.feed.publish(MessageChanged, message=self.message())
        attempt = 1
        while True:
            try:
                await self._stream(endpoint, request)
                return
            except ProviderError as error:
                again = error.retry_after is not None and not self._growth
                if not again or attempt >= _ATTEMPTS.get(error.problem.code, _FEWER_ATTEMPTS):
                    raise
                await self._wait(error, attempt)
                attempt += 1

    async def _stream(self, endpoint: Endpoint, request: ReplyRequest) -> None:
        turn = self._pace.turn()
        async with aclosing(self._provider.stream(endpoint, request)) as stream:  # type: ignore[type-var]
            async for chunk in stream:
                self._take(chunk)
                if chunk.finish is not None:
                    return
                await turn.wait()

    def _take(self, chunk: Chunk) -> None:
        if chunk.reasoning:
            self._grow("reasoning", chunk.reasoning)
        if chunk.text:
            self._grow("text", chunk.text)
        if chunk.finish is not None:
            self._finish = chunk.finish

    def _grow(self, kind: Kind, text: str) -> None:
        if self._reply.first_token_at is None:
            self._reply.first_token_at = now_ms()
        part = self._growth.append(kind, text)
        self.feed.grow(self._reply.id, part, kind, text)

    async def _wait(self, error: ProviderError, attempt: int) -> None:
        """Wait as long as the upstream asks for, and tell the viewers so."""
        seconds = max(error.retry_after or 0.0, 0.5 * 2 ** (attempt - 1))
        if seconds > _LONGEST_WAIT_SECONDS:
            raise error
        retry_at = now_ms() + round(seconds * 1000)
        message = error.while_waiting or error.problem.message
        self._tell_waiting(
            msgspec.structs.replace(error.problem, message=message, retry_at=retry_at)
        )
        await asyncio.sleep(seconds)
        self._tell_waiting(None)

    def _tell_waiting(self, problem: Problem | None) -> None:
        self.waiting = problem
        self.feed.publish(Waiting, message_id=self._reply.id, problem=problem)

    # --- ending ------------------------------------------------------------------------

    def _end(self, status: Status, problem: Problem | None) -> None:
        if self._ended_as is None:
            self._ended_as = status, problem
            if self._making is not None:
                self._making.cancel()

    def _outcome(self, making: asyncio.Task[None]) -> tuple[Status, Problem | None]:
        if making.cancelled():
            return self._ended_as or (Status.INTERRUPTED, None)
        error = making.exception()
        if error is None:
            problem = self._finish.problem if self._finish is not None else None
            if problem is not None and not self._growth.has_text:
                return Status.FAILED, problem
            return Status.COMPLETE, problem
        if isinstance(error, ProviderError):
            cut = self._growth and error.problem.code in _INTERRUPTING
            return (Status.INTERRUPTED if cut else Status.FAILED), error.problem
        if isinstance(error, StoreError):
            return Status.FAILED, error.problem
        self._log.error("A chat reply failed.", exc_info=error)
        return Status.FAILED, Problem(
            Code.INTERNAL,
            "Something went wrong in the chat server; its log has the details. What had "
            "come of the answer is kept, and you can ask again.",
        )

    async def _keep(self, message: Message) -> Thread | None:
        """Store the final reply, for as long as it takes; `None`: its thread is gone."""
        while True:
            try:
                return await self._store.finish_reply(self.user_id, message)
            except Unavailable:
                await asyncio.sleep(_KEEP_AGAIN_SECONDS)
            except StoreError:
                return None
