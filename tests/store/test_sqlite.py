"""What is true of the SQLite store only: its file, its failures, its group commit."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import sqlite3
import stat
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from functools import partial
from itertools import chain
from pathlib import Path

import msgspec
import pytest

from jupyter_chat.ids import new_id
from jupyter_chat.protocol import Code, encode
from jupyter_chat.store import (
    sqlite_database,
    sqlite_deletions,
    sqlite_index,
    sqlite_lists,
    sqlite_search,
)
from jupyter_chat.store.errors import NotFound, StoreError, Unavailable
from jupyter_chat.store.sqlite import SqliteStore
from jupyter_chat.store.sqlite_database import Database
from jupyter_chat.store.sqlite_schema import MIGRATIONS, migrate
from jupyter_chat.store.terms import Phrase
from jupyter_chat.store.types import SearchQuery, ThreadChanges

from .builders import ADA, a_thread, a_turn, finished, finished_turn, grown, running_reply

BUSY_SECONDS = 0.2
BEFORE_DELETIONS = 4
"""Migrations."""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "history.sqlite"


@contextlib.asynccontextmanager
async def opened(path: Path) -> AsyncIterator[SqliteStore]:
    store = SqliteStore(path, busy_seconds=BUSY_SECONDS)
    try:
        await store.open()
        yield store
    finally:
        await store.close()


async def test_what_is_purged_is_in_no_file_any_more(path: Path):
    async with opened(path) as store:
        thread = msgspec.structs.replace(a_thread(), temporary=True)
        turn = a_turn(thread, text="A word like xylophone")
        await store.add_turn(ADA, turn)
        assert any(b"xylophone" in file.read_bytes() for file in path.parent.iterdir())
        await store.purge(ADA, turn.reply.thread_id)
        until = asyncio.get_running_loop().time() + 30
        while any(b"xylophone" in file.read_bytes() for file in path.parent.iterdir()):
            assert asyncio.get_running_loop().time() < until, "it is still in a file"
            await asyncio.sleep(0.1)
            await store.check()  # something is written now and then


async def with_history(path: Path) -> str:
    """A file that holds one thread; its id."""
    async with opened(path) as store:
        return (await finished_turn(store, a_thread())).thread.id


async def problem_at_opening(path: Path) -> Code:
    with pytest.raises(Unavailable) as error:
        async with opened(path):
            pass
    assert_helpful(error.value)
    return error.value.problem.code


def assert_helpful(error: StoreError) -> None:
    """It says what happened, what was kept and what to do."""
    sentences = error.problem.message.count(". ") + error.problem.message.endswith(".")
    assert sentences >= 2


def execute(path: Path, statement: str) -> None:
    db = sqlite3.connect(path, isolation_level=None)
    db.execute(statement)
    db.close()


# --- the file ---------------------------------------------------------------------------


async def test_a_missing_or_empty_file_is_a_new_history(path: Path) -> None:
    async with opened(path) as store:
        assert await store.list_threads(ADA, limit=5) == ([], None)
    other = path.with_name("empty.sqlite")
    other.touch()
    async with opened(other) as store:
        await finished_turn(store, a_thread())


@pytest.mark.skipif(os.name != "posix", reason="no such modes")
async def test_only_its_owner_may_read_the_history(path: Path) -> None:
    before = os.umask(0)
    try:
        async with opened(path) as store:
            await finished_turn(store, a_thread())
            for file in path.parent.iterdir():
                assert stat.S_IMODE(file.stat().st_mode) == 0o600, file
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


async def test_awkward_paths(tmp_path: Path) -> None:
    path = tmp_path / "a b?c=d#e%20ü" / "history.sqlite"
    thread_id = await with_history(path)
    assert path.exists()
    async with opened(path) as store:
        assert (await store.get_thread(ADA, thread_id)).id == thread_id


async def test_the_file_is_in_wal_mode_and_knows_its_version(path: Path) -> None:
    async with opened(path):
        db = sqlite3.connect(path)
        assert db.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert db.execute("PRAGMA user_version").fetchone() == (len(MIGRATIONS),)
        db.close()


async def test_many_may_create_it_at_once(path: Path) -> None:
    stores = [SqliteStore(path) for _ in range(8)]
    try:
        await asyncio.gather(*(store.open() for store in stores))
        ids = await asyncio.gather(*(store.owner_id() for store in stores))
    finally:
        await asyncio.gather(*(store.close() for store in stores))
    assert len(set(ids)) == 1


def test_another_may_create_it_while_this_one_looks(path: Path) -> None:
    path.parent.mkdir()
    this, other = (sqlite3.connect(path, timeout=0, isolation_level=None) for _ in range(2))

    def meanwhile(statement: str) -> None:
        if statement == "PRAGMA user_version":
            with contextlib.suppress(sqlite3.OperationalError):  # it may have to wait
                migrate(other, "the other")

    this.set_trace_callback(meanwhile)
    migrate(this, "this one")
    assert this.execute("PRAGMA user_version").fetchone() == (len(MIGRATIONS),)
    this.close()
    other.close()


async def test_nothing_is_left_running_after_closing(path: Path) -> None:
    async with opened(path) as store:
        await finished_turn(store, a_thread())
        assert any("chat-history" in thread.name for thread in threading.enumerate())
    assert not any("chat-history" in thread.name for thread in threading.enumerate())
    assert [file.name for file in path.parent.iterdir()] == [path.name]


async def test_a_store_that_is_not_open_says_so(path: Path) -> None:
    store = SqliteStore(path)
    for call in (store.list_threads(ADA, limit=5), store.owner_id()):
        with pytest.raises(Unavailable) as error:
            await call
        assert error.value.problem.code is Code.STORE_DOWN


async def test_what_was_asked_before_closing_is_done(path: Path) -> None:
    store = SqliteStore(path)
    await store.open()
    turns = [a_turn(a_thread()) for _ in range(50)]
    tasks = [asyncio.create_task(store.add_turn(ADA, turn)) for turn in turns]
    await asyncio.sleep(0)
    await store.close()
    await asyncio.gather(*tasks)


async def test_what_was_asked_is_done_even_if_nobody_waits_for_it(path: Path) -> None:
    async with opened(path) as store:
        turn = a_turn(a_thread())
        task = asyncio.create_task(store.add_turn(ADA, turn))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert (await store.add_turn(ADA, turn)).repeated


# --- failures ---------------------------------------------------------------------------


async def test_a_file_from_a_newer_version_is_not_touched(path: Path) -> None:
    await with_history(path)
    execute(path, f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
    before = path.read_bytes()
    assert await problem_at_opening(path) is Code.STORE_NEWER
    assert path.read_bytes() == before


async def test_an_older_file_is_migrated_and_its_history_stays(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    thread_id = await with_history(path)
    newer = (*MIGRATIONS, ("ALTER TABLE threads ADD COLUMN mood INTEGER",))
    monkeypatch.setattr("jupyter_chat.store.sqlite_schema.MIGRATIONS", newer)
    async with opened(path) as store:
        assert (await store.get_thread(ADA, thread_id)).id == thread_id
    db = sqlite3.connect(path)
    assert db.execute("PRAGMA user_version").fetchone() == (len(newer),)
    assert db.execute("SELECT mood FROM threads").fetchall() == [(None,)]
    db.close()


async def test_a_history_from_before_deletions_is_all_there(path: Path) -> None:
    thread_id = await with_history(path)
    later = " ".join(chain.from_iterable(MIGRATIONS[BEFORE_DELETIONS:]))
    for statement in (
        *(f"DROP TABLE {table}" for table in re.findall(r"CREATE TABLE (\w+)", later)),
        "ALTER TABLE messages DROP COLUMN deleted_at",
        "DROP INDEX threads_by_retirement",
        "ALTER TABLE threads DROP COLUMN retire_at",
        "ALTER TABLE generations DROP COLUMN stop",
        f"PRAGMA user_version = {BEFORE_DELETIONS}",
    ):
        execute(path, statement)
    async with opened(path) as store:
        question, reply = await store.tree(ADA, thread_id)
        await store.delete_message(ADA, thread_id, reply.id, 5)
        assert await store.tree(ADA, thread_id) == [question]
        await store.restore_message(ADA, thread_id, reply.id)
        assert await store.tree(ADA, thread_id) == [question, reply]


async def test_a_migration_that_fails_leaves_the_file_as_it_was(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await with_history(path)
    before = path.read_bytes()
    broken = (*MIGRATIONS, ("CREATE TABLE more (x)", "CREATE TABLE threads (x)"))
    monkeypatch.setattr("jupyter_chat.store.sqlite_schema.MIGRATIONS", broken)
    with pytest.raises(sqlite3.OperationalError):
        async with opened(path):
            pass
    assert path.read_bytes() == before


async def test_another_programs_database_is_not_touched(path: Path) -> None:
    path.parent.mkdir()
    execute(path, "CREATE TABLE threads (id)")
    before = path.read_bytes()
    assert await problem_at_opening(path) is Code.STORE_CORRUPT
    assert path.read_bytes() == before


@pytest.mark.parametrize("damage", ["header", "all", "zeros", "cut to half", "cut to nothing much"])
async def test_a_damaged_file_is_left_as_it_is(path: Path, damage: str) -> None:
    await with_history(path)
    whole = path.read_bytes()
    damaged = {
        "header": b"garbage!" * 4 + whole[32:],
        "all": os.urandom(len(whole)),
        "zeros": bytes(len(whole)),
        "cut to half": whole[: len(whole) // 2],
        "cut to nothing much": whole[:200],
    }[damage]
    path.write_bytes(damaged)
    for _ in range(2):
        assert await problem_at_opening(path) is Code.STORE_CORRUPT
        assert path.read_bytes() == damaged
    assert [file.name for file in path.parent.iterdir()] == [path.name]
    # A backup put in its place is read without a restart.
    store = SqliteStore(path)
    with pytest.raises(Unavailable):
        await store.open()
    path.write_bytes(whole)
    await store.open()
    assert len((await store.list_threads(ADA, limit=5))[0]) == 1
    await store.close()


async def test_damage_found_on_the_way_is_said_so(path: Path) -> None:
    thread_id = await with_history(path)
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(os.urandom(size - 4096))
    with pytest.raises(Unavailable) as error:
        async with opened(path) as store:
            await store.get_thread(ADA, thread_id)
    assert error.value.problem.code is Code.STORE_CORRUPT
    assert_helpful(error.value)


async def test_a_body_that_cannot_be_read_is_damage(path: Path) -> None:
    thread_id = await with_history(path)
    execute(path, "UPDATE threads SET body = '{\"id\":'")
    async with opened(path) as store:
        with pytest.raises(Unavailable) as error:
            await store.get_thread(ADA, thread_id)
        assert error.value.problem.code is Code.STORE_CORRUPT


async def test_a_locked_file_can_be_read_and_written_again_once_it_is_free(path: Path) -> None:
    async with opened(path) as store:
        accepted = await finished_turn(store, a_thread())
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        turn = a_turn(accepted.thread.id, accepted.reply_id)
        for call in (store.add_turn(ADA, turn), store.check()):
            with pytest.raises(Unavailable) as error:
                await call
            assert error.value.problem.code is Code.STORE_LOCKED
            assert "nothing new can be kept until" in error.value.problem.message
            assert_helpful(error.value)
        assert len(await store.tree(ADA, accepted.thread.id)) == 2
        other.execute("ROLLBACK")
        other.close()
        await store.check()
        assert not (await store.add_turn(ADA, turn)).repeated


async def test_a_file_locked_at_the_start_opens_once_it_is_free(path: Path) -> None:
    await with_history(path)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("PRAGMA locking_mode = EXCLUSIVE")
    other.execute("BEGIN EXCLUSIVE")
    store = SqliteStore(path, busy_seconds=BUSY_SECONDS)
    with pytest.raises(Unavailable) as error:
        await store.open()
    assert error.value.problem.code is Code.STORE_LOCKED
    other.execute("ROLLBACK")
    other.close()
    await store.open()
    assert len((await store.list_threads(ADA, limit=5))[0]) == 1
    await store.close()


async def test_a_full_disk_loses_nothing_and_is_over_when_there_is_space(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    full = False
    connect = Database._connect

    def connect_to_a_full_disk(database: Database) -> sqlite3.Connection:
        db = connect(database)
        if full:  # the file may not grow beyond what it has
            db.execute("PRAGMA max_page_count = 1")
        return db

    monkeypatch.setattr(Database, "_connect", connect_to_a_full_disk)
    thread_id = await with_history(path)
    execute(path, "VACUUM")
    full = True
    store = SqliteStore(path)
    with pytest.raises(Unavailable) as error:
        await store.open()
    assert error.value.problem.code is Code.STORE_FULL
    assert_helpful(error.value)
    turn = a_turn(thread_id, text="x" * 300_000)
    for call in (store.add_turn(ADA, turn), store.check()):
        with pytest.raises(Unavailable) as error:
            await call
        assert error.value.problem.code is Code.STORE_FULL
    assert len(await store.tree(ADA, thread_id)) == 2
    full = False
    await store.check()
    assert not (await store.add_turn(ADA, turn)).repeated
    await store.close()


@contextlib.contextmanager
def unprivileged() -> Iterator[None]:
    """Root may write everywhere: be nobody for a while."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.fixture
