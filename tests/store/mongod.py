"""A MongoDB-protocol server of the tests' own, which can be killed and started again."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sysconfig
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pymongo
from pymongo.errors import PyMongoError

from jupyter_chat.ids import new_id
from jupyter_chat.store.mongo_schema import MIGRATIONS

_PROGRAM = Path(sysconfig.get_path("scripts")) / "secantusd-py"
_START_SECONDS = 60


class Mongod:
    """A server on a port that stays the same; its data outlives it in `directory`.

    `durable`: what it has acknowledged outlives its death as well; each write takes longer.
    """

    def __init__(self, directory: Path, *, durable: bool = True) -> None:
        self.directory = directory
        self._durable = durable
        self.port = _free_port()
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"mongodb://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start it and wait until it answers."""
        self.directory.mkdir(parents=True, exist_ok=True)
        with (self.directory.parent / f"{self.directory.name}.log").open("ab") as log:
            self.process = subprocess.Popen(
                [
                    *(str(_PROGRAM), "--port", str(self.port)),
                    *("--storage-path", str(self.directory)),
                    *(("--sync-on-commit",) if self._durable else ()),
                ],
                cwd=self.directory,
                stdout=log,
                stderr=log,
            )
        until = time.monotonic() + _START_SECONDS
        while not _answers(self.url):
            if self.process.poll() is not None or time.monotonic() > until:
                self.kill()
                raise RuntimeError(f"The MongoDB server did not start; see {log.name}.")

    def stop(self) -> None:
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        self._end(signal.SIGKILL if os.name == "posix" else signal.SIGTERM)

    def freeze(self) -> None:
        """Let it hang: it answers nobody, and closes no connection."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._signal(signal.SIGCONT)

    def _signal(self, which: signal.Signals) -> None:
        assert self.process is not None
        self.process.send_signal(which)

    def _end(self, how: signal.Signals) -> None:
        process, self.process = self.process, None
        if process is None:
            return
        process.send_signal(how)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextmanager
def running_mongod(directory: Path, *, durable: bool = True) -> Iterator[Mongod]:
    """A server for the length of a `with` block."""
    server = Mongod(directory, durable=durable)
    server.start()
    try:
        yield server
    finally:
        server.kill()  # nobody reads what it has written, and a tidy end takes two seconds


def url_of_database(url: str, name: str) -> str:
    """The server's URL with another database in its path."""
    return urlsplit(url)._replace(path=f"/{name}").geturl()


@contextmanager
def database(url: str) -> Iterator[pymongo.database.Database[dict[str, Any]]]:
    """The database that the URL names, for the length of a `with` block."""
    with pymongo.MongoClient[dict[str, Any]](url) as client:
        yield client.get_default_database()


def drop_database(url: str) -> None:
    """Delete the database that the URL names."""
    with database(url) as db:
        db.client.drop_database(db)


_PATIENCE = "serverSelectionTimeoutMS=30000&connectTimeoutMS=30000&socketTimeoutMS=60000"
"""On a machine that is busy a server that answers late is not one that is away."""
_spare: list[str] = []
"""Databases that have their indexes and nothing else: making these takes longer than most tests."""


_MOST_DATABASES = 60
"""The stand-in reads past all that was ever deleted, and so gets slower with every test."""
_taken = 0


def begin_anew_now_and_then(server: Mongod) -> None:
    """Start the server of the tests again with nothing, while no test uses it."""
    global _taken
    _taken += 1
    if server.process is not None and _taken > _MOST_DATABASES:
        server.kill()
        shutil.rmtree(server.directory)
        server.start()
        _spare.clear()
        _taken = 1


def take_database(server_url: str) -> str:
    """The URL of a database without any document."""
    for url in _spare:
        if url.startswith(server_url):
            _spare.remove(url)
            return url
    return new_database(server_url)


def new_database(server_url: str) -> str:
    """The URL of a database that nobody has used."""
    return f"{url_of_database(server_url, f'test_{new_id()}')}?{_PATIENCE}"


def give_back(url: str) -> None:
    """Empty a database that nobody uses any more, for the next test."""
    with database(url) as db:
        if db.meta.find_one({"_id": "schema"}) != {"_id": "schema", "version": len(MIGRATIONS)}:
            db.client.drop_database(db)
            return
        for name in db.list_collection_names():
            db[name].delete_many({"_id": {"$ne": "schema"}} if name == "meta" else {})
    _spare.append(url)


def _answers(url: str) -> bool:
    with pymongo.MongoClient[dict[str, object]](url, serverSelectionTimeoutMS=500) as client:
        try:
            client.admin.command("ping")
        except PyMongoError:
            return False
        return True


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
