"""On a server with accounts: two people and an administrator, who can do to each other what they
are for, and nothing else.  Tried with every route of the document, those of accounts among them."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest

from jupyter_chat.app import ACCOUNTS
from jupyter_chat.ids import new_id
from tests.server.accounts import PASSWORD, Browser, browsers

from . import people
from .samples import WITH_ACCOUNTS, Call, calls, sample
from .test_foreign_pages import FORGED
from .test_other_people import ENTRIES, KINDS, NO_IDS, comparable, fields_with_ids, requests

ACCOUNT_KINDS = {
    **KINDS,
    "user_id": "person",
    "session_id": "session",
    "invitation_id": "invitation",
}
FOR_ADMINISTRATORS = {"person", "invitation", "flagged"}
"""What is somebody else's, and is theirs to change."""
POSSESSIONS = (
    "threads",
    "folders",
    "library",
    "account",
    "profile",
    "sessions",
    "usage",
    "imports",
)
PUBLIC = ("/jupyter-chat/login", "/jupyter-chat/register")


def unknown() -> dict[str, str]:
    return {**people.unknown(), **{kind: new_id() for kind in ("person", "session", "invitation")}}


@pytest.fixture
def jp_server_config(jp_server_config: dict[str, Any]) -> dict[str, Any]:
    jp_server_config["ServerApp"].update(ACCOUNTS)
    jp_server_config["ChatApp"]["registration"] = "open"
    return jp_server_config


@pytest.fixture
def jp_base_url() -> str:
    return "/base/"


@pytest.fixture
async def browser(
    jp_serverapp, http_server_client, jp_base_url
) -> AsyncIterator[Callable[[], Browser]]:
    async with browsers(http_server_client.get_url(jp_base_url)) as browser:
        yield browser


class Somebody:
    """With one of everything that there can be of an account."""

    def __init__(self, name: str, browser: Browser) -> None:
        self.name = name
        self.browser = browser
        self.ids: dict[str, str] = {}

    async def settle(self, code: str = "") -> None:
        assert (await self.browser.register(self.name, code)).status == 302
        self.ids = unknown()
        socket = await self.browser.socket()
        command = {
            "type": "send",
            "id": "1",
            "client_id": new_id(),
            "parent_id": None,
            "thread_id": self.ids["thread"],
            "parts": [{"type": "text", "text": f"{self.name} asks [[echo]]"}],
            "create": True,
        }
        await socket.send_json(command)
        while (ack := await socket.receive_json(timeout=20))["type"] != "ack":
            pass
        self.ids["message"] = ack["reply_id"]
        await socket.close()
        for kind, field in (("preset", "settings"), ("prompt", "text")):
            entry = {"id": self.ids[kind], "name": kind, field: {} if kind == "preset" else "x"}
            status, _ = await self.browser.api("PUT", f"library/{kind}s/{entry['id']}", entry)
            assert status == 200
        file = {"name": "a.json", "size": 10, "fingerprint": self.name}
        self.ids["import"] = (await self.browser.api("POST", "imports", file))[1]["id"]
        self.ids["person"] = (await self.browser.me())["id"]
        (session,) = (await self.browser.api("GET", "sessions"))[1]["sessions"]
        self.ids["session"] = session["id"]

    async def possessions(self) -> str:
        """All that is theirs, as it is read; without the times of reading it."""
        found = [await self.browser.api("GET", path) for path in POSSESSIONS]
        assert {status for status, _ in found} == {200}, found
        return re.sub(r'"used_at": \d+', '"used_at": 0', json.dumps(found))


@pytest.fixture
async def ada(browser, settled) -> Somebody:
    return await settled("ada")


@pytest.fixture
async def bob(browser, settled) -> Somebody:
    return await settled("bob")


@pytest.fixture
async def root(services, settled) -> Somebody:
    root = await settled("root", await services.authentication.invitations.for_first_admin())
    offer = {"uses": 5}
    root.ids["invitation"] = (await root.browser.api("POST", "invitations", offer))[1]["id"]
    return root


@pytest.fixture
def settled(browser) -> Callable[..., Any]:
    async def settled(name: str, code: str = "") -> Somebody:
        person = Somebody(name, browser())
        await person.settle(code)
        return person

    return settled


async def ask(
    somebody: Somebody, call: Call, ids: dict[str, str], **more: Any
) -> tuple[int, str, str]:
    """Call it with these ids; status, kind and what was said, as far as it can be compared."""

    def value_of(name: str) -> str:
        same = next((at for at in ENTRIES if f"{{{at}}}" in call.path), name)
        return ids[ACCOUNT_KINDS[same if name == "id" else name]]

    browser = somebody.browser
    path = re.sub(r"\{(\w+)\}", lambda at: ids[ACCOUNT_KINDS[at.group(1)]], call.path)
    query = {
        each["name"]: value_of(each["name"])
        if each["name"] in ACCOUNT_KINDS
        else str(sample(each["schema"], value_of))
        for each in call.parameters
        if each["in"] == "query" and (each["required"] or each["name"] in more.get("names", ()))
    }
    headers = more.get("headers", {"X-XSRFToken": browser.cookie("_xsrf")})
    body = None if call.body is None else json.dumps(sample(call.body, value_of))
    async with browser.session.request(
        call.method.upper(),
        browser.at(path.lstrip("/")).with_query(query),
        data=body,
        headers=headers,
        allow_redirects=False,
    ) as answer:
        said = (await answer.read()).decode("utf-8", "replace")
    if call.method == "put" and set(more.get("names", ())) & set(ENTRIES):
        await browser.api("DELETE", path.partition("api/")[2])  # made: the next time the same
    kind = answer.headers.get("Content-Type", "")
    said = re.sub(r'"renewIn": [0-9.]+', "", said)  # on the page, which says when that was
    return answer.status, kind, comparable(said, ids, somebody.ids)


