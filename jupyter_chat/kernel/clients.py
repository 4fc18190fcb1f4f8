"""`Client` and `AsyncClient`: the chat, from Python.

Both have the methods of :class:`Chat`, which run in the background's loop; one waits for
their results, the other lets one await them.
"""

from __future__ import annotations

import asyncio
import functools
from collections.abc import AsyncIterator, Callable, Coroutine, Generator, Iterator, Mapping
from types import TracebackType
from typing import Any, Concatenate, ParamSpec, TypeVar

from ..protocol import (
    AskedPart,
    Code,
    Problem,
    TextPart,
    Thread,
    ThreadPatch,
    ThreadSettings,
)
from . import background
from .answers import Answer, Found, MessageList, ShownThread, ThreadList
from .attaching import attachments
from .errors import ChatError
from .session import Reply, Session, id_of

_P = ParamSpec("_P")
_T = TypeVar("_T")


class Chat:
    """One conversation after the other with the chat server.

    `url` and `token` name a Jupyter server; without them it is found, or started.
    `model` and `system` are those of conversations that are begun here.
    """

    def __init__(
        self,
        url: str | None = None,
        token: str | None = None,
        *,
        model: str | None = None,
        system: str | None = None,
    ) -> None:
        self.session = Session(url, token)
        self.model = model
        self.system = system
        self.thread_id: str | None = None
        """The conversation in which is asked next; `None`: a new one."""
        self.reply: Reply | None = None

    async def ask(
        self,
        question: str,
        *,
        thread: str | Thread | None = None,
        model: str | None = None,
        system: str | None = None,
        attach: Mapping[str, Any] | None = None,
        secrets: bool = False,
    ) -> Answer:
        """Ask, and wait for the whole answer.

        It is asked in the conversation that was asked in last, in `thread`, or in a new
        one.  `model` and `system` go for this answer only, unless they begin a new
        conversation.  `attach` holds values that go with the question, by name: tables,
        figures, errors, texts, or whatever has a `repr`; where one looks like a secret, only
        `secrets` lets it go.  Raises :class:`MaybeSecret` then, and :class:`AnswerFailed` where
        the model's server gave none.
        """
        reply = await self.stream(
            question, thread=thread, model=model, system=system, attach=attach, secrets=secrets
        )
        try:
            return await reply.ended()
        except asyncio.CancelledError:
            await reply.stop()  # whoever asked does not wait for it any more
            raise

    async def stream(
        self,
        question: str,
        *,
        thread: str | Thread | None = None,
        model: str | None = None,
        system: str | None = None,
        attach: Mapping[str, Any] | None = None,
        secrets: bool = False,
    ) -> Reply:
        """Ask; iterate over the answer's text as it comes.  Options are those of `ask`."""
        thread_id = id_of(thread) if thread is not None else self.thread_id
        if not isinstance(question, str):
            raise TypeError("A question is a text.")
        parts: list[AskedPart] = [*attachments(attach or {}), TextPart(question)]
        settings = ThreadSettings(model=model, system_prompt=system)
        return await self.send(parts, thread_id, settings, secrets=secrets)

    async def send(
        self,
        parts: list[AskedPart],
        thread_id: str | None,
        settings: ThreadSettings,
        *,
        secrets: bool = False,
    ) -> Reply:
        """Ask what was put together, in this conversation or in a new one.  The settings
        go for this one answer; a new conversation keeps its model and system prompt."""
        kept = ThreadSettings(
            model=settings.model or self.model,
            system_prompt=settings.system_prompt or self.system,
        )
        self.reply = await self.session.ask(parts, thread_id, kept, settings, secrets=secrets)
        self.thread_id = self.reply.thread_id
        return self.reply

    async def stop(self) -> None:
        """Stop the answer that was asked for last; what has come is kept."""
        if self.reply is not None:
            await self.reply.stop()

    async def stop_all(self) -> int:
        """Stop every answer that is being made in this conversation, whoever asked; how
        many there were."""
        if self.thread_id is None:
            return 0
        running = [m for m in await self.messages() if not m.status.is_final]
        for message in running:
            await self.session.stop(message.thread_id, message.id)
        return len(running)

    async def new(self) -> None:
        """Ask next in a new conversation."""
        self.thread_id = None

    async def open(self, thread: str | Thread) -> Thread:
        """Ask next in this conversation."""
        found = await self.session.thread(id_of(thread))
        self.thread_id = found.id
        return ShownThread.of(found)

    async def threads(self, limit: int = 20) -> ThreadList:
        """Conversations, pinned ones first, then the newest activity."""
        return ThreadList(await self.session.threads(limit))

    async def messages(self, thread: str | Thread | None = None, limit: int = 200) -> MessageList:
        """The newest messages of a conversation, older first."""
        thread_id = id_of(thread) if thread is not None else self.thread_id
        if thread_id is None:
            return MessageList()
        return MessageList(await self.session.messages(thread_id, limit))

    async def search(self, text: str, limit: int = 20) -> Found:
        """What one's own titles and messages hold of `text`, the newest first."""
        return Found(await self.session.search(text, limit))

    async def models(self) -> list[str]:
        """The names of the models that can be asked."""
        return [model.id for model in (await self.session.models()).models]

    async def rename(self, title: str, thread: str | Thread | None = None) -> Thread:
        """Give a conversation another title."""
        changed = await self.session.change(self._there(thread), ThreadPatch(title=title))
        return ShownThread.of(changed)

    async def delete(self, thread: str | Thread | None = None) -> Thread:
        """Put a conversation into the trash."""
        deleted = await self.session.delete(self._there(thread))
        if self.thread_id == deleted.id:
            self.thread_id = None
        return ShownThread.of(deleted)

    async def close(self) -> None:
        """Let go of the connection; whatever is asked of the server then raises
        :class:`Closed`."""
        await self.session.close()

    def _there(self, thread: str | Thread | None) -> str:
        thread_id = id_of(thread) if thread is not None else self.thread_id
        if thread_id is None:
            raise ChatError(
                Problem(Code.INVALID, "There is no conversation yet: name one as `thread`.")
            )
        return thread_id


