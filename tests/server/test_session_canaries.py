"""What people sign in by comes out nowhere: passwords, access tokens, refresh tokens, codes of
invitations."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from urllib.parse import quote

from .accounts import PASSWORD, Browser
from .test_accounts import (  # noqa: F401
    ada,
    admin,
    browser,
    jp_base_url,
    jp_server_config,
)
from .test_canaries import FILES, READ

ACCOUNT = ("profile", "sessions", "people", "invitations")
LEAST = 12
"""Characters of a token that would be enough to know it again."""


class Planted:
    """Secrets of several browsers, at several times."""

    def __init__(self) -> None:
        self.secrets: set[str] = {PASSWORD}

    def take(self, browser: Browser) -> None:  # noqa: F811
        """All cookies that the browser has now, but for the one that scripts may read."""
        for name, cookie in browser.cookies().items():
            if name.startswith("jupyter-chat-"):
                self.add(cookie.value)

    def add(self, token: str) -> None:
        self.secrets.add(token)
        # The last part of each is what makes it good; the others are no secrets.
        self.secrets.add(token.rpartition(".")[2])

    def found_in(self, *things: object) -> set[str]:
        text = "\n".join(
            each.decode("latin-1") if isinstance(each, bytes) else str(each) for each in things
        )
        forms = {
            form
            for secret in self.secrets
            for form in (secret, quote(secret, safe=""), json.dumps(secret)[1:-1])
        }
        return {form for form in forms if len(form) >= LEAST and form in text}


async def test_what_people_sign_in_by_comes_out_nowhere(
    browser,  # noqa: F811
    admin: Browser,  # noqa: F811
    services,
    jp_serverapp,
    caplog,
    tmp_path: Path,
):
    caplog.set_level(logging.DEBUG)
    planted, said = Planted(), []
    _, made = await admin.api("POST", "invitations", {})
    planted.secrets.add(made["code"])
    ada = browser()  # noqa: F811
    assert (await ada.register("Ada", made["code"])).status == 302
    for each in (ada, admin):
        planted.take(each)
    thief = ada.copy()
    assert (await ada.api("POST", "session"))[0] == 200
    planted.take(ada)
    assert len(planted.secrets) > 8
    # What is refused is not repeated: a token of before, one that was changed, a wrong password.
    changed = ada.copy()
    for name, cookie in ada.cookies().items():
        if name.startswith("jupyter-chat-"):
            token = cookie.value[:-2] + "xx"
            planted.add(token)
            changed.session.cookie_jar.update_cookies({name: token}, changed.at("jupyter-chat/"))
    for each in (thief, changed):
        said += [await each.api("GET", "profile"), await each.api("POST", "session")]
        said.append(await each.get("jupyter-chat/"))
        await each.close()
    planted.secrets.add("a wrong horse of Ada's")
    stranger = browser()
    refused = await stranger.form("login", name="Ada", password="a wrong horse of Ada's")
    said.append(await refused.text())
    said.append(await stranger.get("jupyter-chat/login"))
    given = (await admin.api("POST", f"people/{await id_of(services, 'Ada')}/password"))[1]
    planted.secrets.add(given["password"])
    assert (await ada.log_in("Ada", given["password"])).status == 302
    planted.take(ada)
    for each in (ada, admin):
        said += [await each.get("jupyter-chat/"), await each.get("jupyter-chat/api/openapi.json")]
        said += [await each.get(f"jupyter-chat/api/{path}") for path in (*READ, *ACCOUNT, *FILES)]
    assert not planted.found_in(*said)
    (app,) = jp_serverapp.extension_manager.extension_apps["jupyter_chat"]
    settings = jp_serverapp.web_app.settings
    assert not planted.found_in(*(repr(each) for each in (services, app, settings)))
    assert not planted.found_in(caplog.text)
    await services.authentication.people.failed.note()
    kept = [path.read_bytes() for path in (tmp_path / "chat").rglob("*") if path.is_file()]
    assert len(kept) > 1
    assert not planted.found_in(*kept), "only hashes are kept"


async def id_of(services, name: str) -> str:
    person = await services.store.find_person(name)
    return str(person.id)


def test_a_token_would_be_found():
    planted = Planted()
    planted.add("user.session.a-secret-part")
    assert planted.found_in(b"... a-secret-part ...")
    assert planted.found_in({"it": "user.session.a-secret-part"})
    assert not planted.found_in("user.session")
