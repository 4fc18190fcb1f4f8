"""One reply being made: provider to viewers and store; waiting, stopping, keeping.

A reply outlives its viewers.  Its text grows here; viewers get it as deltas, the
store as checkpoints (see `checkpoints.py`) and, at the end, as one whole message.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Callable
from contextlib import aclosing, suppress

import msgspec

from ..ids import now_ms
from ..protocol import (
    Code,
    Message,
    MessageChanged,
    Model,
    Problem,
    Status,
    Summary,
    SummaryChanged,
    Thread,
    ThreadSettings,
    Usage,
    Waiting,
    written_in,
)
from ..providers.interface import (
    KEPT,
    Chunk,
    Endpoint,
    Finish,
    Mark,
    Provider,
    ProviderError,
    ReplyRequest,
    Resume,
    asked_often,
    partly_answered,
)
from ..store.errors import NotFound, StoreError, Unavailable
from ..store.interface import Store
from ..store.types import Checkpoint, LedgerEntry, Left, UsageKind
from .broadcast import Feed
from .costs.accounting import Accounting, believed, entry_of, may_be_billed, put_price
from .growth import MOST_CHARACTERS, Growth, Kind
from .limits.enforcing import Asked, Limits, Permit
from .models import catalogue
from .moderation.moderating import Moderator, Watch
from .pace import Pace
from .requests import Requests

_ATTEMPTS = {Code.RATE_LIMITED: 6, Code.STREAM_CUT: 2}
"""How often a reply of which nothing has come is asked for.  Upstream may bill a reply
whose connection broke off, so that is tried but once more."""
_FEWER_ATTEMPTS = 3
_FOLLOW_ATTEMPTS = 6
"""How often a reply that upstream goes on with is looked for without any progress."""
_FIRST_WAIT_SECONDS = 0.5
_LONGEST_WAIT_SECONDS = 60.0
_KEEP_AGAIN_SECONDS = 1.0
_INTERRUPTING = {
    *(Code.STREAM_CUT, Code.PROVIDER_TIMEOUT, Code.PROVIDER_DOWN),
    *(Code.LIMIT_REACHED, Code.OUTPUT_LIMIT),
}

_ENDED_HERE = {Code.LIMIT_REACHED, Code.MODERATED, Code.OUTPUT_LIMIT}


class _NotOurs(Exception):
    """Another process has taken the reply over."""


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
        requests: Requests,
        particular: ThreadSettings | None,
        limits: Limits,
        moderator: Moderator,
        accounting: Accounting,
        after: Generation | None,
        owner: str,
        hurry: Callable[[], None],
        log: logging.Logger,
        left: Left | None = None,
    ) -> None:
        self.user_id = user_id
        self.feed = feed
        self.done = asyncio.Event()
        self._reply = reply
        self._store = store
        self._provider = provider
        self._pace = pace
        self._requests = requests
        self._particular = particular
        self._limits = limits
        self._permit: Permit | None = None
        self._moderator = moderator
        self._watch: Watch | None = None
        self._accounting = accounting
        self.after = after
        self._log = log
        self._owner = owner
        self._hurry = hurry
        self._unclaimed = reply.status is Status.QUEUED
        """The store does not know yet that it is asked for."""
        self._growth = Growth(written_in(reply))
        self._attempt = left.attempt if left is not None else 0
        self._checkpoints = 1 if self._attempt else 0
        self._mark: Mark | None = None
        self._kept_id: str | None = None
        if left is not None and left.upstream_id is not None and left.upstream_seq is not None:
            self._mark = Mark(left.upstream_id, left.upstream_seq)
            self._kept_id = left.upstream_id
        self._resumed = self._mark is not None
        self._continues = bool(reply.parts) and not self._resumed
        self._continued = len(_text(reply)) if self._continues else 0
        """The characters that it goes on from, which are another reply's."""
        self._asked = 1 if self._resumed else 0
        """The requests that may be billed."""
        self._kept_as_asked = self._resumed
        """What the store knows of that."""
        self._endpoint: Endpoint | None = None
        self._known: Model | None = None
        """What is known of the model, once it is asked."""
        self._leaving = False
        self.final: Message | None = None
        """What it has become, once it has ended."""
        self.waiting: Problem | None = None
        """Why it waits for its model's server, while it does."""
        self._finish: Finish | None = None
        self._is_most_allowed = False
        self._making: asyncio.Task[None] | None = None
        self._ended_as: tuple[Status, Problem | None] | None = None
        self._tries: Counter[Code] = Counter()
        """How often it was asked for, by why that came to nothing."""

    @property
    def id(self) -> str:
        return self._reply.id

    @property
    def before(self) -> Generation | None:
        """The reply that it comes after and that has not ended: of one that was stopped
        while it waited, the one that it waited for."""
        before = self.after
        while before is not None and before.done.is_set():
            before = before.after
        return before

    def message(self) -> Message:
        """The reply as it stands now."""
        return msgspec.structs.replace(self._reply, parts=self._growth.parts())

    def stop(self) -> None:
        """End it as stopped; what came stays."""
        self._end(Status.STOPPED, None)

    def interrupt(self) -> None:
        """End it because the server stops."""
        problem = Problem(
            Code.SERVER_STOPPED,
            f"The server was stopped while this answer was being made. {KEPT}.",
        )
        self._end(Status.INTERRUPTED, partly_answered(problem) if self._growth else problem)

    @property
    def can_be_left(self) -> bool:
        """Whether the next process can make it: it was not asked for yet, or upstream
        goes on with it."""
        return self._unclaimed or self._mark is not None

    def leave(self) -> None:
        """Let go of it as it is, because the server stops."""
        self._leaving = True
        if self._making is not None:
            self._making.cancel()

    def checkpoints(self) -> list[Checkpoint]:
        """What has grown since the last call, to be kept."""
        grown = self._growth.take_unsaved()
        mark = self._mark
        new_id = mark is not None and self._kept_id is None
        if not grown and (new_id or self._kept_as_asked != bool(self._asked)):
            # Whoever takes this over must know the id, and what there is to pay for.
            grown = [(0, "text", "")]
        made = []
        for number, (part, kind, text) in enumerate(grown, start=1):
            # What upstream sent together may be two checkpoints.
            place = mark if number == len(grown) else None
            is_new = self._kept_as_asked != bool(self._asked)
            made.append(
                Checkpoint(
                    user_id=self.user_id,
                    thread_id=self._reply.thread_id,
                    message_id=self._reply.id,
                    number=self._checkpoints,
                    part=part,
                    kind=kind,
                    text=text,
                    model=self._reply.model if is_new else None,
                    upstream_id=place.upstream_id if place and self._kept_id is None else None,
                    upstream_seq=place.seq if place else None,
                    attempt=self._attempt,
                    counted_tokens=self._to_pay_for() if is_new else None,
                    source=self._endpoint.source if is_new and self._endpoint else None,
                )
            )
            self._kept_as_asked = bool(self._asked)
            self._checkpoints += 1
        if made and mark is not None:
            self._kept_id = mark.upstream_id
        return made

    def _to_pay_for(self) -> int | None:
        return self._reply.counted_tokens if self._asked else 0

    async def run(self, finished: Callable[[Thread | None], None]) -> None:
        """Make the reply to its end, whatever happens, and keep it.

        `finished` is called with the thread, right before the viewers are told.
        """
        try:
            await self._run(finished)
        finally:
            self.done.set()  # whatever happened: others wait for it

    async def _run(self, finished: Callable[[Thread | None], None]) -> None:
        self._making = asyncio.create_task(self._make())
        if self._ended_as is not None or self._leaving:
            self._making.cancel()
        await asyncio.wait({self._making})
        if self._leaving:
            return
        if _is_not_ours(self._making):
            await self._show_as_kept()
            finished(None)
            return
        stopping = asyncio.create_task(self._stop_upstream())
        status, problem = self._outcome(self._making)
        message = self.message()
        message.status = status
        message.problem = problem
        message.completed_at = now_ms()
        if self._finish is not None:
            message.model = self._finish.model or message.model
            message.usage = self._usage(self._finish)
        entry = await self._account(message)
        withdrawn = await self._watch.end(self._come()) if self._watch is not None else None
        if withdrawn is not None:
            message.parts, message.status, message.problem = [], Status.FAILED, withdrawn
        self.final = message
        thread, _ = await asyncio.gather(self._keep(message, entry), self._settle(entry))
        finished(thread)
        if withdrawn is not None:
            self.feed.withdraw(message)
        else:
            self.feed.end(message)
        self.done.set()
        await stopping

    # --- making ------------------------------------------------------------------------

    async def _make(self) -> None:
        while (earlier := self.before) is not None:
            await earlier.done.wait()
        self.after = None
        if self._unclaimed:
            if not await self._store.begin_reply(self.user_id, self._reply.id, self._owner):
                raise _NotOurs
            self._unclaimed = False
        if not self._resumed:
            self._reply.begun_at = now_ms()
        endpoint, request = await self._requests.prepare(
            self.user_id, self._reply.thread_id, self._reply, self._particular, listener=self
        )
        self._endpoint, self._known = endpoint, request.known
        self._is_most_allowed = request.is_most_allowed
        self._permit = await self._let_in(endpoint, request)
        if not self._resumed:
            await self._moderator.require(self.user_id, self._reply, endpoint, request)
        self._watch = self._moderator.watch(self.user_id, self._reply, endpoint)
        if not self._resumed:
            self._reply.model = request.model
            self._reply.counted_tokens = request.counted_tokens
            self._reply.status = Status.STREAMING
            self.feed.publish(MessageChanged, message=self.message())
        tries = self._tries
        while True:
            before = self._mark
            if before is None:
                self._asked += 1
            try:
                await self._stream(endpoint, request)
                return
            except ProviderError as error:
                answered = self._growth.has_grown or self._mark is not None
                if not may_be_billed(error, answered=answered):
                    self._asked -= 1
                if before is not None and before != self._mark:
                    tries.clear()
                tries[error.problem.code] += 1
                if tries[error.problem.code] >= self._most_tries(error):
                    raise
                await self._wait(error, tries[error.problem.code])

    async def _let_in(self, endpoint: Endpoint, request: ReplyRequest) -> Permit:
        """Raises :class:`ProviderError` where it may not be asked."""
        if self._resumed:
            return await self._limits.resumed(self.user_id, self._reply.id)
        model = request.known or catalogue.lookup(request.model)
        counted = request.counted_tokens or 0
        asked = Asked(
            self._reply.id,
            UsageKind.REPLY,
            model,
            endpoint,
            self._accounting.estimate(self.user_id, model.id, counted, "").input_tokens,
            request.max_output_tokens,
        )
        return await self._limits.admit(self.user_id, asked, self)

    def _come(self) -> str:
        """All that has come of it, thinking as well."""
        return _text(self.message())[self._continued :]

    def _most_tries(self, error: ProviderError) -> int:
        if self._mark is not None:
            # Upstream has the reply: asking anew would make, and bill, another one.
            return 0 if error.ended else _FOLLOW_ATTEMPTS
        if error.retry_after is None or self._growth.has_grown:
            return 0
        return _ATTEMPTS.get(error.problem.code, _FEWER_ATTEMPTS)

    async def _stream(self, endpoint: Endpoint, request: ReplyRequest) -> None:
        turn = self._pace.turn()
        resume = None
        if self._mark is not None:
            text, reasoning = self._growth.text_of("text"), self._growth.text_of("reasoning")
            resume = Resume(self._mark, text, reasoning)
        replies = self._provider.stream(endpoint, request, resume)
        async with aclosing(replies) as stream:  # type: ignore[type-var]
            async for chunk in stream:
                if self._ended_as is not None or self._leaving:
                    # Before Python 3.12, `wait_for` may swallow that its task is cancelled.
                    raise asyncio.CancelledError
                self._take(chunk)
                if chunk.finish is not None:
                    return
                await turn.wait()

    def _take(self, chunk: Chunk) -> None:
        # What is thought before the rest of an answer would stand in the middle of it.
        whole = self._continues or self._grow("reasoning", chunk.reasoning)
        whole = self._grow("text", chunk.text) and whole
        come = len(chunk.text) + len(chunk.reasoning)
        if come and self._permit is not None:
            self._permit.grow(come)
        if self._watch is not None and self._watch.grow(come):
            self._watch.look(self._come())
        if chunk.mark is not None:
            if self._mark is None:
                self._hurry()  # without the id, nobody could take this over
            self._mark = chunk.mark
        if chunk.finish is not None:
            self._finish = _in_words_of_limits(chunk.finish, self._is_most_allowed)
        if not whole:
            raise ProviderError(_too_long(), ended=True)

    def _grow(self, kind: Kind, text: str) -> bool:
        """Take as much of a text as there is room for; whether that was all."""
        fitting = text[: max(self._growth.room, 0)]
        if fitting:
            self._add(kind, fitting)
        return fitting == text

    def _add(self, kind: Kind, text: str) -> None:
        is_first = not self._growth.has_grown and not self._resumed
        if self._reply.first_token_at is None and is_first:
            self._reply.first_token_at = now_ms()
        part = self._growth.append(kind, text)
        self.feed.grow(self._reply.id, part, kind, text)

    async def _wait(self, error: ProviderError, attempt: int) -> None:
        """Wait as long as the upstream asks for, and tell the viewers so."""
        seconds = max(error.retry_after or 0.0, _FIRST_WAIT_SECONDS * 2 ** (attempt - 1))
        if seconds > _LONGEST_WAIT_SECONDS:
            raise error
        retry_at = now_ms() + round(seconds * 1000)
        message = error.while_waiting or error.problem.message
        if error.problem.code is Code.STREAM_CUT:
            message = f"The connection to the model's server broke off. {self._next_step()}"
        self.waits(msgspec.structs.replace(error.problem, message=message, retry_at=retry_at))
        await asyncio.sleep(seconds)
        self.waits(None)

    async def will_sum_up(self, endpoint: Endpoint, request: ReplyRequest) -> None:
        """What goes into a summary reaches a model before the question does."""
        await self._moderator.require(self.user_id, self._reply, endpoint, request, asked=False)

    def summed_up(self, summary: Summary) -> None:
        """The beginning of its branch has a summary now."""
        self.feed.publish(SummaryChanged, upto=summary.upto, summary=summary)

    def waits(self, problem: Problem | None) -> None:
        """It waits, and why; `None`: no longer."""
        self.waiting = problem
        self.feed.publish(Waiting, message_id=self._reply.id, problem=problem)

    def _next_step(self) -> str:
        if self._mark is not None:
            return "It goes on with the answer, which is looked for again."
        return "Nothing of the answer had come; it is asked once more."

    # --- ending ------------------------------------------------------------------------

    def _end(self, status: Status, problem: Problem | None) -> None:
        if self._ended_as is None:
            self._ended_as = status, problem
            if self._making is not None:
                self._making.cancel()

    async def _stop_upstream(self) -> None:
        """Tell an upstream that would go on that nobody wants the rest."""
        stopped = self._ended_as is not None and self._ended_as[0] is Status.STOPPED
        if not (stopped or self._was_ended_here()) or self._mark is None:
            return
        with suppress(ProviderError, StoreError):
            if self._endpoint is None:
                target = await self._requests.target(
                    self.user_id, self._reply.thread_id, self._reply, self._particular
                )
                self._endpoint = target.endpoint
            await self._provider.cancel(self._endpoint, self._mark)

    def _was_ended_here(self) -> bool:
        """Whether what came of it is why nobody wants the rest."""
        if self._making is None or self._making.cancelled():
            return False
        error = self._making.exception()
        return isinstance(error, ProviderError) and error.problem.code in _ENDED_HERE

    async def _show_as_kept(self) -> None:
        """Another process makes it, for this one was thought dead."""
        with suppress(StoreError):
            message = await self._store.get_message(
                self.user_id, self._reply.thread_id, self._reply.id
            )
            self.feed.publish(MessageChanged, message=message)

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
            code = error.problem.code
            cut = (self._growth and code in _INTERRUPTING) or code is Code.REPLY_GONE
            return (Status.INTERRUPTED if cut else Status.FAILED), self._in_full(error.problem)
        if isinstance(error, StoreError):
            return Status.FAILED, error.problem
        self._log.error("A chat reply failed.", exc_info=error)
        return Status.FAILED, Problem(
            Code.INTERNAL,
            "Something went wrong in the chat server; its log has the details. What had "
            "come of the answer is kept.",
        )

    def _in_full(self, problem: Problem) -> Problem:
        """What went wrong, with what is kept, and how often an answer was asked for that
        may have been billed each time."""
        times = self._tries[Code.STREAM_CUT]
        if times > 1 and self._mark is None:
            problem = asked_often(problem, times)
        return partly_answered(problem) if self._growth else problem

    def _usage(self, finish: Finish) -> Usage | None:
        if finish.usage is None or self._endpoint is None:
            return finish.usage
        counted = self._reply.counted_tokens or 0
        return believed(self._endpoint, finish.usage, counted, len(self._come()))

    async def _account(self, message: Message) -> LedgerEntry | None:
        """Note what the reply has cost; `None`: its model was not asked."""
        model, counted = self._reply.model, self._reply.counted_tokens
        if not self._asked or model is None:
            return None
        if message.usage is None:
            grown = _text(message)[self._continued :]
            message.usage = await asyncio.to_thread(
                self._accounting.estimate, self.user_id, model, counted or 0, grown, self._asked
            )
        known = self._known or catalogue.lookup(model)
        put_price(message, catalogue.price(known, message.usage))
        source = self._endpoint.source if self._endpoint is not None else None
        return entry_of(message, known, message.usage, source)

    async def _settle(self, entry: LedgerEntry | None) -> None:
        if self._permit is not None:
            await self._permit.settle(entry)

    async def _keep(self, message: Message, entry: LedgerEntry | None) -> Thread | None:
        """Store the final reply, for as long as it takes; `None`: its thread is gone."""
        while True:
            try:
                return await self._store.finish_reply(self.user_id, message, entry)
            except NotFound:
                if entry is not None:  # it is paid for all the same
                    with suppress(StoreError):
                        await self._store.add_usage(self.user_id, entry)
                return None
            except Unavailable:
                await asyncio.sleep(_KEEP_AGAIN_SECONDS)
            except StoreError:
                return None


def _text(reply: Message) -> str:
    """All that was written, thinking as well."""
    return "".join(part.text for part in written_in(reply))


def _in_words_of_limits(finish: Finish, is_most_allowed: bool) -> Finish:
    """Who may have no longer answers is not told to raise a limit."""
    problem = finish.problem
    if problem is None or problem.code is not Code.OUTPUT_LIMIT or not is_most_allowed:
        return finish
    message = "The answer has become as long as this server allows. Ask to go on for the rest."
    return msgspec.structs.replace(
        finish, problem=msgspec.structs.replace(problem, message=message)
    )


def _too_long() -> Problem:
    return Problem(
        Code.OUTPUT_LIMIT,
        f"This answer has grown to {MOST_CHARACTERS:,} characters, which is the most that an "
        f"answer can have here, and was ended. {KEPT}: ask for the rest in a new question.",
    )


def _is_not_ours(making: asyncio.Task[None]) -> bool:
    return not making.cancelled() and isinstance(making.exception(), _NotOurs)