def reachable(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Let nobody through to the directories of the tests."""
    directory = tmp_path_factory.getbasetemp()
    before = {}
    while directory != directory.parent and directory.owner() == Path.home().owner():
        before[directory] = stat.S_IMODE(directory.stat().st_mode)
        directory.chmod(before[directory] | 0o011)
        directory = directory.parent
    yield
    for directory, mode in before.items():
        directory.chmod(mode)


@pytest.mark.skipif(os.name != "posix", reason="no such modes")
@pytest.mark.parametrize("what", ["file", "directory", "both"])
@pytest.mark.usefixtures("reachable")
async def test_a_read_only_history_is_not_touched_and_opens_once_it_is_writable(
    path: Path, what: str
) -> None:
    thread_id = await with_history(path)
    before = path.read_bytes()
    path.chmod(0o444 if what != "directory" else 0o666)
    path.parent.chmod(0o555 if what != "file" else 0o777)
    path.parent.parent.chmod(0o755)
    store = SqliteStore(path)
    with unprivileged():
        with pytest.raises(Unavailable) as error:
            await store.open()
        assert error.value.problem.code is Code.STORE_READ_ONLY
        assert_helpful(error.value)
    assert path.read_bytes() == before
    assert [file.name for file in path.parent.iterdir()] == [path.name]
    path.chmod(0o666)
    path.parent.chmod(0o777)
    with unprivileged():
        await store.open()
        assert (await store.get_thread(ADA, thread_id)).id == thread_id
        await store.close()


@pytest.mark.skipif(os.name != "posix", reason="no such modes")
@pytest.mark.usefixtures("reachable")
async def test_a_directory_that_may_not_be_written_is_read_only(path: Path) -> None:
    path.parent.parent.chmod(0o555)
    with unprivileged():
        assert await problem_at_opening(path) is Code.STORE_READ_ONLY
    assert not path.parent.exists()


async def test_a_history_that_vanished_is_never_replaced_by_an_empty_one(path: Path) -> None:
    thread_id = await with_history(path)
    async with opened(path) as store:
        away = path.with_name("away")
        # The first failure makes the store let go of its connections.
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(Unavailable):
            await store.check()
        other.close()
        for file in list(path.parent.iterdir()):
            file.rename(file.with_name(file.name.replace(path.name, away.name)))
        with pytest.raises(Unavailable) as error:
            await store.check()
        assert error.value.problem.code is Code.STORE_DOWN
        assert not path.exists()
        for file in list(path.parent.iterdir()):
            file.rename(file.with_name(file.name.replace(away.name, path.name)))
        await store.check()
        assert (await store.get_thread(ADA, thread_id)).id == thread_id


# --- group commit -----------------------------------------------------------------------


async def test_what_is_asked_at_once_is_committed_together(path: Path) -> None:
    async with opened(path) as store:
        commits = await _count_commits(store, 100)
        assert commits <= 5


async def _count_commits(store: SqliteStore, turns: int) -> int:
    statements: list[str] = []

    def trace(db: sqlite3.Connection) -> None:
        db.set_trace_callback(statements.append)

    await store._database.write(trace)
    await asyncio.gather(*(store.add_turn(ADA, a_turn(a_thread())) for _ in range(turns)))
    await store._database.write(lambda db: db.set_trace_callback(None))
    return statements.count("COMMIT")


async def test_one_that_fails_undoes_nothing_of_the_others(path: Path) -> None:
    async with opened(path) as store:
        thread = (await finished_turn(store, a_thread())).thread

        def half_done(db: sqlite3.Connection) -> None:
            db.execute("UPDATE threads SET body = 'broken'")
            raise NotFound("message")

        def refused(db: sqlite3.Connection) -> None:
            db.execute("UPDATE threads SET body = 'broken'")
            db.execute("INSERT INTO messages (id) VALUES (NULL)")

        _, *failed, after = await asyncio.gather(
            store.update_thread(ADA, thread.id, ThreadChanges(title="before")),
            store._database.write(half_done),
            store._database.write(refused),
            store.add_turn(ADA, a_turn(new_id())),
            store.update_thread(ADA, thread.id, ThreadChanges(titled_by_user=True)),
            return_exceptions=True,
        )
        assert [type(error) for error in failed] == [NotFound, sqlite3.IntegrityError, NotFound]
        read = await store.get_thread(ADA, thread.id)
        assert read == after
        assert (read.title, read.titled_by_user) == ("before", True)


async def test_where_the_whole_group_is_undone_each_is_done_alone(path: Path) -> None:
    async with opened(path) as store:
        thread = (await finished_turn(store, a_thread())).thread

        def undo_all(db: sqlite3.Connection) -> None:
            # As SQLite does by itself on some failures, such as a full disk
            db.execute("ROLLBACK")
            raise sqlite3.OperationalError("database or disk is full")

        _, failed, after = await asyncio.gather(
            store.update_thread(ADA, thread.id, ThreadChanges(title="before")),
            store._database.write(undo_all),
            store.update_thread(ADA, thread.id, ThreadChanges(titled_by_user=True)),
            return_exceptions=True,
        )
        assert isinstance(failed, Unavailable)
        assert failed.problem.code is Code.STORE_FULL
        assert await store.get_thread(ADA, thread.id) == after
        assert (after.title, after.titled_by_user) == ("before", True)


async def test_a_group_may_be_larger_than_any_limit(path: Path) -> None:
    count = 2 * sqlite_database._LARGEST_GROUP + 1
    async with opened(path) as store:
        accepted = await asyncio.gather(
            *(store.add_turn(ADA, a_turn(a_thread())) for _ in range(count))
        )
        assert len({each.reply_id for each in accepted}) == count


# --- costs ------------------------------------------------------------------------------


async def test_reading_the_newest_page_visits_no_more_of_a_long_thread(path: Path) -> None:
    async with opened(path) as store:
        short, long = a_thread(), a_thread()
        costs = []
        for thread, turns in ((short, 30), (long, 600)):
            parent_id = None
            for _ in range(turns):
                turn = a_turn(thread, parent_id)
                await store.add_turn(ADA, turn)
                parent_id = turn.reply.id
            assert parent_id is not None
            costs.append(await _steps_of_path(store, thread.id, parent_id))
        assert costs[1] <= 1.2 * costs[0]


async def _steps_of_path(store: SqliteStore, thread_id: str, leaf_id: str) -> int:
    """SQLite's own steps while a page of 50 is read."""
    steps = 0

    def count() -> None:
        nonlocal steps
        steps += 1

    await store._database.read(lambda db: db.set_progress_handler(count, 10))
    await store.path(ADA, thread_id, leaf_id, limit=50)
    await store._database.read(lambda db: db.set_progress_handler(None, 0))
    return steps


@pytest.mark.parametrize(
    "statement",
    [
        sqlite_lists.LISTED,
        sqlite_lists.IN_FOLDER,
        sqlite_lists.WITH_TAG,
        sqlite_lists.IN_TRASH,
        sqlite_lists.FOLDERS,
        sqlite_lists.TAGS,
        sqlite_lists.LONG_DELETED,
        sqlite_lists.EXPIRED,
        sqlite_lists.RETIRING,
        sqlite_lists.SOME_MESSAGES,
        "DELETE FROM tags WHERE thread_id = ?",
        "SELECT id FROM messages WHERE user_id = ? AND client_id = ? AND role = ?",
        """SELECT m.id FROM json_each(?) p CROSS JOIN messages m
            ON m.thread_id = ? AND m.parent_id IS p.value""",
        """SELECT m.body FROM json_each(?) AS following
            CROSS JOIN messages m ON m.id = following.value""",
        """SELECT c.id FROM messages c WHERE c.thread_id = ? AND c.parent_id = ?
            ORDER BY c.id DESC LIMIT 1""",
        """SELECT g.id FROM json_each(?) CROSS JOIN generations g
            ON g.message_id = json_extract(value, '$[0]')""",
    ],
)
async def test_no_query_walks_a_whole_table(path: Path, statement: str) -> None:
    async with opened(path):
        db = sqlite3.connect(path)
        plan = db.execute(f"EXPLAIN QUERY PLAN {statement}", ("[]",) * statement.count("?"))
        steps = [detail for *_, detail in plan]
        db.close()
    assert not any(step.startswith("SCAN") and "VIRTUAL TABLE" not in step for step in steps)
    assert not any("TEMP B-TREE" in step for step in steps)


async def test_a_reply_costs_at_most_four_times_its_text(path: Path) -> None:
    async with opened(path) as store:

        def count(db: sqlite3.Connection) -> None:
            """Add up the bytes of all values that are written."""
            db.execute("CREATE TEMP TABLE sizes (bytes INTEGER)")
            for table in ("messages", "checkpoints", "search_entries"):
                columns = [row[1] for row in db.execute(f"PRAGMA table_info({table})")]
                size = " + ".join(
                    f"ifnull(length(CAST(new.{each} AS BLOB)), 0)" for each in columns
                )
                for event in ("INSERT", "UPDATE"):
                    db.execute(
                        f"CREATE TEMP TRIGGER {table}_{event} AFTER {event} ON main.{table} BEGIN"
                        f" INSERT INTO sizes VALUES ({size}); END"
                    )

        def index_size(db: sqlite3.Connection) -> int:
            """FTS5 keeps its terms in blobs, whose writing fires no trigger."""
            (size,) = db.execute("SELECT sum(length(block)) FROM search_terms_data").fetchone()
            return int(size)

        reply = await running_reply(store)
        await store._database.write(count)
        before = await store._database.read(index_size)
        pieces = ["twenty tokens make about so much text, which is 0.4 s of a reply, "] * 100
        for number, piece in enumerate(pieces):
            await store.append_checkpoints([grown(reply, number, piece)])
        text = "".join(pieces)
        await store.finish_reply(ADA, finished(reply, text))
        stored = await store._database.write(
            lambda db: int(db.execute("SELECT sum(bytes) FROM sizes").fetchone()[0])
        )
        indexed = await store._database.read(index_size) - before
        assert indexed > 0
        assert len(text) < stored + indexed <= 4 * len(text)


def test_importing_the_store_is_cheap() -> None:
    check = "import sys, jupyter_chat.store.sqlite; sys.exit('pymongo' in sys.modules)"
    subprocess.run([sys.executable, "-c", check], check=True, cwd=Path(__file__).parents[2])


# --- search -----------------------------------------------------------------------------


def found_by(word: str) -> SearchQuery:
    return SearchQuery((Phrase((word,)),))


async def test_a_history_from_before_the_index_is_indexed_in_the_background(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path.parent.mkdir(exist_ok=True)
    db = sqlite3.connect(path, isolation_level=None)
    with monkeypatch.context() as patch:
        patch.setattr("jupyter_chat.store.sqlite_schema.MIGRATIONS", MIGRATIONS[:1])
        migrate(db, str(path))
    thread = a_thread()
    thread.title = "Frogs"
    thread_row = (thread.id, ADA, 5, encode(thread).decode())
    db.execute(
        "INSERT INTO threads (id, user_id, updated_at, body) VALUES (?, ?, ?, ?)", thread_row
    )
    for _ in range(250):
        turn = a_turn(thread.id, text="Which frogs?")
        for message in (turn.question, turn.reply):
            assert message is not None
            db.execute(
                "INSERT INTO messages (id, user_id, thread_id, role, status, body)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                (
                    *(message.id, ADA, thread.id, message.role.value, message.status.value),
                    encode(message).decode(),
                ),
            )
    db.close()
    async with opened(path) as store:
        page = await store.search(ADA, found_by("frogs"), limit=300)
        assert page.indexing
        assert page.found == []
        # what is said meanwhile is found at once, and not indexed a second time
        await finished_turn(store, thread.id)
        while await store.index_some():
            pass
        page = await store.search(ADA, found_by("frogs"), limit=300)
        assert not page.indexing
        assert len(page.found) == 250
        assert len((await store.search(ADA, found_by("because"), limit=5)).found) == 1
        titles = await store.search(ADA, found_by("frogs"), titles=True, limit=5)
        assert [found.title for found, _ in titles.found] == ["Frogs"]


async def test_what_is_purged_is_in_the_index_no_more(path: Path) -> None:
    async with opened(path) as store:
        thread = a_thread()
        thread.title = "Frogs"
        await finished_turn(store, a_thread())
        await finished_turn(store, thread)
        await store.update_thread(ADA, thread.id, ThreadChanges(deleted_at=5))
        assert any("frog" in term for term in _terms_in_index(path))
        assert await store.purge(ADA, thread.id)
        terms = _terms_in_index(path)
        assert terms
        assert not any("frog" in term for term in terms)
        entries = await store._database.read(
            lambda db: db.execute("SELECT count(*) FROM search_entries").fetchone()
        )
        assert entries == (2,)
        assert len((await store.search(ADA, SearchQuery(), limit=9)).found) == 2


async def test_a_thread_purged_in_part_is_in_the_way_of_no_search_and_no_indexing(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite_lists, "_MESSAGES_AT_ONCE", 1)
    async with opened(path) as store:
        kept, going = a_thread(), a_thread()
        kept.title = going.title = "Reasons"
        for thread in (going, kept):
            await finished_turn(store, thread)
        await store.update_thread(ADA, going.id, ThreadChanges(deleted_at=5))
        step = partial(sqlite_lists.purge, user_id=ADA, thread_id=going.id)
        assert await store._database.write(step) is None, "a message is left"
        for _ in range(2):
            for titles in (False, True):
                page = await store.search(ADA, SearchQuery(), titles=titles, limit=9)
                assert {thread.id for thread, _ in page.found} == {kept.id}
            while await store.index_some():
                pass
        assert await store.purge("\0", going.id)


def _terms_in_index(path: Path) -> list[str]:
    db = sqlite3.connect(path)
    try:
        db.execute("CREATE VIRTUAL TABLE temp.words USING fts5vocab('main', search_terms, row)")
        return [term for (term,) in db.execute("SELECT term FROM temp.words")]
    finally:
        db.close()


async def test_what_was_deleted_long_ago_is_removed_some_at_a_time(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    forgotten: list[int] = []
    forget = sqlite_index.forget_messages

    def counting(db: sqlite3.Connection, message_ids: list[str]) -> None:
        forgotten.append(len(message_ids))
        forget(db, message_ids)

    monkeypatch.setattr(sqlite_deletions, "forget_messages", counting)
    monkeypatch.setattr("jupyter_chat.store.sqlite._PURGED_AT_ONCE", 2)
    async with opened(path) as store:
        thread, parent_id = a_thread(), None
        for _ in range(3):
            parent_id = (await finished_turn(store, thread, parent_id)).reply_id
        other = await finished_turn(store, a_thread())
        root = (await store.tree(ADA, thread.id))[0].id
        await store.delete_message(ADA, thread.id, root, 5)
        await store.delete_message(ADA, other.thread.id, other.reply_id, 6)
        jobs = 0
        write = store._write

        async def count(operation: Callable[[sqlite3.Connection], int]) -> int:
            nonlocal jobs
            jobs += 1
            return await write(operation)

        monkeypatch.setattr(store, "_write", count)
        assert await store.purge_messages(10) == 7
        assert max(forgotten) == 2
        assert jobs == 4
        assert await store.tree(ADA, thread.id) == []
        assert len(await store.tree(ADA, other.thread.id)) == 1


async def test_nobody_brings_back_what_is_removed_in_part(path: Path) -> None:
    async with opened(path) as store:
        first = await finished_turn(store, a_thread())
        second = await finished_turn(store, first.thread.id, first.reply_id)
        place = (ADA, first.thread.id, first.reply_id)
        await store.delete_message(*place, 5)
        step = partial(sqlite_deletions.purge_messages, before=10, at_once=1)
        assert await store._database.write(step) == 1
        for call in (store.restore_message(*place), store.delete_message(*place, 6)):
            with pytest.raises(NotFound):
                await call
        assert [node.id for node in await store.tree(ADA, first.thread.id)] == [first.question_id]
    async with opened(path) as store:  # the next process
        assert await store.purge_messages(10) == 2
        assert await store.purge_messages(10) == 0
        again = await finished_turn(store, first.thread.id, first.question_id)
        assert again.reply_id not in (first.reply_id, second.reply_id)


async def test_the_terms_of_people_begin_with_numbers_of_their_own(path: Path) -> None:
    async with opened(path) as store:
        for number in range(40):
            await finished_turn(store, a_thread(), user=f"person-{number}")
        terms = _terms_in_index(path)
        of_each = {term.partition("_")[0] for term in terms}
        assert len(of_each) == 40
        assert {"1m", "zm", "10m"} <= of_each


async def test_a_search_that_has_enough_reads_no_further(path: Path) -> None:
    async with opened(path) as store:
        thread = a_thread()
        messages = [finished(a_turn(thread).reply, "because", n) for n in range(500)]
        for message in messages:
            message.parent_id = message.client_id = None
        await store.add_thread(ADA, thread, messages)
        steps = 0

        def count() -> int:
            nonlocal steps
            steps += 1
            return 0

        def search(db: sqlite3.Connection, limit: int) -> int:
            nonlocal steps
            steps = 0
            db.set_progress_handler(count, 1)
            try:
                query = found_by("because")
                sqlite_search.search(db, ADA, query, titles=False, limit=limit, before=None)
            finally:
                db.set_progress_handler(None, 0)
            return steps

        few = await store._database.read(partial(search, limit=5))
        many = await store._database.read(partial(search, limit=400))
        assert few * 5 < many
