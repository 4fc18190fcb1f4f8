"""What was flagged is recorded, for whoever administers the server."""

from __future__ import annotations

from jupyter_chat.ids import new_id
from jupyter_chat.protocol import Direction, Flagged
from jupyter_chat.store.interface import Store

from .builders import ADA, GRACE


def record(user: str) -> Flagged:
    place = (new_id(), user, new_id(), new_id(), 5)
    return Flagged(*place, Direction.OUTPUT, ["violence", "hate"], blocked=False)


async def test_the_newest_come_first_whosever_they_are(store: Store) -> None:
    records = [record(user) for user in (ADA, GRACE, ADA)]
    for each in records:
        await store.add_flagged(each.user_id, each)
    newest = [records[2], records[1]]
    assert await store.flagged(limit=2) == newest
    assert await store.flagged(limit=2, before=records[1].id) == [records[0]]
    assert await store.flagged(limit=2, before=records[0].id) == []


async def test_what_was_seen_is_marked_once(store: Store) -> None:
    records = [record(user) for user in (ADA, GRACE, ADA)]
    for each in records:
        await store.add_flagged(each.user_id, each)
    await store.see_flagged([records[0].id, records[1].id], 7)
    await store.see_flagged([records[1].id, new_id()], 9)
    await store.see_flagged([], 9)
    found = await store.flagged(limit=5)
    assert [each.seen_at for each in found] == [None, 7, 7]
    assert await store.flagged(limit=5, unseen=True) == [records[2]]
    assert await store.flagged(limit=5, before=records[2].id, unseen=True) == []


async def test_what_is_recorded_again_stays_seen(store: Store) -> None:
    first = record(ADA)
    await store.add_flagged(ADA, first)
    await store.see_flagged([first.id], 7)
    await store.add_flagged(ADA, first)
    assert [each.seen_at for each in await store.flagged(limit=5)] == [7]
