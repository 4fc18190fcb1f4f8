"""Threads of thousands of messages: long and short ones, with code and tables."""

from __future__ import annotations

import asyncio
import random
from concurrent.futures import ThreadPoolExecutor

from jupyter_chat.ids import new_id, now_ms
from jupyter_chat.protocol import Message, Role, Status, TextPart, Thread, ThreadSettings
from jupyter_chat.store import open_store

_MINUTE = 60_000
_TEXT = (
    "the model reads every row of the table and keeps what it has seen of each column so that "
    "a later question about the same data needs no second pass over files that are large"
)
_WORDS = _TEXT.split()
_CODE = """```python
def total(rows: list[dict[str, float]], column: str) -> float:
    # empty cells count as nothing
    return sum(row.get(column, 0.0) for row in rows)
```"""
_TABLE = "| month | sum | share |\n|:--|--:|:-:|\n" + "\n".join(
    f"| month {number} | {number * 120.5:.2f} | {number} % |" for number in range(1, 7)
)
_LIST = "1. Read the file.\n2. Group by **month**.\n3. Add up `amount`."


def long_thread(count: int, title: str = "A long conversation") -> tuple[Thread, list[Message]]:
    """One branch of `count` messages; each names its number, from 1."""
    dice = random.Random(count)
    thread_id, started = new_id(), now_ms() - count * _MINUTE
    messages: list[Message] = []
    for number in range(1, count + 1):
        at = started + number * _MINUTE
        is_question = number % 2 == 1
        messages.append(
            Message(
                id=new_id(),
                thread_id=thread_id,
                parent_id=messages[-1].id if messages else None,
                role=Role.USER if is_question else Role.ASSISTANT,
                parts=[TextPart(_text(dice, number, is_question))],
                status=Status.COMPLETE,
                created_at=at,
                completed_at=at + 1500,
                model=None if is_question else "scripted",
            )
        )
    thread = Thread(
        id=thread_id,
        title=title,
        settings=ThreadSettings(),
        created_at=started,
        updated_at=now_ms(),
        leaf_id=messages[-1].id,
    )
    return thread, messages


def keep_for_owner(store_url: str, thread: Thread, messages: list[Message]) -> None:
    """Put a thread into the history of the owner: whom a server without accounts lets in."""

    async def keep() -> None:
        store = open_store(store_url)
        await store.open()
        try:
            await store.add_thread(await store.owner_id(), thread, messages)
        finally:
            await store.close()

    # In a thread of its own: Playwright's loop may be running in this one.
    with ThreadPoolExecutor(1) as pool:
        pool.submit(lambda: asyncio.run(keep())).result()


def _text(dice: random.Random, number: int, is_question: bool) -> str:
    if is_question:
        return f"Question number {number}: {_prose(dice, dice.choice((4, 12, 60)))}?"
    parts = [f"Answer number {number}.", _prose(dice, dice.choice((6, 40, 160)))]
    parts += dice.sample((_CODE, _TABLE, _LIST, _prose(dice, 80)), dice.choice((0, 1, 1, 3)))
    return "\n\n".join(parts)


def _prose(dice: random.Random, words: int) -> str:
    return " ".join(dice.choice(_WORDS) for _ in range(words))
