"""Moderation, by the scripted upstream's endpoint."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from jupyter_chat.engine.roles import USER, Roles
from jupyter_chat.ids import new_id
from tests.upstream import Upstream
from tests.upstream.moderations import DOWN, VIOLENT

from .conftest import Client


@pytest.fixture
def jp_server_config(jp_server_config: dict[str, Any]) -> dict[str, Any]:
    jp_server_config["ChatApp"] |= {"moderate_questions": "block", "moderate_answers": "Block"}
    return jp_server_config


async def asked(client: Client, text: str) -> dict[str, Any]:
    ack = await client.ask(text, thread_id := new_id())
    await client.command("subscribe", thread_id=thread_id)
    return await client.answer(ack["reply_id"])


def of_models(upstream: Upstream) -> list[dict[str, Any]]:
    return [each for each in upstream.requests() if each["path"].endswith("/completions")]


@pytest.mark.parametrize(
    ("word", "says"), [(VIOLENT, "flagged on this server (violence)"), (DOWN, "cannot be done")]
)
async def test_a_blocked_question_does_not_reach_a_model(client, upstream, word, says):
    upstream.clear()
    reply = await asked(client, f"About {word}, please")
    assert (reply["status"], reply["problem"]["code"]) == ("failed", "moderated")
    assert says in reply["problem"]["message"]
    assert of_models(upstream) == []


async def test_a_blocked_picture_does_not_reach_a_model(client, upstream, rest):
    for data, status in ((VIOLENT, "failed"), ("a frog", "complete")):
        upstream.clear()
        picture = base64.b64encode(data.encode()).decode()
        ack = await client.command(
            "send",
            client_id=new_id(),
            thread_id=(thread_id := new_id()),
            parent_id=None,
            parts=[
                {"type": "text", "text": 'What is it? [[text="A frog."]]'},
                {"type": "image", "media_type": "image/png", "data": picture},
            ],
            create=True,
        )
        await client.command("subscribe", thread_id=thread_id)
        reply = await client.answer(ack["reply_id"])
        assert reply["status"] == status, reply
        assert bool(of_models(upstream)) == (status == "complete")
    _, found = await rest("GET", "admin/flagged")
    assert [each["categories"] for each in found["flagged"]] == [["violence"]]


async def test_a_blocked_answer_is_withdrawn(client, rest):
    half = len(VIOLENT) // 2
    text = f"{VIOLENT[:half]}-{VIOLENT[half:]}"
    assert (await asked(client, f'Why? [[text="{text}"]]'))["status"] == "complete"
    escaped = VIOLENT.replace("s", "\\u0073")  # the question itself is harmless
    reply = await asked(client, f'Why? [[text="{escaped}"]]')
    assert (reply["status"], reply["problem"]["code"]) == ("failed", "moderated")
    assert reply["parts"] == []
    _, page = await rest("GET", f"threads/{reply['thread_id']}/messages")
    assert VIOLENT not in str(page)


async def test_administrators_see_what_was_flagged_but_not_what_it_said(client, rest, monkeypatch):
    await asked(client, f"About {VIOLENT}, please")
    await asked(client, f"More about {VIOLENT}, please")
    code, found = await rest("GET", "admin/flagged?limit=1")
    assert code == 200
    assert found["more"]
    (first,) = found["flagged"]
    assert (first["direction"], first["categories"], first["blocked"]) == (
        "input",
        ["violence"],
        True,
    )
    assert VIOLENT not in str(found)
    _, found = await rest("GET", f"admin/flagged?before={first['id']}")
    assert len(found["flagged"]) == 1

    async def user(*_: object) -> str:
        return USER

    monkeypatch.setattr(Roles, "of", user)
    assert (await rest("GET", "admin/flagged"))[0] == 403
