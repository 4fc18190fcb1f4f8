"""The database goes away for a while."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from tests.store.mongod import Mongod


@dataclass
class Database:
    """SQLite in a folder, or a MongoDB server."""

    folder: Path
    mongod: Mongod | None

    @property
    def url(self) -> str:
        if self.mongod is not None:
            return f"{self.mongod.url}/faults"
        return f"sqlite:///{self._file}"

    @property
    def _file(self) -> Path:
        return self.folder / "history.sqlite"

    def go_away(self, seconds: float) -> None:
        """SQLite: another process writes for so long.  MongoDB: the server is killed, and
        started again after so long, with what it has on its disk."""
        if self.mongod is not None:
            self.mongod.kill()
            time.sleep(seconds)
            self.mongod.start()
            return
        with closing(sqlite3.connect(self._file, timeout=10, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            time.sleep(seconds)
            other.execute("ROLLBACK")
