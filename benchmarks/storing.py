"""What keeping an answer costs: bytes written to SQLite's files."""

from __future__ import annotations

import asyncio
from statistics import median

from .figures import Figure
from .processes import written_bytes
from .rig import running_rig

_CHUNKS = 600
_SIZE = 16
_DELAY = 0.05
_ROUNDS = 3
_SETTLE_SECONDS = 3.0


async def answer() -> list[Figure]:
    """A long answer at 80 tokens a second; all that the server's process writes to files
    until a while after its end, for each byte of its text."""
    question = f"At length [[chunks={_CHUNKS} size={_SIZE} delay={_DELAY}]]"
    ratios, idle = [], []
    async with running_rig() as rig:
        for _ in range(_ROUNDS):
            viewer = await rig.viewer()
            await viewer.warm_up()
            await asyncio.sleep(_SETTLE_SECONDS)
            before = written_bytes(rig.pid)
            await asyncio.sleep(_SETTLE_SECONDS)
            idle.append((written_bytes(rig.pid) - before) / _SETTLE_SECONDS)
            before = written_bytes(rig.pid)
            seen = await viewer.ask(question)
            await asyncio.sleep(_SETTLE_SECONDS)
            written = written_bytes(rig.pid) - before
            if seen.status != "complete" or seen.characters != _CHUNKS * _SIZE:
                raise RuntimeError(f"{seen.status}: {seen.characters} characters came")
            ratios.append(written / seen.characters)
            await viewer.close()
    beside = f"{_CHUNKS * _SIZE} bytes in {_CHUNKS * _DELAY:.0f} s"
    return [
        Figure("store_bytes_ratio", ratios, f"{beside}; idle {median(idle):.0f} bytes a second")
    ]
