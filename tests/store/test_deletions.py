"""Deleting a part of the message tree, and taking that back."""

from __future__ import annotations

import asyncio

import pytest

from jupyter_chat.ids import now_ms
from jupyter_chat.protocol import Status, Thread
from jupyter_chat.store.errors import BelowDeleted, NotFound
from jupyter_chat.store.interface import Store
from jupyter_chat.store.types import Accepted, Lease

from .builders import (
    ADA,
    GRACE,
    OWNER,
    a_thread,
    a_turn,
    another_version,
    finished,
    finished_turn,
    grown,
)
from .conftest import OpenStore
from .contents import contents

NOW = now_ms()


class Grown:
    """A thread: question 1, its answers 1 and 2; under answer 1 a question with an answer,
    and that question edited, with an answer; the latter is shown."""

    thread: Thread
    first: Accepted
    second_answer: str
    below: Accepted
    edited: Accepted

    async def grow(self, store: Store) -> Grown:
        self.thread = a_thread()
        self.first = await finished_turn(store, self.thread)
        self.below = await finished_turn(store, self.thread.id, self.first.reply_id)
        other = another_version(self.thread.id, str(self.first.question_id))
        await store.add_turn(ADA, other)
        await store.finish_reply(ADA, finished(other.reply))
        self.second_answer = other.reply.id
        self.edited = await finished_turn(store, self.thread.id, self.first.reply_id)
        return self

    @property
    def ids(self) -> list[str]:
        turns = (self.first, self.below, self.edited)
        found = [each for turn in turns for each in (str(turn.question_id), turn.reply_id)]
        return sorted([*found, self.second_answer])


@pytest.fixture
async def grown_thread(store: Store) -> Grown:
    return await Grown().grow(store)


async def visible(store: Store, thread_id: str) -> list[str]:
    return [node.id for node in await store.tree(ADA, thread_id)]


async def leaf(store: Store, thread_id: str) -> str | None:
    return (await store.get_thread(ADA, thread_id)).leaf_id


async def test_a_message_goes_with_all_below_it(store: Store, grown_thread: Grown) -> None:
    t = grown_thread
    deletion = await store.delete_message(ADA, t.thread.id, t.first.reply_id, NOW)
    gone = [t.first.reply_id]
    for turn in (t.below, t.edited):
        gone += [str(turn.question_id), turn.reply_id]
    assert sorted(deletion.message_ids) == sorted(gone)
    assert await visible(store, t.thread.id) == [t.first.question_id, t.second_answer]
    nodes = await store.children(ADA, t.thread.id, [t.first.question_id, *gone])
    assert [node.id for node in nodes] == [t.second_answer]
    assert t.first.question_id is not None
    question_id = t.first.question_id
    assert await store.newest_leaf(ADA, t.thread.id, question_id) == t.second_answer
    for leaf_id in (t.second_answer, t.edited.reply_id):
        following = await store.after(ADA, t.thread.id, question_id, leaf_id, limit=9)
        assert [message.id for message in following] == [t.second_answer]
    assert not await store.leads_to(ADA, t.thread.id, question_id, t.edited.reply_id)
    assert await store.get_messages(ADA, t.thread.id, gone) == []
    for message_id in gone:
        with pytest.raises(NotFound):
            await store.newest_leaf(ADA, t.thread.id, message_id)
        with pytest.raises(NotFound):
            await store.get_message(ADA, t.thread.id, message_id)
        with pytest.raises(NotFound):
            await store.path(ADA, t.thread.id, message_id, limit=1)
        with pytest.raises(NotFound):
            await store.add_turn(ADA, a_turn(t.thread.id, message_id))
    assert await visible(store, t.thread.id) == [t.first.question_id, t.second_answer]


async def test_the_leaf_gives_way_to_the_nearest_version(store: Store, grown_thread: Grown) -> None:
    t = grown_thread
    assert await leaf(store, t.thread.id) == t.edited.reply_id
    deletion = await store.delete_message(ADA, t.thread.id, str(t.edited.question_id), NOW)
    assert deletion.thread.leaf_id == t.below.reply_id
    assert deletion.thread == await store.get_thread(ADA, t.thread.id)
    await store.delete_message(ADA, t.thread.id, str(t.below.question_id), NOW)
    assert await leaf(store, t.thread.id) == t.first.reply_id, "no version is left: the parent"
    await store.delete_message(ADA, t.thread.id, t.first.reply_id, NOW)
    assert await leaf(store, t.thread.id) == t.second_answer, "the one after it"
    await store.delete_message(ADA, t.thread.id, str(t.first.question_id), NOW)
    assert await leaf(store, t.thread.id) is None
    assert await visible(store, t.thread.id) == []
    again = await finished_turn(store, t.thread.id)
    assert await leaf(store, t.thread.id) == again.reply_id


