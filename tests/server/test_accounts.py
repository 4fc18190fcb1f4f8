"""A server with accounts: registering, signing in and out, sessions, administrators."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any
from unittest.mock import AsyncMock

import pytest
from msgspec.structs import replace

from jupyter_chat.app import ACCOUNTS
from jupyter_chat.auth import access_tokens
from jupyter_chat.auth.changing import change_person
from jupyter_chat.auth.sessions import GRACE_MS
from jupyter_chat.ids import new_id
from jupyter_chat.protocol import Code, PersonState, Problem, Status
from jupyter_chat.store.errors import Unavailable
from jupyter_chat.store.vault import Vault, new_key

from .accounts import PASSWORD, Browser, ask, browsers, closed

SECONDS = 30
"""How long the end of a socket may take on a busy machine; five seconds are promised."""
ANOTHER = "another horse"


@pytest.fixture
def jp_server_config(jp_server_config: dict[str, Any], cheap_hashes: None) -> dict[str, Any]:
    jp_server_config["ServerApp"].update(ACCOUNTS)
    jp_server_config["ChatApp"]["registration"] = "open"
    return jp_server_config


@pytest.fixture
def jp_base_url() -> str:
    """One that cookies can be kept under as it is."""
    return "/base/"


@pytest.fixture
async def browser(
    jp_serverapp, http_server_client, jp_base_url
) -> AsyncIterator[Callable[[], Any]]:
    """Makes browsers."""
    async with browsers(http_server_client.get_url(jp_base_url)) as browser:
        yield browser


@pytest.fixture
async def ada(browser) -> Browser:
    ada = browser()
    assert (await ada.register("Ada")).status == 302
    return ada


@pytest.fixture
async def admin(browser, services) -> Browser:
    admin = browser()
    code = await services.authentication.invitations.for_first_admin()
    assert (await admin.register("Root", code)).status == 302
    return admin


# --- registering and signing in -------------------------------------------------------


async def test_who_registers_is_signed_in_and_sees_the_page(ada: Browser):
    status, page = await ada.get("jupyter-chat/")
    assert status == 200
    assert 'id="jupyter-chat"' in page
    assert '"signedIn": {"admin": false, "renewIn": 7' in page
    assert (await ada.me())["name"] == "Ada"


async def test_who_is_not_signed_in_is_sent_to_the_form_and_then_where_they_wanted(browser, ada):
    stranger = browser()
    place = f"jupyter-chat/t/{new_id()}"
    status, page = await stranger.get(place)
    assert status == 200
    assert "<h1>Sign in" in page
    assert f'name="next" value="{stranger.url.partition("127.0.0.1")[2].partition("/")[1]}' in page
    answer = await stranger.form(
        "login", name="ada", password=PASSWORD, next=_path(stranger, place)
    )
    assert (answer.status, answer.headers["Location"]) == (302, _path(stranger, place))


@pytest.mark.parametrize(
    "elsewhere",
    [
        *("https://evil.example/", "//evil.example/", "/lab", "jupyter-chat/", "/\\evil.example"),
        *(f"/base/jupyter-chat/{each}x" for each in ("\r\nX-A: b", "\r", "\n", "\x85", "\u2028")),
    ],
)
async def test_nobody_is_led_elsewhere(browser, ada, elsewhere):
    stranger = browser()
    answer = await stranger.form("login", name="Ada", password=PASSWORD, next=elsewhere)
    assert (answer.status, answer.headers["Location"]) == (302, _path(stranger, "jupyter-chat/"))


async def test_without_an_account_the_api_and_the_socket_say_403(browser, jp_serverapp):
    stranger = browser()
    await stranger.get("jupyter-chat/login")
    status, body = await stranger.api("GET", "threads")
    assert (status, body["problem"]["code"]) == (403, "forbidden")
    with pytest.raises(Exception, match="403"):
        await stranger.socket()


async def test_the_servers_token_opens_nothing(browser, jp_serverapp):
    assert jp_serverapp.identity_provider.token == ""
    stranger = browser()
    for token in ("x", "", "secret"):
        status, _ = await stranger.get(f"jupyter-chat/api/threads?token={token}")
        assert status == 403


async def test_a_wrong_password_is_said_beside_the_form(browser, ada):
    stranger = browser()
    await stranger.get("jupyter-chat/login")
    async with stranger.session.post(
        stranger.at("jupyter-chat/login"),
        data={"name": 'Ada"><script>', "password": "wrong", "_xsrf": stranger.cookie("_xsrf")},
    ) as answer:
        page = await answer.text()
    assert answer.status == 403
    assert "The name or the password is wrong." in page
    assert "<script>" not in page
    assert 'aria-describedby="password-problem"' in page
    assert "script-src" not in answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


async def test_forms_of_other_sites_do_nothing(browser, ada, services):
    for path in ("login", "register", "logout"):
        stranger = browser() if path != "logout" else ada
        answer = await stranger.form(path, xsrf=False, name="Eve", password=PASSWORD)
        assert answer.status == 403
    assert await services.store.find_person("Eve") is None
    assert (await ada.me())["name"] == "Ada"


async def test_every_call_that_changes_something_needs_the_xsrf_token(ada: Browser):
    for method, path, body in (
        ("POST", "session", None),
        ("PATCH", "profile", {"display_name": "Eve"}),
        ("DELETE", "profile", {"password": PASSWORD}),
        ("DELETE", "sessions", None),
        ("POST", "invitations", {}),
    ):
        status, _ = await ada.api(method, path, body, xsrf=False)
        assert status == 403, path
    assert "display_name" not in await ada.me()


async def test_cookies_cannot_be_read_by_scripts_or_sent_by_other_sites(ada: Browser):
    cookies = {
        name: cookie for name, cookie in ada.cookies().items() if name.startswith("jupyter-chat-")
    }
    assert len(cookies) == 2
    for cookie in cookies.values():
        assert cookie["httponly"]
        assert cookie["samesite"] == "Lax"
    paths = {name.split("-")[2]: cookie["path"] for name, cookie in cookies.items()}
    assert paths["refresh"].endswith("/jupyter-chat/")


async def test_behind_https_cookies_are_for_https_only(browser, http_server):
    http_server.xheaders = True
    stranger = browser()
    stranger.session.headers["X-Forwarded-Proto"] = "https"
    await stranger.get("jupyter-chat/register")
    xsrf = stranger.cookie("_xsrf")
    async with stranger.session.post(
        stranger.at("jupyter-chat/register"),
        data={"name": "Ada", "password": PASSWORD, "_xsrf": xsrf},
        allow_redirects=False,
    ) as answer:
        assert answer.status == 302
        set_cookies = answer.headers.getall("Set-Cookie")
    ours = [each for each in set_cookies if each.startswith("jupyter-chat-")]
    assert len(ours) == 2
    assert all("; Secure" in each for each in ours)


async def test_guessing_is_slowed_down_with_a_time_to_try_again(browser, ada):
    stranger = browser()
    for _ in range(10):
        assert (await stranger.log_in("Ada", "wrong")).status == 403
    answer = await stranger.log_in("Ada", PASSWORD)
    assert answer.status == 429
    assert 0 < int(answer.headers["Retry-After"]) <= 15 * 60


# --- each person has their own --------------------------------------------------------


async def test_each_person_sees_their_own_conversations_only(browser, ada, services):
    grace = browser()
    await grace.register("Grace")
    thread_id = await ask(await ada.socket(), "Hello")
    assert (await ada.api("GET", f"threads/{thread_id}"))[0] == 200
    assert (await grace.api("GET", f"threads/{thread_id}"))[0] == 404
    assert (await grace.api("GET", "threads"))[1]["threads"] == []


async def test_files_of_the_server_are_nobodys(ada: Browser, admin: Browser):
    for person in (ada, admin):
        for method, path, asked in (
            ("POST", "attachments/read", {"path": "secret.txt"}),
            ("GET", "attachments/files?q=", None),
        ):
            status, body = await person.api(method, path, asked)
            assert status == 403
            assert body["problem"]["message"] == "You may not read the files of this server."


async def test_a_kernels_token_opens_nothing(browser, services):
    stranger = browser()
    stranger.session.headers["Authorization"] = "jupyter-chat anything"
    assert (await stranger.get("jupyter-chat/api/threads"))[0] == 403


# --- sessions -------------------------------------------------------------------------


async def test_a_session_is_renewed_by_its_refresh_token(ada: Browser, monkeypatch):
    before = ada.cookie("jupyter-chat-refresh")
    ada.forget("jupyter-chat-access")
    assert (await ada.api("GET", "profile"))[0] == 403
    status, body = await ada.api("POST", "session")
    assert status == 200
    assert 60 < body["renew_in"] < access_tokens.SECONDS
    assert ada.cookie("jupyter-chat-refresh") not in ("", before)
    assert (await ada.me())["name"] == "Ada"


async def test_a_page_that_is_opened_later_renews_it_by_itself(ada: Browser):
    ada.forget("jupyter-chat-access")
    status, page = await ada.get("jupyter-chat/")
    assert status == 200
    assert '"signedIn"' in page


async def test_a_copied_refresh_token_ends_the_session_with_its_sockets(ada: Browser, monkeypatch):
    thief = ada.copy()
    socket = await ada.socket()
    assert (await ada.api("POST", "session"))[0] == 200
    monkeypatch.setattr("jupyter_chat.auth.sessions.GRACE_MS", -1)
    with_access = ada.copy()
    assert (await with_access.api("GET", "profile"))[0] == 200
    assert (await thief.api("POST", "session"))[0] == 403
    assert (await with_access.api("GET", "profile"))[0] == 403  # at once
    await with_access.close()
    assert await closed(socket, SECONDS)
    assert (await ada.api("POST", "session"))[0] == 403
    assert GRACE_MS == 10_000
    await thief.close()


async def test_a_socket_outlives_the_renewal_of_its_session(ada: Browser):
    socket = await ada.socket()
    for _ in range(3):
        assert (await ada.api("POST", "session"))[0] == 200
    await asyncio.sleep(2.5)  # the sessions with open sockets have been looked at
    await socket.send_json({"type": "ping", "id": "1"})
    assert (await socket.receive_json(timeout=20))["type"] == "pong"


async def test_sessions_are_listed_and_ended_one_by_one(browser, ada: Browser):
    elsewhere = browser()
    await elsewhere.log_in("Ada")
    socket, here = await elsewhere.socket(), await ada.socket()
    _, body = await ada.api("GET", "sessions")
    assert [each.get("current", False) for each in body["sessions"]].count(True) == 1
    (other,) = [each for each in body["sessions"] if not each.get("current")]
    assert other["address"] == "127.0.0.1"
    assert "aiohttp" in other["agent"]
    assert (await ada.api("DELETE", f"sessions/{other['id']}"))[0] == 200
    assert await closed(socket, SECONDS)
    assert (await elsewhere.api("GET", "profile"))[0] == 403
    assert (await elsewhere.api("POST", "session"))[0] == 403
    assert (await ada.me())["name"] == "Ada"
    assert not here.closed


async def test_nobody_ends_somebody_elses_session(browser, ada: Browser):
    grace = browser()
    await grace.register("Grace")
    (session,) = (await ada.api("GET", "sessions"))[1]["sessions"]
    assert (await grace.api("DELETE", f"sessions/{session['id']}"))[0] == 200
    assert (await ada.me())["name"] == "Ada"


async def test_signing_out_ends_this_session_with_its_sockets(browser, ada: Browser):
    elsewhere = browser()
    await elsewhere.log_in("Ada")
    thief = ada.copy()
    socket, other = await ada.socket(), await elsewhere.socket()
    assert (await ada.form("logout", _xsrf=ada.cookie("_xsrf"))).status == 302
    assert await closed(socket, SECONDS)
    assert ada.cookie("jupyter-chat-access") == ""
    assert (await thief.api("GET", "profile"))[0] == 403
    assert (await thief.api("POST", "session"))[0] == 403
    assert (await elsewhere.me())["name"] == "Ada"
    assert not other.closed
    await thief.close()


async def test_signing_out_everywhere_ends_all(browser, ada: Browser):
    elsewhere = browser()
    await elsewhere.log_in("Ada")
    sockets = [await ada.socket(), await elsewhere.socket()]
    assert (await ada.api("DELETE", "sessions"))[0] == 200
    assert all([await closed(each, SECONDS) for each in sockets])
    for each in (ada, elsewhere):
        assert (await each.api("GET", "profile"))[0] == 403


async def test_changing_the_password_ends_all_others_and_keeps_who_did_it(browser, ada: Browser):
    elsewhere = browser()
    await elsewhere.log_in("Ada")
    sockets = [await ada.socket(), await elsewhere.socket()]
    change = {"password": {"current": PASSWORD, "new": ANOTHER}}
    assert (await ada.api("PATCH", "profile", change))[0] == 200
    assert all([await closed(each, SECONDS) for each in sockets])
    assert (await elsewhere.api("POST", "session"))[0] == 403
    assert (await ada.me())["name"] == "Ada"
    await ada.socket()
    assert (await elsewhere.log_in("Ada", PASSWORD)).status == 403
    assert (await elsewhere.log_in("Ada", ANOTHER)).status == 302


async def test_who_deletes_their_account_is_gone_with_all_they_had(browser, ada: Browser, services):
    services.authentication.leaving._settle_seconds = 0.1
    user_id = (await ada.me())["id"]
    socket = await ada.socket()
    await ask(socket, "Hello")
    await ask(socket, "A long answer [[chunks=500 delay=0.1]]")
    assert len(await services.store.all_threads(user_id, limit=5)) == 2
    status, body = await ada.api("DELETE", "profile", {"password": "wrong"})
    assert (status, body["problem"]["field"]) == (400, "password")
    assert (await ada.api("DELETE", "profile", {"password": PASSWORD}))[0] == 200
    assert await closed(socket, SECONDS)
    assert (await ada.log_in("Ada")).status == 403
    await gone(services, "Ada")
    assert await services.store.all_threads(user_id, limit=5) == []
    assert (await browser().register("Ada")).status == 302


async def test_a_key_file_that_is_no_secret_is_told_to_the_log_only(
    browser, ada: Browser, services, monkeypatch, tmp_path, caplog
):
    """Its mode was changed while the server runs, say."""
    keys = tmp_path / "no-secret" / "keys"
    keys.parent.mkdir()
    keys.write_text(new_key())
    keys.chmod(0o644)
    tokens = services.authentication.tokens
    monkeypatch.setattr(tokens, "_vault", Vault(keys.parent, {}))
    monkeypatch.setattr(tokens, "_keys", None)
    status, body = await ada.api("GET", "profile")
    said = str(body)
    assert (status, "Nobody can sign in at present" in said) == (500, True)
    status, page = await ada.get("jupyter-chat/login")
    said += page
    assert (status, "Nobody can sign in at present" in page) == (500, True)
    stranger = browser()
    await stranger.form("login", name="Ada", password=PASSWORD)
    fields = {"name": "Ada", "password": PASSWORD, "_xsrf": stranger.cookie("_xsrf")}
    async with stranger.session.post(stranger.at("jupyter-chat/login"), data=fields) as answer:
        page = await answer.text()
    said += page
    assert (answer.status, "Nobody can sign in at present" in page) == (500, True)
    assert [each for each in (str(keys.parent), "no-secret", "0644", "chmod") if each in said] == []
    assert str(keys) in caplog.text


async def test_while_the_history_is_away_strangers_are_told_so(ada: Browser, services, monkeypatch):
    down = Unavailable(Problem(Code.STORE_DOWN, "The history is away."))
    services.authentication.watch._known.clear()
    monkeypatch.setattr(
        services.authentication.watch._sessions, "alive", AsyncMock(side_effect=down)
    )
    status, body = await ada.api("GET", "profile")
    assert (status, body["problem"]["code"]) == (503, "store_down")
    status, page = await ada.get("jupyter-chat/")
    assert status == 503
    assert "The history is away." in page
    monkeypatch.undo()
    assert (await ada.me())["name"] == "Ada"


# --- administrators -------------------------------------------------------------------


async def test_only_administrators_administer(ada: Browser, admin: Browser):
    ada_id = (await ada.me())["id"]
    for method, path, body in (
        ("GET", "people", None),
        ("PATCH", f"people/{ada_id}", {"role": "admin"}),
        ("DELETE", f"people/{ada_id}", None),
        ("POST", f"people/{ada_id}/password", None),
        ("GET", "invitations", None),
        ("POST", "invitations", {"role": "admin"}),
        ("DELETE", f"invitations/{ada_id}", None),
    ):
        assert (await ada.api(method, path, body))[0] == 403, path
    assert (await ada.me())["role"] == "user"


async def test_an_administrator_sees_people_and_changes_them(browser, ada: Browser, admin: Browser):
    _, page = await admin.api("GET", "people")
    assert [each["name"] for each in page["people"]] == ["Ada", "Root"]
    ada_id = (await ada.me())["id"]
    socket = await ada.socket()
    status, changed = await admin.api("PATCH", f"people/{ada_id}", {"state": "disabled"})
    assert (status, changed["state"]) == (200, "disabled")
    assert await closed(socket, SECONDS)
    assert (await ada.api("GET", "profile"))[0] == 403
    assert (await ada.api("POST", "session"))[0] == 403
    assert (await ada.log_in("Ada")).status == 403
    await admin.api("PATCH", f"people/{ada_id}", {"state": "active"})
    assert (await ada.log_in("Ada")).status == 302
    await admin.api("PATCH", f"people/{ada_id}", {"role": "admin"})
    assert (await ada.api("GET", "people"))[0] == 200
    await admin.api("PATCH", f"people/{ada_id}", {"role": "user"})
    assert (await ada.api("GET", "people"))[0] == 403


async def test_an_administrator_puts_people_into_groups_that_give_no_rights(
    ada: Browser, admin: Browser, services
):
    ada_id, own_id = (await ada.me())["id"], (await admin.me())["id"]
    groups = ["staff", "admin", "staff"]
    status, changed = await admin.api("PATCH", f"people/{ada_id}", {"groups": groups})
    assert (status, changed["groups"]) == (200, ["staff", "admin"])
    assert await services.roles.all_of(ada_id) == ("user", "staff")
    assert (await ada.api("GET", "people"))[0] == 403
    assert (await ada.api("PATCH", f"people/{ada_id}", {"groups": []}))[0] == 403
    assert (await admin.api("PATCH", f"people/{own_id}", {"groups": ["staff"]}))[0] == 200
    for wrong in ([""], [" staff"], ["g"] * 21, "staff"):
        status, answer = await admin.api("PATCH", f"people/{ada_id}", {"groups": wrong})
        assert status == 400
        assert answer["problem"]["field"].startswith("groups")


@pytest.mark.parametrize("where", ["here", "elsewhere"])
async def test_answers_of_somebody_who_is_disabled_end_and_are_kept(
    ada: Browser, admin: Browser, services, where
):
    ada_id = (await ada.me())["id"]
    socket = await ada.socket()
    thread_id = await ask(socket, "A long answer [[chunks=1000 delay=0.1]]")
    if where == "here":
        await admin.api("PATCH", f"people/{ada_id}", {"state": "disabled"})
    else:  # another replica does it
        await change_person(
            services.store, ada_id, lambda each: replace(each, state=PersonState.DISABLED)
        )
    for _ in range(20 * SECONDS):
        if not services.replies.running:
            break
        await asyncio.sleep(0.05)
    nodes = await services.store.tree(ada_id, thread_id)
    reply = await services.store.get_message(ada_id, thread_id, nodes[-1].id)
    assert reply.status is Status.STOPPED


async def test_an_administrator_deletes_people_but_not_themselves(
    ada: Browser, admin: Browser, services
):
    services.authentication.leaving._settle_seconds = 0
    ada_id, own_id = (await ada.me())["id"], (await admin.me())["id"]
    for method, path, body in (
        ("PATCH", f"people/{own_id}", {"role": "user"}),
        ("DELETE", f"people/{own_id}", None),
        ("POST", f"people/{own_id}/password", None),
    ):
        assert (await admin.api(method, path, body))[0] == 403
    socket = await ada.socket()
    assert (await admin.api("DELETE", f"people/{ada_id}"))[0] == 200
    assert await closed(socket, SECONDS)
    await gone(services, "Ada")
    assert (await admin.api("DELETE", f"people/{new_id()}"))[0] == 404


async def test_who_has_forgotten_their_password_is_given_another_one(ada: Browser, admin: Browser):
    ada_id = (await ada.me())["id"]
    socket = await ada.socket()
    status, given = await admin.api("POST", f"people/{ada_id}/password")
    assert status == 200
    assert await closed(socket, SECONDS)
    assert (await ada.api("POST", "session"))[0] == 403
    assert (await ada.log_in("Ada", PASSWORD)).status == 403
    assert (await ada.log_in("Ada", given["password"])).status == 302


async def test_invitations_are_made_listed_and_taken_back(browser, admin: Browser):
    status, made = await admin.api("POST", "invitations", {"uses": 3, "days": 2})
    assert status == 200
    _, listed = await admin.api("GET", "invitations")
    (invitation,) = listed["invitations"]
    assert "code" not in invitation
    assert (invitation["id"], invitation["uses"]) == (made["id"], 3)
    assert (await browser().register("Ada", made["code"])).status == 302
    assert (await admin.api("GET", "invitations"))[1]["invitations"][0]["used"] == 1
    assert (await admin.api("DELETE", f"invitations/{made['id']}"))[0] == 200
    assert (await browser().register("Grace", made["code"])).status == 400
    status, body = await admin.api("POST", "invitations", {"uses": 0})
    assert (status, body["problem"]["field"]) == (400, "uses")


async def gone(services: Any, name: str) -> None:
    for _ in range(400):
        if await services.store.find_person(name) is None:
            return
        await asyncio.sleep(0.05)
    pytest.fail(f"{name} is still there")


def _path(browser: Browser, path: str) -> str:
    return "/" + (browser.url + path).split("/", 3)[3]
