"""What a question gets back, shown well wherever it is shown."""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, overload

from msgspec import structs

from ..protocol import (
    Message,
    MessageHit,
    Problem,
    ReasoningPart,
    SearchPage,
    Snippet,
    Status,
    Thread,
    TitleHit,
    Usage,
    text_of,
)
from .plain import plain
from .safe_markdown import safe

_NOTES = {
    Status.QUEUED: "waiting for its turn",
    Status.STREAMING: "still being written",
    Status.STOPPED: "stopped; what had come is kept",
    Status.INTERRUPTED: "interrupted; what had come is kept",
    Status.FAILED: "failed",
}


@dataclass(frozen=True)
class Answer:
    """An answer, or as much of it as there is.

    `seconds` is the time until it was complete, `cost` US dollars; both are `None` where
    they are not known.
    """

    text: str
    reasoning: str
    status: Status
    thread_id: str
    message_id: str
    model: str | None
    usage: Usage | None
    cost: float | None
    seconds: float | None
    problem: Problem | None

    @classmethod
    def of(cls, message: Message) -> Answer:
        ended = message.completed_at
        return cls(
            text=text_of(message),
            reasoning="".join(p.text for p in message.parts if isinstance(p, ReasoningPart)),
            status=message.status,
            thread_id=message.thread_id,
            message_id=message.id,
            model=message.model,
            usage=message.usage,
            cost=message.cost,
            seconds=None if ended is None else (ended - message.created_at) / 1000,
            problem=message.problem,
        )

    @property
    def note(self) -> str | None:
        """In what way it is not whole; `None`: it is."""
        return _NOTES.get(self.status)

    def __str__(self) -> str:
        return plain(self.text)

    def _repr_markdown_(self) -> str:
        return safe(self.text if self.note is None else f"{self.text}\n\n*({self.note})*")

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        note = "" if self.note is None else f"\n({self.note})"
        printer.text(plain(self.text) + note)


class ShownThread(Thread):
    """A conversation that says in short what it is."""

    @classmethod
    def of(cls, thread: Thread) -> ShownThread:
        return cls(**structs.asdict(thread))

    def __repr__(self) -> str:
        title = plain(self.title or "New conversation")
        return f"<Conversation “{title}”, {_when(self.updated_at)}, {self.id}>"


class ShownMessage(Message):
    """A message that shows what was said."""

    @classmethod
    def of(cls, message: Message) -> ShownMessage:
        return cls(**structs.asdict(message))

    def __repr__(self) -> str:
        return plain(f"{_author(self)}: {text_of(self)}")


class ThreadList(list[Thread]):
    """Conversations, as a table."""

    def __init__(self, threads: Iterable[Thread] = ()) -> None:
        super().__init__(map(ShownThread.of, threads))

    def _repr_html_(self) -> str:
        rows = (
            (str(number), thread.title or "New conversation", _when(thread.updated_at), thread.id)
            for number, thread in enumerate(self, 1)
        )
        return _table(("", "Conversation", "Last activity", "Id"), rows)

    def __repr__(self) -> str:
        lines = (
            f"{number:>3}  {_when(thread.updated_at)}  {thread.title or 'New conversation'}"
            for number, thread in enumerate(self, 1)
        )
        return plain("\n".join(lines)) or "No conversations yet."

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(repr(self))


class MessageList(list[Message]):
    """A conversation, to be read from the top."""

    def __init__(self, messages: Iterable[Message] = ()) -> None:
        super().__init__(map(ShownMessage.of, messages))

    def _repr_markdown_(self) -> str:
        return safe(
            "\n\n".join(f"**{_author(message)}:**\n\n{text_of(message)}" for message in self)
        )

    def __repr__(self) -> str:
        return "\n\n".join(map(repr, self)) or "No messages yet."

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(repr(self))


class Found(Sequence[TitleHit | MessageHit]):
    """What a search found: `titles`, then `messages`, each with its thread and a snippet."""

    def __init__(self, page: SearchPage) -> None:
        self.titles = page.titles
        self.messages = page.messages

    def __len__(self) -> int:
        return len(self.titles) + len(self.messages)

    @overload
    def __getitem__(self, place: int) -> TitleHit | MessageHit: ...

    @overload
    def __getitem__(self, place: slice) -> list[TitleHit | MessageHit]: ...

    def __getitem__(self, place: int | slice) -> Any:
        return [*self.titles, *self.messages][place]

    def __repr__(self) -> str:
        return f"<{len(self.titles)} titles and {len(self.messages)} messages found>"

    def _rows(self) -> list[tuple[str, Snippet | None, int, str]]:
        titles = [
            (hit.thread.title or "", None, hit.thread.updated_at, hit.thread.id)
            for hit in self.titles
        ]
        messages = [
            (hit.thread.title or "", hit.snippet, hit.created_at, hit.thread.id)
            for hit in self.messages
        ]
        return [*titles, *messages]

    def _repr_html_(self) -> str:
        rows = (
            (title, snippet.text if snippet else "", _when(time), thread_id)
            for title, snippet, time, thread_id in self._rows()
        )
        return _table(("Conversation", "Found", "When", "Id"), rows)

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        lines = (
            f"{_when(time)}  {title}" + (f"\n    {snippet.text}" if snippet else "")
            for title, snippet, time, _ in self._rows()
        )
        printer.text(plain("\n".join(lines)) or "Nothing was found.")


def _author(message: Message) -> str:
    return "You" if message.role.value == "user" else message.model or "Answer"


def _when(milliseconds: int) -> str:
    return datetime.fromtimestamp(milliseconds / 1000).strftime("%Y-%m-%d %H:%M")  # noqa: DTZ006


def _table(heads: tuple[str, ...], rows: Any) -> str:
    head = "".join(f"<th style='text-align: left'>{html.escape(name)}</th>" for name in heads)
    body = "".join(
        "<tr>"
        + "".join(f"<td style='text-align: left'>{html.escape(cell)}</td>" for cell in row)
        + "</tr>"
        for row in rows
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
