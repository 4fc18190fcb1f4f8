"""Going on with an answer that broke off."""

from __future__ import annotations

from ..protocol import (
    Code,
    Message,
    Role,
    Status,
    TextPart,
    ThreadSettings,
    WrittenPart,
    written_in,
)
from ..providers.interface import Prompt
from ..store.records import LIVE

_GO_ON = Prompt(
    Role.USER,
    "Your last answer broke off. Go on exactly where it ended, in the middle of a word or of "
    "a code block if need be. Repeat nothing of it, do not begin anew, and do not mention "
    "that it broke off.",
)


def is_unfinished(answer: Message) -> bool:
    """Whether there is text of it, and more to come: it was stopped, interrupted or failed,
    or reached the output limit."""
    if answer.role is not Role.ASSISTANT or not kept(answer) or answer.status in LIVE:
        return False
    if answer.status is Status.COMPLETE:
        return answer.problem is not None and answer.problem.code is Code.OUTPUT_LIMIT
    return True


def kept(answer: Message) -> list[WrittenPart]:
    """The parts that a continuation begins with.  The text goes on in the last of them;
    thinking that led to nothing more is left to the version that it belongs to."""
    parts = written_in(answer)
    while parts and not (isinstance(parts[-1], TextPart) and parts[-1].text):
        parts.pop()
    return parts


def settings(answer: Message) -> ThreadSettings | None:
    """The model that began goes on, by the name it was asked for.  Once an answer has come
    to its end, it has the name that the model's server gave, which need not be one that
    the server takes."""
    ended = answer.status is Status.COMPLETE
    return None if ended or answer.model is None else ThreadSettings(model=answer.model)


def prompts(text: str) -> list[Prompt]:
    """What follows the question where `text` of the answer is there already."""
    return [Prompt(Role.ASSISTANT, text), _GO_ON] if text else []
