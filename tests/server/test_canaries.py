"""Secrets that are planted wherever there can be one, and come out nowhere."""

from __future__ import annotations

import asyncio
import json
import logging
from pathlib import Path
from typing import Any

import pytest
from jupyter_client.kernelspec import NATIVE_KERNEL_NAME
from jupyter_server.serverapp import ServerApp

from jupyter_chat.ids import new_id
from jupyter_chat.protocol import AccountPatch, Source
from jupyter_chat.providers.interface import Endpoint
from jupyter_chat.server.services import Services
from jupyter_chat.store import STORE_URL
from jupyter_chat.store.mongo import MongoStore
from jupyter_chat.store.vault import ENVIRONMENT

from . import canaries
from .canaries import Parrot, found_in

WAYS = ["address with a password", "key of the environment", "Azure", "shared", "person's"]
REFUSALS = [200, 400, 401, 404, 429, 500]
READ = (
    *("account", "models", "threads", "folders", "health", "about", "usage", "budget"),
    *("library", "imports", "search?q=canary", "threads?view=trash", "limits"),
    *("admin/source", "admin/audit", "admin/limits", "admin/usage", "admin/flagged"),
)
FILES = (*("export", "export?format=markdown", "export?format=ipynb", "usage.csv", "library/file"),)


@pytest.fixture
async def parrot():
    parrot = Parrot()
    yield parrot
    await parrot.close()


@pytest.fixture
def way() -> str:
    return "person's"


@pytest.fixture
def jp_server_config(jp_server_config, parrot: Parrot, way: str, monkeypatch, caplog):
    caplog.set_level(logging.DEBUG)
    monkeypatch.setattr("jupyter_chat.engine.generation._FIRST_WAIT_SECONDS", 0.01)
    monkeypatch.setattr("jupyter_chat.providers.errors._RETRY_SECONDS", 0.01)
    monkeypatch.setenv("JUPYTER_CHAT_MODEL", "any-model")
    monkeypatch.setenv(ENVIRONMENT, ";".join(canaries.VAULT_KEYS))
    monkeypatch.setenv("OPENAI_API_KEY", canaries.ENVIRONMENT_KEY)
    monkeypatch.setenv("OPENAI_BASE_URL", parrot.url)
    monkeypatch.setenv("AZURE_OPENAI_API_KEY", canaries.AZURE_KEY)
    if way == "address with a password":
        password = f"//name:{canaries.ADDRESS_PASSWORD}@"
        monkeypatch.setenv("OPENAI_BASE_URL", parrot.url.replace("//", password))
    elif way == "Azure":
        monkeypatch.delenv("OPENAI_BASE_URL")
        monkeypatch.setenv("AZURE_OPENAI_ENDPOINT", parrot.url.removesuffix("/v1"))
    return {**jp_server_config, "ServerApp": {**jp_server_config["ServerApp"], "log_level": 10}}


async def shown(services: Services, jp_serverapp: ServerApp, rest, jp_fetch) -> list[object]:
    """All that people can be shown, and all that a debugger shows by itself."""
    seen: list[object] = [await rest("GET", path) for path in READ]
    _, threads = await rest("GET", "threads")
    for thread in threads["threads"]:
        leaf, path = thread["leaf_id"], f"threads/{thread['id']}"
        seen += [await rest("GET", path), await rest("GET", f"{path}/messages?before={leaf}")]
    for path in FILES:
        name, _, query = path.partition("?")
        params = dict([query.split("=")]) if query else {}
        seen.append((await jp_fetch(f"jupyter-chat/api/{name}", params=params)).body)
    for path in ("jupyter-chat/", "metrics", "api/status", "api/me", "api/kernelspecs"):
        seen.append((await jp_fetch(path)).body)
    (app,) = jp_serverapp.extension_manager.extension_apps["jupyter_chat"]
    web_app = jp_serverapp.web_app
    seen += [repr(each) for each in (services, app, app.settings, web_app.settings, app.config)]
    for settings in [await services.store.get_settings(each) for each in ("ada", "")]:
        seen.append(repr(settings))
    return seen


@pytest.mark.parametrize("way", WAYS)
async def test_no_secret_comes_out_whatever_upstream_says(
    client, rest, jp_fetch, jp_serverapp, services, parrot, way, caplog, tmp_path
) -> None:
    said: list[object] = []
    parrot.status = 200
    if way == "person's":
        key = canaries.PERSONS_KEY
        patch = {"source": "compatible", "base_url": parrot.url, "key": key}
        said.append(await rest("PATCH", "account", patch))
        assert said[0][1]["key_hint"] == key[-4:]  # type: ignore[index]
    elif way == "shared":
        await services.accounts.shared.put(Source.COMPATIBLE, canaries.SHARED_KEY, parrot.url)
    thread_id, parent_id = new_id(), None
    for parrot.status in REFUSALS:
        asked = await client.ask("Hi", thread_id, parent_id)
        if parent_id is None:
            await client.command("subscribe", thread_id=thread_id)
        parent_id = asked["reply_id"]
        reply = await client.answer(parent_id)
        assert reply["status"] in ("failed", "interrupted")
        if way == "person's":  # also where it is tried out
            said.append(await rest("PATCH", "account", {"key": canaries.PERSONS_KEY}))
        said.append(await rest("GET", "models"))
    secret = {
        "address with a password": canaries.ADDRESS_PASSWORD,
        "key of the environment": canaries.ENVIRONMENT_KEY,
        "Azure": canaries.AZURE_KEY,
        "shared": canaries.SHARED_KEY,
        "person's": canaries.PERSONS_KEY,
    }[way]
    assert secret in found_in(*parrot.heard), "it was sent, and repeated"
    assert not found_in(*said, *client.events)
    assert not found_in(*await shown(services, jp_serverapp, rest, jp_fetch))
    assert not found_in(caplog.text)
    for path in (tmp_path / "chat").rglob("*"):
        assert not path.is_file() or not found_in(path.read_bytes()), path


