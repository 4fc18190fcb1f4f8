"""Kernels of the server may use the chat, and nothing else, for as long as they run."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, TypeAlias

import pytest
from jupyter_client.kernelspec import NATIVE_KERNEL_NAME
from jupyter_server.serverapp import ServerApp
from tornado.httpclient import HTTPClientError

from jupyter_chat.kernel.servers import Server
from jupyter_chat.protocol import KERNEL_SCHEME, KERNEL_TOKEN, KERNEL_URL

Start: TypeAlias = Callable[[], Awaitable[dict[str, Any]]]


@pytest.fixture
async def start(jp_fetch, jp_serverapp: ServerApp) -> AsyncIterator[Start]:
    """Starts kernels, each with the environment that it gets; ends what is left of them."""
    started: list[str] = []

    async def start() -> dict[str, Any]:
        body = json.dumps({"name": NATIVE_KERNEL_NAME})
        response = await jp_fetch("api", "kernels", method="POST", body=body)
        model: dict[str, Any] = json.loads(response.body)
        started.append(model["id"])
        manager = jp_serverapp.kernel_manager.get_kernel(model["id"])
        return {**model, "env": (manager._launch_args or {})["env"]}

    yield start
    for kernel_id in started:
        if kernel_id in jp_serverapp.kernel_manager:
            await jp_fetch("api", "kernels", kernel_id, method="DELETE")


@pytest.fixture
async def kernel(start: Start) -> dict[str, Any]:
    return await start()


def shown(kernel: dict[str, Any]) -> dict[str, str]:
    return {"Authorization": f"{KERNEL_SCHEME} {kernel['env'][KERNEL_TOKEN]}"}


@pytest.fixture
def fetch(http_server_client, jp_base_url: str):
    """A request without Jupyter's own token."""

    async def fetch(path: str, **options: Any):
        return await http_server_client.fetch(jp_base_url + path, **options)

    return fetch


async def test_a_kernel_is_let_into_the_chat_of_whoever_started_it(kernel, fetch, jp_fetch) -> None:
    mine = json.loads((await jp_fetch("jupyter-chat", "api", "account")).body)
    response = await fetch("jupyter-chat/api/account", headers=shown(kernel))
    assert json.loads(response.body)["user"] == mine["user"]


async def test_it_is_told_where(kernel, jp_serverapp: ServerApp) -> None:
    url = kernel["env"][KERNEL_URL]
    assert url == f"http://{jp_serverapp.ip}:{jp_serverapp.port}{jp_serverapp.base_url}"


async def test_its_socket_is_opened(kernel, jp_http_port: int, jp_base_url: str) -> None:
    server = Server(f"http://127.0.0.1:{jp_http_port}{jp_base_url}", shown(kernel)["Authorization"])
    socket = await server.open_socket()
    assert json.loads(await socket.read_message() or "")["type"] == "welcome"
    socket.close()


@pytest.mark.parametrize("path", ["api/contents", "api/kernels", "api/sessions", "lab"])
async def test_it_is_let_into_nothing_else(kernel, fetch, path: str) -> None:
    with pytest.raises(HTTPClientError) as refused:
        await fetch(path, headers=shown(kernel), follow_redirects=False)
    assert refused.value.code in (302, 403, 404)


@pytest.mark.parametrize(
    ("path", "options"),
    [
        ("attachments/files?q=", {}),
        ("attachments/read", {"method": "POST", "body": '{"path": "a.txt"}'}),
    ],
)
async def test_the_chat_reads_no_files_of_the_server_for_it(kernel, fetch, path, options) -> None:
    with pytest.raises(HTTPClientError) as refused:
        await fetch(f"jupyter-chat/api/{path}", headers=shown(kernel), **options)
    assert refused.value.code == 403


async def test_it_may_not_change_keys(kernel, fetch) -> None:
    with pytest.raises(HTTPClientError) as refused:
        await fetch(
            "jupyter-chat/api/account",
            method="PATCH",
            body=json.dumps({"source": "openai", "key": "sk-x"}),
            headers=shown(kernel),
        )
    assert refused.value.code == 403


async def test_its_token_ends_with_it(kernel, fetch, jp_fetch) -> None:
    await jp_fetch("api", "kernels", kernel["id"], method="DELETE")
    with pytest.raises(HTTPClientError) as refused:
        await fetch("jupyter-chat/api/account", headers=shown(kernel))
    assert refused.value.code == 403


async def test_its_token_outlives_a_restart_of_it(kernel, fetch, jp_fetch) -> None:
    await jp_fetch("api", "kernels", kernel["id"], "restart", method="POST", body="")
    response = await fetch("jupyter-chat/api/account", headers=shown(kernel))
    assert response.code == 200


async def test_a_token_that_nobody_issued_is_refused(kernel, fetch) -> None:
    for token in ("", "x", kernel["env"][KERNEL_TOKEN][:-1]):
        with pytest.raises(HTTPClientError) as refused:
            await fetch(
                "jupyter-chat/api/account",
                headers={"Authorization": f"{KERNEL_SCHEME} {token}"},
            )
        assert refused.value.code == 403


async def test_every_kernel_has_a_token_of_its_own(start: Start) -> None:
    one, other = await start(), await start()
    assert one["env"][KERNEL_TOKEN] != other["env"][KERNEL_TOKEN]
