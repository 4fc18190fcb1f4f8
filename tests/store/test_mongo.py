"""What is true of the MongoDB store only: its steps, its failures, its documents."""

from __future__ import annotations

import asyncio
import logging
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import bson
import pytest
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.errors import (
    AutoReconnect,
    BulkWriteError,
    InvalidURI,
    NetworkTimeout,
    OperationFailure,
    PyMongoError,
    ServerSelectionTimeoutError,
    WTimeoutError,
)

from jupyter_chat.ids import new_id, now_ms
from jupyter_chat.protocol import Code, Role, Status, written_in
from jupyter_chat.store import mongo_search, open_store
from jupyter_chat.store.errors import StoreError, Unavailable
from jupyter_chat.store.interface import Store
from jupyter_chat.store.mongo_errors import translated
from jupyter_chat.store.mongo_schema import MIGRATIONS
from jupyter_chat.store.types import Lease, UserSettings

from . import calls
from .builders import ADA, a_thread, a_turn, finished, finished_turn, grown, running_reply
from .contents import contents
from .mongod import Mongod, database, running_mongod

BACK_SECONDS = 60


@pytest.fixture
async def store(mongodb_url: str) -> AsyncIterator[Store]:
    store = open_store(mongodb_url)
    await store.open()
    yield store
    await store.close()


def assert_down(error: StoreError) -> None:
    assert error.problem.code is Code.STORE_DOWN
    assert "does not answer" in error.problem.message


# --- steps ------------------------------------------------------------------------------

_WRITES = (
    *("insert_one", "insert_many", "update_one", "update_many", "replace_one", "bulk_write"),
    *("delete_one", "delete_many", "find_one_and_update"),
)


@contextmanager
def failing(monkeypatch: pytest.MonkeyPatch, number: int | None, how: str) -> Iterator[set[str]]:
    """Let the connection break at the write of that number, counted from 0: `before` it
    is done, `after`, or `halfway` (where it has several documents).  Gives the names of the
    collections that are written to."""
    count = -1
    written: set[str] = set()

    def breaking(
        method: Callable[..., Coroutine[Any, Any, Any]],
    ) -> Callable[..., Coroutine[Any, Any, Any]]:
        async def call(self: Any, argument: Any, *args: Any, **kwargs: Any) -> Any:
            nonlocal count
            count += 1
            written.add(self.name)
            if count != number:
                return await method(self, argument, *args, **kwargs)
            if how == "halfway" and isinstance(argument, list):
                await method(self, argument[:1], *args, **kwargs)
            elif how == "after":
                await method(self, argument, *args, **kwargs)
            raise AutoReconnect("connection closed")

        return call

    with monkeypatch.context() as patch:
        for name in _WRITES:
            patch.setattr(AsyncCollection, name, breaking(getattr(AsyncCollection, name)))
        yield written


def restore(url: str, before: dict[str, list[Any]], names: set[str]) -> None:
    with database(url) as db:
        for name in names:
            db[name].delete_many({})
            if before.get(name):
                db[name].insert_many(before[name])


@pytest.mark.parametrize("how", ["before", "halfway", "after"])
@pytest.mark.parametrize(
    "prepare",
    [prepare for prepare in calls.ALL if prepare is not calls.ask_with_new_ids],
    ids=lambda prepare: prepare.__name__,
)
async def test_a_call_cut_short_at_any_step_is_completed_by_its_repetition(
    store: Store,
    mongodb_url: str,
    monkeypatch: pytest.MonkeyPatch,
    prepare: calls.Prepare,
    how: str,
) -> None:
    call = await prepare(store)
    before = contents(mongodb_url)
    with failing(monkeypatch, None, how) as written:
        await call(store)
    expected = contents(mongodb_url)
    assert all(before.get(name) == expected[name] for name in expected.keys() - written)
    if prepare is calls.owner:  # made anew each time
        expected["meta"] = []
    for step in range(20):
        restore(mongodb_url, before, written)
        with failing(monkeypatch, step, how):
            try:
                await call(store)
            except Unavailable as error:
                assert_down(error)
            else:
                break
        await call(store)
        found = contents(mongodb_url)
        if prepare is calls.owner:
            found["meta"] = []
        assert found == expected
    else:
        pytest.fail("the call never succeeds")
    assert step > 0 or prepare is calls.ask_what_was_answered


