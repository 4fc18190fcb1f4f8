"""Lists of threads by view, folder and tag; the trash and its end."""

from __future__ import annotations

import asyncio
import json
import random
import re
import sqlite3
import threading
from collections.abc import Callable
from operator import attrgetter
from typing import Any

import msgspec
import pytest

from jupyter_chat.ids import new_id
from jupyter_chat.protocol import Thread, View
from jupyter_chat.store import (
    mongo_lists,
    mongo_schema,
    open_store,
    sqlite_index,
    sqlite_lists,
    sqlite_schema,
)
from jupyter_chat.store.errors import NotFound
from jupyter_chat.store.interface import Store
from jupyter_chat.store.records import Place
from jupyter_chat.store.types import ThreadChanges, ThreadFilter

from .builders import (
    ADA,
    GRACE,
    a_thread,
    a_turn,
    a_whole_thread,
    finished,
    finished_turn,
    grown,
    running_reply,
)
from .conftest import OpenStore
from .contents import contents
from .mongod import database

ARCHIVED = ThreadFilter(View.ARCHIVED)
TRASH = ThreadFilter(View.TRASH)
FOR_EVER = 2**50


async def _a_thread(store: Store, updated_at: int = 1000, user: str = ADA, **changes: Any) -> str:
    thread = a_thread(updated_at=updated_at)
    await store.add_turn(user, a_turn(thread, created_at=updated_at))
    if changes:
        await store.update_thread(user, thread.id, ThreadChanges(**changes))
    return thread.id


async def _listed(store: Store, which: ThreadFilter, limit: int = 50) -> list[str]:
    """The ids of all pages, one after the other."""
    ids: list[str] = []
    cursor = None
    while True:
        threads, cursor = await store.list_threads(ADA, limit=limit, cursor=cursor, which=which)
        ids += [thread.id for thread in threads]
        if cursor is None:
            return ids
        assert len(threads) == limit


async def test_each_thread_is_in_the_lists_it_belongs_to(store: Store) -> None:
    plain = await _a_thread(store, 1000)
    work = await _a_thread(store, 2000, folder="Work", tags=["a", "b"])
    pinned = await _a_thread(store, 500, pinned=True, tags=["b"])
    put_away = await _a_thread(store, 3000, archived=True, folder="Work", tags=["b"])
    deleted = await _a_thread(store, 4000, deleted_at=9000, folder="Work", tags=["b"])
    await _a_thread(store, 5000, temporary=True, folder="Work", tags=["b"])
    await _a_thread(store, 6000, GRACE, folder="Work", tags=["b"])
    for which, ids in (
        (ThreadFilter(), [pinned, work, plain]),
        (ThreadFilter(folder="Work"), [work]),
        (ThreadFilter(tag="b"), [pinned, work]),
        (ThreadFilter(folder="work"), []),
        (ARCHIVED, [put_away]),
        (ThreadFilter(View.ARCHIVED, folder="Work"), [put_away]),
        (ThreadFilter(View.ARCHIVED, tag="b"), [put_away]),
        (ThreadFilter(View.ARCHIVED, tag="a"), []),
        (TRASH, [deleted]),
    ):
        assert await _listed(store, which) == ids, which
    assert await store.folders(ADA) == ({"Work": 1}, {"a": 1, "b": 2})
    assert await store.folders("nobody") == ({}, {})


async def test_a_thread_changes_lists_with_every_change(store: Store) -> None:
    thread_id = await _a_thread(store)
    for changes, which, others in (
        (ThreadChanges(tags=["x"], folder="f"), ThreadFilter(tag="x"), [ARCHIVED, TRASH]),
        (ThreadChanges(archived=True), ARCHIVED, [ThreadFilter(), ThreadFilter(tag="x")]),
        (ThreadChanges(deleted_at=5), TRASH, [ThreadFilter(View.ARCHIVED, tag="x"), ARCHIVED]),
        (ThreadChanges(deleted_at=None), ARCHIVED, [TRASH]),
        (ThreadChanges(archived=False), ThreadFilter(folder="f"), [ARCHIVED]),
        (ThreadChanges(folder=None, tags=[]), ThreadFilter(), [ThreadFilter(folder="f")]),
    ):
        changed = await store.update_thread(ADA, thread_id, changes)
        assert await store.get_thread(ADA, thread_id) == changed
        assert await _listed(store, which) == [thread_id], changes
        for other in others:
            assert await _listed(store, other) == [], (changes, other)
    assert await store.folders(ADA) == ({}, {})


