"""What is found in a file that is imported, before it is stored."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from ..ids import now_ms
from ..protocol import Message, Milliseconds, Thread


class Refused(Exception):
    """An entry that cannot be taken over; the text says why, in a sentence."""

    def __init__(self, message: str, title: str | None = None) -> None:
        super().__init__(message)
        self.title = title


@dataclass
class Found:
    """One thread, or the next part of it, with what was noticed about it.

    `source` tells threads of a file apart.  `problems` are sentences; `omissions` counts
    what has no place here.  `spare` is the same under derived ids, in case its own are
    somebody else's.  `entry` is its number in the file.
    """

    source: str
    thread: Thread
    messages: list[Message]
    problems: list[str] = field(default_factory=list)
    omissions: Counter[str] = field(default_factory=Counter)
    spare: tuple[Thread, list[Message]] | None = None
    entry: int = 0


def possible_time(milliseconds: object) -> Milliseconds | None:
    """The time that a number stands for; `None` for what is no number, not after 1970,
    or has yet to come (a message from the future would come after its own answer)."""
    if isinstance(milliseconds, bool) or not isinstance(milliseconds, (int, float)):
        return None
    return int(milliseconds) if 1 <= milliseconds <= now_ms() else None


def short_title(value: object) -> str | None:
    """A text as a title: one line, at most 200 characters; `None` if nothing is left."""
    if not isinstance(value, str):
        return None
    return " ".join(value.replace("\0", " ").split())[:200].strip() or None
