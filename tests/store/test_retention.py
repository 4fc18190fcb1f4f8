"""Threads in which nothing happens: found, marked, and unmarked by whatever happens."""

from __future__ import annotations

import msgspec
import pytest

from jupyter_chat.protocol import Thread
from jupyter_chat.store.interface import Store
from jupyter_chat.store.types import ThreadChanges

from .builders import ADA, GRACE, a_thread, a_turn, finished

FOR_EVER = 2**53


async def kept(store: Store, user_id: str, updated_at: int, **changes: object) -> Thread:
    thread = a_thread(updated_at)
    await store.add_thread(user_id, thread, [])
    if changes:
        thread = await store.update_thread(user_id, thread.id, ThreadChanges(**changes))  # type: ignore[arg-type]
    return thread


async def read_all(read, before: int, at_once: int = 2) -> list[tuple[str, str]]:
    found: list[tuple[str, Thread]] = []
    while page := await read(before=before, limit=at_once, after=found[-1][1] if found else None):
        assert len(page) <= at_once
        found += page
    return [(user_id, thread.id) for user_id, thread in found]


async def test_quiet_ones_of_all_users_are_found_the_quietest_first(store: Store) -> None:
    young = await kept(store, ADA, 500)
    pinned = await kept(store, ADA, 300, pinned=True)
    archived = await kept(store, GRACE, 100, archived=True)
    plain = await kept(store, ADA, 200)
    await kept(store, ADA, 100, deleted_at=5)
    await kept(store, ADA, 100, retire_at=5)
    temporary = msgspec.structs.replace(a_thread(100), temporary=True)
    await store.add_thread(ADA, temporary, [])
    for at_once in (1, 2, 50):
        assert await read_all(store.quiet, 500, at_once) == [
            (GRACE, archived.id),
            (ADA, plain.id),
            (ADA, pinned.id),
        ]
    assert (ADA, young.id) in await read_all(store.quiet, 501)


async def test_those_of_one_moment_are_all_found(store: Store) -> None:
    threads = [await kept(store, ADA, 100) for _ in range(5)]
    marked = [await kept(store, ADA, 100, retire_at=7) for _ in range(5)]
    for at_once in (1, 2, 5):
        found = await read_all(store.quiet, 200, at_once)
        assert found == [(ADA, thread.id) for thread in threads]
        found = await read_all(store.retiring, 8, at_once)
        assert found == [(ADA, thread.id) for thread in marked]


async def test_marked_ones_are_found_when_their_time_has_come(store: Store) -> None:
    later = await kept(store, ADA, 1, retire_at=300, pinned=True)
    sooner = await kept(store, GRACE, 1, retire_at=200)
    await kept(store, ADA, 1, retire_at=100, deleted_at=5)
    assert await read_all(store.retiring, 200) == []
    assert await read_all(store.retiring, 201) == [(GRACE, sooner.id)]
    assert await read_all(store.retiring, FOR_EVER) == [(GRACE, sooner.id), (ADA, later.id)]
    await store.update_thread(GRACE, sooner.id, ThreadChanges(retire_at=None))
    assert await read_all(store.retiring, FOR_EVER) == [(ADA, later.id)]
    assert await read_all(store.quiet, FOR_EVER) == [(GRACE, sooner.id)]


@pytest.mark.parametrize("what", ["asked", "answered"])
async def test_whatever_happens_in_it_takes_the_mark_away(store: Store, what: str) -> None:
    thread = a_thread(100)
    turn = a_turn(thread, created_at=200)
    await store.add_turn(ADA, turn)
    if what == "asked":
        await store.finish_reply(ADA, finished(turn.reply, completed_at=300))
        turn = a_turn(thread.id, turn.reply.id, created_at=400)
    before = await store.update_thread(ADA, thread.id, ThreadChanges(retire_at=700))
    assert before.retire_at == 700
    if what == "asked":
        after = (await store.add_turn(ADA, turn)).thread
    else:
        after = await store.finish_reply(ADA, finished(turn.reply, completed_at=300))
    assert after.retire_at is None
    assert after.revision > before.revision, "who was about to retire it must notice"
    assert await store.get_thread(ADA, thread.id) == after
    assert await read_all(store.retiring, FOR_EVER) == []
