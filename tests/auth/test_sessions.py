"""Refresh tokens change with every use; one that was copied ends the session."""

from __future__ import annotations

import asyncio

from jupyter_chat.auth.sessions import Sessions
from jupyter_chat.store.interface import Store

from .conftest import LOG, Clock, somebody

DAY = 24 * 60 * 60


async def test_a_session_goes_on_by_a_new_token_each_time(
    store: Store, sessions: Sessions, clock: Clock
):
    begun = await sessions.begin(await somebody(store), agent="Firefox", address="10.0.0.1")
    seen = {begun.token}
    for _ in range(5):
        clock.advance(600)
        renewed = await sessions.renew(begun.token, "10.0.0.2")
        assert renewed is not None
        assert renewed.session.id == begun.session.id
        assert renewed.session.used_at == clock.now
        assert renewed.session.address == "10.0.0.2"
        seen.add(renewed.token)
        begun = renewed
    assert len(seen) == 6


async def test_only_hashes_are_stored(store: Store, sessions: Sessions):
    begun = await sessions.begin(await somebody(store))
    secret = begun.token.rpartition(".")[2]
    renewed = await sessions.renew(begun.token)
    assert renewed is not None
    kept = str(await store.list_sessions(begun.session.user_id))
    assert secret not in kept
    assert renewed.token.rpartition(".")[2] not in kept


async def test_a_second_tab_gets_the_same_token_for_ten_seconds(
    store: Store, sessions: Sessions, clock: Clock
):
    begun = await sessions.begin(await somebody(store))
    first = await sessions.renew(begun.token)
    clock.advance(10)
    second = await sessions.renew(begun.token)
    assert first is not None
    assert second is not None
    assert first.token == second.token
    assert await sessions.renew(first.token) is not None


async def test_a_token_that_is_used_again_later_ends_the_session_for_both(
    store: Store, sessions: Sessions, clock: Clock
):
    ada = await somebody(store)
    begun, other = await sessions.begin(ada), await sessions.begin(ada)
    owner = await sessions.renew(begun.token)
    clock.advance(10.001)
    assert await sessions.renew(begun.token) is None
    assert owner is not None
    assert await sessions.renew(owner.token) is None
    assert [each.id for each in await store.list_sessions(ada.id)] == [other.session.id]


async def test_a_token_older_than_the_last_ends_it_at_once(
    store: Store, sessions: Sessions, clock: Clock
):
    first = await sessions.begin(await somebody(store))
    second = await sessions.renew(first.token)
    assert second is not None
    third = await sessions.renew(second.token)
    assert third is not None
    assert await sessions.renew(first.token) is None
    assert await sessions.renew(third.token) is None


async def test_tabs_and_processes_that_renew_at_once_all_get_the_token_that_is_good(
    open_another, clock: Clock
):
    stores = [await open_another() for _ in range(3)]
    all_sessions = [Sessions(store, 30, LOG) for store in stores]
    begun = await all_sessions[0].begin(await somebody(stores[0]))
    renewed = await asyncio.gather(
        *(each.renew(begun.token) for each in all_sessions for _ in range(3))
    )
    assert len({each.token for each in renewed if each is not None}) == 1
    assert None not in renewed
    assert renewed[0] is not None
    assert await all_sessions[1].renew(renewed[0].token) is not None


async def test_one_that_is_not_used_for_long_is_over(
    store: Store, sessions: Sessions, clock: Clock
):
    begun = await sessions.begin(await somebody(store))
    clock.advance(30 * DAY - 1)
    assert await sessions.all_of(begun.session.user_id) != []
    renewed = await sessions.renew(begun.token)
    assert renewed is not None
    clock.advance(30 * DAY)
    assert await sessions.all_of(begun.session.user_id) == []
    assert await sessions.renew(renewed.token) is None


async def test_sessions_are_ended_one_or_all(store: Store, sessions: Sessions):
    ada = await somebody(store)
    one, two, three = [await sessions.begin(ada) for _ in range(3)]
    await sessions.end(ada.id, [one.session.id])
    assert await sessions.renew(one.token) is None
    await sessions.end_by(two.token)
    assert await sessions.renew(two.token) is None
    assert await sessions.renew(three.token) is not None
    await sessions.end(ada.id)
    assert await sessions.all_of(ada.id) == []


async def test_nobody_ends_a_session_by_its_id(store: Store, sessions: Sessions):
    begun = await sessions.begin(await somebody(store))
    place = begun.token.rpartition(".")[0]
    await sessions.end_by(f"{place}.guessed")
    await sessions.end_by(place)
    await sessions.end_by("")
    assert await sessions.renew("x.y") is None
    secret = begun.token.rpartition(".")[2]
    for guess in ("guessed", "", "0" * 64, secret[:-1], f"{secret}0", f"0{secret[1:]}", "\u00e9"):
        assert await sessions.renew(f"{place}.{guess}") is None, guess
    assert await sessions.renew(begun.token) is not None


async def test_nor_by_a_token_of_another_session_or_one_that_is_yet_to_come(
    store: Store, sessions: Sessions, clock: Clock
):
    ada, grace = await somebody(store, "Ada"), await somebody(store, "Grace")
    begun, other = await sessions.begin(ada), await sessions.begin(grace)
    place = begun.token.rpartition(".")[0]
    assert await sessions.renew(f"{place}.{other.token.rpartition('.')[2]}") is None
    for _ in range(3):  # and whoever has renewed it is known as before
        clock.advance(600)
        renewed = await sessions.renew(begun.token)
        assert renewed is not None
        begun = renewed
    assert await store.get_session(ada.id, begun.session.id) == begun.session


async def test_a_token_that_was_good_long_ago_ends_it_and_that_is_told(store: Store, clock: Clock):
    ended: list[str] = []

    async def note(user_id: str) -> None:
        ended.append(user_id)

    sessions = Sessions(store, 30, LOG, note)
    first = newest = await sessions.begin(await somebody(store))
    for _ in range(5):
        clock.advance(600)
        renewed = await sessions.renew(newest.token)
        assert renewed is not None
        newest = renewed
    assert ended == []
    assert await sessions.renew(first.token) is None
    assert ended == [first.session.user_id]
    assert await sessions.renew(newest.token) is None
