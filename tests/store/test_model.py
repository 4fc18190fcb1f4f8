"""Whatever is done to a store, in whatever order, it holds what a simple model of it holds.

Each rule does something to the store and to the model; the invariants compare what can be
read of the two.  More operations are more rules.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, TypeVar

import msgspec
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from jupyter_chat.ids import new_id, now_ms
from jupyter_chat.protocol import Message, Status, TextPart, Thread, Usage, text_of
from jupyter_chat.store import open_store
from jupyter_chat.store.errors import Conflict, NotFound
from jupyter_chat.store.interface import Store
from jupyter_chat.store.types import (
    Lease,
    LedgerEntry,
    LedgerQuery,
    Left,
    ThreadChanges,
    Turn,
    UsageKind,
)

from .builders import a_thread, a_turn, an_entry, another_version, finished, grown

_T = TypeVar("_T")
USERS = ("ada", "grace")
NOW = now_ms()


@dataclass
class Running:
    """A reply that is being made."""

    owner: str
    begun: bool
    attempt: int = 0
    numbers: int = 0
    text: str = ""
    durable: str = ""
    """As far as upstream can be asked to go on from there."""
    upstream_seq: int | None = None


@dataclass
class Model:
    """What a store should hold."""

    threads: dict[str, tuple[str, Thread]] = field(default_factory=dict)
    messages: dict[str, tuple[str, Message]] = field(default_factory=dict)
    running: dict[str, Running] = field(default_factory=dict)
    turns: dict[str, Turn] = field(default_factory=dict)
    """By the id of the reply."""
    ledger: dict[tuple[str, UsageKind], LedgerEntry] = field(default_factory=dict)
    """By the id of the reply and the kind."""

    def change(self, thread_id: str, **fields: Any) -> None:
        user, thread = self.threads[thread_id]
        fields = {name: new for name, new in fields.items() if getattr(thread, name) != new}
        if fields:
            fields["revision"] = thread.revision + 1
            self.threads[thread_id] = user, msgspec.structs.replace(thread, **fields)

    def add(self, user: str, turn: Turn) -> None:
        reply, question = turn.reply, turn.question
        if turn.new_thread is not None and reply.thread_id not in self.threads:
            self.threads[reply.thread_id] = user, turn.new_thread
        for message in (question, reply):
            if message is not None:
                self.messages[message.id] = user, message
        self.running[reply.id] = Running(turn.owner, reply.status is not Status.QUEUED)
        self.turns[reply.id] = turn
        updated_at = max(self.threads[reply.thread_id][1].updated_at, reply.created_at)
        self.change(reply.thread_id, leaf_id=reply.id, updated_at=updated_at)

    def shown(self, message_id: str) -> Message:
        """A message as it is read: a running reply with what it has grown by."""
        message = self.messages[message_id][1]
        running = self.running.get(message_id)
        text = running.text if running is not None else ""
        if not text:
            return message
        return msgspec.structs.replace(message, parts=[TextPart(text)])

    def finish(self, message: Message) -> None:
        user, _ = self.messages[message.id]
        self.messages[message.id] = user, message
        self.running.pop(message.id, None)
        thread = self.threads[message.thread_id][1]
        updated_at = max(thread.updated_at, message.completed_at or 0)
        self.change(message.thread_id, updated_at=updated_at)


class StoreMachine(RuleBasedStateMachine):
    """One store, used by two processes for two people."""

    url: ClassVar[str]
    loop: ClassVar[asyncio.AbstractEventLoop]

    replies = Bundle("replies")

    def __init__(self) -> None:
        super().__init__()
        self.model = Model()
        self.store: Store = open_store(self.url)
        self.owner = new_id()

    @initialize()
    def open(self) -> None:
        self.run(self.store.open())
        self.run(self.store.renew_lease(self.lease(self.owner)))

    def teardown(self) -> None:
        # Nothing is left to recover for the next one.
        for reply in self.model.running:
            user, message = self.model.messages[reply]
            self.run(self.store.finish_reply(user, finished(message)))
        self.run(self.store.release_lease(self.owner))
        self.run(self.store.close())

    def run(self, call: Coroutine[Any, Any, _T]) -> _T:
        return self.loop.run_until_complete(call)

    def lease(self, owner: str, expires_at: int = NOW + 10**8) -> Lease:
        return Lease(owner, expires_at, "here", 1)

    # --- asking ---------------------------------------------------------------------------

    @rule(
        target=replies,
        user=st.sampled_from(USERS),
        waits=st.booleans(),
        times=st.integers(1, 2),
    )
    def ask_in_a_new_thread(self, user: str, waits: bool, times: int) -> str:
        turn = a_turn(a_thread(), owner=self.owner)
        return self.ask(user, turn, waits, times)

    @rule(target=replies, parent=replies, waits=st.booleans(), times=st.integers(1, 2))
    def ask_on(self, parent: str, waits: bool, times: int) -> str:
        user, message = self.model.messages[parent]
        turn = a_turn(message.thread_id, parent, owner=self.owner)
        return self.ask(user, turn, waits, times)

    @rule(target=replies, version=replies, waits=st.booleans(), times=st.integers(1, 2))
    def answer_again(self, version: str, waits: bool, times: int) -> str:
        user, message = self.model.messages[version]
        turn = another_version(message.thread_id, str(message.parent_id), owner=self.owner)
        return self.ask(user, turn, waits, times)

    def ask(self, user: str, turn: Turn, waits: bool, times: int) -> str:
        turn.reply.status = Status.QUEUED if waits else Status.STREAMING
        self.model.add(user, turn)
        for number in range(times):
            accepted = self.run(self.store.add_turn(user, turn))
            assert accepted.repeated is (number > 0)
            assert accepted.reply_id == turn.reply.id
            assert accepted.owner == self.owner
            assert accepted.thread == self.model.threads[turn.reply.thread_id][1]
        return turn.reply.id

    @rule(reply=replies)
    def ask_the_same_with_new_ids(self, reply: str) -> None:
        user, _ = self.model.messages[reply]
        first = self.model.turns[reply]
        if first.question is None:
            return
        again = a_turn(
            first.reply.thread_id,
            first.question.parent_id,
            client_id=first.question.client_id,
            owner=self.owner,
        )
        accepted = self.run(self.store.add_turn(user, again))
        assert accepted.repeated
        assert (accepted.question_id, accepted.reply_id) == (first.question.id, reply)
        running = self.model.running.get(reply)
        assert accepted.owner == (running.owner if running is not None else None)

    @rule(reply=replies)
    def ask_in_somebody_elses_thread(self, reply: str) -> None:
        user, message = self.model.messages[reply]
        other = next(each for each in USERS if each != user)
        with pytest.raises(NotFound):
            self.run(self.store.add_turn(other, a_turn(message.thread_id, reply)))

    # --- replies being made ---------------------------------------------------------------

    @rule(reply=replies, text=st.text(max_size=6), durable=st.booleans(), times=st.integers(1, 2))
    def grow(self, reply: str, text: str, durable: bool, times: int) -> None:
        """Checkpoints of a reply that runs, or that has ended (and then change nothing)."""
        user, message = self.model.messages[reply]
        running = self.model.running.get(reply) or Running(self.owner, True)
        if not running.begun:
            return
        seq = running.numbers if durable else None
        checkpoint = grown(
            message,
            running.numbers,
            text,
            user=user,
            upstream_id="resp" if durable else None,
            upstream_seq=seq,
            attempt=running.attempt,
        )
        checkpoint = msgspec.structs.replace(checkpoint, model=None)
        for _ in range(times):
            self.run(self.store.append_checkpoints([checkpoint]))
        running.numbers += 1
        running.text += text
        if durable:
            running.durable, running.upstream_seq = running.text, seq

    def grow_what_was_taken_over(self, reply: str, text: str) -> None:
        """A checkpoint of a process that was thought dead."""
        user, message = self.model.messages[reply]
        attempt = self.model.running[reply].attempt - 1
        late = grown(message, 99, text, user=user, upstream_seq=99, attempt=attempt)
        self.run(self.store.append_checkpoints([late]))

    @rule(reply=replies)
    def begin(self, reply: str) -> None:
        user, _ = self.model.messages[reply]
        running = self.model.running.get(reply)
        mine = running is not None and running.owner == self.owner
        assert self.run(self.store.begin_reply(user, reply, self.owner)) is mine
        if running is not None:
            running.begun = True

    @rule(
        reply=replies,
        text=st.text(max_size=6),
        cost=st.sampled_from([None, 0.5]),
        times=st.integers(1, 2),
    )
    def finish(self, reply: str, text: str, cost: float | None, times: int) -> None:
        user, message = self.model.messages[reply]
        if reply not in self.model.running:
            return
        final = finished(message, text, completed_at=now_ms())
        self.model.finish(final)
        entry = an_entry(message, cost=cost)
        self.model.ledger[reply, entry.kind] = entry
        for _ in range(times):
            thread = self.run(self.store.finish_reply(user, final, entry))
            assert thread == self.model.threads[message.thread_id][1]

    @rule(reply=replies, estimated=st.booleans(), times=st.integers(1, 2))
    def enter_a_title(self, reply: str, estimated: bool, times: int) -> None:
        user, message = self.model.messages[reply]
        usage = Usage(len(self.model.ledger), estimated=estimated)
        entry = an_entry(message, kind=UsageKind.TITLE, usage=usage)
        if not estimated or (reply, entry.kind) not in self.model.ledger:
            self.model.ledger[reply, entry.kind] = entry
        for _ in range(times):
            self.run(self.store.add_usage(user, entry))

    @rule(times=st.integers(1, 2))
    def die_and_recover(self, times: int) -> None:
        """The process's lease lapses, and the next one looks for what it has left."""
        self.run(self.store.release_lease(self.owner))
        self.owner = new_id()
        now = now_ms()
        lefts = [
            [left for left in self.recover(now) if left.message.id in self.model.messages]
            for _ in range(times)
        ]
        running = dict(self.model.running)
        taken = {
            reply: state
            for reply, state in running.items()
            if not state.begun or state.upstream_seq is not None
        }
        assert {left.message.id for left in lefts[0]} == set(running)
        for found in lefts[1:]:
            assert {left.message.id for left in found} == set(taken)
        for left in lefts[0]:
            state = running[left.message.id]
            assert left.user_id == self.model.messages[left.message.id][0]
            assert left.taken_over is (left.message.id in taken)
            if left.taken_over:
                self.take_over(left.message, state)
                assert (left.attempt, left.upstream_seq) == (state.attempt, state.upstream_seq)
            else:
                assert left.message.status is Status.INTERRUPTED
                assert text_of(left.message) == state.text
                self.model.messages[left.message.id] = left.user_id, left.message
                del self.model.running[left.message.id]

    def recover(self, now: int) -> list[Left]:
        return self.run(self.store.recover(self.lease(self.owner), now))

    def take_over(self, message: Message, state: Running) -> None:
        state.owner, state.attempt = self.owner, state.attempt + 1
        state.text, state.numbers = state.durable, 1
        assert text_of(message) == state.text
        if state.begun:  # who never asked has nothing to add
            self.grow_what_was_taken_over(message.id, "late")
        if state.upstream_seq is not None:
            user, kept = self.model.messages[message.id]
            # Whether that is written down already is the store's own business.
            shown = self.run(self.store.get_message(user, kept.thread_id, kept.id))
            assert shown.status in (Status.STREAMING, kept.status)
            kept = msgspec.structs.replace(kept, status=shown.status)
            self.model.messages[message.id] = user, kept

    # --- threads --------------------------------------------------------------------------

    @rule(reply=replies, times=st.integers(1, 2))
    def select(self, reply: str, times: int) -> None:
        user, message = self.model.messages[reply]
        self.model.change(message.thread_id, leaf_id=reply)
        for _ in range(times):
            changes = ThreadChanges(leaf_id=reply)
            thread = self.run(self.store.update_thread(user, message.thread_id, changes))
            assert thread == self.model.threads[message.thread_id][1]

    @rule(reply=replies, title=st.text(min_size=1, max_size=5), behind=st.integers(0, 1))
    def rename_a_revision(self, reply: str, title: str, behind: int) -> None:
        user, message = self.model.messages[reply]
        thread = self.model.threads[message.thread_id][1]
        changes = ThreadChanges(title=title)
        call = self.store.update_thread(user, thread.id, changes, thread.revision - behind)
        if behind and title != thread.title:
            with pytest.raises(Conflict):
                self.run(call)
        else:
            self.run(call)
            self.model.change(thread.id, title=title)

    # --- what can be read -----------------------------------------------------------------

    @invariant()
    def threads_and_trees_are_those_of_the_model(self) -> None:
        for thread_id, (user, thread) in self.model.threads.items():
            assert self.run(self.store.get_thread(user, thread_id)) == thread
            nodes = {node.id: node for node in self.run(self.store.tree(user, thread_id))}
            expected = {
                message.id: message.parent_id
                for _, message in self.model.messages.values()
                if message.thread_id == thread_id
            }
            assert {node.id: node.parent_id for node in nodes.values()} == expected

    @invariant()
    def messages_are_those_of_the_model(self) -> None:
        for user, thread in self.model.threads.values():
            if thread.leaf_id is None:
                continue
            path = self.run(self.store.path(user, thread.id, thread.leaf_id, limit=50))
            expected: list[Message] = []
            message_id: str | None = thread.leaf_id
            while message_id is not None:
                expected.insert(0, self.model.shown(message_id))
                message_id = expected[0].parent_id
            assert path == expected[-50:]

    @invariant()
    def the_ledger_is_that_of_the_model(self) -> None:
        for thread_id, (user, _) in self.model.threads.items():
            which = LedgerQuery(thread_id=thread_id)
            entries = self.run(self.store.usage_entries(user, which, limit=100))
            expected = {
                key: entry
                for key, entry in self.model.ledger.items()
                if entry.thread_id == thread_id
            }
            assert {(entry.message_id, entry.kind): entry for entry in entries} == expected
            assert len(entries) == len(expected)


SETTINGS = settings(
    stateful_step_count=20,
    deadline=None,
    derandomize=True,
    phases=(Phase.generate,),
    suppress_health_check=list(HealthCheck),
)


def check(url: str, examples: int) -> None:
    """Try many sequences of operations, each in threads of its own."""
    loop = asyncio.new_event_loop()
    machine = type("Machine", (StoreMachine,), {"url": url, "loop": loop})
    try:
        run_state_machine_as_test(machine, settings=settings(SETTINGS, max_examples=examples))
    finally:
        loop.close()


def test_sqlite_holds_what_the_model_holds(tmp_path: Path) -> None:
    check(f"sqlite:///{tmp_path / 'history.sqlite'}", examples=40)


def test_mongodb_holds_what_the_model_holds(mongodb_url: str) -> None:
    check(mongodb_url, examples=12)  # each takes a second
