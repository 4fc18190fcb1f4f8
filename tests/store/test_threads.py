"""Threads: reading, changing, listing."""

from __future__ import annotations

import asyncio
import base64

import pytest

from jupyter_chat.ids import new_id
from jupyter_chat.protocol import Thread, ThreadSettings
from jupyter_chat.store.errors import Conflict, NotFound
from jupyter_chat.store.interface import Store
from jupyter_chat.store.types import ThreadChanges

from .builders import ADA, GRACE, a_thread, a_turn, finished_turn
from .conftest import OpenStore


async def _threads(store: Store, times: list[int], user: str = ADA) -> list[Thread]:
    """Threads whose last activity was at the given times."""
    made = []
    for time in times:
        thread = a_thread(updated_at=time)
        made.append((await store.add_turn(user, a_turn(thread, created_at=time))).thread)
    return made


async def _listed(store: Store, limit: int) -> list[list[str]]:
    """The ids of all pages."""
    pages = []
    cursor = None
    while True:
        threads, cursor = await store.list_threads(ADA, limit=limit, cursor=cursor)
        pages.append([thread.id for thread in threads])
        if cursor is None:
            return pages


async def test_a_thread_is_read_back_as_it_was_written(store: Store) -> None:
    thread = a_thread()
    turn = a_turn(thread)
    accepted = await store.add_turn(ADA, turn)
    read = await store.get_thread(ADA, thread.id)
    assert read == accepted.thread
    assert (read.id, read.title, read.settings, read.created_at) == (
        *(thread.id, thread.title, thread.settings, thread.created_at),
    )
    assert read.leaf_id == turn.reply.id
    assert read.revision == thread.revision + 1


async def test_running_is_never_stored(store: Store) -> None:
    thread = a_thread()
    thread.running = True
    await store.add_turn(ADA, a_turn(thread))
    assert (await store.get_thread(ADA, thread.id)).running is False


async def test_a_change_changes_what_it_names_and_nothing_else(store: Store) -> None:
    (thread,) = await _threads(store, [1000])
    settings = ThreadSettings(model="other", max_output_tokens=5)
    changes = ThreadChanges(title="Frogs", titled_by_user=True, settings=settings)
    changed = await store.update_thread(ADA, thread.id, changes)
    assert changed == await store.get_thread(ADA, thread.id)
    assert (changed.title, changed.titled_by_user, changed.settings) == ("Frogs", True, settings)
    assert changed.revision == thread.revision + 1
    assert (changed.updated_at, changed.leaf_id) == (thread.updated_at, thread.leaf_id)


async def test_a_change_for_an_older_revision_is_a_conflict_and_overwrites_nothing(
    store: Store,
) -> None:
    (thread,) = await _threads(store, [1000])
    first = await store.update_thread(ADA, thread.id, ThreadChanges(title="First"), thread.revision)
    with pytest.raises(Conflict):
        await store.update_thread(ADA, thread.id, ThreadChanges(title="Late"), thread.revision)
    assert await store.get_thread(ADA, thread.id) == first


async def test_of_many_changes_for_one_revision_one_wins(
    store: Store, open_another: OpenStore
) -> None:
    (thread,) = await _threads(store, [1000])
    other = await open_another()
    outcomes = await asyncio.gather(
        *(
            each.update_thread(ADA, thread.id, ThreadChanges(title=title), thread.revision)
            for title in ("a", "b", "c")
            for each in (store, other)
        ),
        return_exceptions=True,
    )
    won = [outcome for outcome in outcomes if isinstance(outcome, Thread)]
    # The same change by the other process is no conflict: it finds it done.
    assert len({thread.title for thread in won}) == 1
    assert all(isinstance(outcome, (Thread, Conflict)) for outcome in outcomes)
    assert (await store.get_thread(ADA, thread.id)).revision == thread.revision + 1


async def test_changes_without_a_revision_are_all_kept(
    store: Store, open_another: OpenStore
) -> None:
    (thread,) = await _threads(store, [1000])
    other = await open_another()
    await asyncio.gather(
        store.update_thread(ADA, thread.id, ThreadChanges(title="Frogs")),
        other.update_thread(ADA, thread.id, ThreadChanges(updated_at=5000)),
        store.update_thread(ADA, thread.id, ThreadChanges(titled_by_user=True)),
    )
    read = await other.get_thread(ADA, thread.id)
    assert (read.title, read.updated_at, read.titled_by_user) == ("Frogs", 5000, True)
    assert read.revision == thread.revision + 3


