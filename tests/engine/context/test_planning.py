"""The plan of what is sent, while somebody types."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from jupyter_chat.engine.context import choosing
from jupyter_chat.engine.context.instructions import Instructions
from jupyter_chat.engine.context.planning import Plan, Planner
from jupyter_chat.ids import now_ms
from jupyter_chat.protocol import Model, ThreadSettings
from jupyter_chat.store import open_store
from jupyter_chat.store.errors import NotFound
from jupyter_chat.store.interface import Store
from tests.store.builders import ADA, a_whole_thread, finished_turn

MODEL = Model("m", "m", context_tokens=1_000, max_output_tokens=100)


@pytest.fixture
async def store(tmp_path: Path):
    store = open_store(f"sqlite:///{tmp_path / 'history.sqlite'}")
    await store.open()
    yield store
    await store.close()


@pytest.fixture
def chosen(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The drafts for which messages were chosen."""
    drafts: list[int] = []
    choose = choosing.choose

    def noting(*branch, draft, **how):
        drafts.append(draft)
        return choose(*branch, draft=draft, **how)

    monkeypatch.setattr(choosing, "choose", noting)
    return drafts


class Typing:
    """Somebody who types in a thread of so many turns."""

    def __init__(self, store: Store, turns: int) -> None:
        self.store = store
        self.planner = Planner(store)
        self.thread, self.messages = a_whole_thread(turns)
        self.leaf = self.messages[-1].id

    async def measured(self, draft: int, model: Model = MODEL) -> Plan:
        said, wanted = Instructions("", ""), ThreadSettings()
        return await self.planner.plan(
            ADA, model, wanted, said, self.thread, self.leaf, draft=draft
        )

    async def fresh(self, draft: int) -> Plan:
        self.planner = Planner(self.store)
        return await self.measured(draft)


async def typing(store: Store, turns: int) -> Typing:
    typing = Typing(store, turns)
    await store.add_thread(ADA, typing.thread, typing.messages)
    return typing


def plain(plan: Plan) -> object:
    return msgspec.to_builtins(plan)


async def test_nothing_is_chosen_anew_for_each_key_that_is_pressed(store: Store, chosen):
    person = await typing(store, 60)
    plans = [await person.measured(draft) for draft in range(5, 15)]
    assert chosen == [5]
    assert [plan.used - plan.draft for plan in plans] == [plans[0].used - 5] * 10
    assert len({plan.draft for plan in plans}) == 10


async def test_what_is_remembered_is_what_would_be_found_out(store: Store, chosen):
    person = await typing(store, 60)
    drafts = [*range(0, 900, 30), 2_000, 10, 5_000, 3]
    remembered = [plain(await person.measured(draft)) for draft in drafts]
    assert len(chosen) < len(drafts)
    assert remembered == [plain(await person.fresh(draft)) for draft in drafts]


async def test_what_changes_in_the_thread_or_the_model_is_seen_at_once(store: Store):
    person = await typing(store, 4)
    before = await person.measured(5)
    first = person.messages[0].id
    person.thread = msgspec.structs.replace(person.thread, excluded_messages=[first])
    assert len((await person.measured(5)).choices.sent) == len(before.choices.sent) - 1
    person.thread = msgspec.structs.replace(person.thread, excluded_messages=[])
    accepted = await finished_turn(store, person.thread.id, person.messages[-1].id)
    person.leaf = accepted.reply_id
    assert len((await person.measured(5)).choices.sent) == len(before.choices.sent) + 2
    small = msgspec.structs.replace(MODEL, context_tokens=80)
    assert (await person.measured(5, small)).choices.is_full
    blind = await person.measured(5, msgspec.structs.replace(MODEL, images=False))
    assert blind.choices.tokens == (await person.measured(5)).choices.tokens


async def test_what_is_deleted_is_missed_at_once(store: Store):
    person = await typing(store, 4)
    await person.measured(5)
    await store.delete_message(ADA, person.thread.id, person.messages[-2].id, now_ms())
    with pytest.raises(NotFound):
        await person.measured(6)
