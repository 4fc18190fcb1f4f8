"""Histories being taken in: uploaded in pieces, then looked through as a stream.

A file may be imported any number of times, and an import may end anywhere: ids follow
from what is in the file (`derived_ids.py`), so whatever is there already is found.
"""

from __future__ import annotations

import asyncio
import errno
import logging
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import ParamSpec, TypeVar

import msgspec

from ..engine.broadcast import Broadcast
from ..protocol import (
    Code,
    Import,
    ImportChanged,
    ImportOmission,
    ImportProblem,
    ImportStart,
    ImportState,
    Problem,
)
from ..store.errors import NotFound, Unavailable
from ..store.interface import Store
from . import problems, sources
from .entries import Unreadable
from .found import Found
from .intake import Intake
from .uploads import Uploads, import_id_of

_P = ParamSpec("_P")
_T = TypeVar("_T")

_TELL_SECONDS = 0.25
_BATCH = 50
_BATCH_SECONDS = 0.1
_PROBLEMS_KEPT = 200


class ImportRefused(Exception):
    """The import cannot be begun or gone on with; `problem` says why."""

    def __init__(self, code: Code, message: str) -> None:
        super().__init__(message)
        self.problem = Problem(code, message)


class _Job:
    """One import.  `omissions` are summed up in `state.omissions` when it is told."""

    def __init__(self, user_id: str, state: Import) -> None:
        self.user_id = user_id
        self.state = state
        self.progress: sources.Progress | None = None
        self.task: asyncio.Task[None] | None = None
        self.omissions: Counter[str] = Counter()
        self.told_at = 0.0

    def snapshot(self) -> Import:
        if self.progress is not None:
            self.state.read = self.progress.read
            self.state.total = max(self.progress.total, self.progress.read)
        self.state.omissions = [
            ImportOmission(what, count) for what, count in self.omissions.most_common()
        ]
        return msgspec.structs.replace(self.state, problems=list(self.state.problems))

    def report(self, problem: ImportProblem) -> None:
        if len(self.state.problems) < _PROBLEMS_KEPT:
            self.state.problems.append(problem)
        else:
            self.state.more_problems += 1


