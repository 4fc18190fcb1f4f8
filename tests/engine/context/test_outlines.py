"""Branches with the tokens of their messages, each counted once."""

from __future__ import annotations

from pathlib import Path

import pytest

from jupyter_chat.engine.context import outlines, weighing
from jupyter_chat.engine.context.outlines import Outlines
from jupyter_chat.engine.context.tokens import count
from jupyter_chat.ids import new_id
from jupyter_chat.protocol import Message, Role, Status
from jupyter_chat.store import open_store
from jupyter_chat.store.errors import NotFound
from jupyter_chat.store.interface import Store
from jupyter_chat.store.types import Weight
from tests.store.builders import (
    ADA,
    a_message,
    a_thread,
    a_turn,
    a_whole_thread,
    finished,
    finished_turn,
)


@pytest.fixture
async def store(tmp_path: Path):
    store = open_store(f"sqlite:///{tmp_path / 'history.sqlite'}")
    await store.open()
    yield store
    await store.close()


@pytest.fixture
async def known(store: Store):
    """Outlines that remember what they have seen."""
    known = Outlines(store)
    yield known
    await known.close()


@pytest.fixture
def weighed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The ids of the messages that were counted, in the order of counting."""
    seen: list[str] = []
    weigh = weighing.weigh

    def noting(message: Message) -> Weight:
        seen.append(message.id)
        return weigh(message)

    monkeypatch.setattr(weighing, "weigh", noting)
    return seen


async def test_a_branch_comes_whole_with_the_tokens_of_each(
    store: Store, known: Outlines, monkeypatch
):
    monkeypatch.setattr(outlines, "_STRETCH", 3)
    thread, messages = a_whole_thread(5)
    await store.add_thread(ADA, thread, messages)
    branch = await known.branch(ADA, thread.id, messages[-1].id)
    assert [each.id for each in branch] == [each.id for each in messages]
    assert {each.weight.text for each in branch if each.weight} == {
        count("Why?"),
        count("Because."),
    }


async def test_no_message_is_counted_twice_not_even_after_a_restart(
    store: Store, known: Outlines, weighed
):
    thread, messages = a_whole_thread(5)
    await store.add_thread(ADA, thread, messages)
    for _ in range(2):
        await known.branch(ADA, thread.id, messages[-1].id)
    await known.close()
    after = Outlines(store)
    await after.branch(ADA, thread.id, messages[-1].id)
    await after.close()
    assert sorted(weighed) == sorted(each.id for each in messages)
    accepted = await finished_turn(store, thread.id, messages[-1].id)
    await known.branch(ADA, thread.id, accepted.reply_id)
    assert weighed[len(messages) :] == [accepted.reply_id, accepted.question_id]


async def test_what_was_counted_by_other_rules_is_counted_anew(store: Store, weighed, monkeypatch):
    thread, messages = a_whole_thread(1)
    await store.add_thread(ADA, thread, messages)
    for rules in (1, 2, 2):
        monkeypatch.setattr(weighing, "RULES", rules)
        known = Outlines(store)
        await known.branch(ADA, thread.id, messages[-1].id)
        await known.close()
    assert len(weighed) == 4


async def test_a_reply_that_grows_is_counted_each_time_and_kept_when_it_is_final(
    store: Store, known: Outlines
):
    turn = a_turn(a_thread())
    await store.add_turn(ADA, turn)
    thread_id, reply = turn.reply.thread_id, turn.reply
    branch = await known.branch(ADA, thread_id, reply.id)
    assert branch[-1].weight == Weight(weighing.RULES, 0, 0, 0)
    await store.finish_reply(ADA, finished(reply, "Because it is so."))
    branch = await known.branch(ADA, thread_id, reply.id)
    assert branch[-1].status is Status.COMPLETE
    assert branch[-1].weight == Weight(weighing.RULES, count("Because it is so."), 0, 0)


async def test_other_branches_of_the_thread_share_what_is_known(
    store: Store, known: Outlines, weighed
):
    thread, messages = a_whole_thread(2)
    other = a_message(Role.ASSISTANT, "No.", thread, messages[2].id, created_at=1, completed_at=1)
    await store.add_thread(ADA, thread, [*messages, other])
    await known.branch(ADA, thread.id, messages[-1].id)
    branch = await known.branch(ADA, thread.id, other.id)
    assert [each.id for each in branch] == [*(each.id for each in messages[:3]), other.id]
    assert len(weighed) == 5


async def test_a_branch_that_was_deleted_is_not_there_though_it_is_known(
    store: Store, known: Outlines
):
    thread, messages = a_whole_thread(3)
    await store.add_thread(ADA, thread, messages)
    await known.branch(ADA, thread.id, messages[-1].id)
    await store.delete_message(ADA, thread.id, messages[2].id, 1)
    with pytest.raises(NotFound):
        await known.branch(ADA, thread.id, messages[-1].id)
    assert len(await known.branch(ADA, thread.id, messages[1].id)) == 2


async def test_somebody_elses_branch_is_not_there(store: Store, known: Outlines):
    thread, messages = a_whole_thread(1)
    await store.add_thread(ADA, thread, messages)
    await known.branch(ADA, thread.id, messages[-1].id)
    for user, thread_id in (("grace", thread.id), (ADA, new_id())):
        with pytest.raises(NotFound):
            await known.branch(user, thread_id, messages[-1].id)


async def test_of_a_very_long_branch_the_end_is_looked_at(
    store: Store, known: Outlines, monkeypatch
):
    monkeypatch.setattr(outlines, "MOST", 4)
    monkeypatch.setattr(outlines, "_STRETCH", 2)
    thread, messages = a_whole_thread(5)
    await store.add_thread(ADA, thread, messages)
    branch = await known.branch(ADA, thread.id, messages[-1].id)
    assert len(branch) in (4, 5)
    assert branch[-1].id == messages[-1].id
