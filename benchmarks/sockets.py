"""What sockets cost that do nothing."""

from __future__ import annotations

import asyncio

from .figures import Figure
from .processes import memory_bytes
from .rig import running_rig
from .viewer import Viewer

_SOCKETS = 5000
_AT_ONCE = 50
_SETTLE_SECONDS = 3.0


async def idle() -> list[Figure]:
    """Open many, wait, and see what the server has grown by."""
    async with running_rig() as rig:
        viewers: list[Viewer] = [await rig.viewer() for _ in range(_AT_ONCE)]
        await asyncio.sleep(_SETTLE_SECONDS)
        before = memory_bytes(rig.pid)
        while len(viewers) < _SOCKETS + _AT_ONCE:
            viewers += await asyncio.gather(*(rig.viewer() for _ in range(_AT_ONCE)))
        await asyncio.sleep(_SETTLE_SECONDS)
        grown = memory_bytes(rig.pid) - before
        for start in range(0, len(viewers), _AT_ONCE):
            await asyncio.gather(*(each.close() for each in viewers[start : start + _AT_ONCE]))
    return [Figure("idle_socket_kb", [grown / _SOCKETS / 1000], f"{_SOCKETS} sockets")]
