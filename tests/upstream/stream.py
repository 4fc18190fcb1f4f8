"""Plays an answer as a stream of events: in its pieces, at its pace, with its troubles."""

from __future__ import annotations

from collections.abc import Generator
from typing import Protocol

from .answers import Answer
from .connection import LAST_CHUNK, Ending, Reply, framed, head
from .record import Entry
from .script import Script

_APART = 0.004
"""Seconds between the two packets of a character that is split."""


EVENT_STREAM = {
    "content-type": "text/event-stream; charset=utf-8",
    "cache-control": "no-cache",
    "transfer-encoding": "chunked",
}


class Encoder(Protocol):
    """One API's words; each method gives the bytes of one event or several."""

    def opening(self) -> bytes: ...

    def thought(self, text: str) -> bytes: ...

    def piece(self, text: str) -> bytes: ...

    def closing(self) -> bytes: ...

    def failure(self, code: str, message: str, *, flat: bool) -> bytes: ...


def play(
    entry: Entry, script: Script, answer: Answer, encoder: Encoder, headers: dict[str, str]
) -> Reply:
    trouble, after = script.trouble()
    after = min(after, len(answer.pieces))
    entry.status = 200
    yield script.headers, head(200, {**headers, **EVENT_STREAM})
    yield 0.0, framed(encoder.opening())
    pause = script.first
    for thought in answer.thoughts:
        yield pause, framed(encoder.thought(thought))
        pause = script.delay
    for number, text in enumerate([*answer.pieces, None]):
        if number == after and trouble is not None:
            ending = yield from go_wrong(trouble, script, encoder)
            if ending is not None:
                return ending
        if text is None:
            break
        packet = encoder.piece(text)
        if script.split_unicode and (at := _inside_a_character(packet)):
            yield pause, framed(packet[:at])
            yield _APART, framed(packet[at:])
        else:
            yield pause, framed(packet)
        if not (trouble == "malformed" and number >= after):
            entry.said += text  # what comes after nonsense was not said
        pause = script.delay
    yield 0.0, framed(encoder.closing()) + LAST_CHUNK
    return Ending.KEEP


def go_wrong(
    trouble: str, script: Script, encoder: Encoder
) -> Generator[tuple[float, bytes], None, Ending | None]:
    """What goes wrong; the answer goes on where there is no ending."""
    if trouble == "cut":
        return Ending.CUT
    if trouble == "stall":
        return Ending.STALL
    if trouble == "malformed":
        yield 0.0, framed(b'data: {"id": "broken\n\n')
        return None
    if trouble in ("failed", "error_event"):
        code = script.code or "server_error"
        message = script.message or "The server had an error while answering."
        failure = encoder.failure(code, message, flat=trouble == "error_event")
        yield 0.0, framed(failure)
    yield 0.0, LAST_CHUNK
    return Ending.KEEP


def _inside_a_character(packet: bytes) -> int:
    """Where the first character of several bytes can be split; 0: there is none."""
    return next((at for at, byte in enumerate(packet) if byte & 0xC0 == 0x80), 0)