async def test_a_thread_that_was_kept_is_listed(store: Store) -> None:
    thread = a_thread()
    thread.temporary, thread.expires_at, thread.tags = True, 5, ["x"]
    await store.add_turn(ADA, a_turn(thread))
    assert (await store.get_thread(ADA, thread.id)).temporary
    assert await _listed(store, ThreadFilter()) == []
    await store.update_thread(ADA, thread.id, ThreadChanges(temporary=False, expires_at=None))
    assert await _listed(store, ThreadFilter(tag="x")) == [thread.id]
    assert await store.due(deleted_before=FOR_EVER, now=FOR_EVER, limit=5) == []


async def test_whole_threads_keep_their_place(store: Store) -> None:
    thread, messages = a_whole_thread()
    thread.pinned, thread.tags, thread.folder = True, ["x"], "f"
    await store.add_thread(ADA, thread, messages)
    for which in (ThreadFilter(), ThreadFilter(tag="x"), ThreadFilter(folder="f")):
        assert await _listed(store, which) == [thread.id]
    assert await store.get_thread(ADA, thread.id) == thread


@pytest.mark.parametrize("limit", [1, 2, 3, 7])
async def test_pages_are_exact_with_pinned_ones_on_top(store: Store, limit: int) -> None:
    chance = random.Random(limit)
    threads: list[Thread] = []
    for _ in range(24):
        thread = a_thread(updated_at=chance.choice([1000, 2000, 3000]))
        thread.pinned = chance.random() < 0.4
        thread.archived = chance.random() < 0.3
        thread.folder = chance.choice(["f", "g", None])
        thread.tags = chance.sample(["x", "y", "z"], chance.randrange(3))
        thread.deleted_at = chance.choice([None, None, 5, 6])
        threads.append(thread)
    await asyncio.gather(*(store.add_thread(ADA, thread, []) for thread in threads))
    in_order = sorted(threads, key=attrgetter("pinned", "updated_at", "id"), reverse=True)
    for view in (View.ACTIVE, View.ARCHIVED):
        for folder, tag in ((None, None), ("f", None), (None, "x")):
            expected = [
                thread.id
                for thread in in_order
                if thread.deleted_at is None
                and thread.archived == (view is View.ARCHIVED)
                and folder in (None, thread.folder)
                and tag in (None, *thread.tags)
            ]
            assert await _listed(store, ThreadFilter(view, folder, tag), limit) == expected
    deleted = [thread for thread in threads if thread.deleted_at is not None]
    deleted.sort(key=attrgetter("deleted_at", "id"), reverse=True)
    assert await _listed(store, TRASH, limit) == [thread.id for thread in deleted]


async def test_a_thread_that_is_pinned_meanwhile_breaks_no_page(store: Store) -> None:
    ids = [await _a_thread(store, time) for time in (1000, 2000, 3000, 4000)]
    _, cursor = await store.list_threads(ADA, limit=2)
    await store.update_thread(ADA, ids[2], ThreadChanges(pinned=True))
    rest, following = await store.list_threads(ADA, limit=2, cursor=cursor)
    assert [thread.id for thread in rest] == [ids[1], ids[0]]
    assert following is None


# --- for good ---------------------------------------------------------------------------


async def test_what_is_purged_leaves_nothing_behind(store: Store, store_url: str) -> None:
    kept = await _a_thread(store, 1000, tags=["x"])
    before = contents(store_url)
    first = await finished_turn(store, a_thread())
    turn = a_turn(first.thread.id, first.reply_id)
    await store.add_turn(ADA, turn)
    await store.append_checkpoints([grown(turn.reply, 0, "Be")])
    await store.update_thread(ADA, first.thread.id, ThreadChanges(deleted_at=5, tags=["x"]))
    assert await store.purge(ADA, first.thread.id)
    assert {name: rows for name, rows in contents(store_url).items() if rows} == {
        name: rows for name, rows in before.items() if rows
    }
    assert await _listed(store, ThreadFilter(tag="x")) == [kept]
    with pytest.raises(NotFound):
        await store.get_thread(ADA, first.thread.id)
    with pytest.raises(NotFound):
        await store.get_message(ADA, first.thread.id, first.reply_id)


