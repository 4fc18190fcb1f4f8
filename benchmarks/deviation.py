"""How far our token counts are from what a server says: `python -m benchmarks.deviation`.

Needs the local model (the extra `local`, and a GGUF file): a server whose tokens are not
those of the encoding that we count with.  Prints the table of `docs/context.md`.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterable
from pathlib import Path
from statistics import median

from msgspec import Struct

from jupyter_chat.engine.context.corrections import Corrections
from jupyter_chat.engine.context.tokens import count
from jupyter_chat.engine.context.weighing import PER_MESSAGE, PER_REPLY
from jupyter_chat.ids import new_id
from jupyter_chat.protocol import Message, Role, Source, Status, Usage
from jupyter_chat.providers import Providers, local_model_available
from jupyter_chat.providers.interface import Endpoint, Prompt, ReplyRequest

from .texts import LANGUAGES, SHORT

_LOCAL = Endpoint(Source.LOCAL)
_ROOT = Path(__file__).parents[1]
_TURNS = 8
_LINES_OF_CODE = 25
_PROSE = "docs/architecture.md"
_CODE = "jupyter_chat/engine/generation.py"


class Turn(Struct, frozen=True):
    """What a request was counted as, what it was multiplied by, and what it was."""

    counted: int
    correction: float
    said: int

    @property
    def plain(self) -> float:
        return self.counted / self.said - 1

    @property
    def corrected(self) -> float:
        return self.counted * self.correction / self.said - 1


def conversations() -> dict[str, list[str]]:
    """Messages of both sides, one after the other, by what they are made of."""
    prose = [
        paragraph.replace("\n", " ")
        for paragraph in (_ROOT / _PROSE).read_text(encoding="utf-8").split("\n\n")
        if paragraph.startswith("**")
    ]
    lines = (_ROOT / _CODE).read_text(encoding="utf-8").splitlines()
    code = [
        "\n".join(lines[start : start + _LINES_OF_CODE])
        for start in range(0, len(lines), _LINES_OF_CODE)
    ]
    return {"English prose": prose, "Python code": code, "many short turns": SHORT, **LANGUAGES}


async def measure(providers: Providers, texts: list[str], corrections: Corrections) -> list[Turn]:
    """Each turn asks with all that was before; what it learns counts from the next on."""
    turns = []
    for number in range(min(_TURNS, (len(texts) + 1) // 2)):
        said = texts[: 2 * number + 1]
        prompts = [
            Prompt(Role.USER if place % 2 == 0 else Role.ASSISTANT, text)
            for place, text in enumerate(said)
        ]
        counted = PER_REPLY + sum(count(text) + PER_MESSAGE for text in said)
        usage = await _usage(providers, ReplyRequest("local", prompts, max_output_tokens=1))
        turns.append(Turn(counted, corrections.of("", "local"), usage.input_tokens))
        corrections.learn("", "local", _reply(counted, usage))
    return turns


async def _usage(providers: Providers, request: ReplyRequest) -> Usage:
    usage = None
    async for chunk in providers.stream(_LOCAL, request):
        if chunk.finish is not None:
            usage = chunk.finish.usage
    assert usage is not None
    return usage


def _reply(counted: int, usage: Usage) -> Message:
    return Message(
        *(new_id(), new_id(), new_id(), Role.ASSISTANT, [], Status.COMPLETE, 0),
        usage=usage,
        counted_tokens=counted,
    )


async def table() -> str:
    """In Markdown: what of the turns is the median, and the last one."""
    providers = Providers()
    mixed = Corrections()
    rows = [
        "| conversation | tokens at last | as counted | corrected | corrected, after others |",
        "|---|--:|--:|--:|--:|",
    ]
    try:
        for name, texts in conversations().items():
            alone = await measure(providers, texts, Corrections())
            after_others = await measure(providers, texts, mixed)
            rows.append(
                f"| {name} | {alone[-1].said:,} | {_median(turn.plain for turn in alone[1:])} "
                f"| {_median(turn.corrected for turn in alone[1:])} "
                f"| {_median(turn.corrected for turn in after_others)} |"
            )
            print(rows[-1], file=sys.stderr, flush=True)
    finally:
        await providers.close()
    return "\n".join(rows)


def _median(deviations: Iterable[float]) -> str:
    return f"{median(deviations):+.0%}"


def main() -> int:
    if not local_model_available():
        print("There is no local model here (see docs/configuration.md).", file=sys.stderr)
        return 1
    print(asyncio.run(table()))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
