"""What is kept of people with an account, and of what they sign in by."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from contextlib import closing
from typing import Any

import pytest
from msgspec.structs import replace

from jupyter_chat.ids import new_id, now_ms
from jupyter_chat.protocol import Library, Measure, PersonRole, PersonState, Span
from jupyter_chat.store import sqlite_people
from jupyter_chat.store.errors import NotFound
from jupyter_chat.store.interface import Store
from jupyter_chat.store.mongo import MongoStore
from jupyter_chat.store.people import Invitation, NameTaken, Person, Session
from jupyter_chat.store.reserving import Amount, Ceiling, Reservation, Share, scope_of
from jupyter_chat.store.types import LedgerQuery, ThreadChanges, UserSettings

from .builders import a_whole_thread
from .conftest import OpenStore
from .contents import contents

HASH = "$argon2id$not-really"


def a_person(name: str = "Ada", **more: Any) -> Person:
    return Person(new_id(), name, HASH, made_at=1, **more)


def a_session(person: Person, **more: Any) -> Session:
    fields = {"token": "t1", "made_at": 1, "used_at": 1, "expires_at": 1000, **more}
    return Session(new_id(), person.id, **fields)


def an_invitation(code: str = "c1", **more: Any) -> Invitation:
    return Invitation(new_id(), code, made_at=1, expires_at=1000, **more)


async def test_people_are_found_by_id_and_by_name_whatever_its_case(store: Store) -> None:
    ada = a_person("Ada", display_name="Ada L.", color="#112233", role=PersonRole.ADMIN)
    await store.add_person(ada)
    await store.add_person(ada)  # repeated
    assert await store.get_person(ada.id) == ada
    assert await store.find_person("aDA") == ada
    assert await store.find_person("ADA") == ada  # full width
    assert await store.find_person("Grace") is None
    with pytest.raises(NotFound):
        await store.get_person(new_id())


async def test_a_name_belongs_to_one_person(store: Store) -> None:
    ada, grace = a_person("Ada"), a_person("Grace")
    await store.add_person(ada)
    await store.add_person(grace)
    with pytest.raises(NameTaken):
        await store.add_person(a_person("ADA"))
    with pytest.raises(NameTaken):
        await store.put_person(replace(grace, name="ada", revision=2))
    renamed = replace(ada, name="Augusta", revision=2)
    assert await store.put_person(renamed)
    assert await store.put_person(replace(grace, name="ada", revision=2))
    assert await store.get_person(ada.id) == renamed


async def test_of_many_processes_one_gets_a_name(open_another: OpenStore) -> None:
    stores = [await open_another() for _ in range(3)]
    asked = (store.add_person(a_person("Ada")) for store in stores)
    answers = await asyncio.gather(*asked, return_exceptions=True)
    assert sorted(map(str, map(type, answers))) == sorted(
        map(str, [type(None), NameTaken, NameTaken])
    )


async def test_what_another_process_has_changed_is_not_overwritten(store: Store) -> None:
    ada = a_person()
    await store.add_person(ada)
    disabled = replace(ada, state=PersonState.DISABLED, revision=2)
    assert await store.put_person(disabled)
    assert await store.put_person(disabled)  # repeated
    assert not await store.put_person(replace(ada, display_name="A", revision=2))
    assert not await store.put_person(a_person("Nobody"))
    assert await store.get_person(ada.id) == disabled


def a_user(name: str, subject: str, **more: Any) -> Person:
    """Somebody from a hub."""
    return a_person(name, hub_name=more.pop("hub_name", name), subject=subject, **more)


async def test_users_of_a_hub_are_found_by_what_tells_them_apart(store: Store) -> None:
    ada, grace = a_user("ada", "s1"), a_user("grace", "s2")
    for person in (ada, grace, a_person("Eve")):
        await store.add_person(person)
        await store.add_person(person)  # repeated
    assert await store.people_of_subject("s1") == [ada]
    assert await store.people_of_subject("s3") == []
    renamed = replace(ada, name="augusta", hub_name="augusta", revision=2)
    assert await store.put_person(renamed)
    assert await store.people_of_subject("s1") == [renamed]
    await store.remove_person(ada.id)
    assert await store.people_of_subject("s1") == []


async def test_no_two_people_are_the_same_user_of_a_hub(store: Store) -> None:
    ada, other = a_user("ada", "s1"), a_user("ada (2)", "s2", hub_name="ada")
    await store.add_person(ada)
    await store.add_person(other)  # another user, who has the name now
    with pytest.raises(NameTaken):
        await store.add_person(a_user("ada (3)", "s1", hub_name="ada"))
    with pytest.raises(NameTaken):
        await store.put_person(replace(other, subject="s1", revision=2))
    twin = a_user("grace", "s1")  # of a hub that was not exact
    await store.add_person(twin)
    assert await store.people_of_subject("s1") == [ada, twin]


async def test_people_are_listed_by_name_in_pages(store: Store) -> None:
    for name in ("bob", "Ada", "Bea", "Carl"):
        waits = PersonState.PENDING if name == "Bea" else PersonState.ACTIVE
        await store.add_person(a_person(name, state=waits))

    async def names(**which: Any) -> list[str]:
        return [each.name for each in await store.list_people(**{"limit": 10, **which})]

    assert await names() == ["Ada", "Bea", "bob", "Carl"]
    assert await names(limit=2) == ["Ada", "Bea"]
    assert await names(limit=2, after="Bea") == ["bob", "Carl"]
    assert await names(begins="B") == ["Bea", "bob"]
    assert await names(begins="b", after="bea") == ["bob"]
    assert await names(state=PersonState.PENDING) == ["Bea"]


async def test_an_administrator_who_is_disabled_is_none(store: Store) -> None:
    assert not await store.has_admin()
    await store.add_person(a_person("Ada"))
    admin = a_person("Eve", role=PersonRole.ADMIN)
    await store.add_person(admin)
    assert await store.has_admin()
    await store.put_person(replace(admin, state=PersonState.DISABLED, revision=2))
    assert not await store.has_admin()


async def test_a_session_is_its_persons_own(store: Store) -> None:
    ada, grace = a_person("Ada"), a_person("Grace")
    older, newer = a_session(ada, used_at=5), a_session(ada, used_at=9, agent="Firefox")
    assert await store.put_session(older)
    assert await store.put_session(newer)
    assert await store.get_session(ada.id, older.id) == older
    assert await store.get_session(grace.id, older.id) is None
    assert await store.list_sessions(ada.id) == [newer, older]
    await store.end_sessions(grace.id, [older.id])
    await store.end_sessions(grace.id)
    assert await store.list_sessions(ada.id) == [newer, older]
    await store.end_sessions(ada.id, [older.id])
    assert await store.list_sessions(ada.id) == [newer]
    await store.end_sessions(ada.id)
    assert await store.list_sessions(ada.id) == []


async def test_of_many_processes_one_rotates_a_token(open_another: OpenStore) -> None:
    stores = [await open_another() for _ in range(3)]
    first = a_session(a_person())
    assert await stores[0].put_session(first)
    rotated = [replace(first, token=f"t{number}", revision=2) for number in range(3)]
    pairs = zip(stores, rotated, strict=True)
    kept = await asyncio.gather(*(store.put_session(each) for store, each in pairs))
    assert sorted(kept) == [False, False, True]
    assert await stores[0].get_session(first.user_id, first.id) == rotated[kept.index(True)]


async def test_a_session_that_has_ended_is_not_brought_back(store: Store) -> None:
    session = a_session(a_person())
    await store.put_session(session)
    await store.end_sessions(session.user_id)
    assert not await store.put_session(replace(session, token="t2", revision=2))
    assert await store.list_sessions(session.user_id) == []


async def test_alive_are_the_sessions_of_active_people_that_have_not_ended(store: Store) -> None:
    ada, grace, eve = a_person("Ada"), a_person("Grace"), a_person("Eve")
    sessions = [a_session(person) for person in (ada, grace, eve)]
    for person, session in zip((ada, grace, eve), sessions, strict=True):
        await store.add_person(person)
        await store.put_session(session)
    asked = [(each.user_id, each.id) for each in sessions]
    assert await store.alive(asked) == {
        sessions[0].id: ada,
        sessions[1].id: grace,
        sessions[2].id: eve,
    }
    await store.put_person(replace(grace, state=PersonState.DISABLED, revision=2))
    await store.end_sessions(eve.id)
    assert await store.alive(asked) == {sessions[0].id: ada}
    assert await store.alive([(grace.id, sessions[0].id)]) == {}
    assert await store.alive([]) == {}


async def test_active_are_those_who_are_let_in(store: Store) -> None:
    people = [a_person(state.value, state=state) for state in PersonState]
    for person in people:
        await store.add_person(person)
    asked = [each.id for each in people] + [new_id()]
    active = {each.id for each in people if each.state is PersonState.ACTIVE}
    assert (await store.active_people(asked)).keys() == active
    assert await store.active_people([]) == {}


async def test_an_invitation_is_used_once_by_each_place_in_it(open_another: OpenStore) -> None:
    stores = [await open_another() for _ in range(3)]
    invitation = an_invitation()
    assert await stores[0].put_invitation(invitation)
    used = [replace(invitation, used_by=[new_id()], revision=2) for _ in stores]
    pairs = zip(stores, used, strict=True)
    kept = await asyncio.gather(*(store.put_invitation(each) for store, each in pairs))
    assert sorted(kept) == [False, False, True]
    assert await stores[0].find_invitation("c1") == used[kept.index(True)]
    assert await stores[0].find_invitation("c2") is None


async def test_invitations_are_listed_and_taken_back(store: Store) -> None:
    first, second = an_invitation("c1"), an_invitation("c2", uses=5, made_by=new_id())
    await store.put_invitation(first)
    await store.put_invitation(second)
    assert await store.list_invitations() == [second, first]
    await store.remove_invitation(second.id)
    assert await store.list_invitations() == [first]


async def test_attempts_count_until_they_are_over(store: Store) -> None:
    first = new_id()
    assert await store.add_attempt("ada", first, at=0, until=100) == [100]
    assert await store.add_attempt("ada", first, at=0, until=100) == [100]  # repeated
    assert await store.add_attempt("ada", new_id(), at=50, until=150) == [100, 150]
    assert await store.add_attempt("grace", first, at=50, until=150) == [150]
    await store.remove_attempts("grace", first)
    assert await store.add_attempt("grace", new_id(), at=50, until=160) == [160]
    third = new_id()
    assert await store.add_attempt("ada", third, at=100, until=200) == [150, 200]
    await store.remove_attempts("ada", third)
    assert await store.add_attempt("ada", new_id(), at=100, until=300) == [150, 300]
    await store.remove_attempts("ada")
    assert await store.add_attempt("ada", new_id(), at=100, until=400) == [400]


async def test_attempts_of_all_processes_count_together(open_another: OpenStore) -> None:
    stores = [await open_another() for _ in range(3)]
    await asyncio.gather(
        *(store.add_attempt("ada", new_id(), at=0, until=100) for store in stores for _ in range(5))
    )
    assert len(await stores[0].add_attempt("ada", new_id(), at=0, until=100)) == 16


async def test_what_is_over_is_forgotten(store: Store) -> None:
    ada = a_person()
    over, good = a_session(ada, expires_at=10), a_session(ada, expires_at=11)
    await store.put_session(over)
    await store.put_session(good)
    await store.put_invitation(replace(an_invitation("c1"), expires_at=10))
    await store.put_invitation(replace(an_invitation("c2"), expires_at=11))
    await store.add_attempt("ada", new_id(), at=0, until=10)
    await store.add_attempt("ada", new_id(), at=0, until=11)
    await store.forget_expired(10)
    assert await store.list_sessions(ada.id) == [good]
    assert [each.code for each in await store.list_invitations()] == ["c2"]
    assert await store.add_attempt("ada", new_id(), at=0, until=99) == [11, 99]


async def test_of_somebody_who_is_removed_nothing_is_left(store: Store, store_url: str) -> None:
    ada, grace = a_person("Ada"), a_person("Grace")
    for person in (ada, grace):
        await store.add_person(person)
        await store.put_session(a_session(person))
        await store.put_settings(person.id, UserSettings(notes=["x"]))
        await store.put_library(person.id, Library(1))
        ceiling = Ceiling(Measure.TOKENS, 1000, Span.MONTH)
        shares = (Share(scope_of(person.id), (ceiling,)),)
        held = Reservation(f"{new_id()}:reply", "owner", now_ms(), Amount(tokens=5), shares)
        assert await store.reserve(person.id, held) is None
    thread, messages = a_whole_thread()
    await store.add_thread(ada.id, thread, messages)
    assert await store.all_threads(ada.id, limit=5) == [thread.id]
    await store.update_thread(ada.id, thread.id, ThreadChanges(deleted_at=1))
    assert await store.purge(ada.id, thread.id)
    assert await store.all_threads(grace.id, limit=5) == []
    await store.remove_person(ada.id)
    await store.remove_person(ada.id)  # repeated
    with pytest.raises(NotFound):
        await store.get_person(ada.id)
    assert await store.list_sessions(ada.id) == []
    assert await store.get_settings(ada.id) == UserSettings()
    assert await store.get_library(ada.id) == Library()
    assert (await store.usage_total(ada.id, LedgerQuery())).requests == 0
    assert _naming(ada.id, store_url) == set()
    assert len(_naming(grace.id, store_url)) >= 5
    assert await store.get_person(grace.id) == grace
    assert len(await store.list_sessions(grace.id)) == 1
    assert (await store.get_settings(grace.id)).notes == ["x"]
    await store.add_person(a_person("Ada"))  # the name is free again


def _naming(user_id: str, url: str) -> set[str]:
    """Where somebody's id is."""
    found = contents(url).items()
    return {name for name, rows in found if any(user_id in repr(row) for row in rows)}


@pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("statement", [sqlite_people.LISTED, sqlite_people.LISTED_IN_STATE])
async def test_people_are_listed_in_the_order_of_an_index(
    store: Store, store_url: str, statement: str
) -> None:
    with closing(sqlite3.connect(store_url.removeprefix("sqlite:///"))) as db:
        plan = db.execute(f"EXPLAIN QUERY PLAN {statement}", ("x",) * statement.count("?"))
        steps = [detail for *_, detail in plan]
    assert [step for step in steps if "SCAN" in step or "TEMP B-TREE" in step] == []


@pytest.mark.parametrize("store_url", ["mongodb"], indirect=True)
async def test_people_are_looked_for_by_an_index(store: Store) -> None:
    assert isinstance(store, MongoStore)
    for number in range(20):
        await store.add_person(a_person(f"person-{number}"))
        await store.add_attempt("key", new_id(), at=0, until=number + 1)
        await store.put_session(a_session(a_person()))
    for collection, query in (
        ("people", {"folded": {"$gt": "", "$gte": "p", "$lt": "q"}}),
        ("people", {"folded": {"$gt": "", "$gte": "", "$lt": "q"}, "state": "pending"}),
        ("people", {"role": "admin", "state": "active"}),
        ("people", {"subject": "s1"}),
        ("sessions", {"user_id": {"$in": ["x", "y"]}}),
        ("sessions", {"expires_at": {"$lte": 5}}),
        ("invitations", {"id": "x"}),
        ("attempts", {"key": "key", "until": {"$gt": 5}}),
        ("attempts", {"until": {"$lte": 5}}),
    ):
        found = await store._db[collection].find(query).explain()
        assert "COLLSCAN" not in json.dumps(found["queryPlanner"], default=str), query
