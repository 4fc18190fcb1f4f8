"""A linked server: the way to the service, its own files, and nothing else of the chat."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from jupyter_server.auth.identity import IdentityProvider, User
from jupyter_server.serverapp import ServerApp
from pytest_jupyter.jupyter_server import *  # noqa: F403
from traitlets import TraitError

from jupyter_chat.app import ChatApp
from jupyter_chat.linked import handlers
from jupyter_chat.protocol import KERNEL_SCHEME, Code, Problem
from jupyter_chat.server import openapi
from tests.server.test_kernels import fetch, kernel, start

from .service import HUB_TOKEN, Replica, Service

# pytest-asyncio runs the tests; these hooks would do it a second time.
del pytest_pycollect_makeitem, pytest_pyfunc_call  # noqa: F821

__all__ = ["fetch", "kernel", "start"]

THREAD = "019a0000-0000-7000-8000-000000000001"


class Visited(IdentityProvider):
    """A hub that lets in whoever says who they are."""

    def get_user(self, handler: Any) -> User | None:
        name = handler.request.headers.get("X-Somebody")
        handler._token_authenticated = True
        return None if name is None else User(name)


@pytest.fixture  # type: ignore[no-redef]
async def jp_asyncio_loop() -> asyncio.AbstractEventLoop:
    """The loop of the test itself, so that server and test share it."""
    return asyncio.get_running_loop()


@pytest.fixture
def provider(request: pytest.FixtureRequest) -> type[IdentityProvider] | None:
    """Another one than Jupyter's own."""
    return getattr(request, "param", None)


@pytest.fixture  # type: ignore[no-redef]
def jp_server_config(
    replicas: list[Replica],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    provider: type[IdentityProvider] | None,
) -> dict[str, Any]:
    for name, value in (("JUPYTERHUB_USER", "ada"), ("JUPYTERHUB_API_TOKEN", HUB_TOKEN)):
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("JUPYTER_CHAT_SERVICE_URLS", ",".join(each.url for each in replicas))
    server: dict[str, Any] = {
        "jpserver_extensions": {"jupyter_chat": True},
        "allow_unauthenticated_access": False,
    }
    if provider is not None:
        server["identity_provider_class"] = provider
    return {"ServerApp": server, "ChatApp": {"data_dir": str(tmp_path / "chat")}}


@pytest.fixture
def ask(jp_fetch: Any) -> Any:
    """What the interface answers: the status, and the decoded body."""

    async def ask(path: str, method: str = "GET", **options: Any) -> tuple[int, Any]:
        path, _, query = path.partition("?")
        answer = await jp_fetch(
            f"jupyter-chat/api/{path}",
            params=dict(each.split("=") for each in query.split("&") if each),
            method=method,
            allow_nonstandard_methods=True,
            raise_error=False,
            **options,
        )
        return answer.code, json.loads(answer.body)

    return ask


async def test_a_browser_is_told_where_the_service_is_and_how_to_be_let_in(ask, service: Service):
    status, access = await ask("access")
    assert status == 200
    assert access["url"] in ("/services/chat-1/", "/services/chat-2/")
    assert service.is_good(access["token"])
    assert access["seconds_left"] == pytest.approx(900, abs=60)
    assert (await ask("access"))[1]["token"] == access["token"]


async def test_a_kernel_is_told_the_address_by_which_it_reaches_it(
    kernel, fetch, replicas: list[Replica], service: Service
):
    token = kernel["env"]["JUPYTER_CHAT_TOKEN"]
    answer = await fetch(
        "jupyter-chat/api/access?side=kernel", headers={"Authorization": f"{KERNEL_SCHEME} {token}"}
    )
    access = json.loads(answer.body)
    assert access["url"] in [replica.url for replica in replicas]
    assert service.sides[access["token"]] == "kernel"


async def test_a_kernel_gets_a_kernels_access_whatever_it_asks_for(kernel, fetch, service: Service):
    token = kernel["env"]["JUPYTER_CHAT_TOKEN"]
    for side in ("browser", "kernel"):
        answer = await fetch(
            f"jupyter-chat/api/access?side={side}",
            headers={"Authorization": f"{KERNEL_SCHEME} {token}"},
        )
        assert service.sides[json.loads(answer.body)["token"]] == "kernel"


async def test_who_cannot_reach_the_service_is_told_of_another_replica(
    ask, replicas: list[Replica]
):
    _, before = await ask("access?side=kernel")
    gone = next(replica for replica in replicas if replica.url == before["url"])
    gone.stop()
    await asyncio.sleep(1.1)
    status, after = await ask("access?side=kernel", method="POST")
    assert status == 200
    assert after["url"] not in ("", gone.url)


