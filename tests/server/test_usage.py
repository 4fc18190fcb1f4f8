"""What was asked and what it cost, over REST."""

from __future__ import annotations

import csv
import io
import time
from typing import Any

import pytest

from jupyter_chat.ids import new_id
from jupyter_chat.protocol import Source, Usage
from jupyter_chat.store.types import LedgerEntry, ThreadChanges


@pytest.fixture
def fetch_file(jp_fetch):
    """Gets a file."""
    return lambda path, **options: jp_fetch("jupyter-chat/api", path, **options)


async def asked(client, text: str) -> tuple[str, dict[str, Any]]:
    thread_id = new_id()
    ack = await client.ask(text, thread_id)
    await client.command("subscribe", thread_id=thread_id)
    return thread_id, await client.answer(ack["reply_id"])


async def usage(rest, **query: object) -> dict[str, Any]:
    words = "&".join(f"{name}={value}" for name, value in query.items())
    code, report = await rest("GET", f"usage?{words}")
    assert code == 200, report
    return report


async def test_what_was_asked_is_added_up(client, rest):
    thread_id, reply = await asked(client, 'Why? [[text="Because."]]')
    report = await usage(rest, by="thread")
    (of_thread,) = report["sums"]
    assert (of_thread["key"], of_thread["title"]) == (thread_id, 'Why? [[text="Because."]]')
    assert of_thread["input_tokens"] == reply["usage"]["input_tokens"]
    assert of_thread["cost"] == pytest.approx(reply["cost"])
    (of_model,) = (await usage(rest, by="model"))["sums"]
    assert (of_model["requests"], of_model["estimated"]) == (1, 0)
    (of_day,) = (await usage(rest, by="day"))["sums"]
    assert of_day["key"] == time.strftime("%Y-%m-%d", time.gmtime())
    assert report["total"]["cost"] == pytest.approx(reply["cost"])


async def test_a_deleted_conversation_is_still_paid_for(client, rest, services):
    thread_id, reply = await asked(client, 'Why? [[text="Because."]]')
    store, user_id = services.store, (await rest("GET", "account"))[1]["user"]["id"]
    await store.update_thread(user_id, thread_id, ThreadChanges(deleted_at=5))
    await store.purge(user_id, thread_id)
    report = await usage(rest, by="thread")
    assert [(each["key"], each["title"]) for each in report["sums"]] == [(thread_id, None)]
    assert report["total"]["cost"] == pytest.approx(reply["cost"])


async def test_a_span_of_time(client, rest):
    await asked(client, 'Why? [[text="Because."]]')
    now = round(time.time() * 1000)
    assert (await usage(rest, to=now - 3_600_000))["total"]["requests"] == 0
    assert (await usage(rest, **{"from": now - 3_600_000}))["total"]["requests"] == 1


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("by=hour", "by"),
        ("from=yesterday", "from"),
        ("to=-5", "to"),
        ("minutes_west=x", "minutes_west"),
    ],
)
async def test_what_makes_no_sense_is_refused_by_its_name(rest, query, field):
    code, failure = await rest("GET", f"usage?{query}")
    assert (code, failure["problem"]["field"]) == (400, field)


async def rows_of(fetch_file) -> list[dict[str, str]]:
    response = await fetch_file("usage.csv")
    return list(csv.DictReader(io.StringIO(response.body.decode(), newline="")))


async def test_a_file_has_a_line_for_each_request(client, fetch_file, rest):
    thread_id, reply = await asked(client, 'Why? [[text="Because."]]')
    (row,) = await rows_of(fetch_file)
    assert (row["conversation"], row["message"]) == (thread_id, reply["id"])
    assert (row["kind"], row["source"], row["estimated"]) == ("reply", "compatible", "no")
    assert int(row["input_tokens"]) == reply["usage"]["input_tokens"]
    assert float(row["cost_usd"]) == pytest.approx(reply["cost"], abs=1e-9)
    assert row["time"].startswith(time.strftime("%Y-", time.gmtime()))
    response = await fetch_file("usage.csv")
    assert response.headers["Content-Type"].startswith("text/csv")
    assert "attachment" in response.headers["Content-Disposition"]
    assert ".csv" in response.headers["Content-Disposition"]


async def test_nothing_in_a_file_is_read_as_a_formula(rest, services, fetch_file):
    user_id = (await rest("GET", "account"))[1]["user"]["id"]
    for model in ('=HYPERLINK("http://evil")', "+1", "-1", "@x", " \t=1", 'a,"b"\nc'):
        entry = LedgerEntry(new_id(), new_id(), 5, model, Usage(1, 2), None, Source.COMPATIBLE)
        await services.store.add_usage(user_id, entry)
    models = {row["model"] for row in await rows_of(fetch_file)}
    assert models == {*('\'=HYPERLINK("http://evil")', "'+1", "'-1", "'@x", "' \t=1", 'a,"b"\nc')}


async def test_a_long_file_is_whole_and_in_order(rest, services, fetch_file):
    user_id = (await rest("GET", "account"))[1]["user"]["id"]
    for number in range(1_203):
        entry = LedgerEntry(new_id(), "t", 1000 * (number // 3), "m", Usage(number), 0.001)
        await services.store.add_usage(user_id, entry)
    read = [int(row["input_tokens"]) for row in await rows_of(fetch_file)]
    assert read == list(range(1_203))


async def test_the_budget_says_what_may_be_and_was_spent(client, rest):
    _, reply = await asked(client, 'Why? [[text="Because."]]')
    code, account = await rest("PATCH", "account", {"monthly_limit": 20})
    assert (code, account["monthly_limit"]) == (200, 20)
    code, budget = await rest("GET", "budget")
    assert code == 200
    assert (budget["limit"], budget["spent"]) == (20, pytest.approx(reply["cost"]))


async def test_the_context_says_what_the_conversation_has_cost(client, rest):
    thread_id, reply = await asked(client, 'Why? [[text="Because."]]')
    query = {"thread_id": thread_id, "leaf_id": reply["id"]}
    _, context = await rest("POST", "context", query)
    assert "thread_cost" not in context, "nobody waits for that while they type"
    _, context = await rest("POST", "context", {**query, "entries": 5})
    assert context["thread_cost"]["cost"] == pytest.approx(reply["cost"])
    assert context["thread_cost"]["requests"] == 1
