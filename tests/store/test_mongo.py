"""What is true of the MongoDB store only: its steps, its failures, its documents."""

from __future__ import annotations

import asyncio
import itertools
import logging
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import bson
import pymongo
import pytest
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.asynchronous.cursor import AsyncCursor
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
from jupyter_chat.store import (
    mongo_branches,
    mongo_deletions,
    mongo_search,
    mongo_turns,
    open_store,
)
from jupyter_chat.store.interface import (
    Lease,
    NotFound,
    SearchQuery,
    Store,
    StoreError,
    ThreadChanges,
    Unavailable,
    UserSettings,
)
from jupyter_chat.store.mongo import MongoStore
from jupyter_chat.store.mongo_errors import translated
from jupyter_chat.store.mongo_schema import MIGRATIONS
from jupyter_chat.store.searching import groups_of
from jupyter_chat.store.terms import Phrase

from . import calls
from .builders import ADA, GRACE, a_thread, a_turn, finished, finished_turn, grown, running_reply
from .contents import contents
from .mongod import Mongod, running_mongod

BACK_SECONDS = 60


@pytest.fixture
async def store(mongodb_url: str) -> AsyncIterator[Store]:
    store = open_store(mongodb_url)
    await store.open()
    yield store
    await store.close()


@contextmanager
def database(url: str) -> Iterator[pymongo.database.Database[dict[str, Any]]]:
    with pymongo.MongoClient[dict[str, Any]](url) as client:
        yield client.get_default_database()


def assert_down(error: StoreError) -> None:
    assert error.problem.code is Code.STORE_DOWN
    assert "does not answer" in error.problem.message


# --- steps ------------------------------------------------------------------------------

_WRITES = (
    *("insert_one", "insert_many", "update_one", "replace_one"),
    *("delete_one", "delete_many", "find_one_and_update"),
)


@contextmanager
def failing(monkeypatch: pytest.MonkeyPatch, number: int, how: str) -> Iterator[None]:
    """Let the connection break at the write of that number, counted from 0: `before` it
    is done, `after`, or `halfway` (where it has several documents)."""
    count = -1

    def breaking(
        method: Callable[..., Coroutine[Any, Any, Any]],
    ) -> Callable[..., Coroutine[Any, Any, Any]]:
        async def call(self: Any, argument: Any, *args: Any, **kwargs: Any) -> Any:
            nonlocal count
            count += 1
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
        yield


def restore(url: str, before: dict[str, list[Any]]) -> None:
    with database(url) as db:
        for name in db.list_collection_names():
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
    await call(store)
    expected = contents(mongodb_url)
    if prepare is calls.owner:  # made anew each time
        expected["meta"] = []
    for step in range(20):
        restore(mongodb_url, before)
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


