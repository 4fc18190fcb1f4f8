"""The audit log: it is only added to, one entry for each number."""

from __future__ import annotations

import asyncio
import sqlite3
from typing import Any

import msgspec
import pytest

from jupyter_chat.protocol import AuditEntry
from jupyter_chat.store.interface import Store

from .builders import ADA, GRACE
from .conftest import OpenStore


def an_audit_entry(number: int = 1, event: str = "key set") -> AuditEntry:
    return AuditEntry(number, 5, ADA, event, "ä $set", "a.b", "0" * 64)


async def test_it_is_empty_at_first(store: Store) -> None:
    assert await store.last_audit() is None
    assert await store.audit_entries(limit=5) == []


async def test_entries_come_back_in_order_and_in_pages(store: Store) -> None:
    entries = [an_audit_entry(number) for number in range(1, 13)]
    for entry in entries:
        assert await store.add_audit(entry)
    assert await store.last_audit() == entries[-1]
    assert await store.audit_entries(limit=5) == entries[:5]
    assert await store.audit_entries(after=5, limit=100) == entries[5:]


async def test_the_newest_come_first_also_of_one_person_or_event(store: Store) -> None:
    entries = [
        AuditEntry(number, 5, who, event, whom, "", "0" * 64)
        for number, (who, event, whom) in enumerate(
            [(ADA, "a.b", ADA), (GRACE, "a.b", ADA), (GRACE, "$c", GRACE), ("", "$c", GRACE)], 1
        )
    ]
    for entry in entries:
        await store.add_audit(entry)

    async def numbers(**which: Any) -> list[int]:
        return [each.number for each in await store.newest_audit(limit=10, **which)]

    assert await store.newest_audit(limit=2) == [entries[3], entries[2]]
    assert await numbers(before=3) == [2, 1]
    assert await numbers(person=ADA) == [2, 1], "what she did, and what was done to her"
    assert await numbers(person=GRACE, before=4) == [3, 2]
    assert await numbers(event="$c") == [4, 3]
    assert await numbers(event="a.b", person=GRACE) == [2]
    assert await numbers(person="eve") == []


async def test_an_entry_stays_as_it_is(store: Store) -> None:
    entry = an_audit_entry()
    assert await store.add_audit(entry)
    assert await store.add_audit(entry), "a repetition is no other entry"
    assert not await store.add_audit(msgspec.structs.replace(entry, event="key removed"))
    assert await store.audit_entries(limit=5) == [entry]


async def test_of_many_processes_one_takes_each_number(open_another: OpenStore) -> None:
    stores = [await open_another() for _ in range(4)]
    for number in range(1, 4):
        taken = await asyncio.gather(
            *(store.add_audit(an_audit_entry(number, str(i))) for i, store in enumerate(stores))
        )
        assert sorted(taken) == [False, False, False, True]
        (entry,) = await stores[0].audit_entries(after=number - 1, limit=5)
        assert entry.event == str(taken.index(True))


@pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
async def test_the_file_itself_lets_nobody_write_over_an_entry(
    store: Store, store_url: str
) -> None:
    entry = an_audit_entry()
    await store.add_audit(entry)
    db = sqlite3.connect(store_url.removeprefix("sqlite:///"))
    db.execute("INSERT OR REPLACE INTO audit (number, body) VALUES (1, '{}')")
    db.commit()
    db.close()
    assert await store.audit_entries(limit=5) == [entry]


@pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("change", ["UPDATE audit SET body = '{}'", "DELETE FROM audit"])
async def test_the_file_itself_refuses_to_change_an_entry(
    store: Store, store_url: str, change: str
) -> None:
    await store.add_audit(an_audit_entry())
    db = sqlite3.connect(store_url.removeprefix("sqlite:///"))
    with pytest.raises(sqlite3.IntegrityError, match="only added to"):
        db.execute(change)
    db.close()