async def test_addresses_with_a_password_are_refused_and_old_ones_not_shown(
    rest, services, jp_serverapp
) -> None:
    address = f"http://name:{canaries.ADDRESS_PASSWORD}@127.0.0.1:1/v1"
    code, refused = await rest("PATCH", "account", {"source": "compatible", "base_url": address})
    assert (code, refused["problem"]["field"]) == (400, "base_url")
    assert not found_in(refused)
    _, account = await rest("GET", "account")
    user_id = account["user"]["id"]
    settings = await services.store.get_settings(user_id)
    old = type(settings)(Source.COMPATIBLE, base_url=address)
    await services.store.put_settings(user_id, old)
    _, account = await rest("GET", "account")
    assert account["base_url"] == "http://127.0.0.1:1/v1"
    _, models = await rest("GET", "models")
    assert not found_in(account, models)


@pytest.mark.parametrize(
    "body",
    [
        f'{{"key": "{canaries.PERSONS_KEY}',
        f'{{"key": ["{canaries.PERSONS_KEY}"]}}',
        f'{{"key": "{canaries.PERSONS_KEY * 20}"}}',
        f'{{"key": "{canaries.PERSONS_KEY} \u00e4"}}',
        f'{{"{canaries.PERSONS_KEY}": 1, "source": "{canaries.PERSONS_KEY}"}}',
        f'{{"source": "openai", "base_url": "{canaries.PERSONS_KEY}"}}',
    ],
)
async def test_a_body_that_is_refused_is_not_repeated(jp_fetch, caplog, body: str) -> None:
    response = await jp_fetch(
        *("jupyter-chat", "api", "account"), method="PATCH", body=body, raise_error=False
    )
    assert response.code == 400
    assert not found_in(response.body, caplog.text)


MEANT_OTHERWISE = (
    {"type": "send", "id": [canaries.PERSONS_KEY]},
    {"type": canaries.PERSONS_KEY, "id": "1"},
    {"type": "stop", "id": "1", "thread_id": canaries.PERSONS_KEY * 50},
)


async def test_a_frame_that_is_refused_is_not_repeated(client, caplog) -> None:
    for frame in (canaries.PERSONS_KEY, *map(json.dumps, MEANT_OTHERWISE)):
        await client.socket.write_message(frame)
        answer = await client.until(lambda event: event["type"] in ("rejected", "error"))
        assert not found_in(answer, caplog.text)


def test_what_holds_a_secret_does_not_show_it(tmp_path: Path) -> None:
    for holds in (
        AccountPatch(key=canaries.PERSONS_KEY, base_url=f"http://a:{canaries.ADDRESS_PASSWORD}@b"),
        Endpoint(
            Source.COMPATIBLE,
            base_url=f"http://name:{canaries.ADDRESS_PASSWORD}@host/v1",
            key=canaries.PERSONS_KEY,
        ),
    ):
        assert not found_in(repr(holds), str(holds), [holds], {"it": holds}, f"{holds!s:>400}")


async def test_a_kernel_gets_none_of_the_chats_own_secrets(
    jp_fetch, jp_serverapp, monkeypatch
) -> None:
    password = f"mongodb://name:{canaries.MONGODB_PASSWORD}@host/chat"
    monkeypatch.setenv(STORE_URL, password)
    body = json.dumps({"name": NATIVE_KERNEL_NAME})
    started = json.loads((await jp_fetch("api", "kernels", method="POST", body=body)).body)
    manager = jp_serverapp.kernel_manager.get_kernel(started["id"])
    environment = manager._launch_args["env"]
    # What is the person's own environment, kernels have as well: see the documentation.
    assert found_in(environment) == {canaries.ENVIRONMENT_KEY, canaries.AZURE_KEY}
    assert not {ENVIRONMENT, STORE_URL} & set(environment)
    environ = Path(f"/proc/{manager.provisioner.pid}/environ")
    if environ.exists():
        assert found_in(environ.read_bytes()) <= {canaries.ENVIRONMENT_KEY, canaries.AZURE_KEY}
    await jp_fetch("api", "kernels", started["id"], method="DELETE")


class TestStoreThatIsAway:
    """The address of the history has a password."""

    @pytest.fixture
    def jp_server_config(self, jp_server_config, monkeypatch):
        url = f"mongodb://name:{canaries.MONGODB_PASSWORD}@127.0.0.1:1/chat"
        monkeypatch.setenv(STORE_URL, f"{url}?serverSelectionTimeoutMS=100")
        return jp_server_config

    async def test_it_is_said_to_be_away_without_its_password(
        self, rest, jp_serverapp, services, caplog
    ) -> None:
        answers: list[Any] = [await rest("GET", path) for path in READ]
        assert answers[4][1]["problem"]["code"] == "store_down"
        assert not found_in(*answers)
        web_app = jp_serverapp.web_app
        assert not found_in(repr(web_app.settings), repr(services), caplog.text)

    async def test_whatever_the_driver_says_is_not_in_the_log(
        self, rest, services, monkeypatch, caplog
    ) -> None:
        async def fails(store: MongoStore) -> None:
            raise RuntimeError(f"cannot connect to {store._url}")

        monkeypatch.setattr(MongoStore, "open", fails)
        answers = [await rest("GET", path) for path in READ]
        while "RuntimeError" not in caplog.text:  # noqa: ASYNC110 - it is tried each second
            await asyncio.sleep(0.05)
        assert not found_in(*answers, caplog.text)
