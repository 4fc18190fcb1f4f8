"""The message tree: turns, branches, children."""

from __future__ import annotations

import asyncio

import msgspec
import pytest

from jupyter_chat.ids import new_id
from jupyter_chat.protocol import (
    Code,
    Message,
    Problem,
    ReasoningPart,
    Role,
    Status,
    TextPart,
    Usage,
)
from jupyter_chat.store.errors import NotFound
from jupyter_chat.store.interface import Store
from jupyter_chat.store.types import Node

from .builders import (
    ADA,
    GRACE,
    OWNER,
    a_thread,
    a_turn,
    another_version,
    finished,
    finished_turn,
    running_reply,
)
from .conftest import OpenStore

AWKWARD = "nul \x00, quotes \"'`, emoji 🐸, $dollar.dot, \u2028, combining e\u0301, 中文\r\n"


async def test_messages_are_read_back_as_they_were_written(store: Store) -> None:
    turn = a_turn(a_thread(), text=AWKWARD)
    accepted = await store.add_turn(ADA, turn)
    assert turn.question is not None
    thread_id = turn.reply.thread_id
    assert accepted.question_id == turn.question.id
    assert accepted.reply_id == turn.reply.id
    assert not accepted.repeated
    assert accepted.owner == OWNER
    assert await store.get_message(ADA, thread_id, turn.question.id) == turn.question
    assert await store.get_message(ADA, thread_id, turn.reply.id) == turn.reply


async def test_a_finished_reply_keeps_all_that_is_known_of_it(store: Store) -> None:
    reply = await running_reply(store)
    final = msgspec.structs.replace(
        reply,
        parts=[ReasoningPart("Hm. " + AWKWARD), TextPart(AWKWARD), TextPart("")],
        status=Status.FAILED,
        begun_at=1_800_000_000_000,
        first_token_at=1_800_000_000_001,
        completed_at=1_800_000_000_002,
        model="gpt-x-2026",
        usage=Usage(input_tokens=7, output_tokens=2**40, reasoning_tokens=3),
        cost=0.000_123,
        problem=Problem(Code.RATE_LIMITED, "Wait.", retry_at=5, detail="slow down"),
    )
    await store.finish_reply(ADA, final)
    assert await store.get_message(ADA, reply.thread_id, reply.id) == final


async def test_a_new_turn_becomes_the_leaf_and_the_last_activity(store: Store) -> None:
    thread = a_thread(updated_at=1000)
    first = await store.add_turn(ADA, a_turn(thread, created_at=2000))
    assert (first.thread.leaf_id, first.thread.updated_at) == (first.reply_id, 2000)
    second = await store.add_turn(ADA, a_turn(thread.id, first.reply_id, created_at=3000))
    assert (second.thread.leaf_id, second.thread.updated_at) == (second.reply_id, 3000)
    assert second.thread.revision == first.thread.revision + 1


async def test_creating_a_thread_that_is_there_asks_in_it(store: Store) -> None:
    thread = a_thread()
    await store.add_turn(ADA, a_turn(thread))
    thread.title = "Not taken over"
    await store.add_turn(ADA, a_turn(thread))
    assert (await store.get_thread(ADA, thread.id)).title is None
    assert len(await store.children(ADA, thread.id, [None])) == 2


async def test_a_turn_needs_its_thread_and_its_parent(store: Store) -> None:
    with pytest.raises(NotFound):
        await store.add_turn(ADA, a_turn(new_id()))
    thread, other = a_thread(), a_thread()
    accepted = await store.add_turn(ADA, a_turn(thread))
    elsewhere = await store.add_turn(ADA, a_turn(other))
    for parent_id in (new_id(), elsewhere.reply_id):
        with pytest.raises(NotFound):
            await store.add_turn(ADA, a_turn(thread.id, parent_id))
    assert len(await store.tree(ADA, thread.id)) == 2
    assert await store.get_thread(ADA, thread.id) == accepted.thread


async def test_a_refused_turn_creates_no_thread(store: Store) -> None:
    thread = a_thread()
    with pytest.raises(NotFound):
        await store.add_turn(ADA, a_turn(thread, new_id()))
    with pytest.raises(NotFound):
        await store.get_thread(ADA, thread.id)


