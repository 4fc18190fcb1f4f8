"""What people are shown of a request is what the model's server gets."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest

from jupyter_chat.ids import new_id
from tests.upstream import Upstream
from tests.upstream.conversation import text_of

NOBODYS = "019a0000-0000-7000-8000-000000000000"


async def asked(client, text: str, thread_id: str, parent_id: str | None = None) -> dict[str, Any]:
    ack = await client.ask(text, thread_id, parent_id)
    assert ack["type"] == "ack"
    if parent_id is None:
        await client.command("subscribe", thread_id=thread_id)
    return await client.answer(ack["reply_id"])


async def a_conversation(client, *texts: str) -> tuple[str, str]:
    thread_id, parent_id = new_id(), None
    for text in texts:
        parent_id = (await asked(client, text, thread_id, parent_id))["id"]
    assert parent_id is not None
    return thread_id, parent_id


async def look(rest, **query: Any) -> dict[str, Any]:
    code, context = await rest("POST", "context", query)
    assert code == 200, context
    return context


def sent(upstream: Upstream) -> list[str]:
    """The texts of the newest request, as its server got them."""
    messages = upstream.requests()[-1]["body"]["messages"]
    return [text_of(message["content"]) for message in messages if message["role"] != "developer"]


async def test_what_is_listed_as_sent_is_what_the_models_server_gets(client, rest, upstream):
    thread_id, leaf = await a_conversation(
        client, 'One [[text="1"]]', 'Two [[text="2"]]', 'Three [[text="3"]]'
    )
    listed = await look(rest, thread_id=thread_id, leaf_id=leaf, entries=20)
    ids = [entry["message_id"] for entry in listed["entries"]]
    marks = {"excluded_messages": ids[2:4], "pinned_messages": [ids[-1]]}
    code, thread = await rest("PATCH", f"threads/{thread_id}", marks)
    assert code == 200
    assert thread["excluded_messages"] == ids[2:4]
    text = 'Four [[text="4"]]'
    listed = await look(rest, thread_id=thread_id, leaf_id=leaf, text=text, entries=20)
    reply = await asked(client, text, thread_id, leaf)
    shown = [
        entry["beginning"]
        for entry in reversed(listed["entries"])
        if entry["reason"] in ("fits", "pinned")
    ]
    assert sent(upstream) == [*shown, text]
    assert shown[0].startswith("One")
    assert reply["counted_tokens"] == round(listed["used"] / listed["correction"])


async def test_somebody_elses_or_unknown_messages_have_no_context(rest):
    query = {"thread_id": NOBODYS, "leaf_id": NOBODYS}
    code, failure = await rest("POST", "context", query)
    assert (code, failure["problem"]["code"]) == (404, "not_found")


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"entries": 201}, "entries"),
        ({"attached": -1}, "attached"),
        ({"thread_id": "x"}, "thread_id"),
        ({"text": 5}, "text"),
        ({"settings": {"memory": "elephant"}}, "settings.memory"),
    ],
)
async def test_a_question_of_the_wrong_form_is_refused_by_its_field(rest, query, field):
    code, failure = await rest("POST", "context", query)
    assert (code, failure["problem"]["field"]) == (400, field)


async def test_parts_are_counted_one_by_one(rest):
    parts = [
        {"type": "text", "text": "tiktoken is great!"},
        {"type": "attachment", "kind": "file", "name": "a.txt", "text": "words " * 100},
    ]
    code, counted = await rest("POST", "context/count", {"parts": parts})
    assert code == 200
    assert counted["tokens"][0] == 6
    assert 100 < counted["tokens"][1] < 130


async def test_a_message_cannot_be_pinned_and_excluded_at_once(client, rest):
    thread_id, leaf = await a_conversation(client, 'One [[text="1"]]')
    marks = {"excluded_messages": [leaf], "pinned_messages": [leaf]}
    code, failure = await rest("PATCH", f"threads/{thread_id}", marks)
    assert (code, failure["problem"]["field"]) == (400, "excluded_messages")


async def test_the_beginning_of_what_is_sent_is_served_from_the_models_cache(client, upstream):
    """The scripted server caches prefixes as OpenAI does, from 1,024 tokens on."""
    thread_id, parent_id = new_id(), None
    cached = []
    for number in range(4):
        text = f'Question {number} {"long " * 1200}[[text="Answer."]]'
        reply = await asked(client, text, thread_id, parent_id)
        parent_id = reply["id"]
        cached.append(reply["usage"].get("cached_tokens", 0))
    assert cached[0] == 0
    assert all(later > earlier for earlier, later in pairwise(cached))
