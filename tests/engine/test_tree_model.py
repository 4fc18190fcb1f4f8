"""The message tree against a model of it: whatever is done, in whatever order, no branch is
lost, versions are right, the leaf is there, what is deleted is not, and undo is exact.

Everything goes through the engine, on both stores; Hypothesis chooses what is done.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from jupyter_chat.engine.errors import Invalid
from jupyter_chat.ids import new_id
from jupyter_chat.protocol import (
    Ack,
    Code,
    Continue,
    Delete,
    Fork,
    Problem,
    Regenerate,
    Restore,
    Role,
    Select,
    Status,
    text_of,
)
from jupyter_chat.providers.interface import Finish, ProviderError
from jupyter_chat.store.errors import NotFound
from tests.store.conftest import mongodb_server, mongodb_url, sqlite_url, store_url  # noqa: F401

from .conftest import Engine, Watcher, make_engine

_T = TypeVar("_T")

EXAMPLES = {"sqlite": 40, "mongodb": 8}
STEPS = 16
OUTCOMES = {
    "complete": None,
    "interrupted": ProviderError(Problem(Code.STREAM_CUT, "It broke off.")),
    "failed": ProviderError(Problem(Code.NO_QUOTA, "No credit.")),
    "limit": Finish("length", problem=Problem(Code.OUTPUT_LIMIT, "Too long.")),
}


@dataclass
class Node:
    id: str
    parent: Node | None
    role: Role
    text: str
    whole: bool = True
    deleted_with: str | None = None


@dataclass
class Model:
    """One thread, as it should be."""

    id: str
    nodes: dict[str, Node] = field(default_factory=dict)
    leaf: str | None = None
    leaf_at_deletion: dict[str, str | None] = field(default_factory=dict)

    def visible(self) -> list[Node]:
        nodes = sorted(self.nodes.values(), key=lambda node: node.id)
        return [node for node in nodes if node.deleted_with is None]

    def path(self, message_id: str | None) -> list[Node]:
        branch = []
        node = self.nodes[message_id] if message_id is not None else None
        while node is not None:
            branch.append(node)
            node = node.parent
        return branch[::-1]

    def versions(self, node: Node) -> list[str]:
        return [other.id for other in self.visible() if other.parent is node.parent]

    def newest_leaf(self, node: Node) -> str:
        while True:
            children = [other for other in self.visible() if other.parent is node]
            if not children:
                return node.id
            node = children[-1]

    def delete(self, node: Node) -> None:
        versions = self.versions(node)
        gone = [each for each in self.visible() if node in self.path(each.id)]
        for each in gone:
            each.deleted_with = node.id
        shown = self.leaf in {each.id for each in gone}
        self.leaf_at_deletion[node.id] = self.leaf if shown else None
        if shown:
            place = versions.index(node.id)
            others = versions[:place][-1:] or versions[place + 1 :][:1]
            if others:
                self.leaf = self.newest_leaf(self.nodes[others[0]])
            else:
                self.leaf = node.parent.id if node.parent is not None else None

    def restore(self, node: Node) -> None:
        for each in self.nodes.values():
            if each.deleted_with == node.id:
                each.deleted_with = None
        self.leaf = self.leaf_at_deletion.pop(node.id) or self.leaf


class Trees(RuleBasedStateMachine):
    """Several threads of one person; each example is another person."""

    loop: asyncio.AbstractEventLoop
    engine: Engine

    def __init__(self) -> None:
        super().__init__()
        self.user = new_id()
        self.threads: dict[str, Model] = {}
        self.viewers: dict[str, Watcher] = {}
        self.touched: set[str] = set()
        self.asked = 0

    def teardown(self) -> None:
        self.do(self.check(self.threads.values()))
        for viewer in self.viewers.values():
            self.engine.broadcast.leave(viewer)

    def do(self, coroutine: Coroutine[Any, Any, _T]) -> _T:
        return self.loop.run_until_complete(asyncio.wait_for(coroutine, 20))

    # --- choosing -------------------------------------------------------------------------

    def thread(self, data: st.DataObject) -> Model:
        thread_id = data.draw(st.sampled_from(list(self.threads)), "thread")
        self.touched.add(thread_id)
        return self.threads[thread_id]

    def node(self, data: st.DataObject, model: Model, role: Role | None = None) -> Node | None:
        fitting = [n for n in model.visible() if role is None or n.role is role]
        return data.draw(st.sampled_from(fitting), "message") if fitting else None

    # --- what people do -------------------------------------------------------------------

    @initialize()
    def begin(self) -> None:
        self.start_thread()

    def start_thread(self) -> None:
        model = Model(new_id())
        self.threads[model.id] = model
        self.ask(model, None, "complete")
        self.watch(model)

    def watch(self, model: Model) -> None:
        viewer = Watcher(self.user)
        self.engine.broadcast.join(viewer)
        self.do(self.engine.conversations.subscribe(viewer, model.id))
        self.viewers[model.id] = viewer

    def ask(self, model: Model, parent: Node | None, outcome: str) -> None:
        self.asked += 1
        text = f"question {self.asked}"
        ack = self.send(model, parent, text)
        question = Node(str(ack.message_id), parent, Role.USER, text)
        model.nodes[question.id] = question
        self.answer(model, question, str(ack.reply_id), f"answer {self.asked}", outcome)

    def send(self, model: Model, parent: Node | None, text: str) -> Ack:
        parent_id = parent.id if parent is not None else None
        return self.do(self.engine.ask(text, model.id, parent_id, user_id=self.user))

    def answer(
        self, model: Model, question: Node, reply_id: str, text: str, outcome: str, begin: str = ""
    ) -> None:
        call = self.do(self.engine.answer(text, OUTCOMES[outcome]))
        self.do(self.engine.end(model.id, reply_id, self.user))
        expected = [node.text for node in model.path(question.id)]
        sent = [prompt.text for prompt in call.request.messages]
        assert sent[: len(expected)] == expected, "the model sees the branch and nothing else"
        assert sent[len(expected) :][:1] == ([begin] if begin else [])
        whole = outcome == "complete"
        reply = Node(reply_id, question, Role.ASSISTANT, begin + text, whole)
        model.nodes[reply_id] = reply
        model.leaf = reply_id

    @rule(data=st.data(), outcome=st.sampled_from(sorted(OUTCOMES)))
    def ask_at_the_end(self, data: st.DataObject, outcome: str) -> None:
        model = self.thread(data)
        self.ask(model, model.nodes[model.leaf] if model.leaf else None, outcome)

    @rule(data=st.data())
    def edit(self, data: st.DataObject) -> None:
        model = self.thread(data)
        question = self.node(data, model, Role.USER)
        if question is not None:
            self.ask(model, question.parent, "complete")

    @rule(data=st.data())
    def edit_in_two_tabs(self, data: st.DataObject) -> None:
        model = self.thread(data)
        question = self.node(data, model, Role.USER)
        if question is None:
            return
        parent = question.parent.id if question.parent is not None else None

        async def both() -> tuple[Ack, Ack]:
            one, other = await asyncio.gather(
                self.engine.ask("one", model.id, parent, user_id=self.user),
                self.engine.ask("other", model.id, parent, user_id=self.user),
            )
            for _ in "ab":  # one after the other
                await self.engine.answer("both")
            for ack in (one, other):
                await self.engine.end(model.id, str(ack.reply_id), self.user)
            return one, other

        for text, ack in zip(("one", "other"), self.do(both()), strict=True):
            node = Node(str(ack.message_id), question.parent, Role.USER, text)
            model.nodes[node.id] = node
            reply = Node(str(ack.reply_id), node, Role.ASSISTANT, "both")
            model.nodes[reply.id] = reply
        leaf = self.do(self.engine.store.get_thread(self.user, model.id)).leaf_id
        new = list(model.nodes.values())[-4:]
        assert leaf in {node.id for node in new if node.role is Role.ASSISTANT}
        # Which is shown is open; Hypothesis wants it to be the same every time.
        first = min(new, key=lambda node: node.id)
        self.do(self.engine.branches.select(self.user, Select("1", model.id, first.id)))
        model.leaf = model.newest_leaf(first)

    @rule(data=st.data(), outcome=st.sampled_from(sorted(OUTCOMES)))
    def regenerate(self, data: st.DataObject, outcome: str) -> None:
        model = self.thread(data)
        node = self.node(data, model)
        if node is None:
            return
        question = node if node.role is Role.USER else node.parent
        assert question is not None
        command = Regenerate("1", new_id(), model.id, node.id)
        ack = self.do(self.engine.conversations.regenerate(self.user, command))
        self.asked += 1
        self.answer(model, question, str(ack.reply_id), f"version {self.asked}", outcome)

    @rule(data=st.data(), outcome=st.sampled_from(sorted(OUTCOMES)))
    def go_on(self, data: st.DataObject, outcome: str) -> None:
        model = self.thread(data)
        node = self.node(data, model, Role.ASSISTANT)
        if node is None:
            return
        go_on = self.engine.conversations.go_on(
            self.user, Continue("1", new_id(), model.id, node.id)
        )
        if node.whole:
            with pytest.raises(Invalid):
                self.do(go_on)
            return
        ack = self.do(go_on)
        assert node.parent is not None
        self.answer(model, node.parent, str(ack.reply_id), " and on", outcome, node.text)

    @rule(data=st.data())
    def select(self, data: st.DataObject) -> None:
        model = self.thread(data)
        node = self.node(data, model)
        if node is not None:
            self.do(self.engine.branches.select(self.user, Select("1", model.id, node.id)))
            model.leaf = model.newest_leaf(node)

    @rule(data=st.data(), times=st.integers(1, 2))
    def delete(self, data: st.DataObject, times: int) -> None:
        model = self.thread(data)
        node = self.node(data, model)
        if node is not None:
            for _ in range(times):
                self.do(self.engine.branches.delete(self.user, Delete("1", model.id, node.id)))
            model.delete(node)

    @rule(data=st.data())
    def delete_while_it_is_answered(self, data: st.DataObject) -> None:
        model = self.thread(data)
        parent = model.nodes[model.leaf] if model.leaf else None
        ack = self.send(model, parent, "too late")
        call = self.do(self.engine.provider.call())
        question = Node(str(ack.message_id), parent, Role.USER, "too late")
        reply = Node(str(ack.reply_id), question, Role.ASSISTANT, "", whole=False)
        model.nodes |= {question.id: question, reply.id: reply}
        model.leaf = reply.id
        self.do(self.engine.branches.delete(self.user, Delete("1", model.id, question.id)))
        assert call.closed.is_set()
        model.delete(question)

    @precondition(lambda self: any(model.leaf_at_deletion for model in self.threads.values()))
    @rule(data=st.data())
    def restore(self, data: st.DataObject) -> None:
        deleted = [
            (model.id, message_id)
            for model in self.threads.values()
            for message_id in model.leaf_at_deletion
        ]
        thread_id, message_id = data.draw(st.sampled_from(deleted), "deleted")
        self.touched.add(thread_id)
        model = self.threads[thread_id]
        node = model.nodes[message_id]
        restore = self.engine.branches.restore(self.user, Restore("1", thread_id, message_id))
        if node.parent is not None and node.parent.deleted_with is not None:
            with pytest.raises(NotFound):
                self.do(restore)
            return
        self.do(restore)
        model.restore(node)

    @precondition(lambda self: len(self.threads) < 3)
    @rule(data=st.data(), times=st.integers(1, 2))
    def fork(self, data: st.DataObject, times: int) -> None:
        model = self.thread(data)
        node = self.node(data, model)
        if node is None:
            return
        client_id = new_id()
        for _ in range(times):
            command = Fork("1", client_id, model.id, node.id)
            ack = self.do(self.engine.branches.fork(self.user, command))
        forked = Model(str(ack.thread_id), leaf=ack.message_id)
        copies = self.do(
            self.engine.store.path(self.user, forked.id, str(ack.message_id), limit=99)
        )
        parent = None
        for copy, original in zip(copies, model.path(node.id), strict=True):
            parent = Node(copy.id, parent, original.role, original.text, original.whole)
            forked.nodes[copy.id] = parent
        self.touched.add(forked.id)
        self.threads[forked.id] = forked
        self.watch(forked)

    # --- what always holds ----------------------------------------------------------------

    @invariant()
    def what_was_touched_is_as_it_should_be(self) -> None:
        self.do(self.check([self.threads[thread_id] for thread_id in self.touched]))
        self.touched.clear()

    async def check(self, models: Iterable[Model]) -> None:
        for model in models:
            await self.check_store(model)
            await self.check_viewers(model)

    async def check_store(self, model: Model) -> None:
        store = self.engine.store
        visible = model.visible()
        nodes = await store.tree(self.user, model.id)
        assert [(node.id, node.parent_id) for node in nodes] == [
            (node.id, node.parent.id if node.parent is not None else None) for node in visible
        ]
        assert (await store.get_thread(self.user, model.id)).leaf_id == model.leaf
        inner = {node.parent.id for node in visible if node.parent is not None}
        for node in visible:
            if node.id not in inner:
                branch = await store.path(self.user, model.id, node.id, limit=99)
                assert [text_of(each) for each in branch] == [
                    each.text for each in model.path(node.id)
                ]
                assert not {each.status for each in branch} & {Status.QUEUED, Status.STREAMING}
        for message_id in model.leaf_at_deletion:
            with pytest.raises(NotFound):
                await store.get_message(self.user, model.id, message_id)

    async def check_viewers(self, model: Model) -> None:
        branch = model.path(model.leaf)
        late = Watcher(self.user)
        await self.engine.conversations.subscribe(late, model.id)
        self.engine.broadcast.leave(late)
        assert list(late.messages) == [node.id for node in branch]
        assert late.events[-1]["versions"] == {
            node.id: model.versions(node) for node in branch if len(model.versions(node)) > 1
        }
        viewer = self.viewers[model.id]
        for node in branch[-1:]:  # of a branch it has not seen it fetches what is before
            assert viewer.text(node.id) == node.text


@pytest.fixture
def machine(store_url: str, tmp_path: Path) -> Iterator[type[Trees]]:  # noqa: F811
    """A machine with an engine of its own, in a loop of its own: Hypothesis knows none."""
    loop = asyncio.new_event_loop()
    making = asynccontextmanager(make_engine)(tmp_path, store_url=store_url)
    engine = loop.run_until_complete(making.__aenter__())
    yield type("Machine", (Trees,), {"loop": loop, "engine": engine})
    loop.run_until_complete(making.__aexit__(None, None, None))
    loop.run_until_complete(asyncio.sleep(0.1))  # what the database's client leaves behind
    loop.close()


def test_the_tree_is_as_the_model_says(machine: type[Trees], store_url: str) -> None:  # noqa: F811
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=EXAMPLES[store_url.split(":")[0]],
            stateful_step_count=STEPS,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            derandomize=True,
            database=None,
            phases=[Phase.generate],  # shrinking would take minutes
        ),
    )
