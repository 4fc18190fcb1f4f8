"""One SQLite file used from an event loop: a writer thread and a few readers.

The writer takes whatever has been asked for in the meantime and commits it in one
transaction, each operation in a savepoint of its own: the cost of a commit is shared
and one operation that fails undoes nothing of the others.  Operations are plain
functions of a connection; they should leave the work to SQLite, which releases the
interpreter lock while it runs.
"""

from __future__ import annotations

import asyncio
import errno
import os
import queue
import sqlite3
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeAlias, TypeVar

from ..protocol import Code, Problem
from .errors import StoreError, Unavailable
from .sqlite_errors import is_writable, translate
from .sqlite_schema import migrate

_T = TypeVar("_T")
Operation: TypeAlias = Callable[[sqlite3.Connection], _T]

_READERS = 3
_LARGEST_GROUP = 256
_EMPTY_EVERY_SECONDS = 1.0
_BUSY_STEP_MS = 250
_WAL_KEPT_BYTES = 64 * 1024 * 1024


@dataclass(eq=False)
class _Job(Generic[_T]):
    operation: Operation[_T]
    future: asyncio.Future[_T]
    result: _T | None = None
    error: Exception | None = None


class Database:
    """`busy_seconds`: how long to wait for another process that is writing."""

    def __init__(self, path: Path, busy_seconds: float = 5.0) -> None:
        self.path = path
        self._busy_seconds = busy_seconds
        self._loop: asyncio.AbstractEventLoop | None = None
        self._jobs: queue.SimpleQueue[_Job[object] | None] = queue.SimpleQueue()
        self._writer: sqlite3.Connection | None = None
        self._thread: threading.Thread | None = None
        self._readers: ThreadPoolExecutor | None = None
        self._idle: deque[sqlite3.Connection] = deque()
        self._leaves_log = False
        self._emptied_at = -_EMPTY_EVERY_SECONDS

    async def open(self) -> None:
        """Create the file if there is none, and bring it up to this version."""
        if self._thread is not None:
            return
        self._loop = asyncio.get_running_loop()
        self._writer = await asyncio.to_thread(self._translated, self._create)
        self._readers = ThreadPoolExecutor(_READERS, thread_name_prefix="chat-history-reader")
        self._thread = threading.Thread(
            target=self._write_loop, name="chat-history-writer", daemon=True
        )
        self._thread.start()

    async def close(self) -> None:
        """Finish what has been asked for; afterwards it can be opened again."""
        thread, readers = self._thread, self._readers
        self._thread = self._readers = None
        if readers is not None:
            await asyncio.to_thread(readers.shutdown)
        while self._idle:
            self._idle.pop().close()
        if thread is not None:
            self._jobs.put(None)
            await asyncio.to_thread(thread.join)

    async def write(self, operation: Operation[_T]) -> _T:
        """Its result, once it is committed."""
        if self._thread is None:
            raise _closed()
        job: _Job[_T] = _Job(operation, asyncio.get_running_loop().create_future())
        self._jobs.put(job)  # type: ignore[arg-type]
        return await job.future

    def leave_nothing(self) -> None:
        """What is deleted next shall not be found in the log of changes either."""
        self._leaves_log = True

    async def read(self, operation: Operation[_T]) -> _T:
        """Its result, all from one moment of the file."""
        if self._readers is None:
            raise _closed()
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._readers, self._translated, self._read, operation)

    # --- writing ------------------------------------------------------------------------

    def _write_loop(self) -> None:
        going = True
        while going:
            job = self._jobs.get()
            group: list[_Job[object]] = []
            while job is not None:
                group.append(job)
                if len(group) == _LARGEST_GROUP or self._jobs.empty():
                    break
                job = self._jobs.get()
            going = job is not None
            self._commit(group)
            self._settle(group)
            if self._leaves_log and self._jobs.empty():
                self._empty_log()
        self._let_go()

    def _empty_log(self) -> None:
        """Bring the log into the file and cut it, so that what is gone is gone from it too.

        Where somebody reads meanwhile, or it has just been done, the next write tries again:
        every process writes each two seconds.
        """
        now = time.monotonic()
        if self._writer is None or now - self._emptied_at < _EMPTY_EVERY_SECONDS:
            return
        self._emptied_at = now
        with suppress(sqlite3.Error):
            self._writer.execute(f"PRAGMA busy_timeout = {_BUSY_STEP_MS}")
            (busy, *_) = self._writer.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            self._leaves_log = bool(busy)

    def _commit(self, group: list[_Job[object]]) -> None:
        """Carry out a group in one transaction; where that fails as a whole, each
        alone, so that only those fail that must."""
        try:
            db = self._begin()
        except Exception as error:  # noqa: BLE001 - whatever it is, those who wait must know
            for job in group:
                job.error = translate(error, self.path)
            self._let_go()
            return
        try:
            for job in group:
                self._carry_out(db, job)
            db.execute("COMMIT")
        except sqlite3.Error as error:
            self._let_go()
            if len(group) == 1:
                group[0].error = translate(error, self.path)
                return
            for job in group:
                self._commit([job])

    def _begin(self) -> sqlite3.Connection:
        if self._writer is None:
            self._writer = self._connect()
        # SQLite would wait for another process as long as it is told to, whatever happens
        # here meanwhile; whoever closes does not want to wait that long.
        until = time.monotonic() + self._busy_seconds
        self._writer.execute(f"PRAGMA busy_timeout = {_BUSY_STEP_MS}")
        while True:
            try:
                self._writer.execute("BEGIN IMMEDIATE")
                break
            except sqlite3.OperationalError as error:
                closing = self._thread is None
                if "locked" not in str(error) or closing or time.monotonic() > until:
                    raise
        self._writer.execute(f"PRAGMA busy_timeout = {round(self._busy_seconds * 1000)}")
        return self._writer

    def _carry_out(self, db: sqlite3.Connection, job: _Job[object]) -> None:
        job.result = job.error = None
        db.execute("SAVEPOINT job")
        try:
            job.result = job.operation(db)
        except Exception as error:
            if not db.in_transaction:
                raise  # SQLite has undone the whole group by itself
            db.execute("ROLLBACK TO job")
            job.error = translate(error, self.path)
        db.execute("RELEASE job")

    def _settle(self, group: list[_Job[object]]) -> None:
        assert self._loop is not None
        # RuntimeError: the loop has ended, and with it everybody who could be told.
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(_settle, group)

    def _let_go(self) -> None:
        """Of a connection after a failure (what is open in it is undone); the next
        transaction begins with a new one, perhaps to a file that was repaired."""
        if self._writer is not None:
            self._writer.close()
            self._writer = None

    # --- reading ------------------------------------------------------------------------

    def _read(self, operation: Operation[_T]) -> _T:
        try:
            db = self._idle.pop()
        except IndexError:
            db = self._connect()
            db.execute("PRAGMA query_only = ON")
        try:
            db.execute("BEGIN")
            result = operation(db)
        except StoreError:
            self._done_reading(db)
            raise
        except BaseException:
            db.close()
            raise
        self._done_reading(db)
        return result

    def _done_reading(self, db: sqlite3.Connection) -> None:
        db.execute("COMMIT")
        self._idle.append(db)

    # --- connections --------------------------------------------------------------------

    def _create(self) -> sqlite3.Connection:
        """The first connection, of a process or after a failure."""
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not self.path.exists():
            # conversations are nobody else's business
            os.close(os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600))
        return self._connect()

    def _connect(self) -> sqlite3.Connection:
        if not is_writable(self.path):
            # SQLite would open it for reading, and leave files behind that stay read-only
            # when this one no longer is.
            raise PermissionError(errno.EACCES, "not writable")
        db = sqlite3.connect(
            f"{self.path.absolute().as_uri()}?mode=rw",  # never a new, empty file
            uri=True,
            timeout=self._busy_seconds,
            isolation_level=None,
            check_same_thread=False,
        )
        try:
            migrate(db, str(self.path))
            wal = self._use_wal(db)
            # In WAL mode NORMAL loses nothing when the process dies.  A file system
            # without shared memory has no WAL.
            db.execute(f"PRAGMA synchronous = {'NORMAL' if wal else 'FULL'}")
            db.execute("PRAGMA foreign_keys = ON")
            db.execute(f"PRAGMA journal_size_limit = {_WAL_KEPT_BYTES}")
            db.execute("PRAGMA secure_delete = ON")  # what is purged is overwritten
        except BaseException:
            db.close()
            raise
        return db

    def _use_wal(self, db: sqlite3.Connection) -> bool:
        """Switching needs the file for a moment, and SQLite itself does not wait."""
        until = time.monotonic() + self._busy_seconds
        while True:
            try:
                (mode,) = db.execute("PRAGMA journal_mode = WAL").fetchone()
                return bool(mode == "wal")
            except sqlite3.OperationalError as error:
                if "locked" not in str(error) or time.monotonic() > until:
                    raise
            time.sleep(0.01)

    def _translated(self, function: Callable[..., _T], *args: object) -> _T:
        try:
            return function(*args)
        except Exception as error:
            translated = translate(error, self.path)
            if translated is error:
                raise
            raise translated from error


def _settle(group: list[_Job[object]]) -> None:
    for job in group:
        if job.future.done():
            continue  # whoever asked was cancelled; the work is done all the same
        if job.error is not None:
            job.future.set_exception(job.error)
        else:
            job.future.set_result(job.result)


def _closed() -> Unavailable:
    return Unavailable(
        Problem(
            Code.STORE_DOWN,
            "The chat history is not open. Nothing was changed; try again in a moment.",
        )
    )