async def test_who_is_refused_is_told_why_in_the_words_of_the_service(ask, service: Service):
    service.refusal = (403, Problem(Code.FORBIDDEN, "You were removed from this hub."))
    status, answer = await ask("access")
    assert (status, answer["problem"]["code"]) == (403, "forbidden")
    assert answer["problem"]["message"] == "You were removed from this hub."
    assert (await ask("health"))[1]["problem"] == answer["problem"]


async def test_a_service_that_is_away_is_said(ask, replicas: list[Replica]):
    for replica in replicas:
        replica.stop()
    status, answer = await ask("access")
    assert (status, answer["problem"]["code"]) == (503, "service_down")
    assert "does not answer" in answer["problem"]["message"]


async def test_an_unknown_side_is_named(ask):
    status, answer = await ask("access?side=moon")
    assert (status, answer["problem"]["field"]) == (400, "side")


async def test_nobody_who_is_not_let_in_gets_access(fetch):
    answer = await fetch("jupyter-chat/api/access", raise_error=False)
    assert answer.code == 403


@pytest.mark.parametrize("provider", [Visited], indirect=True)
async def test_access_is_for_the_one_whose_server_it_is(ask):
    status, _ = await ask("access", headers={"X-Somebody": "ada"})
    assert status == 200
    for method in ("GET", "POST"):
        status, answer = await ask("access", method, headers={"X-Somebody": "root"})
        assert (status, answer["problem"]["code"]) == (403, "forbidden")
        assert "the server of ada" in answer["problem"]["message"]


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "threads"), ("GET", "socket"), ("POST", "context"), ("GET", "account"), ("GET", "")],
)
async def test_everything_else_is_elsewhere_and_it_is_said_where(ask, method: str, path: str):
    status, answer = await ask(path, method)
    assert (status, answer["problem"]["code"]) == (404, "not_found")
    assert "/services/chat-" in answer["problem"]["message"]


@pytest.mark.parametrize(
    ("path", "place"),
    [
        ("jupyter-chat", ""),
        ("jupyter-chat/", ""),
        (f"jupyter-chat/t/{THREAD}", f"t/{THREAD}"),
        (f"jupyter-chat/t/{THREAD}/{THREAD}", f"t/{THREAD}/{THREAD}"),
    ],
)
async def test_addresses_of_the_page_lead_to_that_of_the_service(jp_fetch, ask, path, place):
    answer = await jp_fetch(path, follow_redirects=False, raise_error=False)
    _, access = await ask("access")
    assert answer.code == 302
    assert answer.headers["Location"] == f"{access['url']}jupyter-chat/{place}"


async def test_files_are_read_by_the_users_own_server(ask, jp_root_dir: Path, service: Service):
    (jp_root_dir / "notes.txt").write_text("Trees have leaves.")
    status, found = await ask("attachments/files?q=notes")
    assert [file["path"] for file in found["files"]] == ["notes.txt"]
    status, read = await ask("attachments/read", "POST", body='{"path": "notes.txt"}')
    assert status == 200
    assert "Trees have leaves." in json.dumps(read)
    status, read = await ask("attachments/extract?name=a.txt", "POST", body="Mine.")
    assert (status, service.asked) == (200, [])


async def test_it_has_no_history_and_no_key(ask, tmp_path: Path):
    await ask("access")
    assert not (tmp_path / "chat").exists()


async def test_its_pages_tell_the_front_end(jp_serverapp: ServerApp):
    assert jp_serverapp.web_app.settings["page_config_data"]["jupyterChatLinked"] == "true"


def test_of_every_method_it_is_said_what_it_does():
    paths = openapi.document([*handlers.API, *handlers.PAGES])["paths"]
    assert set(paths["/jupyter-chat/api/access"]) == {"get", "post"}


def test_what_makes_no_sense_is_refused_with_the_name_of_the_setting(monkeypatch):
    with pytest.raises(TraitError, match=r"ChatApp\.service_urls: `hub/chat` is no address"):
        ChatApp(service_urls=["hub/chat"])
    with pytest.raises(TraitError, match=r"ChatApp\.service_public_urls: `chat` is no address"):
        ChatApp(service_public_urls=["chat"])
    monkeypatch.setenv("JUPYTER_CHAT_SERVICE_URLS", "http://hub/a,b")
    with pytest.raises(TraitError, match="JUPYTER_CHAT_SERVICE_URLS: `b` is no address"):
        _ = ChatApp().service_urls
