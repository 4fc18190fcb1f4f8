"""What was asked, whichever API it came by."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from .models import Model

CACHE_FROM = 1024
_CACHE_STEP = 128


@dataclass
class Conversation:
    model: Model
    messages: list[tuple[str, str]]
    """(role, text), without the instructions."""
    instructions: str | None = None
    limit: int | None = None
    """The most tokens that the answer may have."""
    stream: bool = False
    usage: bool = True
    """Whether a stream tells its usage."""
    obfuscation: bool = True
    summary: bool = False
    """Whether a summary of the reasoning is wanted."""
    body: dict[str, Any] = field(default_factory=dict)
    azure: bool = False
    known: int = 0
    """How many of the texts it begins with are in the prompt cache."""

    def question(self) -> str:
        """The last message of the user."""
        return next((text for role, text in reversed(self.messages) if role == "user"), "")

    def input_tokens(self) -> int:
        return tokens(self.beginning())

    def cached_tokens(self) -> int:
        """What of its beginning comes from the cache, in whole steps."""
        before = tokens(self.beginning()[: self.known])
        return before // _CACHE_STEP * _CACHE_STEP if before >= CACHE_FROM else 0

    def beginning(self) -> list[str]:
        """All of it, in the order in which it is looked for in the cache."""
        return [self.instructions or "", *(text for _, text in self.messages)]

    def cache_write_tokens(self) -> int:
        total = self.input_tokens()
        return total - self.cached_tokens() if total >= CACHE_FROM else 0


def tokens(texts: Iterable[str]) -> int:
    """A token is four characters; what begins one counts."""
    return -(-sum(map(len, texts)) // 4)


def text_of(content: Any) -> str:
    """The text of a message's content, which is a text or a list of parts."""
    if content is None or isinstance(content, str):
        return content or ""
    return "".join(str(part.get("text") or part.get("refusal") or "") for part in content)