@pytest.mark.parametrize("how", ["before", "halfway", "after"])
async def test_a_turn_cut_short_is_completed_when_it_comes_with_new_ids(
    store: Store, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    for step in range(20):
        thread, client_id = a_thread(), new_id()
        with failing(monkeypatch, step, how):
            try:
                await store.add_turn(ADA, a_turn(thread, client_id=client_id))
            except Unavailable:
                pass
            else:
                break
        accepted = await store.add_turn(ADA, a_turn(thread, client_id=client_id))
        question, reply = await store.tree(ADA, thread.id)
        assert (question.role, reply.role) == (Role.USER, Role.ASSISTANT)
        assert reply.parent_id == question.id
        assert (accepted.question_id, accepted.reply_id) == (question.id, reply.id)
        read = await store.get_thread(ADA, thread.id)
        assert (read.leaf_id, read.revision) == (reply.id, 1)
        assert read == accepted.thread
        # Its reply is known as running: were its process to die, it would be recovered.
        recovered = await store.recover(Lease("later", 5, "host", 1), now_ms())
        assert [left.message.id for left in recovered] == [reply.id]
        assert recovered[0].message.parent_id == question.id
    assert step > 2


async def test_a_reply_finished_keeps_its_place_in_the_tree(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Cut short between question and reply, a turn that comes again has a question of
    # another id; whoever makes the reply may still believe in its own.
    thread, client_id = a_thread(), new_id()
    with failing(monkeypatch, 2, "halfway"), pytest.raises(Unavailable):
        await store.add_turn(ADA, a_turn(thread, client_id=client_id))
    (question,) = await store.tree(ADA, thread.id)
    again = a_turn(thread, client_id=client_id)
    accepted = await store.add_turn(ADA, again)
    assert accepted.question_id == question.id
    await store.finish_reply(ADA, finished(again.reply))
    path = await store.path(ADA, thread.id, accepted.reply_id, limit=5)
    assert [message.id for message in path] == [question.id, accepted.reply_id]
    assert path[-1].status is Status.COMPLETE


async def test_a_reply_whose_end_was_cut_short_is_not_interrupted_afterwards(
    store: Store, mongodb_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    reply = await running_reply(store)
    await store.append_checkpoints([grown(reply, 0, "Beca")])
    final = finished(reply)
    with failing(monkeypatch, 1, "before"), pytest.raises(Unavailable):
        await store.finish_reply(ADA, final)
    # The process dies here; another one finds the mark that the reply runs.
    assert await store.recover(Lease("process-2", 5, "host", 1), now_ms()) == []
    assert await store.get_message(ADA, reply.thread_id, reply.id) == final
    left = contents(mongodb_url)
    assert left["generations"] == left["checkpoints"] == []


async def test_a_reply_goes_on_from_before_the_first_checkpoint_that_is_missing(
    store: Store,
) -> None:
    turn = a_turn(a_thread())
    turn.reply.status = Status.QUEUED
    await store.add_turn(ADA, turn)
    (left,) = await store.recover(Lease("process-2", 5, "host", 1), now_ms())
    await store.begin_reply(ADA, turn.reply.id, "process-2")
    # Of one write of three the middle one has not come to pass.
    await store.append_checkpoints(
        [
            grown(turn.reply, number, text, attempt=1, upstream_id="resp_1", upstream_seq=number)
            for number, text in ((1, "Be"), (3, "se"))
        ]
    )
    (left,) = await store.recover(Lease("process-3", 5, "host", 1), now_ms())
    assert (left.attempt, left.upstream_seq) == (2, 1)
    assert [part.text for part in written_in(left.message)] == ["Be"]


# --- failures ---------------------------------------------------------------------------


async def test_a_server_that_is_down_at_the_start_is_used_once_it_is_there(
    tmp_path: Path,
) -> None:
    server = Mongod(tmp_path / "data")
    store = open_store(f"{server.url}/?serverSelectionTimeoutMS=300")
    with pytest.raises(Unavailable) as error:
        await store.open()
    assert_down(error.value)
    with pytest.raises(Unavailable):
        await store.owner_id()
    server.start()
    try:
        await store.open()
        await finished_turn(store, a_thread())
        await store.close()
    finally:
        server.kill()


async def test_a_server_that_goes_away_is_used_again_when_it_returns(tmp_path: Path) -> None:
    with running_mongod(tmp_path / "data") as server:
        store = open_store(server.url)
        await store.open()
        turn = a_turn(a_thread())
        await store.add_turn(ADA, turn)
        await store.append_checkpoints([grown(turn.reply, 0, "Be")])
        server.kill()
        # At once: each waits for three seconds.
        for error in await asyncio.gather(
            store.append_checkpoints([grown(turn.reply, 1, "cau")]),
            store.check(),
            store.get_thread(ADA, turn.reply.thread_id),
            return_exceptions=True,
        ):
            assert isinstance(error, Unavailable)
            assert_down(error)
        server.start()
        await _until_back(store)
        # What could not be stored is stored again, and what was stored is there.
        await store.append_checkpoints(
            [grown(turn.reply, n, t) for n, t in ((1, "cau"), (2, "se"))]
        )
        read = await store.get_message(ADA, turn.reply.thread_id, turn.reply.id)
        assert [part.text for part in written_in(read)] == ["Because"]
        await store.close()


async def _until_back(store: Store) -> None:
    until = time.monotonic() + BACK_SECONDS
    while True:
        try:
            await store.check()
        except Unavailable:
            assert time.monotonic() < until
            await asyncio.sleep(0.1)
        else:
            return


@pytest.mark.new_database
async def test_a_database_from_a_newer_version_is_not_touched(mongodb_url: str) -> None:
    with database(mongodb_url) as db:
        db.meta.insert_one({"_id": "schema", "version": len(MIGRATIONS) + 1})
    before = contents(mongodb_url)
    store = open_store(mongodb_url)
    with pytest.raises(Unavailable) as error:
        await store.open()
    assert error.value.problem.code is Code.STORE_NEWER
    assert contents(mongodb_url) == before


@pytest.mark.new_database
async def test_an_older_database_is_migrated_once(
    store: Store, mongodb_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    accepted = await finished_turn(store, a_thread())
    seen = []

    async def another(db: Any) -> None:
        seen.append(db.name)

    newer = (*MIGRATIONS, another)
    monkeypatch.setattr("jupyter_chat.store.mongo_schema.MIGRATIONS", newer)
    for _ in range(2):
        later = open_store(mongodb_url)
        await later.open()
        assert len(await later.tree(ADA, accepted.thread.id)) == 2
        await later.close()
    assert len(seen) == 1


@pytest.mark.new_database
async def test_many_may_open_an_empty_database_at_once(mongodb_url: str) -> None:
    stores = [open_store(mongodb_url) for _ in range(6)]
    await asyncio.gather(*(store.open() for store in stores))
    ids = await asyncio.gather(*(store.owner_id() for store in stores))
    await asyncio.gather(*(store.close() for store in stores))
    assert len(set(ids)) == 1


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ServerSelectionTimeoutError("no server"), Code.STORE_DOWN),
        (AutoReconnect("closed"), Code.STORE_DOWN),
        (NetworkTimeout("slow"), Code.STORE_DOWN),
        (WTimeoutError("not confirmed", 64), Code.STORE_DOWN),
        (
            BulkWriteError({"writeErrors": [], "writeConcernErrors": [{"code": 64}]}),
            Code.STORE_DOWN,
        ),
        (OperationFailure("Authentication failed.", 18), Code.STORE_DOWN),
        (OperationFailure("not authorized", 13), Code.STORE_READ_ONLY),
        (OperationFailure("no space", 14031), Code.STORE_FULL),
        (BulkWriteError({"writeErrors": [{"code": 14031}]}), Code.STORE_FULL),
        (InvalidURI("user:hunter2"), Code.STORE_DOWN),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else value.value,
)
async def test_what_the_servers_errors_mean(error: PyMongoError, code: Code) -> None:
    @translated
    async def fail() -> None:
        raise error

    with pytest.raises(Unavailable) as seen:
        await fail()
    assert seen.value.problem.code is code
    assert seen.value.problem.message.count(". ") >= 1


async def test_a_document_that_cannot_be_read_is_damage(store: Store, mongodb_url: str) -> None:
    accepted = await finished_turn(store, a_thread())
    await store.put_settings(ADA, UserSettings())
    with database(mongodb_url) as db:
        db.threads.update_many({}, {"$set": {"title": 5}})
        db.messages.update_many({}, {"$set": {"status": "odd"}})
        db.settings.update_many({}, {"$set": {"api": "none"}})
    for call in (
        store.get_thread(ADA, accepted.thread.id),
        store.list_threads(ADA, limit=5),
        store.get_message(ADA, accepted.thread.id, accepted.reply_id),
        store.get_settings(ADA),
    ):
        with pytest.raises(Unavailable) as error:
            await call
        assert error.value.problem.code is Code.STORE_CORRUPT
    with pytest.raises(ValueError, match="cursor"):  # what somebody sent is no damage
        await store.list_threads(ADA, limit=5, cursor="W10=")


async def test_other_errors_stay_what_they_are() -> None:
    @translated
    async def fail() -> None:
        raise OperationFailure("unknown operator", 2)

    with pytest.raises(OperationFailure):
        await fail()


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1:9/chat?serverSelectionTimeoutMS=300",
        "127.0.0.1:not-a-port/chat",
        "/",
        "127.0.0.1:9/ch at.$?tls=maybe",
    ],
)
async def test_no_address_shows_its_password(
    address: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    store = open_store(f"mongodb://ada:hunter2@{address}")
    with pytest.raises(Unavailable) as error:
        await store.open()
    shown = [repr(store), str(store), str(error.value), repr(error.value.problem), caplog.text]
    assert error.value.__cause__ is None
    assert error.value.__suppress_context__
    assert not any("hunter2" in text for text in shown)


async def test_the_url_may_set_its_own_timeouts() -> None:
    store = open_store("mongodb://127.0.0.1:9/chat?serverselectiontimeoutms=1")
    with pytest.raises(Unavailable) as error:
        await asyncio.wait_for(store.open(), 2.5)
    assert_down(error.value)


# --- documents --------------------------------------------------------------------------


async def test_every_document_and_every_index_begins_with_the_user(
    store: Store, mongodb_url: str
) -> None:
    accepted = await finished_turn(store, a_thread())
    turn = a_turn(accepted.thread.id, accepted.reply_id)
    await store.add_turn(ADA, turn)
    await store.append_checkpoints([grown(turn.reply, 0, "Be")])
    await store.put_settings(ADA, UserSettings())
    await store.renew_lease(Lease("process-1", 5, "host", 1))
    await store.delete_message(ADA, accepted.thread.id, accepted.reply_id, 5)
    for prepare in (calls.reserve_own, calls.add_flagged):
        await (await prepare(store))(store)
    of_processes = {"meta", "leases"}
    of_passing_things = {"generations", "purges", "deletions", *of_processes}
    of_nobody_yet = {"people", "invitations", "attempts"}  # found by a name, a code, an address
    over_all = ("_id_", "due_deleted", "due_expired", "due_retired", "quiet", "by_end", "held_by")
    with database(mongodb_url) as db:
        for name in db.list_collection_names():
            for document in db[name].find():
                assert document.get("user_id") == ADA or name in of_processes
            for index in db[name].list_indexes():
                first = next(iter(index["key"]))
                of_all_users = index["name"] in over_all or name in of_nobody_yet
                assert first == "user_id" or of_all_users or name in of_passing_things
        assert db.messages.count_documents({}) == 4


async def test_a_reply_costs_at_most_four_times_its_text(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    reply = await running_reply(store)
    written = indexed = 0
    for name in ("insert_many", "update_one"):
        method = getattr(AsyncCollection, name)

        async def count(self: Any, *args: Any, method: Any = method, **kwargs: Any) -> Any:
            nonlocal written
            for argument in args:
                documents = argument if isinstance(argument, list) else [argument]
                written += sum(len(bson.encode(document)) for document in documents)
            return await method(self, *args, **kwargs)

        monkeypatch.setattr(AsyncCollection, name, count)
    put = mongo_search._put

    async def count_terms(db: Any, documents: list[dict[str, Any]]) -> None:
        nonlocal written, indexed
        size = sum(len(bson.encode(document)) for document in documents)
        indexed += size
        written += size
        await put(db, documents)

    monkeypatch.setattr(mongo_search, "_put", count_terms)
    pieces = ["twenty tokens make about so much text, which is 0.4 s of a reply, "] * 100
    for number, piece in enumerate(pieces):
        await store.append_checkpoints([grown(reply, number, piece)])
    text = "".join(pieces)
    await store.finish_reply(ADA, finished(reply, text))
    assert indexed > 0
    assert len(text) < written <= 4 * len(text)


async def test_who_indexes_a_message_later_than_another_at_once_fails_at_nothing(
    store: Store, mongodb_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of two upserts of one document the later one may find it missing, and then there."""
    bulk_write = AsyncCollection.bulk_write
    codes = [11000]

    async def too_late(self: Any, requests: list[Any], *args: Any, **kwargs: Any) -> Any:
        if codes:
            raise BulkWriteError({"writeErrors": [{"code": codes.pop()}]})
        return await bulk_write(self, requests, *args, **kwargs)

    monkeypatch.setattr(AsyncCollection, "bulk_write", too_late)
    accepted = await finished_turn(store, a_thread())
    assert codes == []
    assert {found["_id"] for found in contents(mongodb_url)["search"]} == {
        *(accepted.question_id, accepted.reply_id)
    }
    for repeated in ([11000, 11000], [2]):
        codes += repeated
        with pytest.raises(BulkWriteError):
            await finished_turn(store, a_thread())
        assert codes == []


def test_importing_the_package_does_not_import_pymongo() -> None:
    check = "import sys, jupyter_chat.store; sys.exit('pymongo' in sys.modules)"
    subprocess.run([sys.executable, "-c", check], check=True, cwd=Path(__file__).parents[2])


async def test_a_json_schema_of_an_older_version_is_read(store: Store, mongodb_url: str) -> None:
    """Its fields were those of the document; now it is one text."""
    thread = (await store.add_turn(ADA, a_turn(a_thread()))).thread
    with database(mongodb_url) as db:
        settings = {"json_schema": {"type": "object"}}
        db.threads.update_one({"_id": thread.id}, {"$set": {"settings": settings}})
    read = await store.get_thread(ADA, thread.id)
    assert read.settings.json_schema == {"type": "object"}
