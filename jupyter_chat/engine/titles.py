"""A title for a conversation: at once from its question, later from the model."""

from __future__ import annotations

import re

from ..protocol import Role
from ..providers.interface import Endpoint, Prompt, Provider, ProviderError, ReplyRequest
from .asides import Spend, ask_aside
from .context import tokens
from .context.choosing import lowest_effort
from .models import catalogue

_LONGEST = 60
_EXCERPT = 1_000
_SECONDS = 30
MAX_OUTPUT_TOKENS = 400
"""Far more than a title takes: reasoning models think within it."""
_INSTRUCTIONS = (
    "Write a title for this conversation: at most six words, in the language of the "
    "question, without quotes or a full stop. Answer with the title only."
)


def from_question(text: str) -> str | None:
    """The question's first line, cut at a word; `None` where it has no words."""
    line = next((line.strip() for line in text.splitlines() if line.strip(" \t#>`*-")), "")
    return _short(re.sub(r"\s+", " ", line.strip("#>`*- \t")))


def counted(question: str, answer: str) -> int:
    """The tokens of such a request, about."""
    return tokens.estimate(_INSTRUCTIONS + question[:_EXCERPT] + answer[:_EXCERPT])


async def from_model(
    provider: Provider,
    endpoint: Endpoint,
    model: str,
    question: str,
    answer: str,
    *,
    spend: Spend,
) -> str | None:
    """What the model would call it; `None` where it does not say anything usable."""
    known = catalogue.lookup(model)
    request = ReplyRequest(
        model=model,
        messages=[
            Prompt(
                Role.USER,
                f"Question:\n{question[:_EXCERPT]}\n\nAnswer:\n{answer[:_EXCERPT]}\n\nTitle:",
            )
        ],
        instructions=_INSTRUCTIONS,
        max_output_tokens=MAX_OUTPUT_TOKENS,
        effort=lowest_effort(known),
        reasoning_model=bool(known.efforts),
    )
    try:
        text = await ask_aside(provider, endpoint, request, _SECONDS, spend)
    except ProviderError:
        return None
    lines = text.strip().splitlines()
    title = lines[0].strip(" \t\"'“”„«»*#.") if lines else ""
    if title.lower() in _INSTRUCTIONS.lower():  # small models repeat what they are told
        return None
    return _short(title)


def _short(text: str) -> str | None:
    if len(text) <= _LONGEST:
        return text or None
    cut = text[:_LONGEST].rsplit(" ", 1)[0] if " " in text[:_LONGEST] else text[: _LONGEST - 1]
    return cut.rstrip(" ,;:-") + "…"
