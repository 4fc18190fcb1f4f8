"""What goes wrong upstream, as a page sees it: what came is kept, and nothing is asked
twice but what may be."""

from __future__ import annotations

from itertools import pairwise

import pytest

from jupyter_chat.ids import new_id

APIS = ["chat", "responses"]


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    """Wait less by ourselves, so that only what upstream says is waited for."""
    monkeypatch.setattr("jupyter_chat.engine.generation._FIRST_WAIT_SECONDS", 0.05)
    monkeypatch.setattr("jupyter_chat.providers.errors._RETRY_SECONDS", 0.05)


@pytest.fixture(params=APIS)
def api(request, upstream, monkeypatch):
    """Which API the server speaks."""
    monkeypatch.setenv("JUPYTER_CHAT_MODEL", "any-model")
    if request.param == "responses":
        monkeypatch.delenv("OPENAI_BASE_URL")
        monkeypatch.delenv("OPENAI_API_KEY")
        monkeypatch.setenv("AZURE_OPENAI_ENDPOINT", upstream.origin)
        monkeypatch.setenv("AZURE_OPENAI_API_KEY", upstream.key)
    return request.param


@pytest.fixture
def jp_server_config(jp_server_config, api):
    return {
        **jp_server_config,
        "ChatApp": {**jp_server_config["ChatApp"], "idle_seconds": 1.5},
    }


@pytest.fixture
async def outcome(client, upstream):
    """Asks, and tells how the answer ended: the message, what it waited for, and the
    requests upstream."""
    thread_id = new_id()
    first = await client.ask("Hello [[echo]]", thread_id)
    await client.command("subscribe", thread_id=thread_id)
    await client.answer(first["reply_id"])
    upstream.clear()

    async def outcome(question: str):
        asked = await client.ask(question, thread_id, first["reply_id"])
        reply = await client.answer(asked["reply_id"])
        waited = [
            event["problem"]
            for event in client.events
            if event["type"] == "waiting" and event["problem"]
        ]
        return reply, waited, upstream.requests()

    return outcome


@pytest.mark.parametrize(
    ("how", "code"),
    [
        ("cut=3", "stream_cut"),
        ("no_terminal=3", "stream_cut"),
        ("malformed=3", "stream_cut"),
        ("stall=3", "provider_timeout"),
        ("failed=3", "provider_down"),
        ("error_event=3", "provider_down"),
    ],
)
async def test_what_came_is_kept_and_nothing_asked_twice(outcome, how, code):
    reply, waited, asked = await outcome(f"Hi [[chunks=6 size=5 delay=0.05 {how}]]")
    assert (reply["status"], reply["problem"]["code"]) == ("interrupted", code)
    assert reply["parts"] == [{"type": "text", "text": asked[0]["said"][:15]}]
    assert "What had come is kept" in reply["problem"]["message"]
    assert "question" not in reply["problem"]["message"]
    assert (len(asked), waited) == (1, [])


@pytest.mark.parametrize("how", ["cut=0", "no_terminal=0", "malformed=0"])
async def test_before_the_first_token_it_is_tried_once_more(outcome, how):
    reply, waited, asked = await outcome(f"Hi [[chunks=6 size=5 {how}]]")
    assert (reply["status"], reply["problem"]["code"]) == ("failed", "stream_cut")
    assert reply["parts"] == []
    assert "It was asked for twice. Your question is kept." in reply["problem"]["message"]
    assert "What had come" not in reply["problem"]["message"]
    assert [problem["code"] for problem in waited] == ["stream_cut"]
    assert waited[0]["retry_at"]
    assert len(asked) == 2
    assert asked[0]["ended"] <= asked[1]["started"], "the first one is over by then"


@pytest.mark.parametrize("how", ["stall=0", "headers=60"])
async def test_silence_is_given_up_and_not_asked_again(outcome, how):
    reply, waited, asked = await outcome(f"Hi [[chunks=6 {how}]]")
    assert (reply["status"], reply["problem"]["code"]) == ("failed", "provider_timeout")
    assert reply["problem"]["message"].endswith("Your question is kept.")
    assert (len(asked), waited) == (1, [])


async def test_a_rate_limit_is_waited_for_as_long_as_it_says(outcome):
    reply, waited, asked = await outcome("Hi [[echo error=429 times=2 retry_after=0.4]]")
    assert (reply["status"], reply["parts"][0]["text"]) == ("complete", "Hi")
    assert [problem["code"] for problem in waited] == ["rate_limited"] * 2
    assert [request["status"] for request in asked] == [429, 429, 200]
    for first, second in pairwise(asked):
        assert second["started"] - first["started"] >= 0.4


@pytest.mark.parametrize("how", ["quota", "error=429 retry_after=3600"])
async def test_what_waiting_does_not_help_is_not_asked_again(outcome, how):
    reply, waited, asked = await outcome(f"Hi [[{how}]]")
    assert reply["status"] == "failed"
    assert (len(asked), waited) == (1, [])


async def test_nothing_is_asked_again_once_text_has_come(outcome):
    how = "failed=2 code=rate_limit_exceeded"
    reply, waited, asked = await outcome(f"Hi [[chunks=6 size=5 {how}]]")
    assert reply["problem"]["code"] == "rate_limited"
    assert reply["parts"][0]["text"] == asked[0]["said"]
    assert (len(asked), waited) == (1, [])
