"""What matters for the safety of the whole is noted when it is done, and nothing else."""

from __future__ import annotations

import pytest

from jupyter_chat.engine.audit import Audit
from jupyter_chat.ids import new_id
from jupyter_chat.store.errors import Failed

KEY = "sk-test-canary-0123456789-wxyz"
QUESTION = "canary of what was said"


@pytest.fixture
def events(services):
    """What was noted: event, subject's detail."""

    async def events() -> list[tuple[str, str]]:
        entries = await services.store.audit_entries(limit=100)
        text = str(entries)
        assert "canary" not in text, "neither a secret nor anything that was said"
        assert KEY[-4:] not in text
        assert (await Audit(services.store).verify()).breaks == []
        return [(entry.event, entry.detail) for entry in entries]

    return events


async def test_keys_and_limits(rest, upstream, events, services) -> None:
    server = {"source": "compatible", "base_url": f"{upstream.url}"}
    await rest("PATCH", "account", {**server, "key": KEY})
    assert await events() == [("key set", ""), ("source changed", "compatible")]
    await rest("PATCH", "account", {"notes": [QUESTION], "use_notes": True})
    await rest("PATCH", "account", {"key": "sk-wrong-0123456789"})
    assert len(await events()) == 2, "neither what is no matter, nor what was refused"
    await rest("PATCH", "account", {"monthly_limit": 5})
    await rest("PATCH", "account", {"monthly_limit": None})
    await rest("PATCH", "account", {"key": None})
    assert (await events())[2:] == [
        ("monthly limit changed", "5.00 USD"),
        ("monthly limit changed", "none"),
        ("key removed", ""),
    ]
    _, account = await rest("GET", "account")
    entries = await services.store.audit_entries(limit=100)
    assert {(entry.user_id, entry.subject) for entry in entries} == {(account["user"]["id"],) * 2}


async def test_exports_imports_and_what_is_deleted_for_good(
    client, rest, jp_fetch, events, services
) -> None:
    thread_id = new_id()
    asked = await client.ask(QUESTION, thread_id)
    await client.command("subscribe", thread_id=thread_id)
    await client.answer(asked["reply_id"])
    await jp_fetch(f"jupyter-chat/api/threads/{thread_id}/export")
    await jp_fetch("jupyter-chat/api/export", method="HEAD")
    assert await events() == []
    await jp_fetch("jupyter-chat/api/export", params={"format": "markdown"})
    await rest("POST", "imports", {"name": "canary.zip", "size": 7, "fingerprint": "canary"})
    await rest("DELETE", f"threads/{thread_id}")
    await rest("POST", "threads/bulk", {"action": "purge", "thread_ids": [thread_id]})
    await rest("DELETE", "trash")
    assert await events() == [
        ("everything exported", "markdown"),
        ("import begun", "7 bytes"),
        ("conversations deleted for good", "1"),
        ("trash emptied", ""),
    ]


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PATCH", "account", {"source": "compatible", "base_url": "URL", "key": KEY}),
        ("DELETE", "trash", None),
        ("GET", "export", None),
    ],
)
async def test_what_cannot_be_noted_is_not_done(
    client, rest, upstream, services, monkeypatch, method, path, body
) -> None:
    thread_id = new_id()
    await client.ask(QUESTION, thread_id)
    await rest("DELETE", f"threads/{thread_id}")

    async def fails(*_: object) -> None:
        raise Failed

    monkeypatch.setattr(Audit, "note", fails)
    if body is not None:
        body = {**body, "base_url": upstream.url}
    code, answer = await rest(method, path, body)
    assert (code, answer["problem"]["code"]) == (500, "internal")
    user_id = (await rest("GET", "account"))[1]["user"]["id"]
    assert (await services.store.get_settings(user_id)).key is None
    assert (await services.store.get_thread(user_id, thread_id)).deleted_at is not None