async def test_somebody_elses_thread_cannot_be_created_again(store: Store) -> None:
    thread = a_thread()
    hers = await store.add_turn(GRACE, a_turn(thread))
    with pytest.raises(NotFound):
        await store.add_turn(ADA, a_turn(thread))
    assert await store.get_thread(GRACE, thread.id) == hers.thread
    assert len(await store.tree(GRACE, thread.id)) == 2
    with pytest.raises(NotFound):
        await store.get_thread(ADA, thread.id)


async def test_a_client_id_is_each_users_own(store: Store) -> None:
    client_id = new_id()
    hers = await store.add_turn(GRACE, a_turn(a_thread(), client_id=client_id))
    mine = await store.add_turn(ADA, a_turn(a_thread(), client_id=client_id))
    assert not mine.repeated
    assert mine.reply_id != hers.reply_id


async def test_the_same_turn_at_once_from_everywhere_is_stored_once(
    store: Store, open_another: OpenStore
) -> None:
    other = await open_another()
    thread, client_id = a_thread(), new_id()
    # A browser that reconnects sends the frame again; each time it gets new message ids.
    outcomes = await asyncio.gather(
        *(
            each.add_turn(ADA, a_turn(thread, client_id=client_id, text="Once?"))
            for each in (store, other, store, other)
        )
    )
    assert len({(outcome.question_id, outcome.reply_id) for outcome in outcomes}) == 1
    assert [outcome.repeated for outcome in outcomes].count(False) == 1
    question, reply = await store.tree(ADA, thread.id)
    assert (question.role, reply.role) == (Role.USER, Role.ASSISTANT)
    assert reply.parent_id == question.id
    read = await store.get_thread(ADA, thread.id)
    assert (read.leaf_id, read.revision) == (reply.id, 1)


async def test_a_repeated_turn_names_who_makes_the_reply(store: Store) -> None:
    turn = a_turn(a_thread())
    await store.add_turn(ADA, turn)
    assert (await store.add_turn(ADA, turn)).owner == OWNER
    await store.finish_reply(ADA, finished(turn.reply))
    repeated = await store.add_turn(ADA, turn)
    assert (repeated.repeated, repeated.owner) == (True, None)


async def test_a_repeated_turn_does_not_move_the_leaf_back(store: Store) -> None:
    thread = a_thread()
    first = a_turn(thread)
    await store.add_turn(ADA, first)
    second = await store.add_turn(ADA, a_turn(thread.id, first.reply.id))
    repeated = await store.add_turn(ADA, first)
    assert repeated.repeated
    assert repeated.thread == second.thread == await store.get_thread(ADA, thread.id)


async def test_another_version_is_a_sibling(store: Store) -> None:
    thread = a_thread()
    first = await finished_turn(store, thread)
    assert first.question_id is not None
    again = another_version(thread.id, first.question_id)
    accepted = await store.add_turn(ADA, again)
    assert (accepted.question_id, accepted.thread.leaf_id) == (None, again.reply.id)
    siblings = await store.children(ADA, thread.id, [first.question_id])
    assert siblings == [
        Node(first.reply_id, first.question_id, Role.ASSISTANT, Status.COMPLETE),
        Node(again.reply.id, first.question_id, Role.ASSISTANT, Status.STREAMING),
    ]
    repeated = await store.add_turn(ADA, again)
    assert (repeated.repeated, repeated.question_id, repeated.reply_id) == (
        *(True, None, again.reply.id),
    )


async def test_a_path_is_the_branch_and_its_newest_part(store: Store) -> None:
    thread = a_thread()
    ids: list[str] = []
    parent_id = None
    for _ in range(6):
        accepted = await finished_turn(store, thread, parent_id)
        assert accepted.question_id is not None
        ids += [accepted.question_id, accepted.reply_id]
        # A branch beside it, which is on no other's path.
        await finished_turn(store, thread, parent_id)
        parent_id = accepted.reply_id
    assert parent_id is not None
    for limit in (1, 2, 5, 11, 12, 50):
        path = await store.path(ADA, thread.id, parent_id, limit=limit)
        assert [message.id for message in path] == ids[-limit:]
    middle = await store.path(ADA, thread.id, ids[4], limit=3)
    assert [message.id for message in middle] == ids[2:5]


