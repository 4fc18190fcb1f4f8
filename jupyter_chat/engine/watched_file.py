"""A file of this server's administrator that is read again when it has changed."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

LOOK_AGAIN_SECONDS = 2.0


class WatchedFile:
    """Whether it has changed; the disk is asked now and then only."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._state = _state(path)
        self._looked_at = time.monotonic()
        self.looking = asyncio.Lock()
        """Held from the look until what is found is taken in: who comes meanwhile waits."""

    async def has_changed(self) -> bool:
        """Since this was asked last."""
        if self._path is None:
            return False
        now = time.monotonic()
        if now - self._looked_at < LOOK_AGAIN_SECONDS:
            return False
        self._looked_at = now
        before, self._state = self._state, await asyncio.to_thread(_state, self._path)
        return self._state != before


def _state(path: Path | None) -> tuple[int, int] | None:
    """What changes when the file does; `None`: there is none."""
    try:
        found = path.stat() if path is not None else None
    except OSError:
        return None
    return (found.st_mtime_ns, found.st_size) if found is not None else None
