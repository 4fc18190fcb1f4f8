"""Acknowledged means durable: processes are killed, and nothing of what they were told
is lost."""

from __future__ import annotations

import os
import random
import socket
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from jupyter_chat.ids import new_id, now_ms
from jupyter_chat.protocol import Status, text_of
from jupyter_chat.store import open_store
from jupyter_chat.store.interface import Store
from jupyter_chat.store.types import Lease, LedgerQuery

from .builders import ADA, estimate
from .conftest import OpenStore
from .mongod import Mongod, running_mongod
from .writer import WRITERS, piece

_REPOSITORY = Path(__file__).parents[2]


@dataclass
class Acknowledged:
    """What a writer has been told."""

    turns: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Thread and question of each reply."""
    grown: dict[str, int] = field(default_factory=dict)
    finished: set[str] = field(default_factory=set)

    def read(self, line: str) -> None:
        match line.split():
            case ["turn", thread_id, question_id, reply_id]:
                self.turns[reply_id] = thread_id, question_id
            case ["grown", reply_id, number]:
                self.grown[reply_id] = int(number)
            case ["finished", reply_id]:
                self.finished.add(reply_id)
            case _:
                raise AssertionError(line)


def start_writer(url: str, turns: int | None = None) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.store.writer", url]
    if turns is not None:
        command.append(str(turns))
    return subprocess.Popen(command, cwd=_REPOSITORY, stdout=subprocess.PIPE, text=True)


def write_until_killed(url: str, lines: int) -> Acknowledged:
    """Let a writer be told so many things, kill it, and read what else it was told."""
    acknowledged = Acknowledged()
    with start_writer(url) as process:
        assert process.stdout is not None
        try:
            for _ in range(lines):
                acknowledged.read(process.stdout.readline())
        finally:
            process.kill()
        for line in process.stdout.read().splitlines(keepends=True):
            if line.endswith("\n"):
                acknowledged.read(line)
    return acknowledged


async def assert_all_there(store: Store, acknowledged: Acknowledged) -> None:
    """Whatever was acknowledged, and every reply either finished or interrupted."""
    for reply_id, (thread_id, question_id) in acknowledged.turns.items():
        question, reply = await store.path(ADA, thread_id, reply_id, limit=2)
        assert question.id == question_id
        assert text_of(question).startswith("question")
        if reply_id in acknowledged.finished:
            assert reply.status is Status.COMPLETE
        if reply.status is Status.COMPLETE:  # the answer may have been lost, not the work
            assert text_of(reply) == "the end"
            continue
        assert reply.status is Status.INTERRUPTED
        told = acknowledged.grown.get(reply_id, -1)
        assert text_of(reply).startswith("".join(map(piece, range(told + 1))))
    await assert_all_entered(store, acknowledged)


async def assert_all_entered(store: Store, acknowledged: Acknowledged) -> None:
    """Each reply whose model was asked is in the ledger, once, as it ended."""
    entries = await store.usage_entries(ADA, LedgerQuery(), limit=100_000)
    estimated = {entry.message_id: entry.usage.estimated for entry in entries}
    assert len(estimated) == len(entries)
    for reply_id, (thread_id, _) in acknowledged.turns.items():
        reply = await store.get_message(ADA, thread_id, reply_id)
        if reply.status is Status.COMPLETE:
            assert estimated[reply_id] is False
        elif reply_id in acknowledged.grown:
            assert estimated[reply_id] is True
        else:
            assert estimated.get(reply_id) is not False


@pytest.mark.parametrize("round_", range(3))
async def test_a_killed_process_loses_nothing_it_was_told(
    store_url: str, open_another: OpenStore, round_: int
) -> None:
    acknowledged = write_until_killed(store_url, random.randint(5, 400))
    store = await open_another()
    # The process is gone from this host: no need to wait for its lease to lapse.
    now = now_ms()
    lease = Lease(new_id(), now + 60_000, socket.gethostname(), os.getpid())
    recovered = await store.recover(lease, now, estimate)
    assert len(recovered) <= WRITERS
    await assert_all_there(store, acknowledged)
    for reply_id, (thread_id, _) in acknowledged.turns.items():
        thread = await store.get_thread(ADA, thread_id)
        assert thread.leaf_id is not None
        assert thread.leaf_id >= reply_id
    assert await store.recover(lease, now) == []


async def test_two_processes_share_a_store(store_url: str, open_another: OpenStore) -> None:
    turns = 10 if store_url.startswith("sqlite") else 4  # MongoDB's stand-in is slow
    with start_writer(store_url, turns) as one, start_writer(store_url, turns) as two:
        outputs = [process.communicate(timeout=120)[0] for process in (one, two)]
    assert (one.returncode, two.returncode) == (0, 0)
    store = await open_another()
    for output in outputs:
        acknowledged = Acknowledged()
        for line in output.splitlines():
            acknowledged.read(line)
        assert len(acknowledged.finished) == turns * WRITERS
        await assert_all_there(store, acknowledged)


async def test_a_killed_mongodb_server_loses_nothing_it_acknowledged(tmp_path: Path) -> None:
    with running_mongod(tmp_path / "data") as server:
        acknowledged = _write_until_server_is_killed(server)
        store = open_store(server.url)
        await store.open()
        now = now_ms()
        lease = Lease(new_id(), now, socket.gethostname(), os.getpid())
        await store.recover(lease, now, estimate)
        await assert_all_there(store, acknowledged)
        await store.close()


def _write_until_server_is_killed(server: Mongod) -> Acknowledged:
    acknowledged = Acknowledged()
    with start_writer(server.url) as process:
        assert process.stdout is not None
        try:
            for _ in range(200):
                acknowledged.read(process.stdout.readline())
            server.kill()
        finally:
            process.kill()
        for line in process.stdout.read().splitlines(keepends=True):
            if line.endswith("\n"):
                acknowledged.read(line)
    server.start()
    return acknowledged
