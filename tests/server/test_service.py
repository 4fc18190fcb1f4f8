"""The chat service of a hub: servers trade their token, browsers come by the hub's login."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import aiohttp
import pytest
from jupyter_server.base.handlers import JupyterHandler
from tornado.web import RequestHandler

from jupyter_chat.hub.environment import server_settings
from jupyter_chat.hub.membership import Membership
from jupyter_chat.ids import new_id
from jupyter_chat.protocol import ACCESS_PROTOCOL_PREFIX, ACCESS_SCHEME, SOCKET_PROTOCOL
from tests.scripted_hub import ScriptedHub, serving

from .accounts import Browser, closed

BASE = "/services/chat-1/"
FROM_SCRIPT = {"Sec-Fetch-Mode": "cors", "Sec-Fetch-Site": "same-origin"}


@pytest.fixture
async def hub() -> AsyncIterator[ScriptedHub]:
    async with serving() as hub:
        hub.add("ada")
        hub.add("grace", admin=True)
        yield hub


@pytest.fixture(autouse=True)
def unpatched() -> Iterator[None]:
    """JupyterHub patches the handlers of all servers in a process."""
    names = ("_xsrf_token_id", "xsrf_token", "check_xsrf_cookie")
    kept = {
        kind: {name: vars(kind)[name] for name in names if name in vars(kind)}
        for kind in (JupyterHandler, RequestHandler)
    }
    yield
    for kind, had in kept.items():
        for name in names:
            if name in had:
                setattr(kind, name, had[name])
            elif name in vars(kind):
                delattr(kind, name)


@pytest.fixture
def jp_server_config(
    jp_server_config: dict[str, Any], hub: ScriptedHub, monkeypatch
) -> dict[str, Any]:
    for name, value in hub.environment(BASE).items():
        monkeypatch.setenv(name, value)
    jp_server_config["ServerApp"].update(server_settings({}))
    return jp_server_config


@pytest.fixture
def jp_base_url() -> str:
    return BASE


@pytest.fixture
def url(http_server_client, jp_base_url, jp_serverapp) -> str:
    return str(http_server_client.get_url(jp_base_url))


@pytest.fixture
async def browser(url: str) -> AsyncIterator[Browser]:
    browser = Browser(url)
    yield browser
    await browser.close()


async def trade(browser: Browser, token: str, side: str = "browser") -> tuple[int, Any]:
    async with browser.session.post(
        browser.at(f"jupyter-chat/api/hub/access?side={side}"),
        headers={"Authorization": f"token {token}"},
    ) as answer:
        return answer.status, await answer.json()


class Access:
    """What has an access token, as a linked server's pages and kernels do."""

    def __init__(self, browser: Browser, token: str) -> None:
        self.browser = browser
        self.token = token
        self.headers = {"Authorization": f"{ACCESS_SCHEME} {token}"}

    async def api(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        async with self.browser.session.request(
            method,
            self.browser.at(f"jupyter-chat/api/{path}"),
            json=body,
            headers={**self.headers, **headers},
        ) as answer:
            text = await answer.text()
            return answer.status, json.loads(text) if text.startswith("{") else text

    async def socket(self, **options: Any) -> aiohttp.ClientWebSocketResponse[bool]:
        """Opened as a browser does."""
        socket = await self.browser.session.ws_connect(
            self.browser.at("jupyter-chat/api/socket"),
            protocols=(SOCKET_PROTOCOL, f"{ACCESS_PROTOCOL_PREFIX}{self.token}"),
            **options,
        )
        self.browser.sockets.append(socket)
        assert (await socket.receive_json(timeout=20))["type"] == "welcome"
        return socket


async def let_in(browser: Browser, hub: ScriptedHub, name: str, side: str = "browser") -> Access:
    status, access = await trade(browser, hub.token(name), side)
    assert status == 200, access
    return Access(browser, access["token"])


async def sign_in(browser: Browser, hub: ScriptedHub, name: str) -> None:
    """By way of the hub."""
    async with browser.session.get(
        browser.at("jupyter-chat/login"), allow_redirects=False
    ) as answer:
        asked = parse_qs(urlsplit(answer.headers["Location"]).query)
    assert asked["code_challenge"]
    state = asked["state"][0]
    path = f"oauth_callback?code={hub.code(name)}&state={state}"
    async with browser.session.get(browser.at(path), allow_redirects=False) as answer:
        assert answer.status == 302, await answer.text()
        assert answer.headers["Location"] == f"{BASE}jupyter-chat/"
    assert (await browser.get("jupyter-chat/"))[0] == 200


# --- servers: by a token -----------------------------------------------------------------------


async def test_a_servers_token_is_traded_for_one_that_opens_the_chat(browser, hub):
    status, access = await trade(browser, hub.token("ada"))
    assert status == 200
    assert access["url"] == ""
    assert 800 < access["seconds_left"] <= 900
    ada = Access(browser, access["token"])
    status, account = await ada.api("GET", "account")
    assert (status, account["user"]["name"]) == (200, "ada")
    status, _ = await ada.api("POST", "context/count", {"parts": []})  # with no cookie
    assert status == 200


async def test_a_socket_is_opened_by_a_subprotocol_or_a_header(browser, hub):
    ada = await let_in(browser, hub, "ada")
    socket = await ada.socket(headers={"Origin": "http://elsewhere.example"})
    assert socket.protocol == SOCKET_PROTOCOL
    by_header = await browser.session.ws_connect(
        browser.at("jupyter-chat/api/socket"), headers=ada.headers
    )
    browser.sockets.append(by_header)
    welcome = await by_header.receive_json(timeout=20)
    assert welcome["user"]["name"] == "ada"


@pytest.mark.parametrize("protocols", [(SOCKET_PROTOCOL,), (SOCKET_PROTOCOL, "access.x.y.z")])
async def test_a_socket_without_a_good_token_is_refused(browser, hub, protocols):
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await browser.session.ws_connect(browser.at("jupyter-chat/api/socket"), protocols=protocols)
    assert refused.value.status == 403


async def test_who_is_refused_is_told_why(browser, hub):
    for token in ("nonsense", hub.token("ada", "access:servers"), hub.service_token):
        status, body = await trade(browser, token)
        assert (status, body["problem"]["code"]) == (403, "forbidden"), token
        assert "JupyterHub" in body["problem"]["message"]
    hub.is_away = True
    status, body = await trade(browser, hub.token("ada"))
    assert (status, body["problem"]["code"]) == (503, "hub_down")
    hub.is_away = False
    hub.may_read_users = False
    status, body = await trade(browser, hub.token("ada"))
    assert status == 503
    assert "read:users" in body["problem"]["message"]


async def test_no_other_token_opens_the_chat(browser, hub):
    for header in (
        f"token {hub.token('ada')}",
        f"{ACCESS_SCHEME} {hub.token('ada')}",
        f"token {hub.service_token}",
    ):
        status, _ = await Access(browser, "").api("GET", "account", Authorization=header)
        assert status == 403, header


async def test_two_people_have_histories_of_their_own(browser, hub):
    ada, grace = await let_in(browser, hub, "ada"), await let_in(browser, hub, "grace")
    socket = await ada.socket()
    thread_id = new_id()
    await socket.send_json(
        {
            "type": "send",
            "id": new_id(),
            "client_id": new_id(),
            "thread_id": thread_id,
            "parent_id": None,
            "parts": [{"type": "text", "text": "Hello"}],
            "create": True,
        }
    )
    while (await socket.receive_json(timeout=20))["type"] != "ack":
        pass
    assert (await ada.api("GET", f"threads/{thread_id}"))[0] == 200
    assert (await grace.api("GET", f"threads/{thread_id}"))[0] == 404


async def test_who_is_gone_from_the_hub_is_out_within_seconds(browser, hub, services, monkeypatch):
    monkeypatch.setattr("jupyter_chat.hub.membership.PERSON_SECONDS", 0.0)
    ada = await let_in(browser, hub, "ada")
    socket = await ada.socket()
    hub.remove("ada")
    membership: Membership = services.authentication.membership
    await membership.look()
    assert await closed(socket, 5)
    assert (await ada.api("GET", "account"))[0] == 403


async def test_pages_of_another_host_may_use_a_token(browser, hub):
    """Of a hub whose users have domains of their own."""
    ada = await let_in(browser, hub, "ada")
    elsewhere = "https://ada.hub.example"
    async with browser.session.options(
        browser.at("jupyter-chat/api/account"),
        headers={
            "Origin": elsewhere,
            "Access-Control-Request-Method": "PATCH",
            "Access-Control-Request-Headers": "authorization,content-type",
        },
    ) as answer:
        assert answer.ok, await answer.text()
        assert answer.headers["Access-Control-Allow-Origin"] == elsewhere
        assert "PATCH" in answer.headers["Access-Control-Allow-Methods"]
        assert "authorization" in answer.headers["Access-Control-Allow-Headers"]
        assert "Access-Control-Allow-Credentials" not in answer.headers
    async with browser.session.get(
        browser.at("jupyter-chat/api/account"), headers={**ada.headers, "Origin": elsewhere}
    ) as answer:
        assert answer.status == 200
        assert answer.headers["Access-Control-Allow-Origin"] == elsewhere


# --- browsers: by the hub's login --------------------------------------------------------------


async def test_a_browser_is_led_to_the_hub_and_back(browser: Browser, hub):
    async with browser.session.get(browser.at(""), allow_redirects=False) as answer:
        assert answer.headers["Location"] == f"{BASE}jupyter-chat/"
    async with browser.session.get(browser.at("jupyter-chat/"), allow_redirects=False) as answer:
        assert answer.headers["Location"].startswith(f"{BASE}jupyter-chat/login")
    async with browser.session.get(
        browser.at("jupyter-chat/login"), allow_redirects=False
    ) as answer:
        there = urlsplit(answer.headers["Location"])
    assert there.path == "/hub/api/oauth2/authorize"
    assert parse_qs(there.query)["redirect_uri"] == [f"{BASE}oauth_callback"]
    await sign_in(browser, hub, "ada")
    status, account = await browser.api("GET", "account")
    assert (status, account["user"]["name"]) == (200, "ada")
    await browser.socket()


async def test_after_that_one_is_where_one_wanted_to_be_but_never_elsewhere(browser, hub):
    thread = f"{BASE}jupyter-chat/t/{new_id()}"
    for wanted, led_to in ((thread, thread), ("https://evil.example/", f"{BASE}jupyter-chat/")):
        async with browser.session.get(
            browser.at(f"jupyter-chat/login?next={wanted}"), allow_redirects=False
        ) as answer:
            state = parse_qs(urlsplit(answer.headers["Location"]).query)["state"][0]
        async with browser.session.get(
            browser.at(f"oauth_callback?code={hub.code('ada')}&state={state}"),
            allow_redirects=False,
        ) as answer:
            assert answer.headers["Location"] == led_to


async def test_who_did_not_set_out_here_is_not_signed_in(browser, hub):
    """A link with somebody else's code would sign one in as them."""
    other = Browser(browser.url)
    async with other.session.get(other.at("jupyter-chat/login"), allow_redirects=False) as answer:
        state = parse_qs(urlsplit(answer.headers["Location"]).query)["state"][0]
    await other.close()
    code = hub.code("grace")
    status, page = await browser.get(f"oauth_callback?code={code}&state={state}")
    assert status == 403
    assert "once more" in page
    assert code in hub.codes
    status, page = await browser.get("oauth_callback?error=access_denied")
    assert status == 403


async def test_the_interface_answers_403_and_leads_nowhere(browser, hub):
    for path in ("jupyter-chat/api/account", "jupyter-chat/api/socket"):
        async with browser.session.get(browser.at(path), allow_redirects=False) as answer:
            assert answer.status == 403, path


async def test_a_page_of_another_user_can_do_nothing_with_the_cookie(browser, hub):
    """It is of the same host, where hub and users have only one."""
    await sign_in(browser, hub, "ada")
    read = await browser.session.get(browser.at("jupyter-chat/api/account"), headers=FROM_SCRIPT)
    assert read.status == 403
    own = {**FROM_SCRIPT, "X-XSRFToken": browser.cookie("_xsrf")}
    read = await browser.session.get(browser.at("jupyter-chat/api/account"), headers=own)
    assert read.status == 200
    status, _ = await browser.api("PATCH", "account", {"notes": ["x"]}, xsrf=False)
    assert status == 403
    for query in ("", "?_xsrf=x", "?_xsrf=%C3%A4"):
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await browser.session.ws_connect(
                browser.at(f"jupyter-chat/api/socket{query}"),
                headers={"Sec-Fetch-Mode": "websocket"},
            )
        assert refused.value.status == 403
    async with browser.session.get(browser.at("jupyter-chat/")) as page:
        assert "frame-ancestors 'none'" in page.headers["Content-Security-Policy"]


async def test_the_log_has_no_token_of_a_socket_and_no_warning_of_each(browser, hub, caplog):
    await sign_in(browser, hub, "ada")
    caplog.clear()
    xsrf = browser.cookie("_xsrf")
    socket = await browser.session.ws_connect(
        browser.at(f"jupyter-chat/api/socket?_xsrf={quote(xsrf)}")
    )
    browser.sockets.append(socket)
    assert (await socket.receive_json(timeout=20))["type"] == "welcome"
    forged = "canary-" + xsrf
    with pytest.raises(aiohttp.WSServerHandshakeError):
        await browser.session.ws_connect(
            browser.at(f"jupyter-chat/api/socket?_xsrf={quote(forged)}")
        )
    with pytest.MonkeyPatch.context() as patch:  # somebody is refused by the identity provider
        patch.setattr("jupyter_chat.hub.membership.TOKEN_SECONDS", 0.0)
        hub.tokens = {
            token: (user, scopes if token == hub.service_token else ())
            for token, (user, scopes) in hub.tokens.items()
        }
        with pytest.raises(aiohttp.WSServerHandshakeError):
            await browser.session.ws_connect(
                browser.at(f"jupyter-chat/api/socket?_xsrf={quote(xsrf)}")
            )
    assert "does not let you use the chat" in caplog.text
    assert xsrf not in caplog.text
    assert "Skipping XSRF" not in caplog.text


async def test_a_logout_at_the_hub_is_one_here_within_a_minute(browser, hub, monkeypatch):
    await sign_in(browser, hub, "ada")
    hub.tokens.clear()
    assert (await browser.api("GET", "account"))[0] == 200
    monkeypatch.setattr("jupyter_chat.hub.membership.TOKEN_SECONDS", 0.0)
    assert (await browser.api("GET", "account"))[0] == 403


async def test_a_logout_here_leads_on_to_that_of_the_hub(browser, hub):
    await sign_in(browser, hub, "ada")
    async with browser.session.post(
        browser.at("jupyter-chat/logout"),
        headers={"X-XSRFToken": browser.cookie("_xsrf")},
        allow_redirects=False,
    ) as answer:
        assert answer.headers["Location"] == "/hub/logout"
    assert (await browser.api("GET", "account"))[0] == 403


async def test_who_may_not_use_the_service_is_told_so_and_not_led_round(browser, hub):
    await sign_in(browser, hub, "ada")
    hub.tokens = {token: (user, ()) for token, (user, _) in hub.tokens.items()}
    hub.tokens[hub.service_token] = ({"kind": "service", "name": "chat-1"}, ("read:users",))
    browser.session.cookie_jar.clear(lambda cookie: False)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("jupyter_chat.hub.membership.TOKEN_SECONDS", 0.0)
        async with browser.session.get(
            browser.at("jupyter-chat/"), allow_redirects=False
        ) as answer:
            assert answer.status == 403
            assert "does not let you use the chat" in await answer.text()


# --- administrators ----------------------------------------------------------------------------


async def test_whom_an_administrator_disables_is_out_and_led_nowhere(browser, hub):
    ada, grace = await let_in(browser, hub, "ada"), await let_in(browser, hub, "grace")
    await sign_in(browser, hub, "ada")
    _, page = await grace.api("GET", "people")
    ids = {person["name"]: person["id"] for person in page["people"]}
    assert (await ada.api("GET", "people"))[0] == 403
    status, _ = await grace.api("PATCH", f"people/{ids['ada']}", {"state": "disabled"})
    assert status == 200
    assert (await ada.api("GET", "account"))[0] == 403
    status, body = await trade(browser, hub.token("ada"))
    assert status == 403
    assert "disabled" in body["problem"]["message"]
    async with browser.session.get(browser.at("jupyter-chat/"), allow_redirects=False) as answer:
        assert answer.status == 403
        page = await answer.text()
        assert "disabled" in page
        assert f"{BASE}static/jupyter_chat/page.css" in page
    assert (await browser.get("static/jupyter_chat/page.css"))[0] == 200


async def test_the_hub_says_who_has_which_role(browser, hub):
    await let_in(browser, hub, "ada")
    grace = await let_in(browser, hub, "grace")
    _, page = await grace.api("GET", "people")
    ids = {person["name"]: person["id"] for person in page["people"]}
    for patch in ({"role": "admin"}, {"groups": ["physics"]}):
        status, body = await grace.api("PATCH", f"people/{ids['ada']}", patch)
        assert (status, body["problem"]["code"]) == (403, "forbidden")
        assert "hub" in body["problem"]["message"]


async def test_an_administrators_kernel_is_no_administrator(browser, hub):
    grace = await let_in(browser, hub, "grace")
    ada = await let_in(browser, hub, "ada")
    user_id = (await ada.api("GET", "account"))[1]["user"]["id"]
    kernel = await let_in(browser, hub, "grace", side="kernel")
    for path in (
        "people",
        "admin/usage",
        "admin/audit",
        "admin/source",
        "admin/limits",
        f"admin/people/{user_id}/export",
    ):
        status, body = await kernel.api("GET", path)
        assert (status, body["problem"]["code"]) == (403, "forbidden"), path
    status, _ = await kernel.api("PATCH", f"people/{user_id}", {"state": "disabled"})
    assert status == 403
    assert (await kernel.api("DELETE", f"people/{user_id}"))[0] == 403
    assert (await kernel.api("PATCH", "account", {"max_output_tokens": 100}))[0] == 403
    assert (await grace.api("GET", "people"))[0] == 200
    assert (await ada.api("GET", "account"))[0] == 200


async def test_a_kernel_asks_and_reads_as_its_person(browser, hub):
    page = await let_in(browser, hub, "ada")
    kernel = await let_in(browser, hub, "ada", side="kernel")
    assert (await kernel.api("GET", "account"))[1]["user"] == (await page.api("GET", "account"))[1][
        "user"
    ]
    socket = await kernel.socket()
    await socket.send_json({"type": "ping", "id": "p1"})
    assert (await socket.receive_json(timeout=20))["type"] in ("pong", "ack")


async def test_an_unknown_side_is_named(browser, hub):
    status, body = await trade(browser, hub.token("ada"), side="nobody")
    assert (status, body["problem"]["field"]) == (400, "side")


async def test_what_people_leave_behind_is_exported_by_administrators_only(browser, hub, services):
    ada, grace = await let_in(browser, hub, "ada"), await let_in(browser, hub, "grace")
    _, account = await ada.api("GET", "account")
    user_id = account["user"]["id"]
    path = f"admin/people/{user_id}/export?format=json"
    status, body = await grace.api("GET", path)
    assert (status, body["problem"]["code"]) == (403, "forbidden")
    hub.remove("ada")
    hub.add("ada")
    heir = await let_in(browser, hub, "ada")
    assert (await heir.api("GET", "account"))[1]["user"]["id"] != user_id
    assert (await heir.api("GET", path))[0] == 403
    status, history = await grace.api("GET", path)
    assert status == 200
    assert "threads" in history
    _, page = await grace.api("GET", "people?state=gone")
    assert [person["id"] for person in page["people"]] == [user_id]
    status, body = await grace.api("PATCH", f"people/{user_id}", {"state": "active"})
    assert status == 409
    entries = await services.store.audit_entries(after=0, limit=100)
    exports = [(entry.subject, entry.event) for entry in entries if "export" in entry.event]
    assert exports == [(user_id, "everything exported")]
    status, body = await grace.api("DELETE", f"people/{user_id}")
    assert (status, body["state"]) == (200, "leaving")


async def test_there_is_the_chat_and_nothing_else(browser, hub):
    grace = await let_in(browser, hub, "grace")
    for path in ("api/kernels", "api/contents", "api/status", "lab", "metrics", "nowhere"):
        async with browser.session.get(browser.at(path), headers=grace.headers) as answer:
            assert answer.status == 403, path
    for path in ("profile", "sessions", "invitations", "session"):
        assert (await grace.api("GET", path))[0] == 404, path


async def test_the_files_of_the_services_machine_are_nobodys(browser, hub):
    grace = await let_in(browser, hub, "grace")
    assert (await grace.api("GET", "attachments/files?q="))[0] == 403
    assert (await grace.api("POST", "attachments/read", {"path": "history.sqlite"}))[0] == 403


async def test_who_has_signed_in_is_noted(browser, hub, services):
    await sign_in(browser, hub, "ada")
    ada = await services.store.find_person("ada")
    entries = await services.store.audit_entries(after=0, limit=100)
    assert [(entry.event, entry.user_id) for entry in entries] == [
        ("person of the hub added", ""),
        ("signed in", ada.id),
    ]


# --- starting ----------------------------------------------------------------------------------


def test_it_is_where_the_hub_says_and_behind_its_proxy() -> None:
    told = {
        "JUPYTERHUB_SERVICE_URL": "http://10.0.0.3:8123",
        "JUPYTERHUB_SERVICE_PREFIX": "/hub-1/services/chat-2/",
    }
    settings = server_settings(told)
    assert (settings["ip"], settings["port"]) == ("10.0.0.3", 8123)
    assert settings["base_url"] == "/hub-1/services/chat-2/"
    assert settings["port_retries"] == 0
    assert settings["trust_xheaders"]
    assert not settings["allow_unauthenticated_access"]


def test_what_no_hub_has_started_says_what_is_missing_and_ends(tmp_path: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if "HUB" not in name}
    environment["JUPYTERHUB_API_URL"] = "http://127.0.0.1:1/hub/api"
    ended = subprocess.run(
        [sys.executable, "-m", "jupyter_chat", "--service", "--allow-root", "--port=0"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert ended.returncode == 1
    assert "JUPYTERHUB_API_TOKEN, JUPYTERHUB_SERVICE_NAME" in ended.stderr
    assert "JUPYTERHUB_API_URL" not in ended.stderr
    assert "Nothing was started" in ended.stderr