async def test_a_reply_that_ends_after_its_thread_was_purged_brings_nothing_back(
    store: Store, store_url: str
) -> None:
    reply = await running_reply(store)
    await store.update_thread(ADA, reply.thread_id, ThreadChanges(deleted_at=5))
    assert await store.purge(ADA, reply.thread_id)
    await store.append_checkpoints([grown(reply, 0, "late")])
    with pytest.raises(NotFound):
        await store.finish_reply(ADA, finished(reply))
    assert _kinds(store_url) <= KEPT


async def test_only_what_is_in_the_trash_or_temporary_can_be_purged(store: Store) -> None:
    thread_id = await _a_thread(store)
    temporary = await _a_thread(store, temporary=True)
    await store.update_thread(ADA, thread_id, ThreadChanges(deleted_at=5))
    await store.update_thread(ADA, thread_id, ThreadChanges(deleted_at=None))
    assert not await store.purge(ADA, thread_id)
    assert len(await store.tree(ADA, thread_id)) == 2
    assert await store.purge(ADA, temporary)
    assert await store.purge(ADA, new_id()), "there is no such thread"


async def test_nobody_purges_what_is_somebody_elses(store: Store) -> None:
    thread_id = await _a_thread(store, user=GRACE, deleted_at=5)
    assert await store.purge(ADA, thread_id), "for Ada there is no such thread"
    assert len(await store.tree(GRACE, thread_id)) == 2
    await store.update_thread(GRACE, thread_id, ThreadChanges(deleted_at=None))


