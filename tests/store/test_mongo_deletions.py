"""Deleting and purging in MongoDB: its steps, with others between them."""

from __future__ import annotations

from typing import Any, TypeAlias

import pytest
from pymongo.asynchronous.collection import AsyncCollection

from jupyter_chat.store import mongo_branches, mongo_deletions, mongo_turns
from jupyter_chat.store.errors import NotFound
from jupyter_chat.store.interface import Store
from jupyter_chat.store.types import ThreadChanges

from .builders import ADA, a_thread, a_turn, finished_turn
from .contents import contents
from .mongod import database

pytestmark = pytest.mark.parametrize("store_url", ["mongodb"], indirect=True)


BEFORE_DELETIONS = 3
"""Migrations."""
Deleted: TypeAlias = tuple[tuple[str, str, str], list[dict[str, Any]]]


@pytest.fixture
async def deleted(store: Store, mongodb_url: str) -> Deleted:
    """The place of a reply that is deleted, and all messages as they were before that."""
    first = await finished_turn(store, a_thread())
    place = (ADA, first.thread.id, first.reply_id)
    before = contents(mongodb_url)["messages"]
    await store.delete_message(*place, 5)
    return place, before


async def test_a_turn_below_what_is_deleted_at_that_moment_is_taken_away_again(
    store: Store, mongodb_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = await finished_turn(store, a_thread())
    require_place = mongo_turns._require_place

    async def then_delete(*args: Any) -> None:
        await require_place(*args)
        await store.delete_message(ADA, first.thread.id, first.reply_id, 5)

    monkeypatch.setattr(mongo_turns, "_require_place", then_delete)
    with pytest.raises(NotFound):
        await store.add_turn(ADA, a_turn(first.thread.id, first.reply_id))
    assert (await store.get_thread(ADA, first.thread.id)).leaf_id == first.question_id
    kept = contents(mongodb_url)
    assert len(kept["messages"]) == 2
    assert kept["generations"] == []


async def test_a_deletion_repeated_while_it_is_taken_back_hides_nothing(
    store: Store, mongodb_url: str, deleted: Deleted, monkeypatch: pytest.MonkeyPatch
) -> None:
    place, before = deleted
    find = mongo_deletions._find

    async def then_restore(*args: Any) -> Any:
        found = await find(*args)
        monkeypatch.undo()
        await store.restore_message(*place)
        return found

    monkeypatch.setattr(mongo_deletions, "_find", then_restore)
    with pytest.raises(NotFound):
        await store.delete_message(*place, 6)
    found = contents(mongodb_url)
    assert found["messages"] == before
    assert found["deletions"] == []


async def test_a_deletion_repeated_while_it_is_taken_back_and_done_anew_is_the_new_one(
    store: Store, mongodb_url: str, deleted: Deleted, monkeypatch: pytest.MonkeyPatch
) -> None:
    place, before = deleted
    find = mongo_deletions._find

    async def then_restore_and_begin(db: Any, *args: Any) -> Any:
        found = await find(db, *args)
        monkeypatch.undo()
        await store.restore_message(*place)
        await mongo_deletions._begin(db, *place, 7)
        return found

    monkeypatch.setattr(mongo_deletions, "_find", then_restore_and_begin)
    assert (await store.delete_message(*place, 6)).message_ids == [place[2]]
    assert len(await store.tree(*place[:2])) == 1
    await store.restore_message(*place)
    found = contents(mongodb_url)
    assert found["messages"] == before
    assert found["deletions"] == []


async def test_an_undo_is_whole_though_the_deletion_is_repeated_right_before_its_end(
    store: Store, mongodb_url: str, deleted: Deleted, monkeypatch: pytest.MonkeyPatch
) -> None:
    place, before = deleted
    delete_one = AsyncCollection.delete_one

    async def delete_before(self: Any, *args: Any) -> Any:
        monkeypatch.undo()
        await store.delete_message(*place, 6)
        return await delete_one(self, *args)

    monkeypatch.setattr(AsyncCollection, "delete_one", delete_before)
    await store.restore_message(*place)
    found = contents(mongodb_url)
    assert found["messages"] == before
    assert found["deletions"] == []


@pytest.mark.new_database
async def test_a_history_from_before_deletions_is_all_there(store: Store, mongodb_url: str) -> None:
    accepted = await finished_turn(store, a_thread())
    with database(mongodb_url) as db:
        db.deletions.drop()
        earlier = {"$set": {"version": BEFORE_DELETIONS}}
        db.meta.update_one({"_id": "schema"}, earlier)
    await store.close()
    await store.open()
    with database(mongodb_url) as db:
        assert {"by_thread", "by_time"} <= set(db.deletions.index_information())
    await store.delete_message(ADA, accepted.thread.id, accepted.reply_id, 5)
    assert len(await store.tree(ADA, accepted.thread.id)) == 1
    await store.restore_message(ADA, accepted.thread.id, accepted.reply_id)
    assert len(await store.tree(ADA, accepted.thread.id)) == 2


async def test_what_is_purged_is_in_the_index_no_more(store: Store, mongodb_url: str) -> None:
    thread = a_thread()
    thread.title = "Frogs"
    kept = await finished_turn(store, a_thread())
    await finished_turn(store, thread)
    await store.update_thread(ADA, thread.id, ThreadChanges(deleted_at=5))
    assert await store.purge(ADA, thread.id)
    assert {found["_id"] for found in contents(mongodb_url)["search"]} == {
        *(kept.question_id, kept.reply_id)
    }


async def test_what_is_purged_while_its_branch_is_read_is_not_found(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = await finished_turn(store, a_thread())
    back = mongo_branches.back

    async def then_purge(*args: Any, **kwargs: Any) -> list[str]:
        branch = await back(*args, **kwargs)
        await store.delete_message(ADA, first.thread.id, first.reply_id, 5)
        assert await store.purge_messages(6) == 1
        return branch

    monkeypatch.setattr(mongo_branches, "back", then_purge)
    with pytest.raises(NotFound):
        await store.path(ADA, first.thread.id, first.reply_id, limit=5)