async def test_a_leaf_elsewhere_stays(store: Store, grown_thread: Grown) -> None:
    t = grown_thread
    before = await store.get_thread(ADA, t.thread.id)
    deletion = await store.delete_message(ADA, t.thread.id, t.second_answer, NOW)
    assert deletion.thread == before
    assert await store.restore_message(ADA, t.thread.id, t.second_answer) == before


async def test_restoring_brings_back_just_what_went_with_it(
    store: Store, grown_thread: Grown
) -> None:
    t = grown_thread
    # both at the same time: what tells them apart is not the clock
    await store.delete_message(ADA, t.thread.id, t.below.reply_id, NOW)
    await store.delete_message(ADA, t.thread.id, t.first.reply_id, NOW)
    await store.restore_message(ADA, t.thread.id, t.first.reply_id)
    assert await visible(store, t.thread.id) == [id_ for id_ in t.ids if id_ != t.below.reply_id]
    await store.restore_message(ADA, t.thread.id, t.below.reply_id)
    assert await visible(store, t.thread.id) == t.ids
    path = await store.path(ADA, t.thread.id, t.below.reply_id, limit=10)
    assert len(path) == 4


async def test_restoring_shows_again_what_was_shown(
    store: Store, store_url: str, grown_thread: Grown
) -> None:
    t = grown_thread
    before = contents(store_url)
    for message_id in (t.edited.reply_id, str(t.first.question_id)):
        await store.delete_message(ADA, t.thread.id, message_id, NOW)
        restored = await store.restore_message(ADA, t.thread.id, message_id)
        assert restored.leaf_id == t.edited.reply_id
        assert restored == await store.get_thread(ADA, t.thread.id)
    after = contents(store_url)
    assert after["messages"] == before["messages"]
    assert after["deletions"] == []


async def test_two_deletions_undone_in_turn_show_what_was_shown(
    store: Store, grown_thread: Grown
) -> None:
    t = grown_thread
    shown = [str(t.edited.question_id), t.edited.reply_id]
    await store.delete_message(ADA, t.thread.id, shown[1], NOW)
    await store.delete_message(ADA, t.thread.id, shown[0], NOW)
    assert await leaf(store, t.thread.id) == t.below.reply_id
    for message_id in shown:
        restored = await store.restore_message(ADA, t.thread.id, message_id)
        assert restored.leaf_id == message_id
    assert await visible(store, t.thread.id) == t.ids


async def test_what_went_with_another_is_restored_with_that_one_only(
    store: Store, grown_thread: Grown
) -> None:
    t = grown_thread
    await store.delete_message(ADA, t.thread.id, t.below.reply_id, NOW)
    await store.delete_message(ADA, t.thread.id, t.first.reply_id, NOW)
    for message_id in (t.below.reply_id, str(t.below.question_id)):
        with pytest.raises(NotFound):
            await store.restore_message(ADA, t.thread.id, message_id)
        if message_id != t.below.reply_id:
            with pytest.raises(NotFound):
                await store.delete_message(ADA, t.thread.id, message_id, NOW)
    assert await visible(store, t.thread.id) == [t.first.question_id, t.second_answer]


async def test_what_lies_below_a_later_deletion_waits_for_that_to_be_taken_back(
    store: Store, grown_thread: Grown
) -> None:
    t = grown_thread
    await store.delete_message(ADA, t.thread.id, t.below.reply_id, NOW)
    await store.delete_message(ADA, t.thread.id, t.first.reply_id, NOW)
    with pytest.raises(BelowDeleted, match="take that back first"):
        await store.restore_message(ADA, t.thread.id, t.below.reply_id)
    await store.restore_message(ADA, t.thread.id, t.first.reply_id)
    await store.restore_message(ADA, t.thread.id, t.below.reply_id)
    assert await visible(store, t.thread.id) == t.ids


async def test_nobody_deletes_or_restores_what_is_not_theirs(
    store: Store, grown_thread: Grown
) -> None:
    t = grown_thread
    another = await finished_turn(store, a_thread())
    with pytest.raises(NotFound):
        await store.delete_message(GRACE, t.thread.id, t.first.reply_id, NOW)
    with pytest.raises(NotFound):
        await store.delete_message(ADA, another.thread.id, t.first.reply_id, NOW)
    await store.delete_message(ADA, t.thread.id, t.first.reply_id, NOW)
    with pytest.raises(NotFound):
        await store.restore_message(GRACE, t.thread.id, t.first.reply_id)
    with pytest.raises(NotFound):
        await store.restore_message(ADA, another.thread.id, t.first.reply_id)
    assert t.first.reply_id not in await visible(store, t.thread.id)


