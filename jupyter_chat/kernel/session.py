"""What a client can do, as coroutines that run in the background's loop."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Coroutine
from contextlib import suppress
from functools import partial
from typing import Any

from ..ids import new_id
from ..protocol import (
    ID_PATTERN,
    Allowances,
    AskedPart,
    Code,
    Command,
    Counted,
    CountQuery,
    Delta,
    Event,
    Message,
    MessageChanged,
    MessagePage,
    ModelList,
    Problem,
    SearchPage,
    Send,
    Snapshot,
    Status,
    Stop,
    Subscribe,
    TextPart,
    Thread,
    ThreadChanged,
    ThreadGone,
    ThreadPage,
    ThreadPatch,
    ThreadSettings,
    Unsubscribe,
    Waiting,
)
from . import private, servers
from .answers import Answer
from .connection import Connection
from .errors import AnswerFailed, ChatError, Closed, MaybeSecret, Refused
from .following import Followed
from .linked import Way
from .servers import Server

_STOPPING_SECONDS = 5.0


def id_of(thread: str | Thread) -> str:
    """Raises :class:`Refused` for what can be no id of a conversation."""
    thread_id = thread if isinstance(thread, str) else thread.id
    if re.fullmatch(ID_PATTERN, thread_id) is None:
        raise Refused(Problem(Code.NOT_FOUND, f"There is no conversation `{thread_id}`."))
    return thread_id


class Reply:
    """An answer that has been asked for: its text as it comes, and how it ended."""

    def __init__(self, session: Session, followed: Followed, message_id: str) -> None:
        self._session = session
        self._followed = followed
        self._pieces = followed.pieces(message_id)
        self._left = False
        self.thread_id = followed.thread_id
        self.message_id = message_id

    async def piece(self) -> str | None:
        """What has come since the last call, as soon as there is something; `None`: it
        has ended."""
        text = await anext(self._pieces, None)
        if text is None and not self._left:
            self._left = True
            self._session.leave(self.thread_id)
        return text

    async def ended(self) -> Answer:
        """The answer, when it has ended; raises :class:`AnswerFailed`."""
        while await self.piece() is not None:
            pass
        answer = self.so_far()
        if answer.problem is not None and answer.status in (Status.FAILED, Status.INTERRUPTED):
            raise AnswerFailed(answer.problem, answer)
        if not answer.status.is_final:
            self._session.require_open()
        return answer

    def so_far(self) -> Answer:
        message = self._followed.message(self.message_id)
        assert message is not None
        return Answer.of(message)

    async def stop(self) -> None:
        """Stop it, and wait until that has come; what it has said is kept."""
        await self._session.stop(self.thread_id, self.message_id)
        with suppress(asyncio.TimeoutError):
            await asyncio.wait_for(self._final(), _STOPPING_SECONDS)

    async def _final(self) -> None:
        while not self.so_far().status.is_final:
            await self._followed.changed()


class Session:
    """One user's way to the chat server, for one client.

    `who` is what its errors call that client.
    """

    def __init__(
        self, url: str | None = None, token: str | None = None, who: str = "client"
    ) -> None:
        self._who = who
        self.closed = False
        self._named = None if url is None else servers.named(servers.address(url), token)
        self._way = Way()
        self._connection: Connection | None = None
        self._opening = asyncio.Lock()
        self.on_thread: Callable[[Thread], None] | None = None
        """Called with every thread of the person that has changed, or is new."""
        self._followed: dict[str, tuple[Followed, int]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def locate(self, failed: Server | None = None) -> Server:
        """Where the chat is; `failed` is what was answered before, if one could not speak to
        it."""
        return await self._way.to_chat(await self._home(), failed)

    async def _home(self) -> Server:
        """The server to use: the one that was named, the one that started this kernel,
        another one of the same user, or else one that is started for that."""
        if self._named is not None:
            return self._named
        own = servers.from_environment()
        if own is not None:
            return own
        for server in servers.running():
            if await servers.answers(server):
                return server
        return await private.start()

    async def open(self) -> Connection:
        """The connection; raises :class:`NoServer`, or :class:`Closed`."""
        async with self._opening:
            self.require_open()
            if self._connection is None:
                connection = Connection(self.locate, self._take, self._follow_again)
                await connection.open()
                self._connection = connection
        return self._connection

    def require_open(self) -> None:
        if self.closed:
            raise Closed(self._who)

    async def close(self) -> None:
        """Let go of the connection, for good."""
        self.closed = True
        for task in tuple(self._tasks):
            task.cancel()
        async with self._opening:
            connection, self._connection = self._connection, None
        if connection is not None:
            await connection.close()
        for followed, _ in tuple(self._followed.values()):
            followed.end()

    @property
    def server(self) -> Server | None:
        """Where it is connected to."""
        return None if self._connection is None else self._connection.server

    # --- asking ---------------------------------------------------------------------------

    async def ask(
        self,
        parts: list[AskedPart],
        thread_id: str | None = None,
        settings: ThreadSettings | None = None,
        reply_settings: ThreadSettings | None = None,
        *,
        create: bool | None = None,
        temporary: bool = False,
        secrets: bool = False,
    ) -> Reply:
        """Ask in a thread, or in a new one, which keeps `settings`; returns when the
        question is kept.  `reply_settings` go for this one reply.  With `create`, the
        new thread has the id `thread_id`.  Unless `secrets` may go, raises
        :class:`MaybeSecret` where something attached looks like one."""
        connection = await self.open()
        if not secrets:
            await self._look_through([part for part in parts if not isinstance(part, TextPart)])
        parent_id = None
        exists = thread_id is not None and not create
        if exists:
            assert thread_id is not None
            parent_id = (await self.follow(thread_id)).leaf_id
        try:
            return await self._asked(
                connection,
                partial(
                    Send,
                    client_id=new_id(),
                    thread_id=thread_id or new_id(),
                    parent_id=parent_id,
                    parts=parts,
                    create=not exists,
                    settings=settings,
                    reply_settings=reply_settings,
                    temporary=temporary,
                ),
            )
        finally:
            if exists and thread_id is not None:
                self.leave(thread_id)

    async def _look_through(self, attached: list[AskedPart]) -> None:
        if not attached:
            return
        connection = await self.open()
        counted = await connection.request(
            Counted, "POST", "context", "count", body=CountQuery(attached)
        )
        found = [warning for each in counted.warnings for warning in each]
        if found:
            raise MaybeSecret(found)

    async def stop(self, thread_id: str, message_id: str) -> None:
        connection = await self.open()
        await connection.command(partial(Stop, thread_id=thread_id, message_id=message_id))

    async def _asked(self, connection: Connection, make: Callable[[str], Command]) -> Reply:
        ack = await connection.command(make)
        assert ack.thread_id is not None
        assert ack.reply_id is not None
        followed = await self.follow(ack.thread_id)
        while followed.message(ack.reply_id) is None:
            await self._change_of(followed)
        return Reply(self, followed, ack.reply_id)

    # --- following ------------------------------------------------------------------------

    async def follow(self, thread_id: str) -> Followed:
        """A thread that is kept up to date from now on, until it is left as often as it
        was followed; raises :class:`Refused` where there is no such thread."""
        thread_id = id_of(thread_id)
        connection = await self.open()
        followed, times = self._followed.get(thread_id, (None, 0))
        if followed is None:
            followed = Followed(thread_id, partial(self._resubscribe, thread_id))
        self._followed[thread_id] = (followed, times + 1)
        if followed.seq is None:
            try:
                await connection.command(partial(Subscribe, thread_id=thread_id))
            except ChatError:
                self.leave(thread_id)
                raise
            while followed.seq is None:
                await self._change_of(followed)
        return followed

    async def _change_of(self, followed: Followed) -> None:
        await followed.changed()
        self.require_open()

    def leave(self, thread_id: str) -> None:
        """Follow a thread no longer."""
        followed, times = self._followed.pop(thread_id, (None, 0))
        if followed is None:
            return
        if times > 1:
            self._followed[thread_id] = (followed, times - 1)
        elif self._connection is not None:
            leave = partial(Unsubscribe, thread_id=thread_id)
            self.begin(self._quietly(self._connection, leave))

    def _take(self, event: Event) -> None:
        if isinstance(event, Snapshot | MessageChanged | Delta | Waiting | ThreadGone):
            thread_id = event.thread_id
        elif isinstance(event, ThreadChanged):
            thread_id = event.thread.id
            if self.on_thread is not None:
                self.on_thread(event.thread)
        else:
            return
        followed, _ = self._followed.get(thread_id, (None, 0))
        if followed is not None:
            followed.take(event)

    def _follow_again(self) -> None:
        """The connection is back: go on with each thread from where it is known."""
        for thread_id in self._followed:
            self._resubscribe(thread_id)

    def _resubscribe(self, thread_id: str) -> None:
        followed, _ = self._followed[thread_id]
        assert self._connection is not None
        subscribe = partial(
            Subscribe, thread_id=thread_id, after=followed.seq, epoch=followed.epoch
        )
        self.begin(self._quietly(self._connection, subscribe))

    async def _quietly(self, connection: Connection, make: Callable[[str], Command]) -> None:
        """What nobody waits for; a thread that is gone stays as it was seen last."""
        with suppress(ChatError):
            await connection.command(make)

    def begin(self, work: Coroutine[Any, Any, None]) -> None:
        """Do something beside all else, until the session is closed."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    # --- the history ------------------------------------------------------------------------

    async def threads(self, limit: int = 50) -> list[Thread]:
        connection = await self.open()
        page = await connection.request(
            ThreadPage, "GET", "threads", arguments={"limit": str(limit)}
        )
        return page.threads

    async def thread(self, thread_id: str) -> Thread:
        connection = await self.open()
        return await connection.request(Thread, "GET", "threads", thread_id)

    async def change(self, thread_id: str, patch: ThreadPatch) -> Thread:
        connection = await self.open()
        return await connection.request(Thread, "PATCH", "threads", thread_id, body=patch)

    async def delete(self, thread_id: str) -> Thread:
        connection = await self.open()
        return await connection.request(Thread, "DELETE", "threads", thread_id)

    async def messages(self, thread_id: str, limit: int = 200) -> list[Message]:
        """The newest messages of the branch that is shown, older first."""
        connection = await self.open()
        thread = await self.thread(thread_id)
        if thread.leaf_id is None:
            return []
        page = await connection.request(
            MessagePage,
            "GET",
            "threads",
            thread_id,
            "messages",
            arguments={"around": thread.leaf_id, "limit": str(limit)},
        )
        return page.messages

    async def search(self, text: str, limit: int = 20) -> SearchPage:
        connection = await self.open()
        return await connection.request(
            SearchPage, "GET", "search", arguments={"q": text, "limit": str(limit)}
        )

    async def models(self) -> ModelList:
        connection = await self.open()
        return await connection.request(ModelList, "GET", "models")

    async def limits(self) -> Allowances:
        connection = await self.open()
        return await connection.request(Allowances, "GET", "limits")
