"""The audit log: exact among many processes, and it shows whatever was changed in it."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from typing import Any

import pytest

from jupyter_chat.engine.audit import BEGINNING, Audit, Event, hash_of
from jupyter_chat.ids import new_id
from jupyter_chat.protocol import AuditVerdict
from jupyter_chat.store.interface import Store
from jupyter_chat.store.people import Person
from tests.store.conftest import OpenStore
from tests.store.mongod import database


async def test_each_entry_holds_the_hash_of_the_one_before(store: Store) -> None:
    audit = Audit(store)
    for event in (Event.KEY_SET, Event.EXPORTED, Event.KEY_REMOVED):
        await audit.note("ada", event, "ada", "json")
    entries = await store.audit_entries(limit=10)
    assert [entry.number for entry in entries] == [1, 2, 3]
    assert [entry.event for entry in entries] == ["key set", "everything exported", "key removed"]
    assert [entry.previous for entry in entries] == [BEGINNING, *map(hash_of, entries[:2])]
    assert entries == sorted(entries, key=lambda entry: entry.at)
    verdict = await audit.verify()
    assert verdict.breaks == []
    assert (verdict.entries, verdict.number, verdict.digest) == (3, 3, hash_of(entries[-1]))


async def test_many_processes_make_one_chain(open_another: OpenStore) -> None:
    stores = [await open_another() for _ in range(3)]
    await asyncio.gather(
        *(
            Audit(store).note(f"{process}-{number}", Event.EXPORTED)
            for process, store in enumerate(stores)
            for number in range(10)
        )
    )
    verdict = await Audit(stores[0]).verify()
    assert verdict.breaks == []
    assert verdict.entries == verdict.number == 30
    entries = await stores[0].audit_entries(limit=100)
    assert len({entry.user_id for entry in entries}) == 30, "each was noted once"


async def test_an_empty_log_is_whole(store: Store) -> None:
    assert await Audit(store).verify() == AuditVerdict(0, 0, BEGINNING, [])


async def test_what_is_noted_is_bounded(store: Store) -> None:
    await Audit(store).note("ada", Event.EXPORTED, "x" * 5000, "y" * 5000)
    (entry,) = await store.audit_entries(limit=5)
    assert len(entry.subject) == len(entry.detail) == 300


async def test_it_is_shown_with_the_names_that_people_have_now(store: Store) -> None:
    ada, grace = Person(new_id(), "Ada", "-", made_at=1), Person(new_id(), "Grace", "-", made_at=1)
    for person in (ada, grace):
        await store.add_person(person)
    audit = Audit(store)
    for number in range(3):
        await audit.note(ada.id, Event.ROLE_CHANGED, grace.id, str(number))
    await audit.note("", Event.RETIRED)
    page = await audit.newest(limit=2, person="grace")
    assert [each.detail for each in page.entries] == ["2", "1"]
    assert page.more
    assert page.names == {ada.id: "Ada", grace.id: "Grace"}
    assert Event.RETIRED.value in page.events
    before = page.entries[-1].number
    page = await audit.newest(limit=2, person=grace.id, before=before)
    assert ([each.detail for each in page.entries], page.more) == (["0"], False)
    page = await audit.newest(limit=5, event=Event.RETIRED.value)
    assert [each.number for each in page.entries] == [4]
    assert (await audit.newest(limit=5, person="nobody")).entries == []


def in_sqlite(url: str, *statements: str) -> None:
    """As somebody would who can write the file."""
    db = sqlite3.connect(url.removeprefix("sqlite:///"))
    for statement in ("DROP TRIGGER audit_unchanged", "DROP TRIGGER audit_kept", *statements):
        db.execute(statement)
    db.commit()
    db.close()


def in_mongodb(url: str, act: Callable[[Any], object]) -> None:
    with database(url) as db:
        act(db.audit)


CHANGED = "UPDATE audit SET body = json_set(body, '$.user_id', 'eve') WHERE number = 3"
IN_THE_TABLE = [
    (
        "UPDATE audit SET number = number + 100 WHERE number = 5",
        [(105, "The entries 5 to 104 are missing."), (105, "Entry 105 is no entry.")],
    ),
    (
        "UPDATE audit SET body = json_set(body, '$.number', 9) WHERE number = 5",
        [(5, "Entry 5 is no entry.")],
    ),
    (
        "UPDATE audit SET body = 'nonsense' WHERE number = 3",
        [
            (3, "Entry 3 is no entry."),
            (4, "Entry 3 is not as it was when entry 4 was written."),
        ],
    ),
    (
        "UPDATE audit SET body = x'ff00' WHERE number = 3",
        [
            (3, "Entry 3 is no entry."),
            (4, "Entry 3 is not as it was when entry 4 was written."),
        ],
    ),
]
TAMPERING = [
    (
        CHANGED,
        lambda audit: audit.update_one({"_id": 3}, {"$set": {"user_id": "eve"}}),
        [(4, "Entry 3 is not as it was when entry 4 was written.")],
    ),
    (
        "DELETE FROM audit WHERE number IN (2, 3)",
        lambda audit: audit.delete_many({"_id": {"$in": [2, 3]}}),
        [(4, "The entries 2 to 3 are missing.")],
    ),
    (
        "DELETE FROM audit WHERE number = 1",
        lambda audit: audit.delete_one({"_id": 1}),
        [(2, "Entry 1 is missing.")],
    ),
    (
        "UPDATE audit SET body = json_set(body, '$.previous', 'x') WHERE number = 1",
        lambda audit: audit.update_one({"_id": 1}, {"$set": {"previous": "x"}}),
        [
            (1, "Entry 1 is not the first that was written, or was changed."),
            (2, "Entry 1 is not as it was when entry 2 was written."),
        ],
    ),
]


@pytest.mark.parametrize(("statement", "act", "breaks"), TAMPERING)
async def test_what_was_changed_or_taken_out_shows(
    store: Store,
    store_url: str,
    statement: str,
    act: Callable[[Any], object],
    breaks: list[tuple[int, str]],
) -> None:
    audit = Audit(store)
    for number in range(5):
        await audit.note("ada", Event.EXPORTED, str(number))
    if store_url.startswith("sqlite"):
        in_sqlite(store_url, statement)
    else:
        in_mongodb(store_url, act)
    verdict = await audit.verify()
    assert [(each.number, each.why) for each in verdict.breaks] == breaks


async def test_an_end_that_was_cut_off_shows_by_what_was_noted_elsewhere(
    store: Store, store_url: str
) -> None:
    audit = Audit(store)
    for number in range(5):
        await audit.note("ada", Event.EXPORTED, str(number))
    noted = await audit.verify()
    if store_url.startswith("sqlite"):
        in_sqlite(store_url, "DELETE FROM audit WHERE number = 5")
    else:
        in_mongodb(store_url, lambda audit: audit.delete_one({"_id": 5}))
    assert (await audit.verify()).breaks == []
    assert await audit.digest_of(noted.number) is None
    await audit.note("eve", Event.EXPORTED)
    assert await audit.digest_of(noted.number) != noted.digest


@pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(("statement", "breaks"), IN_THE_TABLE)
async def test_what_is_no_entry_any_more_is_named_and_the_log_goes_on(
    store: Store, store_url: str, statement: str, breaks: list[tuple[int, str]]
) -> None:
    audit = Audit(store)
    for number in range(5):
        await audit.note("ada", Event.EXPORTED, str(number))
    in_sqlite(store_url, statement)
    verdict = await audit.verify()
    assert [(each.number, each.why) for each in verdict.breaks] == breaks
    await audit.note("ada", Event.EXPORTED, "later")
    assert [(each.number, each.why) for each in (await audit.verify()).breaks][: len(breaks)] == (
        breaks
    )
    shown = await audit.newest(limit=10)
    assert len(shown.entries) == 6
    assert shown.entries[0].subject == "later"
    exported = await audit.newest(limit=10, event=Event.EXPORTED.value)
    assert exported.entries[0].subject == "later"
