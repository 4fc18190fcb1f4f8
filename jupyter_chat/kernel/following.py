"""A thread as this process sees it: put together from events, never missing one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable

import msgspec

from ..protocol import (
    Delta,
    Event,
    Message,
    MessageChanged,
    Part,
    ReasoningPart,
    Snapshot,
    TextPart,
    Thread,
    ThreadChanged,
    ThreadGone,
    Waiting,
    text_of,
    written_in,
)


class Growing:
    """The parts of a reply while they grow, at constant cost per delta."""

    def __init__(self, message: Message) -> None:
        self._message = message
        self._kinds: list[str] = []
        self._pieces: list[list[str]] = []
        for part in written_in(message):
            self._kinds.append("text" if isinstance(part, TextPart) else "reasoning")
            self._pieces.append([part.text])
        self.given = [part.text for part in message.parts if isinstance(part, TextPart)]
        """The pieces of the answer itself, in the order in which they came."""

    def append(self, delta: Delta) -> bool:
        """Take in a delta; false if it does not fit, so that something was missed."""
        if delta.part == len(self._kinds):
            self._kinds.append(delta.kind)
            self._pieces.append([])
        elif delta.part > len(self._kinds) or self._kinds[delta.part] != delta.kind:
            return False
        self._pieces[delta.part].append(delta.text)
        if delta.kind == "text":
            self.given.append(delta.text)
        return True

    def message(self) -> Message:
        parts: list[Part] = []
        for kind, pieces in zip(self._kinds, self._pieces, strict=True):
            pieces[:] = ["".join(pieces)]
            parts.append(TextPart(pieces[0]) if kind == "text" else ReasoningPart(pieces[0]))
        return msgspec.structs.replace(self._message, parts=parts)


class Followed:
    """A thread, the branch of it that is shown, and replies that are being made.

    `listeners` are called after each change.  `behind` is called where an event does not
    fit, and must ask for a snapshot.
    """

    def __init__(self, thread_id: str, behind: Callable[[], None]) -> None:
        self.thread_id = thread_id
        self.thread: Thread | None = None
        self.gone = False
        self.listeners: set[Callable[[], None]] = set()
        self.epoch: str | None = None
        self.seq: int | None = None
        self._behind = behind
        self._messages: dict[str, Message] = {}
        self._growing: dict[str, Growing] = {}
        self._path: list[str] = []

    # --- looking ------------------------------------------------------------------------

    def message(self, message_id: str) -> Message | None:
        growing = self._growing.get(message_id)
        return growing.message() if growing else self._messages.get(message_id)

    def messages(self) -> list[Message]:
        """The newest messages of the branch that is shown, older first."""
        found = (self.message(message_id) for message_id in self._path)
        return [message for message in found if message is not None]

    @property
    def leaf_id(self) -> str | None:
        return self._path[-1] if self._path else None

    async def pieces(self, message_id: str) -> AsyncIterator[str]:
        """The text of a reply as it comes, until it has ended."""
        given = 0
        place = 0
        source: Growing | None = None
        while True:
            growing = self._growing.get(message_id)
            if growing is not None:
                if growing is not source:  # after a snapshot: on from where we are
                    text = "".join(growing.given)[given:]
                else:
                    text = "".join(growing.given[place:])
                source, place = growing, len(growing.given)
                message = None
            else:
                message = self._messages.get(message_id)
                text = text_of(message)[given:] if message else ""
            ended = message is not None and message.status.is_final
            if text:
                given += len(text)
                yield text  # meanwhile more may come: look again before waiting
            elif ended or self.gone:
                return
            else:
                await self.changed()

    async def changed(self) -> None:
        """Wait for the next change."""
        change: asyncio.Future[None] = asyncio.get_running_loop().create_future()

        def note() -> None:
            if not change.done():
                change.set_result(None)

        self.listeners.add(note)
        try:
            await change
        finally:
            self.listeners.discard(note)

    # --- taking in ------------------------------------------------------------------------

    def take(self, event: Event) -> None:
        """Take in an event of this thread."""
        if isinstance(event, Snapshot):
            self._start_over(event)
        elif isinstance(event, ThreadChanged):
            self.thread = event.thread
        elif isinstance(event, ThreadGone):
            self.gone = True
        elif isinstance(event, MessageChanged | Delta | Waiting):
            if self.seq is None or event.seq <= self.seq:
                return  # a snapshot that holds it is on its way, or has come
            if event.seq != self.seq + 1 or not self._fits(event):
                self.seq = self.epoch = None
                self._behind()
                return
            self.seq = event.seq
        self._tell()

    def end(self) -> None:
        """Nothing comes any more: nobody is to wait for it."""
        self.gone = True
        self._tell()

    def _tell(self) -> None:
        for listener in tuple(self.listeners):
            listener()

    def _start_over(self, snapshot: Snapshot) -> None:
        self.thread, self.epoch, self.seq = snapshot.thread, snapshot.epoch, snapshot.seq
        self._path = [message.id for message in snapshot.messages]
        for message in snapshot.messages:
            self._keep(message)

    def _fits(self, event: MessageChanged | Delta | Waiting) -> bool:
        if isinstance(event, Delta):
            growing = self._growing.get(event.message_id)
            return growing is None or growing.append(event)
        if isinstance(event, Waiting):
            return True  # it only takes a number: nobody here shows why a reply waits
        message = event.message
        self._keep(message)
        if not event.leaf or message.id in self._path:
            return True
        if message.parent_id is None:
            self._path = [message.id]
        elif message.parent_id in self._path:
            self._path[self._path.index(message.parent_id) + 1 :] = [message.id]
        else:
            return False
        return True

    def _keep(self, message: Message) -> None:
        self._messages[message.id] = message
        if message.status.is_final:
            self._growing.pop(message.id, None)
        else:
            self._growing[message.id] = Growing(message)
