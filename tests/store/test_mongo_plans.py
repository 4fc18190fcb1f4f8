"""What MongoDB is asked: by an index, of one person, and how often."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator
from typing import Any

import pytest
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.asynchronous.cursor import AsyncCursor

from jupyter_chat.ids import now_ms
from jupyter_chat.protocol import Measure, Role, Span, UsageBy
from jupyter_chat.store import mongo_ledger, mongo_limits, mongo_search
from jupyter_chat.store.interface import Store
from jupyter_chat.store.mongo import MongoStore
from jupyter_chat.store.reserving import Amount, Ceiling, Reservation, Share
from jupyter_chat.store.searching import groups_of
from jupyter_chat.store.terms import Phrase
from jupyter_chat.store.types import LedgerQuery, SearchQuery, ThreadChanges

from .builders import (
    ADA,
    GRACE,
    a_thread,
    a_turn,
    a_whole_thread,
    an_entry,
    finished,
    finished_turn,
)
from .mongod import database

pytestmark = pytest.mark.parametrize("store_url", ["mongodb"], indirect=True)

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
            await store.add_thread(user, *a_whole_thread(turns=1))
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


@pytest.mark.parametrize(
    ("which", "index"),
    [
        (LedgerQuery(), {"by_time"}),
        (LedgerQuery(5, 10), {"by_time"}),
        (LedgerQuery(thread_id="thread"), {"by_thread"}),
    ],
)
async def test_the_ledger_is_added_up_by_an_index_of_one_person(
    store: Store, monkeypatch: pytest.MonkeyPatch, which: LedgerQuery, index: set[str]
) -> None:
    for user in (ADA, GRACE):
        for number in range(20):
            await store.add_usage(user, an_entry(at=number))
    assert isinstance(store, MongoStore)
    asked = []
    aggregate = AsyncCollection.aggregate

    def note(self: Any, stages: Any, *args: Any, **kwargs: Any) -> Any:
        asked.append((self.name, stages[0]))
        return aggregate(self, stages, *args, **kwargs)

    monkeypatch.setattr(AsyncCollection, "aggregate", note)
    await store.usage_total(ADA, which)
    await store.usage_sums(ADA, which, UsageBy.DAY, limit=5)
    condition = mongo_ledger.condition_of(ADA, which)
    assert next(iter(condition)) == "user_id"
    assert asked == [("ledger", {"$match": condition})] * 2
    found = await store._db.ledger.find(condition).explain()
    stages = list(_stages(found["queryPlanner"]["winningPlan"]))
    scans = [stage for stage in stages if "SCAN" in stage["stage"]]
    assert {scan["stage"] for scan in scans} == {"IXSCAN"}
    assert {scan["indexName"] for scan in scans} <= index


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
        thread, messages = a_whole_thread(turns)
        await store.add_thread(ADA, thread, messages)
        requests = 0
        assert len(await store.path(ADA, thread.id, messages[-1].id, limit=20)) == 20
        needed.append(requests)
    assert needed[0] == needed[1]


async def test_every_question_about_a_branch_goes_to_one_user_and_by_an_index(
    store: Store, mongodb_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    thread, messages = a_whole_thread(turns=40)
    await store.add_thread(ADA, thread, messages)
    await finished_turn(store, thread.id)
    early_id, parent_id = messages[3].id, messages[-1].id
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
    await store.after(ADA, thread.id, early_id, parent_id, limit=20)
    await store.leads_to(ADA, thread.id, early_id, parent_id)
    await store.newest_leaf(ADA, thread.id, early_id)
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


async def test_whatever_is_put_where_nothing_may_be_names_the_user(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A cluster that is sharded by user refuses an upsert that does not say of which."""
    update, bulk = AsyncCollection.update_one, AsyncCollection.bulk_write
    asked: list[tuple[str, dict[str, Any]]] = []

    def note(self: Any, which: Any, *args: Any, **kwargs: Any) -> Any:
        if kwargs.get("upsert"):
            asked.append((self.name, which))
        return update(self, which, *args, **kwargs)

    def note_many(self: Any, requests: Any, *args: Any, **kwargs: Any) -> Any:
        asked.extend((self.name, each._filter) for each in requests if each._upsert)
        return bulk(self, requests, *args, **kwargs)

    monkeypatch.setattr(AsyncCollection, "update_one", note)
    monkeypatch.setattr(AsyncCollection, "bulk_write", note_many)
    thread = a_thread()
    turn = a_turn(thread)
    await store.add_turn(ADA, turn)
    await store.finish_reply(ADA, finished(turn.reply), an_entry())
    await store.update_thread(ADA, thread.id, ThreadChanges(deleted_at=5))
    assert await store.purge(ADA, thread.id)
    assert {name for name, _ in asked} == {"generations", "ledger", "search", "purges"}
    assert all(which["user_id"] == ADA for _, which in asked)


async def test_of_those_who_hold_reservations_only_the_dead_are_looked_for_by_an_index(
    store: Store, mongodb_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every process asks that every few seconds, and many thousand people may hold some."""
    assert isinstance(store, MongoStore)
    for number in range(30):
        share = Share(f"user:{number}", (Ceiling(Measure.REQUESTS, 9, Span.DAY),))
        owner = f"process-{number % 3}"
        wanted = Reservation(f"m{number}:reply", owner, now_ms(), Amount(1), (share,))
        assert await store.reserve(str(number), wanted) is None
    find = AsyncCollection.find
    asked: list[dict[str, Any]] = []

    def note(self: Any, query: Any, *args: Any, **kwargs: Any) -> Any:
        asked.append(query)
        return find(self, query, *args, **kwargs)

    monkeypatch.setattr(AsyncCollection, "find", note)
    for living in (
        [],
        ["process-1"],
        ["process-0", "process-2"],
        ["another", "process-0", "process-1", "process-2", "q"],
    ):
        dead = {f"process-{number}" for number in range(3)}.difference(living)
        assert await mongo_limits.owners_but(store._db, living) == dead
    monkeypatch.undo()
    with database(mongodb_url) as db:
        assert db["limits"].count_documents(asked[-1]) == 0  # nothing of the living is read
        assert db["limits"].count_documents(asked[1]) == 20
        if os.environ.get("JUPYTER_CHAT_TEST_MONGODB"):
            command = {"find": "limits", "filter": asked[-1]}
            plan = str(db.command("explain", command)["queryPlanner"]["winningPlan"])
            assert "held_by" in plan
            assert "COLLSCAN" not in plan
