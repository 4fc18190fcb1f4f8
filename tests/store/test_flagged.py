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
