"""The models, and what they refuse.

Written down from OpenAI's model pages (November 2026) apart from our catalogue, so that the
two check each other.  Where the pages leave open which efforts a model takes, these are
the fewest that it may be.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

_ALL_EFFORTS = ("none", "minimal", "low", "medium", "high", "xhigh", "max")
_ALWAYS_REASONS = ("low", "medium", "high", "xhigh", "max")
_MAY_REASON = ("none", "low", "medium", "high", "xhigh")


@dataclass(frozen=True)
class Model:
    id: str
    efforts: tuple[str, ...] = ()
    """Empty: it does not reason, and refuses to be told how much."""
    longest: int | None = None
    """The most tokens that an answer may be asked to have."""
    images: bool = True
    chats: bool = True
    lenient: bool = False
    """Takes every parameter in every combination, as servers other than OpenAI's do."""

    def listing(self) -> dict[str, Any]:
        owner = "scripted" if self.lenient else "system"
        return {"id": self.id, "object": "model", "created": 1_790_000_000, "owned_by": owner}


MODELS = {
    model.id: model
    for model in (
        Model("gpt-6-luna", ("none", "low", "medium", "high"), 128_000),
        Model("gpt-6.2-astra", _ALWAYS_REASONS, 128_000),
        Model("gpt-6.2-sol", _ALWAYS_REASONS, 128_000),
        Model("gpt-6-astra", _ALWAYS_REASONS, 128_000),
        Model("gpt-6.1-sol", ("low", "medium", "high", "xhigh"), 128_000),
        Model("gpt-6.1-terra", _MAY_REASON, 128_000),
        Model("gpt-5.6-sol", _MAY_REASON, 128_000),
        Model("gpt-5.6-terra", _MAY_REASON, 128_000),
        Model("gpt-5.6-luna", ("none", "low", "medium", "high"), 128_000),
        Model("gpt-5.5", _MAY_REASON, 128_000),
        Model("gpt-5.4", _MAY_REASON, 128_000),
        Model("gpt-5", ("minimal", "low", "medium", "high"), 128_000),
        Model("gpt-5-mini", ("minimal", "low", "medium", "high"), 128_000),
        Model("gpt-5-nano", ("minimal", "low", "medium", "high"), 128_000),
        Model("o3", ("low", "medium", "high"), 100_000),
        Model("gpt-4.1", longest=32_000),
        Model("gpt-4.1-mini", longest=32_000),
        Model("gpt-4o", longest=16_000),
        Model("gpt-4o-mini", longest=16_000),
        Model("scripted", _ALL_EFFORTS, lenient=True),
        Model("blind", _ALL_EFFORTS, images=False, lenient=True),
        Model("text-embedding-3-small", chats=False),
        Model("omni-moderation-latest", chats=False),
        Model("whisper-1", chats=False),
    )
}


def find(name: str) -> Model | None:
    if name.startswith("any-"):
        return Model(name, _ALL_EFFORTS, lenient=True)
    return MODELS.get(name)
