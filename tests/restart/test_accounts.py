"""Several servers with accounts on one store: what one of them ends, is ended on all."""

from __future__ import annotations

import asyncio
import io
import re
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest

from tests.browser.jupyter import Jupyter
from tests.exchange.conftest import as_json, simple
from tests.server.accounts import PASSWORD, Browser, ask, closed
from tests.store.conftest import (  # noqa: F401
    mongodb_server,
    mongodb_url,
    sqlite_url,
    store_url,
)
from tests.store.contents import contents
from tests.upstream import Upstream

SECONDS = 30
"""How long the end of a socket may take on a busy machine; five are promised."""
KEY = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
OTHER_KEY = "ZmVkY2JhOTg3NjU0MzIxMGZlZGNiYTk4NzY1NDMyMTA="


@pytest.fixture
def serve(store_url: str, tmp_path: Path, upstream: Upstream) -> Iterator[Callable[..., Jupyter]]:  # noqa: F811
    """Starts servers with accounts, all on one store."""
    started: list[Jupyter] = []

    def serve(keys: str = KEY) -> Jupyter:
        folder = tmp_path / f"server-{len(started)}"
        folder.mkdir()
        environment = {
            "OPENAI_BASE_URL": upstream.url,
            "OPENAI_API_KEY": upstream.key,
            "JUPYTER_CHAT_KEYS": keys,
        }
        options = (
            "--accounts",
            "--ChatApp.registration=open",
            f"--ChatApp.store_url={store_url}",
        )
        jupyter = Jupyter("chat", folder, environment, options, ready="jupyter-chat/login")
        started.append(jupyter)
        jupyter.start()
        return jupyter

    yield serve
    for jupyter in started:
        jupyter.kill()


@pytest.fixture
async def browse() -> AsyncIterator[Callable[..., Browser]]:
    made: list[Browser] = []

    def browse(jupyter: Jupyter) -> Browser:
        made.append(Browser(jupyter.url))
        return made[-1]

    yield browse
    for each in made:
        await each.close()


def at(browser: Browser, jupyter: Jupyter) -> Browser:
    """The same browser at another server: a load balancer gives both one name."""
    port = browser.url.rstrip("/").rpartition(":")[2]
    other = Browser(jupyter.url)
    for name, cookie in browser.cookies().items():
        name = name.replace(port, str(jupyter.port))  # in which cookies have the port
        other.session.cookie_jar.update_cookies({name: cookie.value}, other.at("jupyter-chat/"))
    return other


async def test_what_ends_sessions_on_one_server_ends_their_sockets_on_the_other(serve, browse):
    first, second = serve(), serve()
    ada = browse(first)
    assert (await ada.register("Ada")).status == 302
    admin = browse(first)
    assert (await admin.register("Root", code_of(first))).status == 302
    user_id = (await ada.me())["id"]
    change = {"password": {"current": PASSWORD, "new": PASSWORD + "!"}}
    disable = {"state": "disabled"}
    for act, again in (
        (lambda: ada.form("logout"), PASSWORD),
        (lambda: ada.api("DELETE", "sessions"), PASSWORD),
        (lambda: ada.api("PATCH", "profile", change), PASSWORD + "!"),
        (lambda: admin.api("PATCH", f"people/{user_id}", disable), None),
    ):
        elsewhere = at(ada, second)
        assert (await elsewhere.me())["name"] == "Ada"
        socket = await elsewhere.socket()
        await act()
        assert await closed(socket, SECONDS)
        assert (await elsewhere.api("GET", "profile"))[0] == 403
        assert (await elsewhere.api("POST", "session"))[0] == 403
        await elsewhere.close()
        if again is not None:
            assert (await ada.log_in("Ada", again)).status == 302


async def test_an_account_that_is_deleted_ends_everywhere_and_leaves_nothing(serve, browse):
    first, second = serve(), serve()
    ada = browse(first)
    await ada.register("Ada")
    elsewhere = at(ada, second)
    socket = await elsewhere.socket()
    assert (await ada.api("DELETE", "profile", {"password": PASSWORD}))[0] == 200
    assert await closed(socket, SECONDS)
    assert (await elsewhere.api("GET", "profile"))[0] == 403
    assert (await browse(second).register("Ada")).status == 409  # not gone yet
    first.kill()  # in the middle of it; whoever starts goes on
    third = serve()
    someone = browse(third)
    for _ in range(60):
        answer = await someone.register("Ada")
        if answer.status == 302:
            break
        await asyncio.sleep(1)
    assert answer.status == 302
    await elsewhere.close()


async def test_what_goes_on_for_who_leaves_ends_on_every_server_and_nothing_of_it_stays(
    serve,
    browse,
    store_url: str,  # noqa: F811
):
    first, second = serve(), serve()
    ada = browse(first)
    await ada.register("Ada")
    user_id = (await ada.me())["id"]
    elsewhere = at(ada, second)
    await ask(await elsewhere.socket(), "A long answer [[chunks=3000 delay=0.1]]")
    data = as_json(*(simple(f"c-{number}") for number in range(3000)))
    started = {"name": "old.json", "size": len(data), "fingerprint": "f"}
    status, begun = await elsewhere.api("POST", "imports", started)
    assert status == 200
    url = elsewhere.at(f"jupyter-chat/api/imports/{begun['id']}?offset=0")
    headers = {"X-XSRFToken": elsewhere.cookie("_xsrf")}
    async with elsewhere.session.put(url, data=io.BytesIO(data), headers=headers) as answer:
        assert answer.status == 200
    assert (await ada.api("DELETE", "profile", {"password": PASSWORD}))[0] == 200
    for _ in range(SECONDS * 2):
        await asyncio.sleep(1)
        if not (left := naming(user_id, store_url)):
            break
    await asyncio.sleep(2)  # nothing comes later
    assert (left, naming(user_id, store_url)) == (set(), set())
    await elsewhere.close()


def naming(user_id: str, url: str) -> set[str]:
    """Where somebody's id is, but for the audit log, which keeps it."""
    found = contents(url).items()
    return {
        name
        for name, rows in found
        if name != "audit" and any(user_id in repr(row) for row in rows)
    }


async def test_attempts_at_all_servers_count_together(serve, browse):
    first, second = serve(), serve()
    await browse(first).register("Ada")
    for _ in range(5):
        for jupyter in (first, second):
            assert (await browse(jupyter).log_in("Ada", "wrong")).status == 403
    for jupyter in (first, second):
        assert (await browse(jupyter).log_in("Ada", PASSWORD)).status == 429


async def test_whoever_is_signed_in_stays_so_when_keys_are_rotated(serve, browse):
    before, after = serve(KEY), serve(f"{OTHER_KEY};{KEY}")
    ada = browse(before)
    await ada.register("Ada")
    moved = at(ada, after)
    assert (await moved.me())["name"] == "Ada"
    assert (await moved.api("POST", "session"))[0] == 200
    back = at(moved, serve(OTHER_KEY))
    assert (await back.me())["name"] == "Ada"
    await moved.close()
    await back.close()


def code_of(jupyter: Jupyter) -> str:
    """Of the first administrator, as the log says it."""
    until = time.monotonic() + 20
    while not (found := re.search(r"register\?code=(\S+)", jupyter.log())):
        assert time.monotonic() < until
        time.sleep(0.05)
    return found[1]
