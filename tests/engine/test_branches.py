"""Branches: which one is shown, deleting and restoring, forks."""

from __future__ import annotations

import asyncio

import pytest

from jupyter_chat.engine.errors import Invalid
from jupyter_chat.engine.forking import marked
from jupyter_chat.ids import new_id
from jupyter_chat.protocol import Ack, Delete, Fork, Origin, Restore, Select, Status, ThreadPatch
from jupyter_chat.store.errors import NotFound
from jupyter_chat.store.types import ThreadChanges


async def delete(engine, thread_id: str, message_id: str):
    return await engine.branches.delete("ada", Delete("9", thread_id, message_id))


async def restore(engine, thread_id: str, message_id: str):
    return await engine.branches.restore("ada", Restore("9", thread_id, message_id))


async def fork(engine, thread_id: str, message_id: str, client_id: str = "fork-fork"):
    return await engine.branches.fork("ada", Fork("9", client_id, thread_id, message_id))


async def test_two_who_edit_the_same_question_at_once_both_have_their_branch(engine):
    thread_id = new_id()
    first = await engine.answered("Draft", thread_id)
    tabs = [await engine.watch(thread_id) for _ in "ab"]
    edits = await asyncio.gather(*(engine.ask(text, thread_id) for text in ("One", "Other")))
    for _ in edits:
        await engine.answer("So.")
    for edit in edits:
        await engine.end(thread_id, edit.reply_id)
    versions = [first.message_id, *sorted(edit.message_id for edit in edits)]
    for tab in tabs:
        for edit in edits:
            await tab.until(lambda tab=tab, edit=edit: tab.status(edit.reply_id) == "complete")
    for edit in edits:
        await engine.branches.select("ada", Select("9", thread_id, edit.message_id))
        for tab in tabs:
            snapshot = tab.events[-1]
            assert [m["id"] for m in snapshot["messages"]] == [edit.message_id, edit.reply_id]
            assert snapshot["versions"] == {edit.message_id: versions}


async def test_selecting_shows_what_was_asked_there_meanwhile(engine, monkeypatch):
    thread_id = new_id()
    first = await engine.answered("Draft", thread_id)
    await engine.answered("Better", thread_id)
    newest_leaf = type(engine.store._store).newest_leaf
    more: list[Ack] = []

    async def slow(self, *args):
        leaf_id = await newest_leaf(self, *args)
        if not more:  # somebody goes on with that branch right after it was looked at
            more.append(await engine.ask("More", thread_id, first.reply_id))
        return leaf_id

    monkeypatch.setattr(type(engine.store._store), "newest_leaf", slow)
    ack = await engine.branches.select("ada", Select("9", thread_id, first.message_id))
    assert ack.message_id == more[0].reply_id
    thread = await engine.store.get_thread("ada", thread_id)
    assert thread.leaf_id == more[0].reply_id


async def test_deleting_takes_a_branch_from_everybody_and_undo_brings_it_back(engine):
    thread_id = new_id()
    first = await engine.answered("One?", thread_id)
    second = await engine.answered("Two?", thread_id, first.reply_id)
    third = await engine.answered("Three?", thread_id, second.reply_id)
    tabs = [await engine.watch(thread_id) for _ in "ab"]
    await delete(engine, thread_id, second.message_id)
    for tab in tabs:
        assert list(tab.messages) == [first.message_id, first.reply_id]
        assert tab.events[-1]["thread"]["leaf_id"] == first.reply_id
    with pytest.raises(NotFound):
        await engine.ask("More", thread_id, second.reply_id)
    with pytest.raises(NotFound):
        await engine.branches.select("ada", Select("9", thread_id, third.reply_id))
    await engine.answered("Other", thread_id, first.reply_id)
    await restore(engine, thread_id, second.message_id)
    for tab in tabs:
        assert list(tab.messages)[-1] == third.reply_id
        assert len(tab.messages) == 6
        (versions,) = tab.events[-1]["versions"].values()
        assert len(versions) == 2


async def test_what_is_deleted_is_not_sent_to_the_model(engine):
    thread_id = new_id()
    first = await engine.answered("One?", thread_id, answer="1")
    await engine.answered("Two?", thread_id, first.reply_id)
    await delete(engine, thread_id, first.reply_id)
    await engine.ask("And?", thread_id, first.message_id)
    call = await engine.provider.call()
    assert [p.text for p in call.request.messages] == ["One?", "And?"]


async def test_answers_being_made_below_are_stopped_first(engine):
    thread_id = new_id()
    first = await engine.ask("One?", thread_id)
    tab = await engine.watch(thread_id)
    call = await engine.provider.call()
    call.say("half")
    await tab.until(lambda: tab.text(first.reply_id) == "half")
    queued = await engine.ask("Two?", thread_id, first.reply_id)
    await delete(engine, thread_id, first.reply_id)
    assert call.closed.is_set()
    assert engine.provider.count == 1, "the one that waited is not asked either"
    assert list(tab.messages) == [first.message_id]
    assert not (await engine.conversations.thread("ada", thread_id)).running
    await restore(engine, thread_id, first.reply_id)
    kept = await engine.store.path("ada", thread_id, queued.reply_id, limit=9)
    assert [message.status for message in kept][1::2] == [Status.STOPPED, Status.STOPPED]
    assert kept[1].parts[0].text == "half"


