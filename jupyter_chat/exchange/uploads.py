"""Files on their way to being imported: at most one of each person's.

The name of the file in our folder follows from who sends it and what it is, so that an
upload goes on where it ended, also after the server has been restarted.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import time
from pathlib import Path

_KEPT_SECONDS = 24 * 3600


class Uploads:
    """All of it may wait for the disk: call it in a thread."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def path(self, user_id: str, import_id: str) -> Path:
        return self._of(user_id) / import_id

    def begin(self, user_id: str, import_id: str) -> int:
        """How much of the file is here already; all others of the user are dropped."""
        self.expire()
        folder = self._of(user_id)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for other in folder.iterdir():
            if other.name != import_id:
                other.unlink(missing_ok=True)
        path = folder / import_id
        return path.stat().st_size if path.exists() else 0

    def add(self, user_id: str, import_id: str, offset: int, data: bytes) -> None:
        """Write `data` at `offset`, the end of what is there."""
        path = self.path(user_id, import_id)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.truncate(offset)  # a piece that a full disk cut short
            file.seek(offset)
            file.write(data)

    def drop(self, user_id: str, import_id: str) -> None:
        self.path(user_id, import_id).unlink(missing_ok=True)

    def forget(self, user_id: str) -> None:
        shutil.rmtree(self._of(user_id), ignore_errors=True)

    def expire(self) -> None:
        """Drop what nobody has gone on with for a day."""
        if not self._folder.is_dir():
            return
        for folder in self._folder.iterdir():
            # Of an upload that has just begun there is no file yet.
            begun = folder.stat().st_mtime
            newest = max((path.stat().st_mtime for path in folder.iterdir()), default=begun)
            if newest < time.time() - _KEPT_SECONDS:
                shutil.rmtree(folder, ignore_errors=True)

    def _of(self, user_id: str) -> Path:
        return self._folder / hashlib.sha256(user_id.encode()).hexdigest()[:32]


def import_id_of(fingerprint: str) -> str:
    return hashlib.sha256(fingerprint.encode()).hexdigest()[:32]
