"""The models, and what they refuse."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

_ALL_EFFORTS = ("none", "minimal", "low", "medium", "high", "xhigh", "max")


@dataclass(frozen=True)
class Model:
    id: str
    efforts: tuple[str, ...] = ()
    """Empty: it does not reason, and refuses to be told how much."""
    chats: bool = True
    lenient: bool = False
    """Takes every parameter in every combination, as servers other than OpenAI's do."""

    def listing(self) -> dict[str, Any]:
        owner = "scripted" if self.lenient else "system"
        return {"id": self.id, "object": "model", "created": 1_790_000_000, "owned_by": owner}


MODELS = {
    model.id: model
    for model in (
        Model("gpt-6-luna", ("none", "low", "medium", "high")),
        Model("gpt-6-astra", ("low", "medium", "high", "xhigh", "max")),
        Model("gpt-5.5", ("none", "low", "medium", "high", "xhigh")),
        Model("gpt-4o-mini"),
        Model("scripted", _ALL_EFFORTS, lenient=True),
        Model("text-embedding-3-small", chats=False),
        Model("omni-moderation-latest", chats=False),
        Model("whisper-1", chats=False),
    )
}


def find(name: str) -> Model | None:
    if name.startswith("any-"):
        return Model(name, _ALL_EFFORTS, lenient=True)
    return MODELS.get(name)
