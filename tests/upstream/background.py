"""Responses in background mode: made at their own pace whether anybody listens or not,
to be streamed again from any event on, asked for as a whole, and cancelled."""

from __future__ import annotations

import re
from typing import Any

from . import errors
from .answers import Answer
from .connection import LAST_CHUNK, Ending, Reply, framed, head
from .conversation import Conversation
from .pacing import Pacer
from .record import Entry
from .responses import ResponseStream, response
from .script import Script
from .stream import EVENT_STREAM, go_wrong

_LOOK_SECONDS = 0.005
"""How often a connection looks for events that are new."""
_NUMBER = re.compile(rb'"sequence_number":(\d+)')
_MOST = 1000


class Job:
    """One response being made."""

    def __init__(
        self,
        entry: Entry,
        script: Script,
        answer: Answer,
        conversation: Conversation,
        pacer: Pacer,
    ) -> None:
        self.id = f"resp_{entry.number:08}"
        self.script = script
        self.status = "queued"
        self.events: list[tuple[int, bytes, int]] = []
        """(number, bytes, pieces of the text that had been said before; -1: it comes before
        all of them) of each."""
        self.encoder = ResponseStream(entry.number, conversation, answer)
        self._entry = entry
        self._answer = answer
        self._conversation = conversation
        self._pacer = pacer
        self._left = iter([*answer.thoughts, *answer.pieces])
        self._thoughts = len(answer.thoughts)
        self._said = 0
        self._due = pacer.now() + script.headers
        self._add(self.encoder.opening(), -1)
        self._wait(script.first)

    @property
    def ended(self) -> bool:
        return self.status not in ("queued", "in_progress")

    def cancel(self) -> None:
        """Make no more of it; of no effect once it has ended."""
        if not self.ended:
            self.status = "cancelled"

    def whole(self) -> dict[str, Any]:
        """The response as it stands."""
        if self.status in ("completed", "incomplete"):
            return response(self._entry.number, self._conversation, self._answer)
        body = response(self._entry.number, self._conversation, self._answer)
        return {**body, "status": self.status, "output": [], "usage": None}

    def _wait(self, seconds: float) -> None:
        self._due = max(self._due, self._pacer.now() - 0.5) + seconds
        self._pacer.at(self._due, self._go_on)

    def _go_on(self) -> None:
        if self.ended:
            return
        self.status = "in_progress"
        trouble, after = self.script.trouble()
        text = next(self._left, None)
        if trouble in ("failed", "error_event") and self._said == after and not self._thoughts:
            code = self.script.code or "server_error"
            message = self.script.message or "The server had an error while answering."
            flat = trouble == "error_event"
            self._add(self.encoder.failure(code, message, flat=flat), self._said)
            self.status = "failed"
        elif text is None:
            self._add(self.encoder.closing(), self._said)
            self.status = "completed" if self._answer.finish == "stop" else "incomplete"
        elif self._thoughts:
            self._thoughts -= 1
            self._add(self.encoder.thought(text), -1)
            self._wait(self.script.delay)
        else:
            self._add(self.encoder.piece(text), self._said)
            self._entry.said += text
            self._said += 1
            self._wait(self.script.delay)

    def _add(self, data: bytes, said: int) -> None:
        for event in data.split(b"\n\n"):
            found = _NUMBER.search(event)
            if found is not None:
                self.events.append((int(found[1]), event + b"\n\n", said))


class Jobs:
    """All responses in background mode, the newest of them."""

    def __init__(self, pacer: Pacer) -> None:
        self._pacer = pacer
        self._jobs: dict[str, Job] = {}

    def begin(
        self, entry: Entry, script: Script, answer: Answer, conversation: Conversation
    ) -> Job:
        job = Job(entry, script, answer, conversation, self._pacer)
        self._jobs[job.id] = job
        while len(self._jobs) > _MOST:
            self._jobs.pop(next(iter(self._jobs)))
        return job

    def find(self, response_id: str) -> Job:
        """Raises :class:`ApiError` where there is none, or where its script says so."""
        job = self._jobs.get(response_id)
        if job is None or job.script.gone:
            raise errors.unknown_response(response_id)
        return job


def follow(
    entry: Entry, job: Job, headers: dict[str, str], *, after: int = -1, first: bool = False
) -> Reply:
    """Stream the events after one on.  What goes wrong with the connection does so in the
    `first` stream, or (`again`) in each."""
    script = job.script
    trouble, place = script.trouble()
    if trouble in ("failed", "error_event") or not (first or script.again):
        trouble = None
    entry.status = 200
    yield (script.headers if first else 0.0), head(200, {**headers, **EVENT_STREAM})
    told = 0
    begun_with: int | None = None
    while True:
        for number, event, said in job.events[told:]:
            told += 1
            if number <= after:
                continue
            begun_with = max(said, 0) if begun_with is None else begun_with
            if trouble is not None and said - (0 if first else begun_with) >= place:
                ending = yield from go_wrong(trouble, script, job.encoder)
                if ending is not None:
                    return ending
                trouble = None
            yield 0.0, framed(event)
        if job.ended and told == len(job.events):
            break
        yield _LOOK_SECONDS, b""
    yield 0.0, LAST_CHUNK
    return Ending.KEEP
