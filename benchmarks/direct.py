"""The counterpart: the plain `openai` client, in a process of its own.

Takes one JSON order a line (`questions`, `size`, `apart`) and answers with one JSON line.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from typing import Any

from openai import AsyncOpenAI
from openai.types.chat import ChatCompletionUserMessageParam

from .processes import cpu_seconds


async def main(base_url: str, key: str) -> None:
    """Carry out orders until the input ends."""
    async with AsyncOpenAI(base_url=base_url, api_key=key, max_retries=0) as client:
        while line := await asyncio.to_thread(sys.stdin.readline):
            order = json.loads(line)
            before = cpu_seconds(os.getpid())
            answers = await asyncio.gather(
                *(
                    _stream(client, question, order["size"], number * order["apart"])
                    for number, question in enumerate(order["questions"])
                ),
                return_exceptions=True,
            )
            failures = [str(answer) for answer in answers if isinstance(answer, BaseException)]
            result = (
                {"failure": failures[0]}
                if failures
                else {"answers": answers, "cpu": cpu_seconds(os.getpid()) - before}
            )
            print(json.dumps(result), flush=True)


async def _stream(client: AsyncOpenAI, question: str, size: int, after: float) -> dict[str, Any]:
    """Ask once, `after` some seconds; `size` (characters of a chunk) > 0 also notes when
    each one came."""
    await asyncio.sleep(after)
    message: ChatCompletionUserMessageParam = {"role": "user", "content": question}
    started = time.time()
    first = None
    characters = 0
    seen: list[tuple[int, float]] = []
    async with await client.chat.completions.create(
        model="scripted", messages=[message], stream=True, stream_options={"include_usage": True}
    ) as stream:
        async for chunk in stream:
            text = chunk.choices[0].delta.content if chunk.choices else None
            if text:
                now = time.time()
                first = first or now
                characters += len(text)
                if size:
                    seen.append((characters // size, now))
    return {
        "first": (first or started) - started,
        "whole": time.time() - started,
        "characters": characters,
        "seen": seen,
    }


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
