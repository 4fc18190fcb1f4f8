"""A process that writes turns and says on standard output what is acknowledged.

`python -m tests.store.writer URL [TURNS]`: each line is `turn THREAD QUESTION REPLY`,
`grown REPLY NUMBER` or `finished REPLY`, printed when the call has returned.  Without
TURNS it goes on until it is killed.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import socket
import sys

import msgspec

from jupyter_chat.ids import new_id, now_ms
from jupyter_chat.store import open_store
from jupyter_chat.store.interface import Store
from jupyter_chat.store.types import Lease

from .builders import ADA, a_thread, a_turn, an_entry, finished, grown

CHECKPOINTS = 5
WRITERS = 4


def piece(number: int) -> str:
    """The text of a checkpoint."""
    return f"piece {number}, "


def say(*words: object) -> None:
    print(*words, flush=True)


async def write(store: Store, owner: str, turns: int | None) -> None:
    thread = a_thread()
    parent_id = None
    for number in itertools.count():
        if number == turns:
            return
        turn = a_turn(thread, parent_id, text=f"question {number}", owner=owner)
        accepted = await store.add_turn(ADA, turn)
        say("turn", thread.id, accepted.question_id, accepted.reply_id)
        for checkpoint in range(CHECKPOINTS):
            kept = grown(turn.reply, checkpoint, piece(checkpoint))
            kept = msgspec.structs.replace(kept, counted_tokens=7 if checkpoint == 0 else None)
            await store.append_checkpoints([kept])
            say("grown", accepted.reply_id, checkpoint)
        await store.finish_reply(ADA, finished(turn.reply, "the end"), an_entry(turn.reply))
        say("finished", accepted.reply_id)
        parent_id = accepted.reply_id


async def main(url: str, turns: int | None) -> None:
    store = open_store(url)
    await store.open()
    owner = new_id()
    hour = 3_600_000
    await store.renew_lease(Lease(owner, now_ms() + hour, socket.gethostname(), os.getpid()))
    await asyncio.gather(*(write(store, owner, turns) for _ in range(WRITERS)))
    await store.close()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else None))