async def test_an_answer_elsewhere_goes_on_while_a_branch_is_deleted(engine):
    thread_id = new_id()
    first = await engine.answered("Draft", thread_id)
    better = await engine.ask("Better", thread_id)
    call = await engine.provider.call()
    await delete(engine, thread_id, first.message_id)
    call.say("still here")
    call.finish()
    assert (await engine.end(thread_id, better.reply_id)).status is Status.COMPLETE


async def test_a_thread_whose_only_question_is_deleted_is_empty_and_can_be_used(engine):
    thread_id = new_id()
    first = await engine.answered("Go", thread_id)
    tab = await engine.watch(thread_id)
    await delete(engine, thread_id, first.message_id)
    assert tab.messages == {}
    assert tab.events[-1]["thread"].get("leaf_id") is None
    again = await engine.ask("Anew", thread_id)
    await tab.until(lambda: tab.status(again.reply_id) == "streaming")


async def test_a_leaf_that_is_gone_is_found_again(engine):
    """As where the process died, or another one asked, between the steps of a deletion."""
    thread_id = new_id()
    first = await engine.answered("One?", thread_id)
    second = await engine.answered("Two?", thread_id, first.reply_id)
    await delete(engine, thread_id, second.message_id)
    await engine.store.update_thread("ada", thread_id, ThreadChanges(leaf_id=second.reply_id))
    tab = await engine.watch(thread_id)
    assert list(tab.messages) == [first.message_id, first.reply_id]
    assert tab.events[-1]["thread"]["leaf_id"] == first.reply_id


async def test_a_fork_is_a_copy_up_to_the_message(engine):
    thread_id = new_id()
    first = await engine.answered("One?", thread_id)
    other = await engine.answered("Two?", thread_id, first.reply_id)
    await engine.answered("Three?", thread_id, other.reply_id)
    before = await engine.store.tree("ada", thread_id)
    await engine.conversations.change_thread("ada", thread_id, ThreadPatch(title="Counting"))
    ack = await fork(engine, thread_id, other.reply_id)
    forked = await engine.conversations.thread("ada", ack.thread_id)
    assert forked.forked_from == Origin(thread_id, other.reply_id)
    assert (forked.title, forked.leaf_id) == ("Counting (fork)", ack.message_id)
    old = await engine.store.path("ada", thread_id, other.reply_id, limit=99)
    new = await engine.store.path("ada", ack.thread_id, ack.message_id, limit=99)
    assert [m.parts for m in new] == [m.parts for m in old]
    assert [m.parent_id for m in new] == [None, *(m.id for m in new[:-1])]
    assert sorted(m.id for m in new) == [m.id for m in new], "parents are older"
    assert not {m.id for m in new} & {m.id for m in old}
    assert await engine.store.tree("ada", thread_id) == before
    await engine.ask("Four?", ack.thread_id, ack.message_id)
    call = await engine.provider.call()
    assert [p.text for p in call.request.messages][::2] == ["One?", "Two?", "Four?"]


async def test_the_same_fork_twice_is_one_thread(engine):
    thread_id = new_id()
    first = await engine.answered("One?", thread_id)
    acks = await asyncio.gather(*(fork(engine, thread_id, first.reply_id) for _ in "abc"))
    assert len({(ack.thread_id, ack.message_id) for ack in acks}) == 1
    another = await fork(engine, thread_id, first.reply_id, "another one")
    await delete(engine, thread_id, first.message_id)
    late = await fork(engine, thread_id, first.reply_id)
    assert late.thread_id == acks[0].thread_id, "also when what it copied is gone"
    listed = (await engine.conversations.threads("ada", 10, None)).threads
    forks = {acks[0].thread_id, another.thread_id}
    assert {thread.id for thread in listed} == {thread_id, *forks}
    assert len(await engine.store.tree("ada", acks[0].thread_id)) == 2


async def test_a_branch_of_any_length_is_forked(engine, monkeypatch):
    monkeypatch.setattr("jupyter_chat.engine.branches._MESSAGES_AT_ONCE", 3)
    thread_id = new_id()
    parent = (await engine.answered("q", thread_id)).reply_id
    for number in range(4):
        parent = (await engine.answered(f"q{number}", thread_id, parent)).reply_id
    ack = await fork(engine, thread_id, parent)
    assert len(await engine.store.path("ada", ack.thread_id, ack.message_id, limit=99)) == 10


async def test_what_is_being_made_is_not_forked(engine):
    thread_id = new_id()
    first = await engine.ask("Go", thread_id)
    with pytest.raises(Invalid):
        await fork(engine, thread_id, first.reply_id)
    assert len((await engine.conversations.threads("ada", 10, None)).threads) == 1
    ack = await fork(engine, thread_id, first.message_id)  # the question alone can be
    (copy,) = await engine.store.tree("ada", ack.thread_id)
    assert copy.id == ack.message_id


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        (None, None),
        ("Trees", "Trees (fork)"),
        ("Trees (fork)", "Trees (fork 2)"),
        ("Trees (fork 9)", "Trees (fork 10)"),
        ("x" * 200, "x" * 193 + " (fork)"),
    ],
)
def test_the_title_of_a_fork_is_marked(title, expected):
    assert marked(title) == expected
