"""What stands before a conversation: its system prompt, and the person's notes."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from ...protocol import Thread, ThreadSettings
from ...store.types import UserSettings

_HEADING = "What the person who asks wants you to know:"


class Instructions(Struct, frozen=True):
    """Either may be empty; the notes come last, in the same words each time, so that the
    beginning of a request stays in upstream's cache."""

    prompt: str
    notes: str

    @property
    def whole(self) -> str:
        return "\n\n".join(filter(None, (self.prompt, self.notes)))


def instructions(
    wanted: ThreadSettings, settings: UserSettings, thread: Thread | None
) -> Instructions:
    """Those of a thread with these settings.

    A temporary one is for what is to leave no trace, and begins without what is remembered:
    there, the thread itself must say that it wants the notes.
    """
    used = settings.use_notes and (thread is None or not thread.temporary)
    if wanted.use_notes is not None:
        used = wanted.use_notes
    return Instructions(wanted.system_prompt or "", _in_words(settings.notes) if used else "")


def _in_words(notes: Sequence[str]) -> str:
    if not notes:
        return ""
    # A note of several lines stays one point of the list.
    return "\n".join([_HEADING, *("- " + note.replace("\n", "\n  ") for note in notes)])
