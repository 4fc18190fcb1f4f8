"""What keeping an answer costs: bytes handed to the store, and written to its files."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path
from statistics import median

import msgspec

from jupyter_chat.protocol import Message
from jupyter_chat.store.terms import of_message

from .figures import Figure
from .processes import written_bytes
from .rig import running_rig
from .viewer import Answer, Viewer

_CHUNKS = 600
_SIZE = 16
_DELAY = 0.05
_ROUNDS = 3
_SETTLE_SECONDS = 3.0
_LOOK_SECONDS = 1.0


async def answer() -> list[Figure]:
    """A long answer at 80 tokens a second: what the store is given of it, and all that the
    server's process writes to files until a while after its end, for each byte of its
    text."""
    question = f"At length [[chunks={_CHUNKS} size={_SIZE} delay={_DELAY}]]"
    in_rows, in_files, idle = [], [], []
    async with running_rig() as rig:
        for _ in range(_ROUNDS):
            viewer = await rig.viewer()
            await viewer.warm_up()
            await asyncio.sleep(_SETTLE_SECONDS)
            before = written_bytes(rig.pid)
            await asyncio.sleep(_SETTLE_SECONDS)
            idle.append((written_bytes(rig.pid) - before) / _SETTLE_SECONDS)
            before = written_bytes(rig.pid)
            seen, checkpoints = await _ask(viewer, question, rig.history)
            await asyncio.sleep(_SETTLE_SECONDS)
            written = written_bytes(rig.pid) - before
            if seen.status != "complete" or seen.characters != _CHUNKS * _SIZE:
                raise RuntimeError(f"{seen.status}: {seen.characters} characters came")
            message = await asyncio.to_thread(_bytes_of_message, rig.history, seen.reply_id)
            in_rows.append((checkpoints + message) / seen.characters)
            in_files.append(written / seen.characters)
            await viewer.close()
    beside = (
        f"{_CHUNKS * _SIZE} bytes in {_CHUNKS * _DELAY:.0f} s; SQLite writes "
        f"{median(in_files):.1f} × to its files; idle {median(idle):.0f} bytes a second"
    )
    return [Figure("store_bytes_ratio", in_rows, beside)]


async def _ask(viewer: Viewer, question: str, history: Path) -> tuple[Answer, int]:
    """The answer, and the bytes of its checkpoints when there were most."""
    most = 0
    asking = asyncio.ensure_future(viewer.ask(question))
    while not (await asyncio.wait({asking}, timeout=_LOOK_SECONDS))[0]:
        most = max(most, await asyncio.to_thread(_bytes_of_checkpoints, history))
    return asking.result(), most


def _bytes_of_checkpoints(history: Path) -> int:
    with _read(history) as db:
        # the keys as well: their row's number, and their own
        (size,) = db.execute("SELECT total(length(body) + 8) FROM checkpoints").fetchone()
    return int(size)


def _bytes_of_message(history: Path, message_id: str) -> int:
    """Its row at the end, and its words in the search index."""
    with _read(history) as db:
        (body,) = db.execute("SELECT body FROM messages WHERE id = ?", (message_id,)).fetchone()
    words = " ".join(of_message(msgspec.json.decode(body, type=Message)))
    return len(body) + len(words)


def _read(history: Path) -> closing[sqlite3.Connection]:
    return closing(sqlite3.connect(f"{history.as_uri()}?mode=ro", uri=True))
