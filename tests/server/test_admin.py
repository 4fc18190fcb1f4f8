"""What the owner of a server looks after, over REST."""

from __future__ import annotations

from typing import Any

import pytest

from jupyter_chat.engine.roles import USER, Roles
from jupyter_chat.ids import new_id
from jupyter_chat.protocol import Direction, Flagged

KEY = "sk-shared-canary-0123456789"


async def test_limits_that_are_set_hold_at_once(rest, client) -> None:
    change = {"scope": "role", "name": "owner", "rule": {"requests_per_minute": 0}}
    code, settings = await rest("PUT", "admin/limits", change)
    assert code == 200
    assert settings["stored"]["roles"] == {"owner": {"requests_per_minute": 0}}
    assert (await rest("GET", "admin/limits"))[1] == settings
    ack = await client.ask("Why?", thread_id := new_id())
    await client.command("subscribe", thread_id=thread_id)
    reply = await client.answer(ack["reply_id"])
    assert reply["problem"]["code"] == "limit_reached"
    _, mine = await rest("GET", "limits")
    assert [each["most"] for each in mine["allowances"]] == [0]
    await rest("PUT", "admin/limits", {**change, "rule": {}})
    assert (await rest("GET", "limits"))[1]["allowances"] == []


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"scope": "everyone", "rule": {"tokens_per_day": -1}}, "rule.tokens_per_day"),
        ({"scope": "everyone", "rule": {"tokens_per_day": "many"}}, "rule.tokens_per_day"),
        ({"scope": "together", "rule": {"models": ["a"]}}, "rule.models"),
        ({"scope": "role", "rule": {}}, "name"),
        ({"scope": "planet", "rule": {}}, "scope"),
    ],
)
async def test_a_wrong_limit_is_refused_by_its_field(rest, change, field) -> None:
    code, failure = await rest("PUT", "admin/limits", change)
    assert (code, failure["problem"]["field"]) == (400, field)
    assert (await rest("GET", "admin/limits"))[1]["stored"] == {}


async def test_what_was_flagged_is_marked_as_seen(rest, services) -> None:
    ids = [new_id() for _ in range(3)]
    for own in ids:
        record = Flagged(own, "ada", new_id(), new_id(), 5, Direction.INPUT, ["hate"], True)
        await services.store.add_flagged("ada", record)
    _, found = await rest("GET", "admin/flagged?unseen=true&limit=2")
    assert [each["id"] for each in found["flagged"]] == [ids[2], ids[1]]
    assert found["more"]
    code, _ = await rest("POST", "admin/flagged/seen", {"flagged_ids": ids[1:]})
    assert code == 200
    _, found = await rest("GET", "admin/flagged?unseen=true")
    assert [each["id"] for each in found["flagged"]] == [ids[0]]
    _, found = await rest("GET", "admin/flagged")
    assert [each["seen_at"] is not None for each in found["flagged"]] == [True, True, False]
    code, failure = await rest("GET", "admin/flagged?unseen=yes")
    assert (code, failure["problem"]["field"]) == (400, "unseen")


async def test_the_audit_log_is_shown_and_verified(rest, services) -> None:
    await rest("PATCH", "account", {"monthly_limit": 5})
    await rest("PATCH", "account", {"monthly_limit": None})
    await rest("PUT", "admin/limits", {"scope": "everyone", "rule": {}})
    user_id = (await rest("GET", "account"))[1]["user"]["id"]
    _, page = await rest("GET", f"admin/audit?person={user_id}&event=monthly%20limit%20changed")
    assert [each["detail"] for each in page["entries"]] == ["none", "5.00 USD"]
    _, page = await rest("GET", "admin/audit?limit=1")
    assert [each["event"] for each in page["entries"]] == ["limits changed"]
    assert page["more"]
    _, page = await rest("GET", f"admin/audit?before={page['entries'][0]['number']}")
    assert [each["number"] for each in page["entries"]] == [2, 1]
    code, verdict = await rest("POST", "admin/audit/verify")
    assert (code, verdict["entries"], verdict["breaks"]) == (200, 3, [])
    for wrong in ("0", "x", "-1", "99999999999999999"):
        code, failure = await rest("GET", f"admin/audit?before={wrong}")
        assert (code, failure["problem"]["field"]) == (400, "before")


async def test_the_key_for_everybody_is_set_and_removed(rest, upstream, services) -> None:
    offer = {"source": "compatible", "base_url": upstream.url, "key": upstream.key}
    code, found = await rest("PUT", "admin/source", offer)
    assert (code, found["stored"], found["base_url"]) == (200, True, upstream.url)
    assert upstream.key not in str(await rest("GET", "admin/source"))
    code, wrong = await rest("PUT", "admin/source", {**offer, "key": KEY})
    assert (code, wrong["problem"]["code"]) == (502, "wrong_key")
    assert (await rest("GET", "admin/source"))[1] == found
    code, found = await rest("DELETE", "admin/source")
    assert (code, found) == (200, {"source": "compatible"})


ROUTES: list[tuple[str, str, Any]] = [
    ("GET", "admin/usage", None),
    ("GET", "admin/limits", None),
    ("PUT", "admin/limits", {"scope": "everyone", "rule": {}}),
    ("GET", "admin/flagged", None),
    ("POST", "admin/flagged/seen", {"flagged_ids": []}),
    ("GET", "admin/audit", None),
    ("POST", "admin/audit/verify", None),
    ("GET", "admin/source", None),
    ("PUT", "admin/source", {"source": "openai", "key": KEY}),
    ("DELETE", "admin/source", None),
]


async def test_nobody_else_does(rest, services, monkeypatch) -> None:
    async def user(*_: object) -> str:
        return USER

    monkeypatch.setattr(Roles, "of", user)
    for method, path, body in ROUTES:
        code, failure = await rest(method, path, body)
        assert (code, failure["problem"]["code"]) == (403, "forbidden"), path
    assert await services.store.audit_entries(limit=5) == []
    assert (await services.store.get_limit_rules()).revision == 0
