"""What people ask, and what becomes of the answers upstream."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass

SIZE = 8
"""Characters in a chunk of an answer."""


@dataclass(frozen=True)
class Question:
    text: str
    answer: str
    """What the model's server would say if nothing went wrong."""
    asked: int = 1
    """How often it may be asked for: a stream that breaks before its first token is tried
    once more."""


def draw(name: str, chance: random.Random) -> Question:
    """A question that nobody has asked before, half of them with trouble."""
    words = [f"{name}-{word}" for word in range(chance.randint(2, 200))]
    answer = " ".join(words)
    chunks = -(-len(answer) // SIZE)
    trouble = _trouble(chunks, chance) if chance.random() < 0.5 else ""
    directives = f"text={json.dumps(answer)} size={SIZE} delay=0.02 {trouble}".strip()
    asked = 2 if trouble in ("cut=0", "malformed=0", "no_terminal=0") else 1
    return Question(f"{name} [[{directives}]]", answer, asked)


def _trouble(chunks: int, chance: random.Random) -> str:
    after = chance.randint(1, max(chunks - 1, 1))
    return chance.choice(
        [
            f"cut={after}",
            f"no_terminal={after}",
            f"malformed={after}",
            f"failed={after}",
            f"error_event={after}",
            f"stall={after}",
            f"cut={after} unstreamed",
            f"cut={after} gone",
            "cut=0",
            "no_terminal=0",
            "malformed=0",
            "error=429 times=1 retry_after=0.2",
            "error=503 times=1",
        ]
    )
