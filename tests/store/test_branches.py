"""Ways through the message tree: on from a message, and to the end of its branch."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence

import pytest

from jupyter_chat.ids import new_id
from jupyter_chat.protocol import Message, Role
from jupyter_chat.store import mongo_branches
from jupyter_chat.store.errors import NotFound
from jupyter_chat.store.interface import Store

from .builders import ADA, GRACE, a_message, a_thread, finished_turn, running_reply

STRIDE = 100
LONG = 250
"""More messages than either store reads at once."""


class Tree:
    """A thread that is stored as a whole; `None` is where it begins."""

    def __init__(self) -> None:
        self.thread = a_thread()
        self.messages: list[Message] = []

    def grow(self, parent_id: str | None, length: int, ids: Iterator[str] | None = None) -> str:
        """Hang a chain on a message; the id of its end."""
        for _ in range(length):
            number = len(self.messages)
            role = Role.USER if number % 2 else Role.ASSISTANT
            message = a_message(
                *(role, str(number), self.thread, parent_id),
                id=new_id() if ids is None else next(ids),
                created_at=1,
                completed_at=1,
            )
            self.messages.append(message)
            parent_id = message.id
        assert parent_id is not None
        return parent_id

    async def keep(self, store: Store) -> None:
        self.thread.leaf_id = self.messages[-1].id
        assert await store.add_thread(ADA, self.thread, self.messages) == len(self.messages)

    def branch(self, leaf_id: str) -> list[str]:
        parents = {message.id: message.parent_id for message in self.messages}
        found: list[str] = []
        here: str | None = leaf_id
        while here is not None:
            found.append(here)
            here = parents[here]
        return found[::-1]

    def newest(self, message_id: str) -> str:
        newest: dict[str | None, str] = {}
        for message in self.messages:
            newest[message.parent_id] = max(newest.get(message.parent_id, ""), message.id)
        while message_id in newest:
            message_id = newest[message_id]
        return message_id


def ids(messages: Sequence[Message]) -> list[str]:
    return [message.id for message in messages]


async def test_what_follows_a_message_comes_page_by_page_up_to_the_leaf(store: Store) -> None:
    tree = Tree()
    leaf = tree.grow(None, 130)
    await tree.keep(store)
    branch = tree.branch(leaf)
    seen = [branch[0]]
    while page := await store.after(ADA, tree.thread.id, seen[-1], leaf, limit=50):
        assert len(page) <= 50
        seen += ids(page)
    assert seen == branch
    assert await store.after(ADA, tree.thread.id, branch[3], leaf, limit=2) == tree.messages[4:6]


async def test_at_forks_the_way_to_the_leaf_is_taken(store: Store) -> None:
    tree = Tree()
    trunk = tree.grow(None, 3)
    old = tree.grow(trunk, 4)
    new = tree.grow(trunk, 4)
    older = tree.grow(old, 3)
    newer = tree.grow(old, 3)
    await tree.keep(store)
    start = tree.messages[0].id
    for leaf in (older, newer, new):
        found = await store.after(ADA, tree.thread.id, start, leaf, limit=50)
        assert ids(found) == tree.branch(leaf)[1:]


async def test_off_the_branch_the_newest_way_is_taken(store: Store) -> None:
    tree = Tree()
    trunk = tree.grow(None, 2)
    side = tree.grow(trunk, 2)
    tree.grow(side, 3)
    end = tree.grow(side, 3)
    leaf = tree.grow(trunk, 5)
    await tree.keep(store)
    found = await store.after(ADA, tree.thread.id, side, leaf, limit=50)
    assert ids(found) == tree.branch(end)[4:]
    assert not await store.leads_to(ADA, tree.thread.id, side, leaf)
    assert await store.leads_to(ADA, tree.thread.id, trunk, leaf)
    assert await store.leads_to(ADA, tree.thread.id, leaf, leaf)
    assert not await store.leads_to(ADA, tree.thread.id, leaf, trunk)
    assert await store.newest_leaf(ADA, tree.thread.id, side) == end
    assert await store.newest_leaf(ADA, tree.thread.id, trunk) == leaf
    assert await store.newest_leaf(ADA, tree.thread.id, leaf) == leaf


async def test_the_ends_of_a_long_thread_find_each_other(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mongo_branches, "_LONG_STRIDE", STRIDE)
    tree = Tree()
    fork = tree.grow(None, 5)
    long = tree.grow(fork, LONG)
    short = tree.grow(fork, 20)
    await tree.keep(store)
    first = tree.messages[0].id
    thread_id = tree.thread.id
    assert await store.newest_leaf(ADA, thread_id, tree.branch(long)[5]) == long
    assert await store.newest_leaf(ADA, thread_id, first) == short
    assert await store.leads_to(ADA, thread_id, first, long)
    found = await store.after(ADA, thread_id, first, long, limit=10)
    assert ids(found) == tree.branch(long)[1:11]


@pytest.mark.parametrize("order", ["as made", "mixed"])
async def test_any_tree_is_walked_alike_whatever_the_order_of_its_ids(
    store: Store, order: str
) -> None:
    """Clocks differ, and an import brings its own ids."""
    dice = random.Random(7)
    made = [new_id() for _ in range(200)]
    if order == "mixed":
        dice.shuffle(made)
    tree, supply = Tree(), iter(made)
    tree.grow(None, 40, supply)
    while len(tree.messages) < 160:
        parent = dice.choice(tree.messages).id
        tree.grow(parent, dice.randint(1, 40), supply)
    await tree.keep(store)
    parents = {message.parent_id for message in tree.messages}
    leaves = [message.id for message in tree.messages if message.id not in parents]
    for _ in range(12):
        message, leaf = dice.choice(tree.messages).id, dice.choice(leaves)
        branch = tree.branch(leaf)
        leads = message in branch
        if not leads:
            branch = tree.branch(tree.newest(message))
        expected = branch[branch.index(message) + 1 :][:30]
        thread_id = tree.thread.id
        assert await store.leads_to(ADA, thread_id, message, leaf) == leads
        assert await store.newest_leaf(ADA, thread_id, message) == tree.newest(message)
        assert ids(await store.after(ADA, thread_id, message, leaf, limit=30)) == expected


async def test_a_running_reply_comes_with_its_text_so_far(store: Store) -> None:
    reply = await running_reply(store)
    assert reply.parent_id is not None
    found = await store.after(ADA, reply.thread_id, reply.parent_id, reply.id, limit=5)
    assert found == [await store.get_message(ADA, reply.thread_id, reply.id)]


@pytest.mark.parametrize("whose", ["unknown", "somebody else's", "another thread's"])
async def test_no_way_leads_from_what_is_not_there_or_not_yours(store: Store, whose: str) -> None:
    own = await finished_turn(store, a_thread())
    other = await finished_turn(store, a_thread(), user=GRACE if "else" in whose else ADA)
    thread_id = other.thread.id if whose == "somebody else's" else own.thread.id
    message_id = new_id() if whose == "unknown" else str(other.question_id)
    for walk in (
        store.after(ADA, thread_id, message_id, other.reply_id, limit=5),
        store.leads_to(ADA, thread_id, message_id, other.reply_id),
        store.newest_leaf(ADA, thread_id, message_id),
    ):
        with pytest.raises(NotFound) as error:
            await walk
        assert error.value.problem == NotFound("message").problem
