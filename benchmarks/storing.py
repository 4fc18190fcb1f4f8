"""What keeping an answer costs: bytes written to SQLite's files."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path
from statistics import median

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
    """A long answer at 80 tokens a second; all that the server's process writes to files
    until a while after its end, for each byte of its text."""
    question = f"At length [[chunks={_CHUNKS} size={_SIZE} delay={_DELAY}]]"
    ratios, idle, rows = [], [], []
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
            ratios.append(written / seen.characters)
            rows.append(checkpoints / seen.characters + 1)
            await viewer.close()
    beside = (
        f"{_CHUNKS * _SIZE} bytes in {_CHUNKS * _DELAY:.0f} s; what is in the rows alone "
        f"{median(rows):.1f} ×; idle {median(idle):.0f} bytes a second"
    )
    return [Figure("store_bytes_ratio", ratios, beside)]


async def _ask(viewer: Viewer, question: str, history: Path) -> tuple[Answer, int]:
    """The answer, and the bytes of its checkpoints when there were most."""
    most = 0
    asking = asyncio.ensure_future(viewer.ask(question))
    while not (await asyncio.wait({asking}, timeout=_LOOK_SECONDS))[0]:
        most = max(most, await asyncio.to_thread(_bytes_of_checkpoints, history))
    return asking.result(), most


def _bytes_of_checkpoints(history: Path) -> int:
    with closing(sqlite3.connect(f"{history.as_uri()}?mode=ro", uri=True)) as db:
        (size,) = db.execute("SELECT total(length(body)) FROM checkpoints").fetchone()
    return int(size)
