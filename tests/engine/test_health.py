"""A history that cannot be used is said so to everybody, and comes back by itself."""

from __future__ import annotations

import asyncio
import logging

import pytest

from jupyter_chat.engine import health as health_module
from jupyter_chat.engine.broadcast import Broadcast
from jupyter_chat.engine.checkpoints import Checkpointer
from jupyter_chat.engine.health import StoreHealth, watch
from jupyter_chat.ids import new_id
from jupyter_chat.protocol import Code, Problem
from jupyter_chat.store import open_store
from jupyter_chat.store.errors import Failed, Unavailable
from jupyter_chat.store.types import Left

from .conftest import Watcher

DOWN = Unavailable(Problem(Code.STORE_DOWN, "The database does not answer."))


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    monkeypatch.setattr(health_module, "_PROBE_SECONDS", 0.01)


class Switch:
    """A real store behind a switch that takes it away."""

    def __init__(self, store) -> None:
        self.store = store
        self.on = True

    def __getattr__(self, name):
        method = getattr(self.store, name)

        async def switched(*args, **kwargs):
            if not self.on:
                raise DOWN
            return await method(*args, **kwargs)

        return switched


@pytest.fixture
async def switch(tmp_path):
    switch = Switch(open_store(f"sqlite:///{tmp_path / 'history.sqlite'}"))
    yield switch
    await switch.store.close()


async def test_a_store_that_is_down_at_the_start_is_used_as_soon_as_it_is_there(switch, caplog):
    broadcast, viewer, opened = Broadcast(), Watcher(), []
    broadcast.join(viewer)
    health = StoreHealth(switch, broadcast, logging.getLogger("test"))

    async def note() -> None:
        opened.append(True)

    health.on_open.append(note)
    store = watch(switch, health)
    switch.on = False
    await health.open()
    with pytest.raises(Unavailable):
        await store.get_settings("ada")
    assert viewer.events[-1]["problem"]["code"] == "store_down"
    assert "does not answer" in caplog.text
    assert not opened

    switch.on = True
    await viewer.until(lambda: viewer.events[-1]["problem"] is None)
    await store.get_settings("ada")
    assert opened == [True]
    await health.close()


async def test_nobody_looks_before_what_is_done_on_opening_is_done(switch):
    """Or somebody would see an answer run that nobody makes any more."""
    health = StoreHealth(switch, Broadcast(), logging.getLogger("test"))
    store = watch(switch, health)
    begun, let_on, seen = asyncio.Event(), asyncio.Event(), []

    async def recover() -> None:
        begun.set()
        await let_on.wait()
        await store.get_settings("ada")  # who does that may
        seen.append("recovered")

    async def look() -> None:
        await store.get_settings("ada")
        seen.append("looked")

    health.on_open.append(recover)
    opening = asyncio.create_task(health.open())
    await begun.wait()
    looking = asyncio.create_task(look())
    await asyncio.sleep(0.05)
    assert not seen
    let_on.set()
    await asyncio.wait_for(asyncio.gather(opening, looking), 10)
    assert seen == ["recovered", "looked"]
    await health.close()


async def test_a_store_that_was_never_open_is_not_opened_for_the_end(switch):
    async def recovered(left: Left) -> None:
        raise AssertionError(left)

    health = StoreHealth(switch, Broadcast(), logging.getLogger("test"))
    checkpointer = Checkpointer(new_id(), watch(switch, health), list, recovered)
    health.on_open.append(checkpointer.start)
    await asyncio.wait_for(checkpointer.close(600), 30)
    assert not health.opened


async def test_a_store_that_goes_away_says_so_once_and_recovers(switch, caplog):
    broadcast, viewer = Broadcast(), Watcher()
    broadcast.join(viewer)
    health = StoreHealth(switch, broadcast, logging.getLogger("test"))
    store = watch(switch, health)
    await health.open()
    switch.on = False
    for _ in range(3):
        with pytest.raises(Unavailable):
            await store.get_settings("ada")
    await asyncio.sleep(0.1)
    assert [event["type"] for event in viewer.events] == ["health"]
    assert caplog.text.count("does not answer") == 1
    switch.on = True
    await viewer.until(lambda: viewer.events[-1]["problem"] is None)
    assert health.problem is None
    await health.close()


async def test_an_answer_made_while_the_store_is_away_is_kept_when_it_returns(engine, monkeypatch):
    thread_id = new_id()
    asked = await engine.ask("Go", thread_id)
    viewer = await engine.watch(thread_id)
    call = await engine.provider.call()
    real = engine.health._store
    away = Switch(real)
    away.on = False
    for name in ("append_checkpoints", "finish_reply", "renew_lease", "check"):
        monkeypatch.setattr(engine.store, name, getattr(away, name), raising=False)
    call.say("said meanwhile")
    call.finish()
    await viewer.until(lambda: viewer.text(asked.reply_id) == "said meanwhile")
    await asyncio.sleep(0.6)
    assert viewer.status(asked.reply_id) == "streaming", "not shown as kept before it is"
    away.on = True
    await viewer.until(lambda: viewer.status(asked.reply_id) == "complete")
    kept = await real.get_message("ada", thread_id, asked.reply_id)
    assert kept.parts[0].text == "said meanwhile"


async def test_a_store_that_makes_no_sense_is_reported_by_whatever_is_asked_of_it():
    broadcast = Broadcast()
    nonsense = open_store("postgres://db/x")
    health = StoreHealth(nonsense, broadcast, logging.getLogger("test"))
    store = watch(nonsense, health)
    for asked in (store.owner_id(), store.release_lease("me"), store.get_settings("ada")):
        with pytest.raises(Unavailable, match="must be of the form"):
            await asked
    assert health.problem is not None
    await health.close()


async def test_what_nobody_foresaw_is_logged_and_answered_as_any_failure(switch, caplog):
    health = StoreHealth(switch, Broadcast(), logging.getLogger("test"))
    store = watch(switch, health)
    await health.open()

    async def stumble(*_):
        raise KeyError("x")

    switch.store.get_settings = stumble
    with pytest.raises(Failed):
        await store.get_settings("ada")
    assert "KeyError" in caplog.text
    assert health.problem is None, "others can use it"
    switch.store.list_threads = switch.store.search = lambda *_, **__: _unreadable()
    with pytest.raises(ValueError, match="cursor"):
        await store.list_threads("ada", limit=1, cursor="?")


async def _unreadable():
    raise ValueError("The cursor cannot be read.")


async def test_a_store_that_stumbles_as_it_opens_is_tried_again(switch, monkeypatch):
    broadcast, viewer = Broadcast(), Watcher()
    broadcast.join(viewer)
    health = StoreHealth(switch, broadcast, logging.getLogger("test"))
    opened, stumbles = switch.store.open, [True, True]

    async def stumble():
        if stumbles:
            stumbles.pop()
            raise OverflowError
        await opened()

    monkeypatch.setattr(switch.store, "open", stumble)
    await health.open()
    assert health.problem is not None
    await viewer.until(lambda: viewer.events[-1]["problem"] is None)
    assert health.opened
    await health.close()
