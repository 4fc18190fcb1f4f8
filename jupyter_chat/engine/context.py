"""What the model will see."""

from __future__ import annotations

from ..protocol import Effort, Message, Model, Role, Status
from ..providers.interface import Prompt
from .attachments import images, prompt_text

_CHARACTERS_PER_TOKEN = 3
"""On the careful side: English prose has about four, code three."""
_IMAGE_CHARACTERS = 1_500 * _CHARACTERS_PER_TOKEN
"""A large picture costs some 1,500 tokens."""
_DEFAULT_WINDOW = 128_000
_DEFAULT_RESERVE = 4_096


def prompts(path: list[Message], budget: int) -> list[Prompt]:
    """The messages to send, older first: from the newest back, as many as fit into
    `budget` characters, but always the last one.

    Replies without text say nothing and are left out; the partial text of a stopped
    or interrupted one counts like any other.  A question that was withdrawn before its
    turn came is not asked with a later one either.
    """
    chosen: list[Prompt] = []
    withdrawn = None
    for message in reversed(path):
        text, pictures = prompt_text(message), images(message)
        if message.status is Status.STOPPED and not text and message.begun_at is None:
            withdrawn = message.parent_id
        if not text or message.status is Status.QUEUED or message.id == withdrawn:
            continue
        budget -= len(text) + _IMAGE_CHARACTERS * len(pictures)
        if budget < 0 and chosen:
            break
        chosen.append(Prompt(message.role, text, pictures))
    # A window never begins with an answer whose question is gone.
    while len(chosen) > 1 and chosen[-1].role is Role.ASSISTANT:
        chosen.pop()
    return chosen[::-1]


def character_budget(model: Model, instructions: str | None, max_output: int | None) -> int:
    """How many characters of conversation fit beside the instructions and the answer."""
    window = model.context_tokens or _DEFAULT_WINDOW
    reserve = max_output or min(model.max_output_tokens or _DEFAULT_RESERVE, window // 4)
    tokens = max(window - reserve, window // 8)
    return tokens * _CHARACTERS_PER_TOKEN - len(instructions or "")


def lowest_effort(model: Model) -> Effort | None:
    """The least thinking a model can be asked for (`None`: it takes no effort)."""
    return min(model.efforts, key=list(Effort).index, default=None)
