"""Whether sessions have ended is asked of the store: seldom, and soon enough."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from jupyter_chat.auth import watching
from jupyter_chat.auth.watching import WITHIN_SECONDS, Watch
from jupyter_chat.protocol import Code, Problem
from jupyter_chat.store.errors import Unavailable
from jupyter_chat.store.people import Person

from .conftest import LOG

ADA = Person("ada-id", "Ada", "hash", made_at=1)
GRACE = Person("grace-id", "Grace", "hash", made_at=1)


class Sessions:
    """The part of a store that is asked."""

    def __init__(self) -> None:
        self.alive_now = {"s1": ADA, "s2": ADA, "s3": GRACE}
        self.asked: list[list[tuple[str, str]]] = []
        self.down = False

    async def alive(self, sessions: list[tuple[str, str]]) -> dict[str, Person]:
        self.asked.append(sessions)
        if self.down:
            raise Unavailable(Problem(Code.STORE_DOWN, "It is down."))
        return {
            session_id: self.alive_now[session_id]
            for user_id, session_id in sessions
            if session_id in self.alive_now and self.alive_now[session_id].id == user_id
        }


class Socket:
    def __init__(self) -> None:
        self.dropped = False

    def drop(self) -> None:
        self.dropped = True


@pytest.fixture
def store() -> Sessions:
    return Sessions()


@pytest.fixture
async def watch(store: Sessions):
    watch = Watch(store, LOG)
    yield watch
    await watch.close()


async def test_a_session_is_asked_for_once_within_two_seconds(watch: Watch, store, monkeypatch):
    now = 100.0
    monkeypatch.setattr("jupyter_chat.auth.watching.monotonic", lambda: now)
    for _ in range(3):
        assert await watch.person("ada-id", "s1") == ADA
    assert len(store.asked) == 1
    del store.alive_now["s1"]
    now += 1.9
    assert await watch.person("ada-id", "s1") == ADA
    now += 0.2
    assert await watch.person("ada-id", "s1") is None
    assert watching._ROUND_SECONDS * 2 < WITHIN_SECONDS


async def test_one_that_is_not_there_is_asked_for_each_time(watch: Watch, store):
    assert await watch.person("ada-id", "s9") is None
    assert await watch.person("grace-id", "s1") is None
    store.alive_now["s9"] = ADA
    assert await watch.person("ada-id", "s9") == ADA


async def test_sockets_of_ended_sessions_are_closed_and_no_others(watch: Watch, store):
    sockets = [Socket() for _ in range(4)]
    for socket, place in zip(
        sockets,
        [("ada-id", "s1"), ("ada-id", "s1"), ("ada-id", "s2"), ("grace-id", "s3")],
        strict=True,
    ):
        watch.add(socket, *place)
    await watch.look()
    assert not any(socket.dropped for socket in sockets)
    del store.alive_now["s1"]
    await watch.look("ada-id")
    assert [socket.dropped for socket in sockets] == [True, True, False, False]
    assert ("grace-id", "s3") not in store.asked[-1]


async def test_it_looks_by_itself_as_long_as_sockets_are_open(watch: Watch, store, monkeypatch):
    monkeypatch.setattr(watching, "_ROUND_SECONDS", 0.01)
    socket = Socket()
    watch.add(socket, "ada-id", "s1")
    store.down = True
    await until(lambda: len(store.asked) >= 3)
    assert not socket.dropped  # nobody can say whether the session has ended
    store.down = False
    del store.alive_now["s1"]
    await until(lambda: socket.dropped)
    watch.discard(socket, "ada-id", "s1")
    assert watch.open_sessions() == []


async def test_all_sessions_with_sockets_are_asked_for_at_once(watch: Watch, store, monkeypatch):
    monkeypatch.setattr(watching, "_AT_ONCE", 40)
    for number in range(100):
        for _ in range(3):
            watch.add(Socket(), "ada-id", f"s{number}")
    await watch.look()
    assert [len(asked) for asked in store.asked] == [40, 40, 20]


async def test_who_was_let_in_sees_that_the_history_is_away_and_others_are_told(
    watch: Watch, store, monkeypatch
):
    monkeypatch.setattr(watching, "_ROUND_SECONDS", 0)
    assert await watch.person("ada-id", "s1") == ADA
    watch.add(Socket(), "ada-id", "s1")
    store.down = True
    with pytest.raises(Unavailable):
        await watch.look()
    assert await watch.person("ada-id", "s1") == ADA
    with pytest.raises(Unavailable):
        await watch.person("grace-id", "s3")


async def until(holds: Callable[[], bool]) -> None:
    for _ in range(2000):
        if holds():
            return
        await asyncio.sleep(0.01)
    pytest.fail("it does not come about")