async def test_a_running_reply_that_is_deleted_is_kept_when_it_ends(store: Store) -> None:
    turn = a_turn(a_thread())
    await store.add_turn(ADA, turn)
    await store.append_checkpoints([grown(turn.reply, 0, "Be")])
    thread_id, message_id = turn.reply.thread_id, turn.reply.id
    await store.delete_message(ADA, thread_id, message_id, NOW)
    await store.finish_reply(ADA, finished(turn.reply))
    assert await visible(store, thread_id) == [turn.question and turn.question.id]
    await store.restore_message(ADA, thread_id, message_id)
    restored = await store.get_message(ADA, thread_id, message_id)
    assert restored.status is Status.COMPLETE


async def test_nobody_hears_of_a_deleted_reply_whose_process_died(store: Store) -> None:
    turn = a_turn(a_thread())
    await store.add_turn(ADA, turn)
    await store.append_checkpoints([grown(turn.reply, 0, "Be")])
    await store.delete_message(ADA, turn.reply.thread_id, turn.reply.id, NOW)
    await store.release_lease(OWNER)
    assert await store.recover(Lease("process-2", NOW, "host", 1), NOW) == []
    await store.restore_message(ADA, turn.reply.thread_id, turn.reply.id)
    restored = await store.get_message(ADA, turn.reply.thread_id, turn.reply.id)
    assert restored.status is Status.INTERRUPTED
    assert restored.parts == finished(turn.reply, "Be").parts


async def test_a_turn_sent_again_is_known_though_its_question_was_deleted(
    store: Store, store_url: str
) -> None:
    turn = a_turn(a_thread())
    assert turn.question is not None
    await store.add_turn(ADA, turn)
    await store.finish_reply(ADA, finished(turn.reply))
    await store.delete_message(ADA, turn.reply.thread_id, turn.question.id, NOW)
    before = contents(store_url)
    for again in (turn, a_turn(a_thread(), client_id=turn.question.client_id)):
        accepted = await store.add_turn(ADA, again)
        assert accepted.repeated
        assert accepted.thread.id == turn.reply.thread_id
        assert (accepted.question_id, accepted.reply_id) == (turn.question.id, turn.reply.id)
    assert contents(store_url) == before


async def test_what_was_deleted_long_ago_is_removed_for_good(
    store: Store, store_url: str, grown_thread: Grown
) -> None:
    t = grown_thread
    await store.delete_message(ADA, t.thread.id, t.below.reply_id, NOW - 100)
    await store.delete_message(ADA, t.thread.id, t.second_answer, NOW)
    assert await store.purge_messages(NOW - 100) == 0
    assert await store.purge_messages(NOW) == 1
    assert len(contents(store_url)["messages"]) == len(t.ids) - 1
    with pytest.raises(NotFound):
        await store.restore_message(ADA, t.thread.id, t.below.reply_id)
    await store.restore_message(ADA, t.thread.id, t.second_answer)
    left = [message_id for message_id in t.ids if message_id != t.below.reply_id]
    assert await visible(store, t.thread.id) == left


async def test_who_asks_below_while_it_is_deleted_is_refused_or_goes_with_it(
    store: Store, open_another: OpenStore
) -> None:
    """In two processes at once, many times: nothing hangs on what is deleted, and a leaf
    is always there."""
    other = await open_another()
    outcomes = set()
    for _ in range(25):
        first = await finished_turn(store, a_thread())
        thread_id = first.thread.id
        turn = a_turn(thread_id, first.reply_id)
        asked, _ = await asyncio.gather(
            other.add_turn(ADA, turn),
            store.delete_message(ADA, thread_id, first.reply_id, NOW),
            return_exceptions=True,
        )
        assert isinstance(asked, (Accepted, NotFound))
        outcomes.add(type(asked))
        assert await visible(store, thread_id) == [first.question_id]
        shown = await leaf(store, thread_id)
        if shown != first.question_id:
            # Asked and deleted at once in MongoDB: the engine finds the leaf again.
            assert isinstance(asked, Accepted)
            with pytest.raises(NotFound):
                await store.path(ADA, thread_id, str(shown), limit=5)
        await store.restore_message(ADA, thread_id, first.reply_id)
        restored = [first.question_id, first.reply_id]
        if isinstance(asked, Accepted):
            restored += [asked.question_id, asked.reply_id]
        assert await visible(store, thread_id) == restored


async def test_of_two_who_delete_at_once_both_are_served(
    store: Store, open_another: OpenStore
) -> None:
    other = await open_another()
    t = await Grown().grow(store)
    await asyncio.gather(
        store.delete_message(ADA, t.thread.id, t.below.reply_id, NOW),
        other.delete_message(ADA, t.thread.id, t.edited.reply_id, NOW),
        other.delete_message(ADA, t.thread.id, t.second_answer, NOW),
        store.delete_message(ADA, t.thread.id, t.second_answer, NOW),
    )
    gone = {t.below.reply_id, t.edited.reply_id, t.second_answer}
    assert set(await visible(store, t.thread.id)) == set(t.ids) - gone
    for message_id in gone:
        await store.restore_message(ADA, t.thread.id, message_id)
    assert await visible(store, t.thread.id) == t.ids