async def test_a_turn_below_what_is_deleted_at_that_moment_is_taken_away_again(
    store: Store, mongodb_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = await finished_turn(store, a_thread())
    require_place = mongo_turns._require_place

    async def then_delete(*args: Any) -> None:
        await require_place(*args)
        await store.delete_message(ADA, first.thread.id, first.reply_id, 5)

    monkeypatch.setattr(mongo_turns, "_require_place", then_delete)
    with pytest.raises(NotFound):
        await store.add_turn(ADA, a_turn(first.thread.id, first.reply_id))
    assert (await store.get_thread(ADA, first.thread.id)).leaf_id == first.question_id
    kept = contents(mongodb_url)
    assert len(kept["messages"]) == 2
    assert kept["generations"] == []


async def test_a_deletion_repeated_while_it_is_taken_back_hides_nothing(
    store: Store, mongodb_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = await finished_turn(store, a_thread())
    place = (ADA, first.thread.id, first.reply_id)
    before = contents(mongodb_url)["messages"]
    await store.delete_message(*place, 5)
    find = mongo_deletions._find

    async def then_restore(*args: Any) -> Any:
        found = await find(*args)
        monkeypatch.undo()
        await store.restore_message(*place)
        return found

    monkeypatch.setattr(mongo_deletions, "_find", then_restore)
    with pytest.raises(NotFound):
        await store.delete_message(*place, 6)
    found = contents(mongodb_url)
    assert found["messages"] == before
    assert found["deletions"] == []


async def test_a_deletion_repeated_while_it_is_taken_back_and_done_anew_is_the_new_one(
    store: Store, mongodb_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = await finished_turn(store, a_thread())
    place = (ADA, first.thread.id, first.reply_id)
    before = contents(mongodb_url)["messages"]
    await store.delete_message(*place, 5)
    find = mongo_deletions._find

    async def then_restore_and_begin(db: Any, *args: Any) -> Any:
        found = await find(db, *args)
        monkeypatch.undo()
        await store.restore_message(*place)
        await mongo_deletions._begin(db, *place, 7)
        return found

    monkeypatch.setattr(mongo_deletions, "_find", then_restore_and_begin)
    assert (await store.delete_message(*place, 6)).message_ids == [first.reply_id]
    assert len(await store.tree(ADA, first.thread.id)) == 1
    await store.restore_message(*place)
    found = contents(mongodb_url)
    assert found["messages"] == before
    assert found["deletions"] == []


async def test_an_undo_is_whole_though_the_deletion_is_repeated_right_before_its_end(
    store: Store, mongodb_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = await finished_turn(store, a_thread())
    place = (ADA, first.thread.id, first.reply_id)
    before = contents(mongodb_url)["messages"]
    await store.delete_message(*place, 5)
    delete_one = AsyncCollection.delete_one

    async def delete_before(self: Any, *args: Any) -> Any:
        monkeypatch.undo()
        await store.delete_message(*place, 6)
        return await delete_one(self, *args)

    monkeypatch.setattr(AsyncCollection, "delete_one", delete_before)
    await store.restore_message(*place)
    found = contents(mongodb_url)
    assert found["messages"] == before
    assert found["deletions"] == []


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
    store = open_store(server.url)
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
        server.stop()


async def test_a_server_that_goes_away_is_used_again_when_it_returns(tmp_path: Path) -> None:
    with running_mongod(tmp_path / "data") as server:
        store = open_store(server.url)
        await store.open()
        turn = a_turn(a_thread())
        await store.add_turn(ADA, turn)
        await store.append_checkpoints([grown(turn.reply, 0, "Be")])
        server.kill()
        for call in (
            store.append_checkpoints([grown(turn.reply, 1, "cau")]),
            store.check(),
            store.get_thread(ADA, turn.reply.thread_id),
        ):
            with pytest.raises(Unavailable) as error:
                await call
            assert_down(error.value)
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


async def test_a_database_from_a_newer_version_is_not_touched(mongodb_url: str) -> None:
    with database(mongodb_url) as db:
        db.meta.insert_one({"_id": "schema", "version": len(MIGRATIONS) + 1})
    before = contents(mongodb_url)
    store = open_store(mongodb_url)
    with pytest.raises(Unavailable) as error:
        await store.open()
    assert error.value.problem.code is Code.STORE_NEWER
    assert contents(mongodb_url) == before


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


async def test_a_history_from_before_deletions_is_all_there(store: Store, mongodb_url: str) -> None:
    accepted = await finished_turn(store, a_thread())
    with database(mongodb_url) as db:
        db.deletions.drop()
        earlier = {"$set": {"version": len(MIGRATIONS) - 1}}
        db.meta.update_one({"_id": "schema"}, earlier)
    await store.close()
    await store.open()
    with database(mongodb_url) as db:
        assert {"by_thread", "by_time"} <= set(db.deletions.index_information())
    await store.delete_message(ADA, accepted.thread.id, accepted.reply_id, 5)
    assert len(await store.tree(ADA, accepted.thread.id)) == 1
    await store.restore_message(ADA, accepted.thread.id, accepted.reply_id)
    assert len(await store.tree(ADA, accepted.thread.id)) == 2


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
    of_processes = {"meta", "leases"}
    of_passing_things = {"generations", "purges", "deletions", *of_processes}
    with database(mongodb_url) as db:
        for name in db.list_collection_names():
            for document in db[name].find():
                assert document.get("user_id") == ADA or name in of_processes
            for index in db[name].list_indexes():
                first = next(iter(index["key"]))
                of_all_users = index["name"] in ("_id_", "due_deleted", "due_expired")
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


SEARCHES = (
    SearchQuery(),
    SearchQuery((Phrase(("frog",)),)),
    SearchQuery((Phrase(("f",), prefix=True),)),
    SearchQuery((Phrase(("hippopot",), prefix=True),)),
    SearchQuery((Phrase(("tree",)), Phrase(("frog", "leaps"), exact=True))),
    SearchQuery((Phrase(("東京都",)),), Role.USER, model="luna", has_code=True, since=5),
)


async def test_a_search_walks_through_the_index_of_one_person(store: Store) -> None:
    for user in (ADA, GRACE):
        for _ in range(20):
            await finished_turn(store, a_thread(), user=user)
    assert isinstance(store, MongoStore)
    for query, titles in itertools.product(SEARCHES, (False, True)):
        condition = mongo_search.condition_of(ADA, query, groups_of(query, titles), titles, None)
        found = await mongo_search.cursor_of(store._db, condition).explain()
        stages = list(_stages(found["queryPlanner"]["winningPlan"]))
        scans = [stage for stage in stages if "SCAN" in stage["stage"]]
        assert scans, query
        for scan in scans:
            assert (scan["stage"], scan["indexName"]) == ("IXSCAN", "by_term"), query
            assert next(iter(scan["keyPattern"])) == "user_id", query
        if os.environ.get("JUPYTER_CHAT_TEST_MONGODB"):
            # The stand-in sorts whatever it is asked to sort; MongoDB merges what is in order.
            assert not any(stage["stage"] == "SORT" for stage in stages), query
            bounds = [scan["indexBounds"]["user_id"] for scan in scans]
            assert all(bound == ['["ada", "ada"]'] for bound in bounds), query


def _stages(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for inner in [plan.get("inputStage"), *plan.get("inputStages", [])]:
        if inner is not None:
            yield from _stages(inner)


async def test_every_request_of_a_search_names_the_user(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    await finished_turn(store, a_thread())
    asked = []
    for name in ("find", "count_documents"):
        method = getattr(AsyncCollection, name)

        def note(self: Any, which: Any, *args: Any, method: Any = method, **kwargs: Any) -> Any:
            asked.append((self.name, which))
            return method(self, which, *args, **kwargs)

        monkeypatch.setattr(AsyncCollection, name, note)
    query = SearchQuery((Phrase(("becau",), prefix=True), Phrase(("because",))))
    assert len((await store.search(ADA, query, limit=5)).found) == 1
    assert {name for name, _ in asked} == {"meta", "search", "messages", "threads"}
    assert all(which["user_id"] == ADA for name, which in asked if name != "meta")


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


async def test_what_is_purged_is_in_the_index_no_more(store: Store, mongodb_url: str) -> None:
    thread = a_thread()
    thread.title = "Frogs"
    kept = await finished_turn(store, a_thread())
    await finished_turn(store, thread)
    await store.update_thread(ADA, thread.id, ThreadChanges(deleted_at=5))
    assert await store.purge(ADA, thread.id)
    assert {found["_id"] for found in contents(mongodb_url)["search"]} == {
        *(kept.question_id, kept.reply_id)
    }


async def test_what_is_purged_while_its_branch_is_read_is_not_found(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = await finished_turn(store, a_thread())
    back = mongo_branches.back

    async def then_purge(*args: Any, **kwargs: Any) -> list[str]:
        branch = await back(*args, **kwargs)
        await store.delete_message(ADA, first.thread.id, first.reply_id, 5)
        assert await store.purge_messages(6) == 1
        return branch

    monkeypatch.setattr(mongo_branches, "back", then_purge)
    with pytest.raises(NotFound):
        await store.path(ADA, first.thread.id, first.reply_id, limit=5)


async def test_a_page_of_a_long_thread_takes_as_many_requests_as_of_a_short_one(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    find = AsyncCollection.find
    requests = 0

    def count(self: Any, *args: Any, **kwargs: Any) -> Any:
        nonlocal requests
        requests += 1
        return find(self, *args, **kwargs)

    monkeypatch.setattr(AsyncCollection, "find", count)
    needed = []
    for turns in (12, 60):
        thread, parent_id = a_thread(), None
        for _ in range(turns):
            parent_id = (await finished_turn(store, thread, parent_id)).reply_id
        assert parent_id is not None
        requests = 0
        assert len(await store.path(ADA, thread.id, parent_id, limit=20)) == 20
        needed.append(requests)
    assert needed[0] == needed[1]


async def test_every_question_about_a_branch_goes_to_one_user_and_by_an_index(
    store: Store, mongodb_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    thread, parent_id = a_thread(), None
    for _ in range(40):
        parent_id = (await finished_turn(store, thread, parent_id)).reply_id
    assert parent_id is not None
    first, _ = await store.tree(ADA, thread.id), await finished_turn(store, thread)
    find, sort = AsyncCollection.find, AsyncCursor.sort
    asked: list[dict[str, Any]] = []

    def note(self: Any, query: Any = None, *args: Any, **kwargs: Any) -> Any:
        asked.append({"find": self.name, "filter": query})
        return find(self, query, *args, **kwargs)

    def note_order(self: Any, order: Any, *args: Any) -> Any:
        asked[-1]["sort"] = dict(order)
        return sort(self, order, *args)

    monkeypatch.setattr(AsyncCollection, "find", note)
    monkeypatch.setattr(AsyncCursor, "sort", note_order)
    await store.get_thread(ADA, thread.id)
    await store.path(ADA, thread.id, parent_id, limit=20)
    await store.children(ADA, thread.id, [None, parent_id])
    await store.after(ADA, thread.id, first[3].id, parent_id, limit=20)
    await store.leads_to(ADA, thread.id, first[3].id, parent_id)
    await store.newest_leaf(ADA, thread.id, first[3].id)
    monkeypatch.undo()
    assert len(asked) >= 12
    with database(mongodb_url) as db:
        for query in asked:
            assert query["filter"]["user_id"] == ADA, query
            key = query["filter"].get("_id")
            if isinstance(key, str) or (isinstance(key, dict) and "$in" in key):
                continue  # every MongoDB finds these by the index that it makes itself
            plan = str(db.command("explain", query)["queryPlanner"]["winningPlan"])
            assert "COLLSCAN" not in plan, query
            assert "IXSCAN" in plan, query


def test_importing_the_package_does_not_import_pymongo() -> None:
    check = "import sys, jupyter_chat.store; sys.exit('pymongo' in sys.modules)"
    subprocess.run([sys.executable, "-c", check], check=True, cwd=Path(__file__).parents[2])
