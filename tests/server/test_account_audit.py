"""What happens with accounts is noted: who did what to whom, and no secret."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from jupyter_chat.engine.audit import Audit

from .accounts import PASSWORD, Browser
from .test_accounts import (  # noqa: F401
    ANOTHER,
    ada,
    admin,
    browser,
    jp_base_url,
    jp_server_config,
)


@pytest.fixture
def noted(services) -> Callable[..., Any]:
    """What was noted since the last look: event, who, whom, detail; people by their names."""
    seen = 0

    async def noted() -> list[tuple[str, str, str, str]]:
        nonlocal seen
        await services.authentication.people.failed.note()
        page = await Audit(services.store).newest(limit=200)
        entries = [each for each in reversed(page.entries) if each.number > seen]
        seen = max((each.number for each in entries), default=seen)
        text = str(page)
        for secret in (PASSWORD, ANOTHER, "wrong horse"):
            assert secret not in text
        names = page.names
        return [
            (
                each.event,
                names.get(each.user_id, each.user_id),
                names.get(each.subject, each.subject),
                each.detail,
            )
            for each in entries
        ]

    return noted


async def test_registering_signing_in_and_out(browser, admin: Browser, noted):  # noqa: F811
    found = await noted()
    assert [each[0] for each in found] == [
        *("invitation made", "invitation made"),  # the server's own, and that of the test
        *("registered", "invitation used"),
    ]
    assert found[1][1:] == ("", found[3][2], "1 person, 1 days, admin")
    assert found[2][1:] == ("Root", "Root", "admin")
    ada = browser()  # noqa: F811
    await ada.register("Ada")
    elsewhere = browser()
    await elsewhere.log_in("Ada")
    await ada.form("logout", everywhere="yes")
    assert await noted() == [
        ("registered", "Ada", "Ada", "user"),
        ("signed in", "Ada", "Ada", "127.0.0.1"),
        ("signed out everywhere", "Ada", "Ada", ""),
    ]
    await elsewhere.log_in("Ada")
    await elsewhere.form("logout")
    assert [each[0] for each in await noted()] == ["signed in"], "in one place is no matter"
    await elsewhere.log_in("Ada")
    assert (await elsewhere.api("DELETE", "sessions"))[0] == 200
    assert [each[0] for each in await noted()] == ["signed in", "signed out everywhere"]


async def test_failed_logins_are_summed_up(browser, ada: Browser, noted):  # noqa: F811
    await noted()
    stranger = browser()
    for _ in range(3):
        await stranger.log_in("Ada", "wrong horse")
    await stranger.log_in("wrong horse", "wrong horse")
    assert await noted() == [
        ("signing in failed", "", "Ada", "3 times, from 127.0.0.1"),
        ("signing in failed", "", "", "1 time, from 127.0.0.1"),
    ]
    for _ in range(9):
        await stranger.log_in("Ada", "wrong horse")
    found = await noted()
    assert ("signing in failed", "", "Ada", "7 times, from 127.0.0.1") in found
    refused = "2 times, 2 of them refused unseen, from 127.0.0.1"
    assert ("signing in failed", "", "", refused) in found


async def test_what_failed_is_noted_when_the_server_stops(browser, ada, services):  # noqa: F811
    await browser().log_in("Ada", "wrong horse")
    await services.authentication.people.failed.close()
    (last,) = await services.store.newest_audit(limit=1)
    assert last.event == "signing in failed"


async def test_passwords(ada: Browser, admin: Browser, noted):  # noqa: F811
    await noted()
    change = {"password": {"current": "wrong horse", "new": ANOTHER}}
    assert (await ada.api("PATCH", "profile", change))[0] == 400
    change["password"]["current"] = PASSWORD
    assert (await ada.api("PATCH", "profile", change))[0] == 200
    ada_id = (await ada.me())["id"]
    _, given = await admin.api("POST", f"people/{ada_id}/password")
    found = await noted()
    assert found == [
        ("password changed", "Ada", "Ada", ""),
        ("password given by an administrator", "Root", "Ada", ""),
    ]
    assert given["password"] not in str(found)


async def test_roles_and_states(ada: Browser, admin: Browser, noted, services):  # noqa: F811
    services.authentication.leaving._settle_seconds = 1000
    await noted()
    ada_id = (await ada.me())["id"]
    for patch in (
        {"role": "admin"},
        {"role": "admin"},
        {"role": "user", "state": "disabled"},
        {"state": "active"},
    ):
        assert (await admin.api("PATCH", f"people/{ada_id}", patch))[0] == 200
    assert (await admin.api("DELETE", f"people/{ada_id}"))[0] == 200
    assert await noted() == [
        ("role changed", "Root", "Ada", "user to admin"),
        ("role changed", "Root", "Ada", "admin to user"),
        ("account disabled", "Root", "Ada", "was active"),
        ("account enabled", "Root", "Ada", "was disabled"),
        ("account deleted", "Root", "Ada", "Ada"),
    ]


async def test_deleting_ones_own_account(ada: Browser, noted, services):  # noqa: F811
    services.authentication.leaving._settle_seconds = 1000
    await noted()
    assert (await ada.api("DELETE", "profile", {"password": PASSWORD}))[0] == 200
    assert await noted() == [("account deleted", "Ada", "Ada", "Ada")]


async def test_of_a_deleted_account_the_log_still_says_whose_it_was(
    admin: Browser,  # noqa: F811
    ada: Browser,  # noqa: F811
    services,
):
    services.authentication.leaving._settle_seconds = 0
    ada_id = (await ada.me())["id"]
    assert (await admin.api("DELETE", f"people/{ada_id}"))[0] == 200
    for _ in range(200):
        _, log = await admin.api("GET", "admin/audit?limit=5")
        if ada_id not in log["names"]:
            break
        await asyncio.sleep(0.05)
    deleted = log["entries"][0]
    assert (deleted["event"], deleted["subject"]) == ("account deleted", ada_id)
    assert deleted["detail"] == "Ada"
    assert ada_id not in log["names"]


async def test_invitations_limits_and_the_shared_key(
    browser,  # noqa: F811
    admin: Browser,  # noqa: F811
    noted,
    upstream,
):
    await noted()
    _, made = await admin.api("POST", "invitations", {"uses": 2, "days": 3})
    await browser().register("Ada", made["code"])
    await admin.api("DELETE", f"invitations/{made['id']}")
    await admin.api("DELETE", f"invitations/{made['id']}")
    rule = {"scope": "person", "name": "Ada", "rule": {"tokens_per_day": 5}}
    assert (await admin.api("PUT", "admin/limits", rule))[0] == 200
    await admin.api("PUT", "admin/source", {"source": "openai", "key": None})
    await admin.api("DELETE", "admin/source")
    found = await noted()
    own = made["id"]
    assert made["code"] not in str(found)
    assert found[:4] == [
        ("invitation made", "Root", own, "2 people, 3 days, user"),
        ("registered", "Ada", "Ada", "user"),
        ("invitation used", "Ada", own, ""),
        ("invitation removed", "Root", own, ""),
    ]
    assert [each[:2] for each in found[4:]] == [
        ("limits changed", "Root"),
        ("shared key removed", "Root"),
    ]


async def test_a_copied_session(ada: Browser, noted, monkeypatch):  # noqa: F811
    monkeypatch.setattr("jupyter_chat.auth.sessions.GRACE_MS", -1)
    await noted()
    thief = ada.copy()
    assert (await ada.api("POST", "session"))[0] == 200
    assert (await thief.api("POST", "session"))[0] == 403
    await thief.close()
    assert await noted() == [("copied session ended", "Ada", "Ada", "127.0.0.1")]