async def test_a_long_thread_is_purged_in_steps_and_others_write_meanwhile(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = 0

    def counting(step: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            nonlocal steps
            steps += 1
            return step(*args, **kwargs)

        return call

    for module, name in ((sqlite_lists, "purge"), (mongo_lists, "_purge_messages")):
        monkeypatch.setattr(module, name, counting(getattr(module, name)))
        monkeypatch.setattr(module, "_MESSAGES_AT_ONCE", 50)
    thread, messages = a_whole_thread(turns=100)
    thread.deleted_at = 5
    await store.add_thread(ADA, thread, messages)
    purging = asyncio.create_task(store.purge(ADA, thread.id))
    written = 0
    while not purging.done():
        await _a_thread(store)
        written += 1
    assert await purging
    assert written > 1
    assert steps > 2
    assert len(await _listed(store, ThreadFilter())) == written


async def test_what_is_due_is_found_for_all_users(store: Store) -> None:
    old = await _a_thread(store, deleted_at=100)
    older = await _a_thread(store, user=GRACE, deleted_at=50)
    await _a_thread(store, deleted_at=200)
    expired = await _a_thread(store, temporary=True, expires_at=300)
    await _a_thread(store, temporary=True, expires_at=301)
    await _a_thread(store)
    due = await store.due(deleted_before=200, now=300, limit=10)
    assert sorted(due) == sorted([(ADA, old), (GRACE, older), (ADA, expired)])
    assert len(await store.due(deleted_before=200, now=300, limit=2)) == 2
    assert await store.due(deleted_before=0, now=0, limit=2) == []


async def test_what_is_purged_while_it_is_indexed_does_not_come_back(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = open_store(sqlite_url)
    await store.open()
    thread_id = await _a_thread(store, deleted_at=5)
    read, purged = threading.Event(), threading.Event()
    read_batch = sqlite_index.read_batch

    def read_and_wait(db: sqlite3.Connection, begun: sqlite_index.Backlog) -> sqlite_index.Batch:
        batch = read_batch(db, begun)
        read.set()
        assert purged.wait(30)
        return batch

    monkeypatch.setattr("jupyter_chat.store.terms.TERMS_VERSION", 2)  # all is indexed anew
    monkeypatch.setattr(sqlite_index, "read_batch", read_and_wait)
    indexing = asyncio.create_task(store.index_some())
    assert await asyncio.to_thread(read.wait, 30)
    assert await store.purge(ADA, thread_id)
    purged.set()
    assert await indexing
    while await store.index_some():
        pass
    await store.close()
    assert _kinds(sqlite_url) <= KEPT


async def test_many_may_purge_the_same(
    store: Store, open_another: OpenStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (sqlite_lists, mongo_lists):
        monkeypatch.setattr(module, "_MESSAGES_AT_ONCE", 25)
    thread, messages = a_whole_thread(turns=50)
    thread.deleted_at = 5
    await store.add_thread(ADA, thread, messages)
    other = await open_another()
    assert all(
        await asyncio.gather(*(each.purge(ADA, thread.id) for each in (store, other, store, other)))
    )
    assert await store.due(deleted_before=FOR_EVER, now=FOR_EVER, limit=5) == []


async def test_a_purge_that_was_cut_short_is_due_again(
    sqlite_url: str, mongodb_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    thread, messages = a_whole_thread(turns=60)
    thread.deleted_at = FOR_EVER - 1  # by itself not due for long
    for url in (sqlite_url, mongodb_url):
        store = open_store(url)
        await store.open()
        await store.add_thread(ADA, thread, messages)
        with monkeypatch.context() as patch:
            patch.setattr("jupyter_chat.store.mongo_lists._purge_messages", _break_off)
            patch.setattr("jupyter_chat.store.sqlite_lists._MESSAGES_AT_ONCE", 10)
            purging = asyncio.create_task(store.purge(ADA, thread.id))
            while await _is_there(store, thread.id):
                assert not purging.done()
            while not purging.done():  # one request to end may be lost, as it returns
                purging.cancel()
                await asyncio.wait({purging}, timeout=0.1)
        with pytest.raises(NotFound):
            await store.update_thread(ADA, thread.id, ThreadChanges(deleted_at=None))
        assert await _listed(store, TRASH) == []
        for user_id, thread_id in await store.due(deleted_before=0, now=0, limit=5):
            assert await store.purge(user_id, thread_id)
        assert await store.due(deleted_before=0, now=0, limit=5) == []
        await store.close()
        assert _kinds(url) <= KEPT


KEPT = {"meta", "search_people"}
"""What stays of whoever has nothing: `search_people` are the numbers of users."""


def _kinds(url: str) -> set[str]:
    return {name for name, rows in contents(url).items() if rows}


async def _is_there(store: Store, thread_id: str) -> bool:
    try:
        await store.get_thread(ADA, thread_id)
    except NotFound:
        return False
    return True


async def _break_off(*_: object) -> bool:
    await asyncio.sleep(3600)
    return True


# --- older histories and plans ----------------------------------------------------------


async def test_an_older_sqlite_history_lists_as_before(sqlite_url: str) -> None:
    path = sqlite_url.removeprefix("sqlite:///")
    first, deleted, second = (a_thread(updated_at=time) for time in (1000, 2000, 3000))
    deleted.deleted_at = 2500
    db = sqlite3.connect(path)
    for statement in sqlite_schema.MIGRATIONS[0]:
        db.execute(statement)
    for thread in (first, deleted, second):
        body = msgspec.json.encode(thread).decode()
        row = (thread.id, ADA, thread.updated_at, thread.deleted_at, body)
        db.execute("INSERT INTO threads VALUES (?, ?, ?, ?, ?)", row)
    db.execute(f"PRAGMA application_id = {sqlite_schema.APPLICATION_ID}")
    db.execute("PRAGMA user_version = 1")
    db.commit()
    db.close()
    await _expect_as_before(sqlite_url, first, second, deleted)


@pytest.mark.new_database
async def test_an_older_mongodb_history_lists_as_before(mongodb_url: str) -> None:
    first, deleted, second = (a_thread(updated_at=time) for time in (1000, 2000, 3000))
    deleted.deleted_at = 2500
    with database(mongodb_url) as db:
        db.threads.create_index([("user_id", 1), ("deleted_at", 1)], name="by_activity")
        db.meta.insert_one({"_id": "schema", "version": 1})
        for thread in (first, deleted, second):
            document = msgspec.to_builtins(thread)
            document["_id"] = document.pop("id")
            db.threads.insert_one({**document, "user_id": ADA})
    await _expect_as_before(mongodb_url, first, second, deleted)
    with database(mongodb_url) as db:
        assert "by_activity" not in db.threads.index_information()


async def _expect_as_before(url: str, first: Thread, second: Thread, deleted: Thread) -> None:
    store = open_store(url)
    await store.open()
    assert await store.list_threads(ADA, limit=5) == ([second, first], None)
    assert await store.list_threads(ADA, limit=5, which=TRASH) == ([deleted], None)
    await store.update_thread(ADA, first.id, ThreadChanges(pinned=True, tags=["x"]))
    assert await _listed(store, ThreadFilter()) == [first.id, second.id]
    assert await _listed(store, ThreadFilter(tag="x")) == [first.id]
    due = await store.due(deleted_before=3000, now=0, limit=5)
    assert due == [(ADA, deleted.id)]
    await store.close()


@pytest.mark.parametrize(
    ("statement", "index"),
    [
        (sqlite_lists.LISTED, "INDEX threads_by_place (user_id=? AND archived=? AND (pinned,"),
        (sqlite_lists.IN_FOLDER, "INDEX threads_by_folder (user_id=? AND archived=? AND folder=?"),
        (sqlite_lists.WITH_TAG, "PRIMARY KEY (user_id=? AND archived=? AND tag=?"),
        (sqlite_lists.IN_TRASH, "INDEX threads_in_trash (user_id=?"),
        (sqlite_lists.FOLDERS, "INDEX threads_by_folder (user_id=? AND archived=? AND folder>?)"),
        (sqlite_lists.TAGS, "PRIMARY KEY (user_id=? AND archived=?)"),
        (sqlite_lists.LONG_DELETED, "INDEX threads_by_deletion (deleted_at<?)"),
        (sqlite_lists.EXPIRED, "INDEX threads_by_expiry (expires_at<?)"),
        (sqlite_lists.RETIRING, "INDEX threads_by_retirement ("),
    ],
)
async def test_each_list_has_its_index(sqlite_url: str, statement: str, index: str) -> None:
    store = open_store(sqlite_url)
    await store.open()
    await store.close()
    db = sqlite3.connect(sqlite_url.removeprefix("sqlite:///"))
    plan = db.execute(f"EXPLAIN QUERY PLAN {statement}", ("x",) * statement.count("?"))
    steps = [detail for *_, detail in plan]
    db.close()
    assert index in steps[0]
    assert not any("TEMP B-TREE" in step for step in steps)


async def test_no_list_scans_a_collection(mongodb_url: str) -> None:
    store = open_store(mongodb_url)
    await store.open()
    for number in range(12):
        await _a_thread(
            store,
            pinned=number % 3 == 0,
            archived=number % 4 == 0,
            folder="f" if number % 2 else None,
            tags=["x"] if number % 3 else [],
            deleted_at=5 if number % 5 == 0 else None,
        )
    await store.close()
    filters = [
        *(ThreadFilter(), ARCHIVED, TRASH, ThreadFilter(folder="f"), ThreadFilter(tag="x")),
    ]
    queries = [
        query
        for which in filters
        for place in (None, Place(True, 2000, "x"), Place(False, 2000, "x"))
        for query in mongo_lists.listed(ADA, which, place)
    ]
    queries += [(mongo_lists.having(ADA, field, True), []) for field in ("folder", "tags")]
    queries += [(mongo_lists.long_deleted(9), []), (mongo_lists.expired(9), [])]
    queries += [
        (mongo_lists.quiet_before(9), [("updated_at", 1), ("_id", 1)]),
        (mongo_lists.retired_before(9), [("retire_at", 1), ("_id", 1)]),
    ]
    with database(mongodb_url) as db:
        threads = db.threads
        names = set(threads.index_information())
        used = set()
        for query, order in queries:
            found = threads.find(query)
            if order:
                found = found.sort(order)
            plan = json.dumps(found.explain()["queryPlanner"]["winningPlan"], default=str)
            assert "COLLSCAN" not in plan, query
            used |= set(re.findall(r'"indexName": "(\w+)"', plan))
    assert used == names - {"_id_"}, "each index is there for a query"
    assert len(mongo_schema.MIGRATIONS) >= 2
