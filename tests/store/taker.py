"""A process that takes what is limited, and says what it got.

`python -m tests.store.taker URL TASKS TOKENS`: that many tasks ask three times each for a
hundred of the day's TOKENS of all, and use some of them.
"""

from __future__ import annotations

import asyncio
import json
import random
import sys

from jupyter_chat.ids import new_id, now_ms
from jupyter_chat.protocol import Measure, Span
from jupyter_chat.store import open_store
from jupyter_chat.store.interface import Store
from jupyter_chat.store.reserving import Amount, Ceiling, Reservation, Share

ALL = "all"
EACH = 100


class Got:
    """What was let in, and what it used."""

    def __init__(self) -> None:
        self.let_in = self.used = 0


async def take(store: Store, tokens: int, got: Got) -> None:
    user, owner = new_id(), new_id()
    share = Share(ALL, (Ceiling(Measure.TOKENS, tokens, Span.MONTH),))
    for _ in range(3):
        wanted = Reservation(new_id(), owner, now_ms(), Amount(1, EACH, 0, 1), (share,))
        if await store.reserve(user, wanted) is None:
            used = random.randrange(EACH + 1)
            got.let_in, got.used = got.let_in + 1, got.used + used
            await asyncio.sleep(random.random() / 100)
            await store.settle(user, wanted.id, (ALL,), Amount(tokens=used))


async def main(url: str, tasks: int, tokens: int) -> None:
    store = open_store(url)
    await store.open()
    got = Got()
    await asyncio.gather(*(take(store, tokens, got) for _ in range(tasks)))
    await store.close()
    print(json.dumps([got.let_in, got.used]))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