async def test_the_list_is_newest_first_and_pages_are_complete(store: Store) -> None:
    threads = await _threads(store, [1000, 3000, 2000, 2000, 2000])
    expected = sorted(threads, key=lambda thread: (thread.updated_at, thread.id), reverse=True)
    ids = [thread.id for thread in expected]
    assert await _listed(store, 10) == [ids]
    assert await _listed(store, 5) == [ids]
    assert await _listed(store, 2) == [ids[:2], ids[2:4], ids[4:]]


async def test_an_empty_list_has_no_next_page(store: Store) -> None:
    assert await store.list_threads(ADA, limit=5) == ([], None)


async def test_a_thread_that_moves_to_the_top_breaks_no_page(store: Store) -> None:
    threads = await _threads(store, [1000, 2000, 3000, 4000, 5000])
    first, cursor = await store.list_threads(ADA, limit=2)
    assert [thread.updated_at for thread in first] == [5000, 4000]
    # The very thread the cursor stands on moves up, and so does one of the rest.
    for thread in (first[-1], threads[1]):
        await store.update_thread(ADA, thread.id, ThreadChanges(updated_at=9000))
    rest, following = await store.list_threads(ADA, limit=2, cursor=cursor)
    assert [thread.updated_at for thread in rest] == [3000, 1000]
    assert following is None


def _cursor_at(time: int) -> str:
    return base64.urlsafe_b64encode(f'[false,{time},"x"]'.encode()).decode()


@pytest.mark.parametrize(
    "cursor",
    [
        *("", "x", "é", "W10=", "WyJhIiwxXQ=="),
        *(_cursor_at(time) for time in (2**63, -(2**63) - 1, 10**30)),
    ],
)
async def test_an_unreadable_cursor_is_refused(store: Store, cursor: str) -> None:
    with pytest.raises(ValueError, match="cursor"):
        await store.list_threads(ADA, limit=5, cursor=cursor)


async def test_a_cursor_of_any_possible_time_is_read(store: Store) -> None:
    threads = await _threads(store, [1000])
    for time, expected in ((2**63 - 1, [threads[0].id]), (1, [])):
        found, _ = await store.list_threads(ADA, limit=5, cursor=_cursor_at(time))
        assert [thread.id for thread in found] == expected


async def test_the_trash_is_not_listed_but_can_be_read_and_emptied_of_one(store: Store) -> None:
    kept, deleted = await _threads(store, [1000, 2000])
    await store.update_thread(ADA, deleted.id, ThreadChanges(deleted_at=7000))
    assert await _listed(store, 5) == [[kept.id]]
    assert (await store.get_thread(ADA, deleted.id)).deleted_at == 7000
    await store.update_thread(ADA, deleted.id, ThreadChanges(deleted_at=None))
    assert await _listed(store, 5) == [[deleted.id, kept.id]]


async def test_a_list_holds_nothing_of_somebody_else(store: Store) -> None:
    await _threads(store, [1000], user=GRACE)
    (own,) = await _threads(store, [500])
    assert await _listed(store, 5) == [[own.id]]


async def test_revisions_are_those_of_the_threads_that_are_there_and_ones_own(
    store: Store,
) -> None:
    first, second = await _threads(store, [1000, 2000])
    (hers,) = await _threads(store, [3000], GRACE)
    changed = await store.update_thread(ADA, first.id, ThreadChanges(title="Frogs"))
    many = [(ADA, new_id()) for _ in range(1_200)]
    asked = [(ADA, first.id), *many, (ADA, second.id), (ADA, hers.id)]
    assert await store.revisions(asked) == {
        first.id: changed.revision,
        second.id: second.revision,
    }
    assert await store.revisions([]) == {}


async def test_an_unknown_thread_is_not_found(store: Store) -> None:
    with pytest.raises(NotFound):
        await store.get_thread(ADA, new_id())
    with pytest.raises(NotFound):
        await store.update_thread(ADA, new_id(), ThreadChanges(title="x"))


async def test_the_owner_is_the_same_for_everybody_and_always(
    store: Store, open_another: OpenStore
) -> None:
    other = await open_another()
    ids = await asyncio.gather(store.owner_id(), other.owner_id(), store.owner_id())
    assert len(set(ids)) == 1
    await store.close()
    await store.open()
    assert await store.owner_id() == ids[0]


async def test_history_is_found_again_by_the_next_process(
    store: Store, open_another: OpenStore
) -> None:
    thread = a_thread()
    await finished_turn(store, thread)
    expected = await store.get_thread(ADA, thread.id)
    await store.close()
    later = await open_another()
    assert await later.get_thread(ADA, thread.id) == expected
    assert expected.leaf_id is not None
    path = await later.path(ADA, thread.id, expected.leaf_id, limit=5)
    assert len(path) == 2