async def test_a_path_finds_parents_behind_many_newer_messages(store: Store) -> None:
    thread = a_thread()
    first = await finished_turn(store, thread)
    for _ in range(40):
        await finished_turn(store, thread)
    last = await finished_turn(store, thread.id, first.reply_id)
    path = await store.path(ADA, thread.id, last.reply_id, limit=10)
    assert [message.id for message in path] == [
        *(first.question_id, first.reply_id, last.question_id, last.reply_id),
    ]


async def test_a_child_may_be_older_than_its_parent_where_clocks_differ(store: Store) -> None:
    thread = a_thread()
    early = a_turn(thread)  # its ids are made before those of its parent
    parent = await finished_turn(store, thread)
    assert early.question is not None
    early.question.parent_id = parent.reply_id
    await store.add_turn(ADA, early)
    path = await store.path(ADA, thread.id, early.reply.id, limit=10)
    assert [message.id for message in path] == [
        *(parent.question_id, parent.reply_id, early.question.id, early.reply.id),
    ]


async def test_the_tree_has_all_nodes_parents_first(store: Store) -> None:
    thread = a_thread()
    first = await finished_turn(store, thread)
    second = await finished_turn(store, thread.id, first.reply_id)
    edited = await store.add_turn(ADA, a_turn(thread.id, first.reply_id))
    assert await store.tree(ADA, thread.id) == [
        Node(str(first.question_id), None, Role.USER, Status.COMPLETE),
        Node(first.reply_id, first.question_id, Role.ASSISTANT, Status.COMPLETE),
        Node(str(second.question_id), first.reply_id, Role.USER, Status.COMPLETE),
        Node(second.reply_id, second.question_id, Role.ASSISTANT, Status.COMPLETE),
        Node(str(edited.question_id), first.reply_id, Role.USER, Status.COMPLETE),
        Node(edited.reply_id, edited.question_id, Role.ASSISTANT, Status.STREAMING),
    ]


async def test_children_of_several_parents_come_by_id(store: Store) -> None:
    thread = a_thread()
    first = await finished_turn(store, thread)
    root = await finished_turn(store, thread)
    second = await finished_turn(store, thread.id, first.reply_id)
    parents = [first.reply_id, None, first.reply_id]
    children = await store.children(ADA, thread.id, parents)
    assert [node.id for node in children] == [
        *(first.question_id, root.question_id, second.question_id),
    ]
    assert await store.children(ADA, thread.id, [second.reply_id]) == []
    assert await store.children(ADA, thread.id, []) == []


@pytest.mark.parametrize("whose", ["unknown", "somebody else's", "another thread's"])
async def test_what_is_not_there_and_what_is_not_yours_look_the_same(
    store: Store, whose: str
) -> None:
    own = await finished_turn(store, a_thread())
    other = await finished_turn(store, a_thread(), user=GRACE if "else" in whose else ADA)
    thread_id = own.thread.id
    message_id = new_id() if whose == "unknown" else other.reply_id
    if whose == "somebody else's":
        thread_id = other.thread.id
    with pytest.raises(NotFound) as error:
        await store.get_message(ADA, thread_id, message_id)
    assert error.value.problem == NotFound("message").problem
    with pytest.raises(NotFound) as error:
        await store.path(ADA, thread_id, message_id, limit=5)
    assert error.value.problem == NotFound("message").problem
    if whose == "another thread's":
        return
    thread_id = new_id() if whose == "unknown" else thread_id
    for nodes in (store.tree(ADA, thread_id), store.children(ADA, thread_id, [None])):
        with pytest.raises(NotFound) as error:
            await nodes
        assert error.value.problem == NotFound("conversation").problem


async def test_somebody_elses_reply_cannot_be_finished(store: Store) -> None:
    reply = await running_reply(store, user=GRACE)
    with pytest.raises(NotFound):
        await store.finish_reply(ADA, finished(reply))
    assert await store.get_message(GRACE, reply.thread_id, reply.id) == reply


async def test_a_long_message_is_no_trouble(store: Store) -> None:
    turn = a_turn(a_thread(), text="long " * 200_000)
    await store.add_turn(ADA, turn)
    message: Message | None = turn.question
    assert message is not None
    assert await store.get_message(ADA, message.thread_id, message.id) == message
