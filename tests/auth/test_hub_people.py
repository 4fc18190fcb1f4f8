"""Who a user of a hub is: never said by the name alone."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from msgspec.structs import replace

from jupyter_chat.auth.changing import change_person
from jupyter_chat.engine.audit import Audit
from jupyter_chat.hub.api import HubApi, HubAway
from jupyter_chat.hub.environment import read
from jupyter_chat.hub.people import HubPeople
from jupyter_chat.ids import new_id
from jupyter_chat.protocol import PersonRole, PersonState
from jupyter_chat.store.interface import Store
from jupyter_chat.store.people import Person
from tests.scripted_hub import ScriptedHub, serving
from tests.store.conftest import OpenStore


@pytest.fixture
def hub() -> ScriptedHub:
    hub = ScriptedHub()
    hub.add("ada")
    return hub


@pytest.fixture
def people(store: Store, hub: ScriptedHub) -> HubPeople:
    return of_store(store, hub)


def of_store(store: Store, hub: ScriptedHub) -> HubPeople:
    return HubPeople(store, hub, Audit(store))  # type: ignore[arg-type]


async def comes(people: HubPeople, hub: ScriptedHub, name: str) -> Person:
    user = await hub.user(name)
    assert user is not None
    return await people.of(user)


async def noted(store: Store) -> list[tuple[str, str, str]]:
    entries = await store.audit_entries(after=0, limit=100)
    return [(entry.event, entry.subject, entry.detail) for entry in entries]


async def test_a_user_is_the_same_person_each_time(people, hub, store: Store):
    ada = await comes(people, hub, "ada")
    assert (ada.name, ada.hub_name, ada.state) == ("ada", "ada", PersonState.ACTIVE)
    assert ada.display_name is None
    assert await comes(people, hub, "ada") == ada
    assert await store.get_person(ada.id) == ada
    assert await noted(store) == [("person of the hub added", ada.id, "ada")]


async def test_nobody_signs_in_by_a_password_as_somebody_of_a_hub(people, hub, passwords):
    ada = await comes(people, hub, "ada")
    assert not await passwords.is_right("", ada.password)


async def test_who_was_renamed_is_still_the_same(people, hub, store: Store):
    ada = await comes(people, hub, "ada")
    hub.rename("ada", "lovelace")
    renamed = await comes(people, hub, "lovelace")
    assert (renamed.id, renamed.name, renamed.hub_name) == (ada.id, "lovelace", "lovelace")
    assert await store.find_person("ada") is None
    assert ("person renamed at the hub", ada.id, "ada → lovelace") in await noted(store)


async def test_who_has_a_removed_users_name_inherits_nothing(people, hub, store: Store):
    first = await comes(people, hub, "ada")
    hub.remove("ada")
    hub.add("ada")
    second = await comes(people, hub, "ada")
    assert second.id != first.id
    assert (second.name, second.state) == ("ada", PersonState.ACTIVE)
    left = await store.get_person(first.id)
    assert left.state is PersonState.GONE
    assert left.name.startswith("ada (")
    assert await comes(people, hub, "ada") == second
    assert ("person gone from the hub", first.id, "ada") in await noted(store)


@pytest.mark.parametrize("first", ["ada", "lovelace"])
async def test_a_name_that_is_given_on_leaves_everybody_who_they_are(people, hub, first):
    """Whoever of the two comes first."""
    ada = await comes(people, hub, "ada")
    hub.rename("ada", "lovelace")
    hub.add("ada")
    order = [first, *({"ada", "lovelace"} - {first})]
    found = {name: await comes(people, hub, name) for name in order}
    assert found["lovelace"].id == ada.id
    assert found["ada"].id != ada.id
    assert {each.state for each in found.values()} == {PersonState.ACTIVE}
    assert (await comes(people, hub, "lovelace")).state is PersonState.ACTIVE


async def test_who_was_renamed_while_away_keeps_the_history_when_the_name_is_given_on(
    people, hub, store: Store
):
    ada = await comes(people, hub, "ada")
    hub.rename("ada", "lovelace")
    hub.add("ada")
    another = await comes(people, hub, "ada")
    away = await store.get_person(ada.id)
    assert (away.state, away.hub_name) == (PersonState.ACTIVE, "lovelace")
    assert another.id != ada.id
    back = await comes(people, hub, "lovelace")
    assert (back.id, back.name) == (ada.id, "lovelace")
    assert "person gone from the hub" not in [event for event, _, _ in await noted(store)]


async def test_two_who_have_changed_names_keep_their_own(people, hub):
    hub.add("grace")
    ada, grace = await comes(people, hub, "ada"), await comes(people, hub, "grace")
    hub.rename("ada", "x")
    hub.rename("grace", "ada")
    hub.rename("x", "grace")
    assert (await comes(people, hub, "ada")).id == grace.id
    assert (await comes(people, hub, "grace")).id == ada.id


async def test_names_that_differ_in_their_case_are_two_people(people, hub):
    hub.add("Ada")
    small, large = await comes(people, hub, "ada"), await comes(people, hub, "Ada")
    assert small.id != large.id
    for _ in range(2):
        assert await comes(people, hub, "ada") == small
        assert await comes(people, hub, "Ada") == large


async def test_a_hub_that_knows_whole_seconds_only_makes_nobody_an_heir(people, hub):
    """It has made both in the same one."""
    hub.add("bob")
    for name in ("ada", "bob"):
        hub.users[name]["created"] = "2026-11-26T10:00:00Z"
    ada = await comes(people, hub, "ada")
    hub.remove("ada")
    assert (await comes(people, hub, "bob")).id != ada.id


async def test_a_hub_that_does_not_know_when_makes_nobody_an_heir(people, hub):
    hub.add("bob")
    hub.users["ada"]["created"] = hub.users["bob"]["created"] = None
    ada = await comes(people, hub, "ada")
    assert await comes(people, hub, "ada") == ada
    hub.remove("ada")
    assert (await comes(people, hub, "bob")).id != ada.id
    hub.add("ada")
    assert (await comes(people, hub, "ada")).id != ada.id


async def test_an_account_of_this_server_is_nobody_of_a_hub(people, hub, store: Store):
    account = Person(new_id(), "ADA", "hash", made_at=1)
    await store.add_person(account)
    ada = await comes(people, hub, "ada")
    assert ada.id != account.id
    assert await store.get_person(account.id) == account
    assert await comes(people, hub, "ada") == ada


async def test_many_replicas_that_meet_somebody_at_once_make_one_person(
    hub: ScriptedHub, open_another: OpenStore
):
    stores = [await open_another() for _ in range(3)]
    replicas = [of_store(store, hub) for store in stores]
    met = await asyncio.gather(*(comes(people, hub, "ada") for people in replicas))
    assert len({person.id for person in met}) == 1


async def test_the_hub_says_who_is_an_administrator_and_in_which_groups(people, hub, store: Store):
    ada = await comes(people, hub, "ada")
    assert (ada.role, ada.groups) == (PersonRole.USER, ())
    hub.users["ada"].update(admin=True, groups=["physics"])
    ada = await comes(people, hub, "ada")
    assert (ada.role, ada.groups) == (PersonRole.ADMIN, ("physics",))
    assert ("role changed", ada.id, "admin") in await noted(store)
    hub.users["ada"].update(admin=False, groups=[])
    ada = await comes(people, hub, "ada")
    assert (ada.role, ada.groups) == (PersonRole.USER, ())


async def test_a_name_to_be_shown_is_taken_from_the_hub(people, hub):
    hub.users["ada"]["user_info"] = {"name": "Ada  Lovelace"}
    assert (await comes(people, hub, "ada")).display_name == "Ada Lovelace"


async def test_who_is_gone_can_come_back(people, hub, store: Store):
    ada = await comes(people, hub, "ada")
    await people.gone(ada.id)
    assert (await store.get_person(ada.id)).state is PersonState.GONE
    assert await comes(people, hub, "ada") == replace(ada, revision=3)
    events = [event for event, *_ in await noted(store)]
    assert events[1:] == ["person gone from the hub", "person back at the hub"]


@pytest.mark.parametrize("state", [PersonState.DISABLED, PersonState.LEAVING])
async def test_coming_undoes_nothing_that_an_administrator_has_done(
    people, hub, store: Store, state: Any
):
    ada = await comes(people, hub, "ada")
    await change_person(store, ada.id, lambda person: replace(person, state=state))
    assert (await comes(people, hub, "ada")).state is state
    if state is PersonState.LEAVING:
        await people.gone(ada.id)
        assert (await store.get_person(ada.id)).state is state


async def test_all_pages_of_a_hubs_users_are_read():
    async with serving() as hub:
        for number in range(5):
            hub.add(f"user-{number}")
        api = HubApi(read(hub.environment()))
        before = await api.names()
        assert sorted(before.values()) == [f"user-{number}" for number in range(5)]
        hub.rename("user-3", "other")
        assert sorted((await api.names()).values()) == [
            "other",
            *(f"user-{n}" for n in (0, 1, 2, 4)),
        ]
        hub.may_list_users = False
        with pytest.raises(HubAway, match="list:users"):
            await api.names()
        api.close()
