"""A person's monthly limit: nothing more is asked once it is spent."""

from __future__ import annotations

from datetime import datetime, timezone

import pytest

from jupyter_chat.engine.costs import budgets
from jupyter_chat.engine.costs.budgets import Budgets, month_of
from jupyter_chat.ids import new_id, now_ms
from jupyter_chat.protocol import AccountPatch, Code, InvalidFrame, Status, Usage, User, decode
from jupyter_chat.store.types import LedgerEntry

from ..conftest import Engine, make_engine

ADA = User("ada", "Ada", "A")


def at(month: int, day: int, hour: int = 0) -> int:
    """A time of the year 2026."""
    return round(datetime(2026, month, day, hour, tzinfo=timezone.utc).timestamp() * 1000)


async def spend(engine: Engine, cost: float | None, when: int | None = None) -> None:
    entry = LedgerEntry(new_id(), new_id(), when or now_ms(), "m", Usage(1, 1), cost)
    await engine.store.add_usage("ada", entry)


async def limit(engine: Engine, dollars: float | None) -> None:
    await engine.accounts.change(ADA, AccountPatch(monthly_limit=dollars))


async def test_what_is_spent_keeps_the_question_and_asks_nothing(engine):
    await limit(engine, 2.0)
    await spend(engine, 2.5)
    thread_id = new_id()
    asked = await engine.ask("Why?", thread_id)
    reply = await engine.end(thread_id, str(asked.reply_id))
    assert reply.status is Status.FAILED
    assert reply.problem.code is Code.BUDGET_SPENT
    for words in ("$2.00", "$2.50", "Your question is kept", "settings"):
        assert words in reply.problem.message
    assert engine.provider.count == 0
    assert reply.usage is None


async def test_after_the_limit_is_changed_it_can_be_asked_again(engine):
    await limit(engine, 2.0)
    await spend(engine, 2.5)
    thread_id = new_id()
    asked = await engine.ask("Why?", thread_id)
    await engine.end(thread_id, str(asked.reply_id))
    await limit(engine, None)
    again = await engine.again(thread_id, str(asked.reply_id))
    await engine.answer("Because.")
    reply = await engine.end(thread_id, str(again.reply_id))
    assert reply.status is Status.COMPLETE


async def test_what_is_not_spent_of_the_limit_can_be(engine):
    await limit(engine, 2.0)
    await spend(engine, 1.99)
    await spend(engine, None)
    await engine.answered("Why?", new_id())


async def test_no_title_is_asked_for_beyond_the_limit(tmp_path):
    async for engine in make_engine(tmp_path, model_titles=True):
        await limit(engine, 2.0)
        thread_id = new_id()
        asked = await engine.ask("Why?", thread_id)
        call = await engine.provider.call()
        await spend(engine, 2.5)
        call.finish()
        await engine.end(thread_id, str(asked.reply_id))
        await engine.replies.close()
        assert engine.provider.count == 1


async def test_a_month_begins_at_midnight_in_utc(engine, monkeypatch):
    assert month_of(at(11, 26, 10)) == at(11, 1)
    assert month_of(at(11, 1)) == at(11, 1)
    monkeypatch.setattr(budgets, "now_ms", lambda: at(11, 26))
    await spend(engine, 1.0, at(11, 1) - 1)
    await spend(engine, 2.0, at(11, 1))
    budget = await Budgets(engine.store).of("ada")
    assert (budget.spent, budget.since, budget.limit) == (2.0, at(11, 1), None)


async def test_a_limit_is_a_persons_own(engine):
    await limit(engine, 2.0)
    await spend(engine, 2.5)
    await Budgets(engine.store).require("grace")


async def test_the_account_says_what_the_limit_is(engine):
    await limit(engine, 12.5)
    assert (await engine.accounts.describe(ADA)).monthly_limit == 12.5


@pytest.mark.parametrize("value", ["0", "-1", '"x"', "2000000"])
def test_a_limit_that_is_none_is_refused_by_its_name(value):
    with pytest.raises(InvalidFrame) as caught:
        decode(f'{{"monthly_limit": {value}}}', AccountPatch)
    assert caught.value.problem.field == "monthly_limit"
    assert "monthly limit" in caught.value.problem.message
