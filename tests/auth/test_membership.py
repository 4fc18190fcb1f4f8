"""Whether people are still at the hub: asked when they come and while they stay."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from jupyter_chat.auth.access_tokens import SECONDS
from jupyter_chat.auth.changing import change_person
from jupyter_chat.auth.errors import Refused
from jupyter_chat.auth.watching import Watch
from jupyter_chat.engine.audit import Audit
from jupyter_chat.hub import membership as module
from jupyter_chat.hub.api import HubAway
from jupyter_chat.hub.membership import PERSON_SECONDS, TOKEN_SECONDS, Membership
from jupyter_chat.hub.people import HubPeople
from jupyter_chat.protocol import PersonState
from jupyter_chat.store.interface import Store
from tests.scripted_hub import SCOPE, ScriptedHub
from tests.store.conftest import OpenStore

from .conftest import LOG


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


class Socket:
    def __init__(self) -> None:
        self.dropped = False

    def drop(self) -> None:
        self.dropped = True


class Replica:
    """What one process of the chat service knows."""

    def __init__(self, store: Store, hub: ScriptedHub) -> None:
        people = HubPeople(store, hub, Audit(store))  # type: ignore[arg-type]
        self.membership = Membership(
            hub,  # type: ignore[arg-type]
            people,
            store,
            lambda user: SCOPE in user.scopes,
            LOG,
        )
        self.watch = Watch(self.membership, LOG)
        self.membership._watch = self.watch

    def open(self, claims) -> Socket:
        socket = Socket()
        self.watch.add(socket, claims.user_id, claims.session_id)
        return socket

    async def close(self) -> None:
        await self.watch.close()


@pytest.fixture
def hub() -> ScriptedHub:
    hub = ScriptedHub()
    hub.add("ada")
    return hub


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(module, "monotonic", clock)
    return clock


@pytest.fixture
async def replica(store: Store, hub: ScriptedHub, clock: Clock):
    replica = Replica(store, hub)
    yield replica
    await replica.close()


@pytest.fixture
def membership(replica: Replica) -> Membership:
    return replica.membership


async def test_a_servers_token_lets_its_person_in(membership: Membership, hub, store: Store):
    claims = await membership.trade(hub.token("ada"))
    person = await store.find_person("ada")
    assert person is not None
    assert claims.user_id == person.id
    assert claims.session_id in await membership.alive([(person.id, claims.session_id)])


async def test_what_is_no_token_of_a_user_of_the_service_lets_nobody_in(membership, hub):
    hub.tokens["of a service"] = ({"kind": "service", "name": "ada"}, (SCOPE,))
    elsewhere = hub.token("ada", "access:servers!user=ada")
    for token in ("", "x", hub.service_token, elsewhere, "of a service"):
        with pytest.raises(Refused):
            await membership.trade(token)


async def test_a_token_that_a_hub_did_not_know_for_a_moment_is_one_again(membership, hub):
    token = hub.token("ada")
    claims = await membership.trade(token)
    known = hub.tokens.pop(token)  # the hub is just starting
    with pytest.raises(Refused):
        await membership.trade(token)
    place = [(claims.user_id, claims.session_id)]
    assert await membership.alive(place) == {}
    hub.tokens[token] = known
    assert await membership.trade(token) == claims
    assert claims.session_id in await membership.alive(place)


async def test_who_was_deleted_with_a_page_open_begins_with_nothing(
    membership: Membership, hub, store: Store
):
    token = hub.token("ada")
    claims = await membership.of_page(token)
    assert claims is not None
    await store.remove_person(claims.user_id)
    begins = await membership.of_page(token, anew=True)
    assert begins is not None
    assert begins.user_id != claims.user_id
    assert (await store.get_person(begins.user_id)).hub_name == "ada"


async def test_who_was_renamed_while_away_is_not_gone(replica: Replica, hub, clock, store: Store):
    claims = await replica.membership.trade(hub.token("ada"))
    hub.rename("ada", "lovelace")
    hub.tokens = {}
    assert await replica.membership._look_up(claims.user_id)
    person = await store.get_person(claims.user_id)
    assert (person.state, person.hub_name) == (PersonState.ACTIVE, "lovelace")
    assert person.name == "lovelace"


async def test_nobody_is_gone_where_the_hub_does_not_say_who_there_is(
    membership: Membership, hub, store: Store
):
    claims = await membership.trade(hub.token("ada"))
    hub.remove("ada")
    hub.may_list_users = False
    assert not await membership._look_up(claims.user_id)
    assert (await store.get_person(claims.user_id)).state is PersonState.ACTIVE
    hub.may_list_users = True
    assert await membership._look_up(claims.user_id)
    assert (await store.get_person(claims.user_id)).state is PersonState.GONE


async def test_each_trade_asks_the_hub_anew(membership: Membership, hub):
    token = hub.token("ada")
    first = await membership.trade(token)
    hub.rename("ada", "lovelace")
    assert (await membership.trade(token)).user_id == first.user_id
    hub.remove("lovelace")
    with pytest.raises(Refused):
        await membership.trade(token)


@pytest.mark.parametrize("state", [PersonState.DISABLED, PersonState.LEAVING])
async def test_whom_an_administrator_keeps_out_stays_out(membership, hub, store: Store, state):
    token = hub.token("ada")
    claims = await membership.trade(token)
    await change_person(store, claims.user_id, lambda person: replace(person, state=state))
    with pytest.raises(Refused):
        await membership.trade(token)
    assert await membership.alive([(claims.user_id, claims.session_id)]) == {}


async def test_a_pages_token_is_asked_for_once_a_minute(membership: Membership, hub, clock):
    token = hub.token("ada")
    claims = await membership.of_page(token)
    hub.asked.clear()
    clock.now += TOKEN_SECONDS - 1
    assert await membership.of_page(token) == claims
    assert hub.asked == []
    clock.now += 2
    assert await membership.of_page(token) == claims
    assert hub.asked == ["user"]
    clock.now += TOKEN_SECONDS
    del hub.tokens[token]  # a logout at the hub
    assert await membership.of_page(token) is None


async def test_a_logout_at_the_hub_closes_the_sockets_of_that_browser(replica, hub, clock):
    membership = replica.membership
    mine, other = hub.token("ada"), hub.token("ada")
    here = replica.open(await membership.of_page(mine))
    elsewhere = replica.open(await membership.of_page(other))
    server = replica.open(await membership.trade(hub.token("ada")))
    del hub.tokens[mine]
    await membership.look()
    assert not here.dropped  # asked a moment ago
    clock.now += TOKEN_SECONDS + 1
    await membership.look()
    assert [here.dropped, elsewhere.dropped, server.dropped] == [True, False, False]


async def test_who_was_removed_from_the_hub_is_gone_with_the_sockets_on_all_replicas(
    hub: ScriptedHub, open_another: OpenStore, clock: Clock
):
    first, second = [Replica(await open_another(), hub) for _ in range(2)]
    sockets = [
        replica.open(await replica.membership.trade(hub.token("ada")))
        for replica in (first, second)
    ]
    hub.remove("ada")
    clock.now += PERSON_SECONDS * 0.7
    await first.membership.look()
    assert not any(socket.dropped for socket in sockets)
    clock.now += PERSON_SECONDS * 0.3 + 1
    await first.membership.look()
    assert sockets[0].dropped
    await second.watch.look()  # as it does every two seconds
    assert sockets[1].dropped
    for replica in (first, second):
        await replica.close()


async def test_who_stays_is_looked_up_every_five_minutes_and_others_are_not(
    replica: Replica, hub, clock
):
    hub.add("grace")
    await replica.membership.trade(hub.token("grace"))
    replica.open(await replica.membership.trade(hub.token("ada")))
    for _ in range(2):
        hub.asked.clear()
        clock.now += PERSON_SECONDS + 1
        await replica.membership.look()
        await replica.membership.look()
        assert hub.asked == ["users/ada"]


async def test_who_comes_with_a_token_is_looked_up_when_that_was_made_long_ago(
    membership: Membership, hub, clock
):
    claims = await membership.trade(hub.token("ada"))
    membership._due.clear()  # another replica has made it
    hub.asked.clear()
    membership.came(replace(claims, seconds_left=SECONDS - 10))
    await membership.look()
    assert hub.asked == []
    membership._due.clear()
    membership.came(replace(claims, seconds_left=SECONDS - PERSON_SECONDS - 10))
    await membership.look()
    membership.came(replace(claims, seconds_left=SECONDS - PERSON_SECONDS - 20))
    await membership.look()
    assert hub.asked == ["users/ada"]


async def test_who_was_renamed_stays_and_is_called_so(replica: Replica, hub, clock, store: Store):
    claims = await replica.membership.trade(hub.token("ada"))
    socket = replica.open(claims)
    hub.rename("ada", "lovelace")
    clock.now += PERSON_SECONDS + 1
    await replica.membership.look()
    person = await store.get_person(claims.user_id)
    assert (person.name, person.state, socket.dropped) == ("lovelace", PersonState.ACTIVE, False)


async def test_somebody_else_of_the_name_does_not_keep_who_had_it(replica, hub, clock, store):
    claims = await replica.membership.trade(hub.token("ada"))
    socket = replica.open(claims)
    hub.remove("ada")
    hub.add("ada")
    clock.now += PERSON_SECONDS + 1
    await replica.membership.look()
    assert (await store.get_person(claims.user_id)).state is PersonState.GONE
    assert socket.dropped


async def test_others_are_looked_up_in_turn_so_that_it_is_known_who_has_gone(
    membership: Membership, hub, clock, store: Store, monkeypatch
):
    monkeypatch.setattr(module, "_OF_A_TURN", 2)
    names = [f"user-{number}" for number in range(5)]
    for name in names:
        hub.add(name)
        await membership.trade(hub.token(name))
    hub.remove("user-3")
    hub.asked.clear()
    clock.now += 3700
    hub.is_away = True
    await membership.look_at_others()
    hub.is_away = False
    for _ in range(10):  # they are done after three
        await membership.look_at_others()
    looked_up = [each for each in hub.asked if each.startswith("users/")]
    assert looked_up == [f"users/{name}" for name in names]
    gone = await store.list_people(limit=10, state=PersonState.GONE)
    assert [person.name for person in gone] == ["user-3"]


async def test_while_the_hub_is_away_who_is_in_stays_and_others_are_told(
    replica: Replica, hub, clock, store: Store
):
    membership = replica.membership
    token = hub.token("ada")
    claims = await membership.of_page(token)
    assert claims is not None
    socket = replica.open(claims)
    hub.is_away = True
    clock.now += PERSON_SECONDS + TOKEN_SECONDS
    await membership.look()
    assert not socket.dropped
    assert await membership.of_page(token) == claims
    assert (await store.get_person(claims.user_id)).state is PersonState.ACTIVE
    for call in (membership.trade, membership.of_page):
        with pytest.raises(HubAway):
            await call(hub.token("ada"))
    hub.is_away = False
    hub.remove("ada")
    clock.now += 31
    await membership.look()
    assert (await store.get_person(claims.user_id)).state is PersonState.GONE
    assert socket.dropped


async def test_no_token_stands_in_what_is_logged(membership: Membership, hub):
    token = hub.token("ada")
    await membership.of_page(token)
    assert token not in repr(list(membership._tokens.values()))
