"""A prompt cache: what earlier requests with the same key began with."""

from __future__ import annotations

from collections import deque

from .conversation import CACHE_FROM, Conversation

_MOST = 200


class PromptCache:
    def __init__(self) -> None:
        self._kept: deque[tuple[str, list[str]]] = deque(maxlen=_MOST)

    def look_up(self, conversation: Conversation) -> None:
        """Note how much of it is known, and keep the whole for the next one."""
        key = str(conversation.body.get("prompt_cache_key"))
        texts = conversation.beginning()
        conversation.known = max(
            (_common(texts, known) for its, known in self._kept if its == key), default=0
        )
        if conversation.input_tokens() >= CACHE_FROM:
            self._kept.append((key, texts))


def _common(one: list[str], other: list[str]) -> int:
    """How many texts both begin with."""
    count = 0
    for mine, its in zip(one, other, strict=False):
        if mine != its:
            break
        count += 1
    return count