def with_ids() -> Iterator[tuple[Call, list[str], set[str]]]:
    """Every call that takes ids, the parameters that have them, and of what kind they are."""
    for call in calls(WITH_ACCOUNTS):
        if call.is_socket or str(call) in NO_IDS:
            continue
        for names, schema in requests(call):
            fields = fields_with_ids(schema) - {"id"}
            kinds = {ACCOUNT_KINDS[name] for name in {*names, *fields}}
            if kinds:
                yield call, names, kinds


async def compared(attacker: Somebody, victim: Somebody, *, but: set[str] = frozenset()) -> int:  # type: ignore[assignment]
    """The victim's ids are answered as unknown ones; how many ways were tried."""
    tried = 0
    for call, names, kinds in with_ids():
        if kinds & but:
            continue
        for theirs in itertools.product((True, False), repeat=len(kinds)):
            if not any(theirs):
                continue
            chosen = {kind for kind, yes in zip(sorted(kinds), theirs, strict=True) if yes}
            nobodys, mixed = unknown(), dict(attacker.ids)
            expected = await ask(
                attacker, call, {**mixed, **{k: nobodys[k] for k in chosen}}, names=names
            )
            got = await ask(
                attacker, call, {**mixed, **{k: victim.ids[k] for k in chosen}}, names=names
            )
            assert got == expected, str(call)
            tried += 1
    return tried


async def test_to_another_person_everything_of_mine_is_unknown(ada, bob, root):
    before = await ada.possessions()
    ada.ids["invitation"] = root.ids["invitation"]
    assert await compared(bob, ada) > 25
    assert await ada.possessions() == before
    listed = (await root.browser.api("GET", "invitations"))[1]["invitations"]
    assert [each["id"] for each in listed] == [root.ids["invitation"]]
    state = (await root.browser.api("GET", "people"))[1]["people"]
    assert {each["name"]: each["state"] for each in state} == dict.fromkeys(
        ("ada", "bob", "root"), "active"
    )


async def test_to_an_administrator_too_but_for_what_they_are_for(ada, root):
    before = await ada.possessions()
    assert await compared(root, ada, but=FOR_ADMINISTRATORS) > 20
    assert await ada.possessions() == before


async def test_what_is_for_administrators_is_refused_to_all_others_before_it_is_looked_at(
    ada, bob, root
):
    """Whatever the id is: who is not an administrator is told so."""
    for call, names, kinds in with_ids():
        if kinds & FOR_ADMINISTRATORS:
            for ids in (ada.ids, bob.ids, {**unknown()}):
                status, _, _ = await ask(bob, call, {**unknown(), **ids}, names=names)
                assert status == 403, str(call)
    for call in calls(WITH_ACCOUNTS):
        if "/api/admin/" in call.path and call.body is None:
            assert (await ask(bob, call, unknown()))[0] == 403, str(call)


async def test_a_page_of_another_site_writes_nothing(ada, root):
    """Neither as a person nor as an administrator."""
    before, people = await ada.possessions(), await root.browser.api("GET", "people")
    writing = [call for call in calls(WITH_ACCOUNTS) if call.writes]
    assert len(writing) > 25
    for somebody in (ada, root):
        for call in writing:
            for forged in FORGED:
                ids = {**unknown(), **ada.ids}
                status, _, said = await ask(somebody, call, ids, headers=forged)
                assert status in (403, 404), (str(call), forged)
                assert "XSRF" in said or "_xsrf" in said or status == 404, (str(call), said)
    assert await ada.possessions() == before
    assert await root.browser.api("GET", "people") == people
    assert (await root.browser.api("GET", "admin/limits"))[1]["stored"] == {}


async def test_a_page_of_another_site_reads_nothing(root):
    for call in calls(WITH_ACCOUNTS):
        if call.writes or call.is_socket or "/api/" not in call.path:
            continue
        status, _, _ = await ask(root, call, {**unknown(), **root.ids}, headers=FORGED[0])
        assert status in (403, 404), str(call)


async def test_who_is_not_signed_in_gets_nothing(browser, ada):
    stranger = Somebody("stranger", browser())
    await stranger.browser.get("jupyter-chat/login")
    for call in calls(WITH_ACCOUNTS):
        if call.is_socket:
            continue
        status, _, _ = await ask(stranger, call, {**unknown(), **ada.ids})
        if "/api/" in call.path:
            assert status == 403, str(call)
        elif call.path in PUBLIC or call.path.endswith("logout"):
            assert status in (200, 302, 400, 403), str(call)
        else:
            assert status == 302, str(call)
    assert (await ada.browser.log_in("ada", PASSWORD)).status == 302
