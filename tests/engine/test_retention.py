"""Conversations in which nothing happens go to the trash, and never without notice."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest

from jupyter_chat.engine.audit import Audit
from jupyter_chat.engine.organising import Organiser
from jupyter_chat.engine.retention import DAY_MS, NOTICE_DAYS, Retention
from jupyter_chat.engine.roles import Roles
from jupyter_chat.engine.upkeep import PURGE_MS, Upkeep
from jupyter_chat.ids import new_id, now_ms
from jupyter_chat.protocol import BulkAction, BulkChange, PersonRole, Thread, ThreadSettings
from jupyter_chat.store.people import Person
from jupyter_chat.store.types import ThreadChanges
from tests.store.conftest import (  # noqa: F401
    mongodb_server,
    mongodb_url,
    sqlite_url,
)

from .conftest import Engine, Watcher, make_engine

DAYS = 90
START = now_ms()
NOTICE = NOTICE_DAYS * DAY_MS


@pytest.fixture
def retention(engine: Engine) -> Retention:
    return Retention(engine.store, engine.conversations, Audit(engine.store), DAYS)


async def quiet_since(engine: Engine, time: int, user_id: str = "ada", **changes) -> str:
    thread = Thread(new_id(), "Frogs", ThreadSettings(), created_at=time, updated_at=time)
    await engine.store.add_thread(user_id, thread, [])
    if changes:
        await engine.store.update_thread(user_id, thread.id, ThreadChanges(**changes))
    return thread.id


async def thread(engine: Engine, thread_id: str, user_id: str = "ada") -> Thread:
    return await engine.store.get_thread(user_id, thread_id)


async def test_a_week_before_its_time_it_is_marked_and_then_it_goes(engine, retention):
    thread_id = await quiet_since(engine, START)
    watcher = Watcher()
    engine.broadcast.join(watcher)
    marked_at = START + DAYS * DAY_MS - NOTICE
    assert await retention.round(marked_at) == 0
    assert (await thread(engine, thread_id)).retire_at is None
    assert await retention.round(marked_at + 1) == 0
    goes_at = (await thread(engine, thread_id)).retire_at
    assert goes_at == START + DAYS * DAY_MS + 1
    assert watcher.events[-1]["thread"]["retire_at"] == goes_at, "their owner's list says so"
    assert await retention.round(goes_at) == 0
    assert (await thread(engine, thread_id)).deleted_at is None
    assert await retention.round(goes_at + 1) == 1
    assert (await thread(engine, thread_id)).deleted_at == goes_at + 1
    assert watcher.events[-1]["thread"]["deleted_at"] == goes_at + 1
    entries = await engine.store.audit_entries(limit=5)
    assert [entry.event for entry in entries] == ["conversations put into the trash by age"]
    assert await retention.round(goes_at + 2) == 0


async def test_from_the_trash_it_is_deleted_for_good(engine, retention):
    organiser = Organiser(
        *(engine.store, engine.conversations, engine.replies, engine.broadcast, 30), retention
    )
    thread_id = await quiet_since(engine, START)
    upkeep = Upkeep(organiser, logging.getLogger("test"), retention)
    now = START
    states = []
    for _ in range(140):
        now += DAY_MS
        await upkeep.round(now)
        there = (await engine.store.quiet(before=2**53, limit=5)) + (
            await engine.store.retiring(before=2**53, limit=5)
        )
        states.append("kept" if there else "trash" if await is_there(engine, thread_id) else "gone")
    assert [states.index(state) for state in ("trash", "gone")] == [91, 122]
    assert states == sorted(states, key=["kept", "trash", "gone"].index)
    assert (await organiser.folders("ada")).retention_days == DAYS


async def is_there(engine: Engine, thread_id: str) -> bool:
    return bool(await engine.store.list_threads("ada", limit=1)) and thread_id in [
        each for _, each in await engine.store.due(deleted_before=2**53, now=2**53, limit=9)
    ]


@pytest.mark.parametrize("changes", [{"pinned": True}, {"archived": True}, {"folder": "Work"}])
async def test_pinned_and_archived_ones_go_as_well(engine, retention, changes):
    thread_id = await quiet_since(engine, START, **changes)
    now = START + 200 * DAY_MS
    await retention.round(now)
    assert await retention.round(now + NOTICE + 1) == 1
    assert (await thread(engine, thread_id)).deleted_at is not None


async def test_what_has_been_quiet_for_long_gets_a_week_as_well(engine, retention):
    """The rule is new, or the conversation was imported just now."""
    thread_id = await quiet_since(engine, START - 1000 * DAY_MS)
    assert await retention.round(START) == 0
    assert (await thread(engine, thread_id)).retire_at == START + NOTICE
    assert await retention.round(START + NOTICE) == 0


@pytest.mark.parametrize("how", ["by itself", "with others"])
async def test_what_is_taken_out_of_the_trash_gets_another_week(engine, retention, how):
    thread_id = await quiet_since(engine, START - 1000 * DAY_MS)
    await retention.round(START)
    now = START + NOTICE + 1
    assert await retention.round(now) == 1
    if how == "by itself":
        await engine.conversations.restore_thread("ada", thread_id)
    else:
        organiser = Organiser(
            engine.store, engine.conversations, engine.replies, engine.broadcast, 30
        )
        await organiser.bulk("ada", BulkChange([thread_id], BulkAction.RESTORE))
    assert await retention.round(now + 1) == 0
    restored = await thread(engine, thread_id)
    assert restored.deleted_at is None
    assert restored.retire_at == now + 1 + NOTICE


async def test_a_question_keeps_it(engine, retention):
    thread_id = new_id()
    asked = await engine.answered("Why?", thread_id)
    now = now_ms() + 200 * DAY_MS
    await retention.round(now)
    assert (await thread(engine, thread_id)).retire_at is not None
    await engine.ask("And now?", thread_id, str(asked.reply_id))
    assert (await thread(engine, thread_id)).retire_at is None


async def test_what_happens_in_the_last_moment_keeps_it(engine, retention, monkeypatch):
    thread_id = await quiet_since(engine, START - 1000 * DAY_MS)
    await retention.round(START)
    days_of = retention.days_of

    async def and_somebody_does_something(user_id):
        await engine.store.update_thread(user_id, thread_id, ThreadChanges(title="Toads"))
        return await days_of(user_id)

    monkeypatch.setattr(retention, "days_of", and_somebody_does_something)
    assert await retention.round(START + NOTICE + 1) == 0
    assert (await thread(engine, thread_id)).deleted_at is None


async def test_without_a_rule_marks_are_taken_away_again(engine, retention):
    thread_id = await quiet_since(engine, START - 1000 * DAY_MS)
    await retention.round(START)
    without = Retention(engine.store, engine.conversations, Audit(engine.store))
    assert await without.round(START + 1) == 0
    assert (await thread(engine, thread_id)).retire_at is None
    assert await without.round(START + 5000 * DAY_MS) == 0
    assert (await thread(engine, thread_id)).deleted_at is None
    assert await retention.round(START + 9 * DAY_MS) == 0, "when it comes back, notice is given"


async def test_a_longer_time_counts_at_once(engine, retention):
    thread_id = await quiet_since(engine, START - 100 * DAY_MS)
    await retention.round(START)
    longer = Retention(engine.store, engine.conversations, Audit(engine.store), 1000)
    assert await longer.round(START + NOTICE + 1) == 0
    kept = await thread(engine, thread_id)
    assert (kept.retire_at, kept.deleted_at) == (None, None)


async def test_a_day_is_kept_with_notice_of_half_a_day(engine):
    thread_id = await quiet_since(engine, START)
    short = Retention(engine.store, engine.conversations, Audit(engine.store), 1)
    half = START + DAY_MS // 2
    await short.round(half)
    assert (await thread(engine, thread_id)).retire_at is None
    await short.round(half + 1)
    assert (await thread(engine, thread_id)).retire_at == START + DAY_MS + 1


async def test_each_persons_own_rule_counts(engine, monkeypatch):
    retention = Retention(engine.store, engine.conversations, Audit(engine.store), 30)

    async def days_of(user_id: str) -> int:
        return {"ada": 30, "grace": 300, "eve": 0}[user_id]

    monkeypatch.setattr(retention, "days_of", days_of)
    ids = {user: await quiet_since(engine, START, user) for user in ("ada", "grace", "eve")}
    now = START + 100 * DAY_MS
    await retention.round(now)
    await retention.round(now + NOTICE + 1)
    gone = [user for user in ids if (await thread(engine, ids[user], user)).deleted_at]
    assert gone == ["ada"]


@pytest.fixture(params=["sqlite", "mongodb"])
async def either(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Engine]:
    """On both stores."""
    url = request.getfixturevalue(f"{request.param}_url")
    async for made in make_engine(tmp_path, store_url=url):
        yield made


async def test_each_role_has_its_own_rule(either: Engine) -> None:
    """Also where the role of somebody changes meanwhile: there is notice again."""
    store, ids = either.store, {}
    people = [
        Person(new_id(), role.value, "-", made_at=1, role=role)
        for role in (PersonRole.USER, PersonRole.ADMIN)
    ]
    for person in people:
        await store.add_person(person)
        ids[person.name] = await quiet_since(either, START, person.id)
    retention = Retention(
        *(store, either.conversations, Audit(store), 300),
        {"user": 30, "admin": 0, "guest": 1},
        Roles(store, accounts=True),
    )
    user, admin = people
    assert [await retention.days_of(each.id) for each in people] == [30, 0]
    assert await retention.days_of(new_id()) == 30, "an account that is being deleted"
    now = START + 30 * DAY_MS
    await retention.round(now)
    assert (await thread(either, ids["user"], user.id)).retire_at == now + NOTICE
    assert (await thread(either, ids["admin"], admin.id)).retire_at is None
    assert await retention.round(now + NOTICE + 1) == 1
    assert (await thread(either, ids["user"], user.id)).deleted_at is not None
    assert (await thread(either, ids["admin"], admin.id)).deleted_at is None
    demoted = msgspec.structs.replace(admin, role=PersonRole.USER, revision=2)
    assert await store.put_person(demoted)
    now += 100 * DAY_MS
    assert await retention.round(now) == 0
    assert (await thread(either, ids["admin"], admin.id)).retire_at == now + NOTICE
    (entry,) = await store.audit_entries(limit=5)
    assert entry.detail == "after 300 days, user after 30 days, guest after 1 days"


async def test_a_role_alone_can_have_a_rule(engine: Engine) -> None:
    roles = Roles(engine.store)
    owner = await engine.store.owner_id()
    retention = Retention(
        *(engine.store, engine.conversations, Audit(engine.store), 0), {"owner": 30}, roles
    )
    own = await quiet_since(engine, START - 100 * DAY_MS, owner)
    other = await quiet_since(engine, START - 100 * DAY_MS, "ada")
    await retention.round(START)
    assert await retention.round(START + NOTICE + 1) == 1
    assert (await thread(engine, own, owner)).deleted_at is not None
    assert (await thread(engine, other)).retire_at is None


async def test_a_round_looks_at_all_of_a_large_history(engine, retention, monkeypatch):
    monkeypatch.setattr("jupyter_chat.engine.retention._PAGE", 3)
    for number in range(10):
        await quiet_since(engine, START - 1000 * DAY_MS + number // 4, f"user-{number % 2}")
    await retention.round(START)
    assert await retention.round(START + NOTICE + 1) == 10


def test_every_process_does_so_now_and_then():
    assert PURGE_MS <= DAY_MS / 24
