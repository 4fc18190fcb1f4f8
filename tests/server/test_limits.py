"""Limits, over REST and the socket, with the scripted upstream counting what it gets."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from jupyter_chat.engine.roles import USER, Roles, Standing
from jupyter_chat.ids import new_id
from tests.upstream import Upstream

from .conftest import Client

LIMITS = {
    "roles": {
        "owner": {"tokens_per_day": 10_000, "max_output_tokens": 2_000, "models": ["gpt-6-*"]}
    },
    "together": {"concurrent_replies": 3},
}


@pytest.fixture
def jp_server_config(jp_server_config: dict[str, Any]) -> dict[str, Any]:
    jp_server_config["ChatApp"]["limits"] = LIMITS
    return jp_server_config


def asked(upstream: Upstream) -> list[dict[str, Any]]:
    """What was asked of a model."""
    return [each for each in upstream.requests() if each["method"] == "POST"]


async def until_asked(upstream: Upstream, times: int) -> None:
    while True:
        if len(asked(upstream)) >= times:
            return
        await asyncio.sleep(0.02)


async def answered(client: Client) -> dict[str, Any]:
    ack = await client.ask('Why? [[text="Because."]]', thread_id := new_id())
    await client.command("subscribe", thread_id=thread_id)
    return await client.answer(ack["reply_id"])


async def waits(client: Client, reply_id: str) -> dict[str, Any]:
    """What a reply waits for, as it is said in an event or in what is shown first."""

    def problem_in(event: dict[str, Any]) -> Any:
        if event["type"] == "waiting" and event["message_id"] == reply_id:
            return event["problem"]
        return event.get("waiting", {}).get(reply_id) if event["type"] == "snapshot" else None

    found = next(filter(problem_in, client.events), None)
    return problem_in(found or await client.until(problem_in))


async def test_a_person_sees_what_is_left(client, rest):
    reply = await answered(client)
    code, found = await rest("GET", "limits")
    assert code == 200
    tokens, replies = found["allowances"]
    took = reply["usage"]["input_tokens"] + reply["usage"]["output_tokens"]
    assert (tokens["taken"], tokens["most"], tokens["whose"]) == (took, 10_000, "own")
    assert tokens["resets_at"] % (24 * 60 * 60 * 1000) == 0
    assert (replies["taken"], replies["most"], replies["whose"]) == (0, 3, "all")
    assert (found["role"], found["models"], found["max_output_tokens"]) == (
        "owner",
        ["gpt-6-*"],
        2_000,
    )


async def test_beyond_the_limit_upstream_gets_nothing(client, upstream):
    """Each may take 2,000 tokens and more, so four fit beside each other, and three may run."""
    await answered(client)
    upstream.clear()
    threads = [new_id() for _ in range(3)]
    acks = [await client.ask("Why? [[stall=1]]", each) for each in threads[:2]]
    other = await client.ask("Why? [[stall=1]]", threads[2])
    for thread_id in threads:
        await client.command("subscribe", thread_id=thread_id)
    await until_asked(upstream, 3)
    fourth = await client.ask('Why? [[text="Because."]]', thread_id := new_id())
    await client.command("subscribe", thread_id=thread_id)
    problem = await waits(client, fourth["reply_id"])
    assert problem["code"] == "limit_reached"
    assert len(asked(upstream)) == 3
    await client.command("stop", thread_id=threads[2], message_id=other["reply_id"])
    assert (await client.answer(fourth["reply_id"]))["status"] == "complete"
    assert len(asked(upstream)) == 4
    for ack, thread_id in zip(acks, threads, strict=False):
        await client.command("stop", thread_id=thread_id, message_id=ack["reply_id"])


async def test_what_is_too_much_is_refused_and_kept(client, upstream):
    upstream.clear()
    long = "word " * 9_000
    ack = await client.ask(f"{long}[[text=x]]", thread_id := new_id())
    await client.command("subscribe", thread_id=thread_id)
    reply = await client.answer(ack["reply_id"])
    assert (reply["status"], reply["problem"]["code"]) == ("failed", "limit_reached")
    assert "Your question is kept" in reply["problem"]["message"]
    assert asked(upstream) == []


async def test_models_are_offered_as_they_are_allowed(rest):
    _, offered = await rest("GET", "models")
    assert offered["models"]
    for model in offered["models"]:
        assert model["id"].startswith("gpt-6-")
        assert model["max_output_tokens"] <= 2_000


async def test_administrators_see_what_everybody_uses(client, rest):
    reply = await answered(client)
    code, found = await rest("GET", "admin/usage")
    assert code == 200
    (person,) = found["people"]
    took = reply["usage"]["input_tokens"] + reply["usage"]["output_tokens"]
    assert (person["role"], person["requests_today"], person["tokens_month"]) == ("owner", 1, took)
    assert person["cost_today"] == pytest.approx(reply["cost"])
    assert [each["measure"] for each in person["allowances"]] == ["tokens"]
    assert [each["measure"] for each in found["together"]] == ["replies"]


async def test_nobody_else_does(rest, monkeypatch):
    async def user(*_: object) -> Standing:
        return Standing(USER)

    monkeypatch.setattr(Roles, "standing", user)
    code, failure = await rest("GET", "admin/usage")
    assert code == 403
    assert failure["problem"]["code"] == "forbidden"
    assert "administrators" in failure["problem"]["message"]
    assert (await rest("GET", "limits"))[1]["role"] == USER