def _blocking(
    method: Callable[Concatenate[Chat, _P], Coroutine[Any, Any, _T]],
) -> Callable[Concatenate[Client, _P], _T]:
    @functools.wraps(method)
    def call(self: Client, /, *args: _P.args, **options: _P.kwargs) -> _T:
        __tracebackhide__ = True
        return background.run(method(self.chat, *args, **options))

    return call


def _awaited(
    method: Callable[Concatenate[Chat, _P], Coroutine[Any, Any, _T]],
) -> Callable[Concatenate[AsyncClient, _P], Coroutine[Any, Any, _T]]:
    @functools.wraps(method)
    async def call(self: AsyncClient, /, *args: _P.args, **options: _P.kwargs) -> _T:
        __tracebackhide__ = True
        return await background.wait(method(self.chat, *args, **options))

    return call


class Stream:
    """The pieces of an answer as they come; `answer` is the whole so far."""

    def __init__(self, reply: Reply) -> None:
        self.reply = reply

    def __repr__(self) -> str:
        answer = self.answer
        how = answer.note or "complete"
        return f"<Stream of an answer, {len(answer.text):,} characters; {how}>"

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        __tracebackhide__ = True
        piece = background.run(self.reply.piece())
        if piece is None:
            background.run(self.reply.ended())  # raises where it failed
            raise StopIteration
        return piece

    @property
    def answer(self) -> Answer:
        return self.reply.so_far()

    def stop(self) -> None:
        """Stop it; what has come is kept."""
        background.run(self.reply.stop())

    def __enter__(self) -> Stream:
        return self

    def __exit__(self, *_: object) -> None:
        """Whoever leaves early wants no more of it."""
        if not self.answer.status.is_final:
            self.stop()