class Imports:
    """All imports of all users of this process, one at a time for each."""

    def __init__(
        self,
        store: Store,
        broadcast: Broadcast,
        folder: Path,
        limits: sources.Limits,
        log: logging.Logger,
    ) -> None:
        self._store = store
        self._broadcast = broadcast
        self._uploads = Uploads(folder)
        self._limits = limits
        self._log = log
        self._locks: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        """Of each user: one thing is done to their file at a time."""
        self._jobs: dict[str, _Job] = {}
        """The newest of each user."""
        self._closing = False

    async def close(self) -> None:
        """Stop what runs; what was taken in stays, and the file for the next time."""
        self._closing = True
        jobs = [job for job in self._jobs.values() if job.task is not None]
        for job in jobs:
            if job.progress is not None:
                job.progress.stop = True
        tasks = [job.task for job in jobs if job.task is not None]
        if tasks:
            await asyncio.wait(tasks, timeout=5)

    def newest(self, user_id: str) -> list[Import]:
        job = self._jobs.get(user_id)
        return [] if job is None else [job.snapshot()]

    async def start(self, user_id: str, command: ImportStart) -> Import:
        """Begin an import or go on with the upload of the same file; one whose file is
        here as a whole begins to run."""
        if command.size > self._limits.upload:
            raise ImportRefused(
                Code.TOO_LARGE,
                "The file is too large: this server takes "
                f"{problems.size(self._limits.upload)} at most. Nothing was imported.",
            )
        async with self._locks[user_id]:
            return await self._start(user_id, command, import_id_of(command.fingerprint))

    async def _start(self, user_id: str, command: ImportStart, import_id: str) -> Import:
        job = self._jobs.get(user_id)
        if job is not None and job.state.state is ImportState.RUNNING:
            if job.state.id == import_id:
                return job.snapshot()
            raise ImportRefused(
                Code.CONFLICT,
                "Another import is running. Wait for its end or cancel it, then try again.",
            )
        job = self._jobs[user_id] = _Job(
            user_id, Import(import_id, command.name, command.size, ImportState.UPLOADING)
        )
        received = await self._disk(self._uploads.begin, user_id, import_id)
        if received > command.size:
            await self._disk(self._uploads.drop, user_id, import_id)
            received = 0
        job.state.received = received
        self._run_if_whole(job)
        return job.snapshot()

    async def receive(self, user_id: str, import_id: str, offset: int, data: bytes) -> Import:
        """Take the next piece of the file.  The same piece once more changes nothing."""
        job = self._job(user_id, import_id)
        async with self._locks[user_id]:
            state = job.state
            if state.state is not ImportState.UPLOADING or offset + len(data) <= state.received:
                return job.snapshot()
            if offset != state.received:
                raise ImportRefused(
                    Code.CONFLICT, f"The upload goes on at byte {state.received}, not at {offset}."
                )
            if offset + len(data) > state.size:
                raise ImportRefused(Code.TOO_LARGE, "The file is larger than was said.")
            await self._disk(self._uploads.add, user_id, import_id, offset, data)
            state.received += len(data)
            self._run_if_whole(job)
        return job.snapshot()

    async def cancel(self, user_id: str, import_id: str) -> Import:
        """Stop it and let go of its file.  What was taken in stays."""
        job = self._job(user_id, import_id)
        await self.stop_all(user_id)
        async with self._locks[user_id]:
            if job.state.state in (ImportState.UPLOADING, ImportState.FAILED):
                job.state.state = ImportState.CANCELLED
            await self._disk(self._uploads.drop, user_id, import_id)
        return job.snapshot()

    def people(self) -> set[str]:
        """Whose imports run here, by id."""
        jobs = self._jobs.items()
        return {user_id for user_id, job in jobs if job.state.state is ImportState.RUNNING}

    async def stop_all(self, user_id: str) -> None:
        """Stop a person's import.  Its file is kept: it can be gone on with."""
        job = self._jobs.get(user_id)
        if job is not None and job.task is not None and job.progress is not None:
            job.progress.stop = True
            await asyncio.wait({job.task})

    async def forget(self, user_id: str) -> None:
        """Stop it, and let go of all there is here of somebody who leaves."""
        await self.stop_all(user_id)
        async with self._locks[user_id]:
            self._jobs.pop(user_id, None)
            await self._disk(self._uploads.forget, user_id)
        self._locks.pop(user_id, None)

    async def expire(self) -> None:
        """Let go of files that nobody has gone on with for a day."""
        await self._disk(self._uploads.expire)

    def _job(self, user_id: str, import_id: str) -> _Job:
        job = self._jobs.get(user_id)
        if job is None or job.state.id != import_id:
            raise NotFound("import")
        return job

    def _run_if_whole(self, job: _Job) -> None:
        if job.state.received == job.state.size:
            job.state.state = ImportState.RUNNING
            job.progress = sources.Progress(job.state.size)
            job.task = asyncio.create_task(self._run(job, job.progress))

    async def _run(self, job: _Job, progress: sources.Progress) -> None:
        state = job.state
        path = self._uploads.path(job.user_id, state.id)
        found = sources.threads(path, job.user_id, progress, self._limits)
        keep_file = False
        outcome = state.state
        problem: Problem | None = None
        try:
            await self._take_all(job, found)
            outcome = ImportState.DONE
        except sources.Stopped:
            # Where the server closes, it is the next process that it ends in.
            if not self._closing:
                outcome = ImportState.CANCELLED
            keep_file = True  # `cancel` drops it; after a restart it can go on
        except Unreadable as error:
            kept = "What came before was kept." if state.messages_added else "Nothing was imported."
            outcome = ImportState.FAILED
            problem = Problem(Code.INVALID, f"The file cannot be imported: {error}. {kept}")
        except Unavailable as error:
            outcome, problem = ImportState.FAILED, error.problem
            keep_file = True
        except Exception:  # noqa: BLE001 - whoever waits for the import must know
            self._log.exception("Chat history: an import failed.")
            outcome = ImportState.FAILED
            problem = Problem(
                Code.INTERNAL,
                "Something went wrong in the chat server; its log has the details. What "
                "was imported until then was kept; importing again adds the rest.",
            )
        finally:
            progress.stop = True
            with suppress(ValueError):  # still reading, where the server was in a hurry
                found.close()
            if not keep_file:
                with suppress(OSError):
                    await asyncio.to_thread(self._uploads.drop, job.user_id, state.id)
            # Only now: whoever saw its end sooner, and imported the same file again, would
            # find the one that is about to go.
            state.state, state.problem = outcome, problem
            self._tell(job)

    async def _take_all(self, job: _Job, found: Iterator[Found | ImportProblem | None]) -> None:
        intake = Intake(self._store, job.user_id, job.state, self._log)
        try:
            while True:
                batch = await asyncio.to_thread(_next_batch, found)
                if batch is None:
                    break
                for each in batch:
                    if isinstance(each, ImportProblem):
                        job.state.threads_failed += each.entry is not None
                        job.report(each)
                        continue
                    job.omissions.update(each.omissions)
                    for problem in await intake.take(each):
                        job.report(problem)
                    if job.progress is not None and job.progress.stop:
                        raise sources.Stopped
                if time.monotonic() - job.told_at > _TELL_SECONDS:
                    self._tell(job)
        finally:
            with suppress(Unavailable, NotFound):
                await intake.finish()

    def _tell(self, job: _Job) -> None:
        job.told_at = time.monotonic()
        self._broadcast.to_user(job.user_id, ImportChanged(job.snapshot()))

    async def _disk(self, function: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> _T:
        try:
            return await asyncio.to_thread(function, *args, **kwargs)
        except OSError as error:
            full = error.errno in (errno.ENOSPC, errno.EDQUOT)
            raise ImportRefused(
                Code.STORE_FULL if full else Code.INTERNAL,
                "The server has no room for the file. Nothing was lost; make room on its disk "
                "and try again."
                if full
                else "The server could not keep the file. Nothing was imported; its log says more.",
            ) from error


def _next_batch(
    found: Iterator[Found | ImportProblem | None],
) -> list[Found | ImportProblem] | None:
    """Some of what is found next, at least one unless it takes long; `None`: the end."""
    batch: list[Found | ImportProblem] = []
    until = time.monotonic() + _BATCH_SECONDS
    for each in found:
        if each is not None:
            batch.append(each)
        if len(batch) >= _BATCH or time.monotonic() > until:
            return batch
    return batch or None
