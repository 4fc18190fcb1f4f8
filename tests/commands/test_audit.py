"""`jupyter chat audit`: the log is shown, and shows where it was changed."""

from __future__ import annotations

import json
import re

import pytest

from jupyter_chat.engine.audit import Audit, Event
from jupyter_chat.ids import new_id
from jupyter_chat.store.interface import Store
from jupyter_chat.store.people import Person
from tests.engine.test_audit import in_mongodb, in_sqlite

from .conftest import Run


@pytest.fixture
async def audit(store: Store) -> Audit:
    audit = Audit(store)
    for number in range(3):
        await audit.note(f"user-{number}", Event.EXPORTED, "all", "json")
    return audit


async def test_a_whole_log_is_said_to_be_whole(audit: Audit, run: Run) -> None:
    said = run("audit", "verify")
    assert said.returncode == 0
    assert "3 entries" in said.stdout
    assert "whole" in said.stdout
    last = re.search(r"\d:[0-9a-f]{64}", said.stdout)
    assert last is not None
    await audit.note("ada", Event.KEY_SET)
    assert run("audit", "verify", f"--expect={last[0]}").returncode == 0


async def test_it_says_where_the_chain_breaks(audit: Audit, run: Run, store_url: str) -> None:
    if store_url.startswith("sqlite"):
        in_sqlite(
            store_url,
            "UPDATE audit SET body = json_set(body, '$.user_id', 'eve') WHERE number = 2",
        )
    else:
        in_mongodb(store_url, lambda log: log.update_one({"_id": 2}, {"$set": {"user_id": "eve"}}))
    said = run("audit", "verify")
    assert said.returncode == 1
    assert "Entry 2 is not as it was when entry 3 was written." in said.stderr


async def test_an_end_that_is_gone_shows_by_what_was_expected(audit: Audit, run: Run) -> None:
    said = run("audit", "verify", f"--expect=4:{'0' * 64}")
    assert said.returncode == 1
    assert "the log has lost its end" in said.stderr
    said = run("audit", "verify", f"--expect=3:{'0' * 64}")
    assert said.returncode == 1
    assert "Entry 3 is not the one that was there" in said.stderr
    said = run("audit", "verify", "--expect=frog")
    assert said.returncode == 1
    assert "NUMBER:HASH" in said.stderr


async def test_it_is_shown_a_line_for_each_entry(audit: Audit, run: Run) -> None:
    lines = [json.loads(line) for line in run("audit", "show").stdout.splitlines()]
    assert [line["number"] for line in lines] == [1, 2, 3]
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:.]+Z", line["at"]) for line in lines)
    (line,) = run("audit", "show", "--user=user-2", "--after=1").stdout.splitlines()
    assert json.loads(line)["user_id"] == "user-2"


async def test_people_are_named_as_they_sign_in(store: Store, audit: Audit, run: Run) -> None:
    ada = Person(new_id(), "Ada", "-", made_at=1)
    await store.add_person(ada)
    await audit.note(ada.id, Event.KEY_SET)
    for named in ("ada", ada.id):
        (line,) = run("audit", "show", f"--user={named}").stdout.splitlines()
        assert json.loads(line)["user_id"] == ada.id