class AsyncStream:
    """The pieces of an answer as they come; `answer` is the whole so far.

    It is asked with the first piece, or where this is awaited.
    """

    def __init__(self, begin: Coroutine[Any, Any, Reply]) -> None:
        self._begin: Coroutine[Any, Any, Reply] | None = begin
        self._reply: Reply | None = None

    @property
    def reply(self) -> Reply:
        if self._reply is None:
            raise RuntimeError("Nothing has been asked yet: iterate over it, or await it.")
        return self._reply

    def __repr__(self) -> str:
        if self._reply is None:
            return "<AsyncStream, nothing is asked yet: iterate over it, or await it>"
        answer = self.answer
        how = answer.note or "complete"
        return f"<AsyncStream of an answer, {len(answer.text):,} characters; {how}>"

    def __aiter__(self) -> AsyncIterator[str]:
        return self

    def __await__(self) -> Generator[Any, None, AsyncStream]:
        return self._asked().__await__()

    async def __anext__(self) -> str:
        __tracebackhide__ = True
        await self._asked()
        piece = await background.wait(self.reply.piece())
        if piece is None:
            await background.wait(self.reply.ended())
            raise StopAsyncIteration
        return piece

    async def _asked(self) -> AsyncStream:
        begin, self._begin = self._begin, None
        if begin is not None:
            self._reply = await background.wait(begin)
        return self

    @property
    def answer(self) -> Answer:
        return self.reply.so_far()

    async def stop(self) -> None:
        """Stop it; what has come is kept."""
        await background.wait(self.reply.stop())


def _streamed(
    method: Callable[Concatenate[Chat, _P], Coroutine[Any, Any, Reply]],
) -> Callable[Concatenate[Client, _P], Stream]:
    @functools.wraps(method)
    def call(self: Client, /, *args: _P.args, **options: _P.kwargs) -> Stream:
        __tracebackhide__ = True
        return Stream(background.run(method(self.chat, *args, **options)))

    return call


def _streamed_later(
    method: Callable[Concatenate[Chat, _P], Coroutine[Any, Any, Reply]],
) -> Callable[Concatenate[AsyncClient, _P], AsyncStream]:
    @functools.wraps(method)
    def call(self: AsyncClient, /, *args: _P.args, **options: _P.kwargs) -> AsyncStream:
        return AsyncStream(method(self.chat, *args, **options))

    return call


class _Methods:
    def __init__(
        self,
        url: str | None = None,
        token: str | None = None,
        *,
        model: str | None = None,
        system: str | None = None,
    ) -> None:
        self.chat = Chat(url, token, model=model, system=system)

    @property
    def thread_id(self) -> str | None:
        """The conversation in which is asked next; `None`: a new one."""
        return self.chat.thread_id

    def __repr__(self) -> str:
        where = "a new conversation" if self.thread_id is None else f"conversation {self.thread_id}"
        return f"<{type(self).__name__} in {where}>"


class Client(_Methods):
    """The chat, for scripts and cells: each method waits until it is done.

    It can be used in a `with` statement.  An interrupt stops the answer.
    """

    ask = _blocking(Chat.ask)
    stream = _streamed(Chat.stream)
    stop = _blocking(Chat.stop)
    new = _blocking(Chat.new)
    open = _blocking(Chat.open)
    threads = _blocking(Chat.threads)
    messages = _blocking(Chat.messages)
    search = _blocking(Chat.search)
    models = _blocking(Chat.models)
    rename = _blocking(Chat.rename)
    delete = _blocking(Chat.delete)
    close = _blocking(Chat.close)

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


class AsyncClient(_Methods):
    """The chat, for coroutines; it can be used in an `async with` statement."""

    ask = _awaited(Chat.ask)
    stream = _streamed_later(Chat.stream)
    stop = _awaited(Chat.stop)
    new = _awaited(Chat.new)
    open = _awaited(Chat.open)
    threads = _awaited(Chat.threads)
    messages = _awaited(Chat.messages)
    search = _awaited(Chat.search)
    models = _awaited(Chat.models)
    rename = _awaited(Chat.rename)
    delete = _awaited(Chat.delete)
    close = _awaited(Chat.close)

    async def __aenter__(self) -> AsyncClient:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()
