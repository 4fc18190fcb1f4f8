"""Nobody makes the server ask another server of its own network: whatever the address looks
like, wherever a name or a redirect leads, and whenever that changes."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from typing import Any

import pytest

from jupyter_chat.protocol import Api, Role, Source
from jupyter_chat.providers import addresses, transport
from jupyter_chat.providers.interface import Endpoint, Prompt, ProviderError, ReplyRequest
from jupyter_chat.providers.openai import OpenAI

from .people import login

SECRET = b"the metadata of this machine"
PUBLIC = "127.0.0.2"
"""Taken for an address of the internet in these tests."""


class Server:
    """Something in the network of the server, which notes whoever asks it."""

    def __init__(self, answer: bytes) -> None:
        self.asked: list[bytes] = []
        self._answer = answer

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.asked.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(self._answer)
        await writer.drain()
        writer.close()


def response(status: str, *headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(SECRET)}", *headers, "", ""]
    return "\r\n".join(lines).encode() + SECRET


@pytest.fixture
async def inner() -> AsyncIterator[tuple[Server, int]]:
    """A server that nobody may ask, and its port."""
    server = Server(response("200 OK"))
    listening = await asyncio.start_server(server, "localhost", 0)
    yield server, listening.sockets[0].getsockname()[1]
    listening.close()


@pytest.fixture
async def openai() -> AsyncIterator[OpenAI]:
    openai = OpenAI(idle_seconds=5)
    yield openai
    await openai.close()


@pytest.fixture
def names(monkeypatch) -> dict[str, list[str]]:
    """What names mean: each time the next address, the last one for ever."""
    known: dict[str, list[str]] = {}
    resolve = socket.getaddrinfo

    def getaddrinfo(host: Any, *args: Any, **kwargs: Any) -> Any:
        if host in known:
            addresses = known[host]
            host = addresses.pop(0) if len(addresses) > 1 else addresses[0]
        return resolve(host, *args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    return known


@pytest.fixture
def one_is_public(monkeypatch) -> None:
    def is_public(address: str) -> bool:
        return address == PUBLIC or addresses.is_public(address)

    monkeypatch.setattr(transport, "is_public", is_public)


def at(url: str) -> Endpoint:
    return Endpoint(Source.COMPATIBLE, Api.CHAT, base_url=url, public_only=True)


async def refusal(openai: OpenAI, endpoint: Endpoint) -> ProviderError:
    with pytest.raises(ProviderError) as refused:
        await openai.models(endpoint)
    return refused.value


FORMS = (
    *("127.0.0.1", "localhost", "LOCALHOST.", "0.0.0.0", "127.1", "2130706433", "0177.0.0.1"),
    *("0x7f000001", "0x7f.1", "[::1]", "[::]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]"),
    *("user:pass@127.0.0.1", "1.1.1.1@127.0.0.1", "①②⑦.0.0.1", "127。0。0。1"),
)


@pytest.mark.parametrize("host", FORMS)
async def test_no_form_of_an_address_of_this_machine_is_asked(openai, inner, host):
    server, port = inner
    error = await refusal(openai, at(f"http://{host}:{port}/v1"))
    assert server.asked == []
    assert SECRET.decode() not in f"{error.problem}"


async def test_what_is_refused_is_said_in_words_and_not_whether_anything_is_there(openai, inner):
    (_, port), nothing = inner, 1
    there = await refusal(openai, at(f"http://localhost:{port}"))
    absent = await refusal(openai, at(f"http://localhost:{nothing}"))
    assert "administrator" in there.problem.message
    assert there.problem.field == "base_url"
    assert there.retry_after is None
    said = there.problem.message.replace(f":{port}", "")
    assert said == absent.problem.message.replace(f":{nothing}", "")
    assert there.problem.detail == absent.problem.detail


async def test_a_name_that_leads_there_is_not_followed(openai, inner, names):
    server, port = inner
    names["evil.example"] = ["127.0.0.1"]
    error = await refusal(openai, at(f"http://evil.example:{port}/v1"))
    assert "administrator" in error.problem.message
    assert server.asked == []


async def test_a_name_that_meant_something_else_before_is_not_followed(
    openai, inner, names, one_is_public, monkeypatch
):
    """DNS rebinding: the address is looked at when a socket is about to be connected."""
    server, port = inner
    names["evil.example"] = ["127.0.0.1"]
    monkeypatch.setattr(transport, "_proxy_for", lambda url: None)
    outside = Server(response("404 Not Found", "Connection: close"))
    listening = await asyncio.start_server(outside, PUBLIC, port)
    names["evil.example"] = [PUBLIC, "127.0.0.1"]
    endpoint = at(f"http://evil.example:{port}/v1")
    await refusal(openai, endpoint)
    assert len(outside.asked) == 1
    (session,) = [each._direct for each in openai._transports.values()]
    session.connector.clear_dns_cache()
    error = await refusal(openai, endpoint)
    assert "administrator" in error.problem.message
    assert (len(outside.asked), server.asked) == (1, [])
    listening.close()


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "307 Temporary", "308 Permanent"])
async def test_a_redirect_to_there_is_not_followed(openai, inner, one_is_public, status):
    server, port = inner
    away = Server(response(status, f"Location: http://127.0.0.1:{port}/latest/meta-data"))
    listening = await asyncio.start_server(away, PUBLIC, 0)
    endpoint = at(f"http://{PUBLIC}:{listening.sockets[0].getsockname()[1]}/v1")
    await refusal(openai, endpoint)
    request = ReplyRequest("any-model", [Prompt(Role.USER, "?")])
    with pytest.raises(ProviderError):
        _ = [chunk async for chunk in openai.stream(endpoint, request)]
    assert len(away.asked) == 2
    assert server.asked == []
    listening.close()


async def test_through_a_proxy_it_is_not_asked_for_either(openai, inner, names, monkeypatch):
    server, port = inner
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{port}")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    names["evil.example"] = ["169.254.169.254"]
    for host in ("evil.example", "169.254.169.254", "2852039166"):
        error = await refusal(openai, at(f"http://{host}/v1"))
        assert "administrator" in error.problem.message
    assert server.asked == []
    names["fine.example"] = ["1.1.1.1"]
    await refusal(openai, at("http://fine.example/v1"))
    assert server.asked[0].startswith(b"GET http://fine.example/v1/models")


# --- in the settings ----------------------------------------------------------------------


@pytest.fixture
def allowed() -> bool | None:
    return None


@pytest.fixture
def jp_server_config(people_config, allowed) -> dict[str, Any]:
    if allowed is not None:
        people_config["ChatApp"]["private_base_urls"] = allowed
    return people_config


@pytest.mark.parametrize("url", ["file:///etc/passwd", "gopher://127.0.0.1/", "ftp://x/", "//x"])
async def test_only_http_is_an_address(rest, url):
    patch = {"source": "compatible", "base_url": url}
    status, failure = await rest("PATCH", "account", patch, headers=login("ada"))
    assert (status, failure["problem"]["field"]) == (400, "base_url")


async def test_where_several_people_are_known_it_is_refused_and_not_kept(rest, inner):
    server, port = inner
    patch = {"source": "compatible", "base_url": f"http://localhost:{port}/v1", "key": "sk-1234"}
    status, account = await rest("PATCH", "account", patch, headers=login("ada"))
    assert status == 200
    assert account["problem"]["field"] == "base_url"
    assert "administrator" in account["problem"]["message"]
    assert "question" not in account["problem"]["message"]
    assert account["from_environment"]
    assert server.asked == []


async def test_what_was_kept_before_is_refused_when_something_is_asked(
    rest, services, inner, connect
):
    """Checked when a connection is made, not only when an address is entered."""
    from jupyter_chat.ids import new_id
    from jupyter_chat.store.types import UserSettings

    server, port = inner
    settings = UserSettings(source=Source.COMPATIBLE, base_url=f"http://localhost:{port}/v1")
    await services.store.put_settings("ada", settings)
    page = await connect(headers=login("ada"))
    thread_id = new_id()
    asked = await page.command(
        "send",
        client_id=new_id(),
        thread_id=thread_id,
        parent_id=None,
        parts=[{"type": "text", "text": "?"}],
        create=True,
        settings={"model": "any-model"},
    )
    await page.command("subscribe", thread_id=thread_id)
    reply = await page.answer(asked["reply_id"])
    assert (reply["status"], reply["problem"]["field"]) == ("failed", "base_url")
    assert server.asked == []


@pytest.mark.parametrize("allowed", [True])
async def test_an_administrator_can_allow_it(rest, upstream, allowed):
    patch = {"source": "compatible", "base_url": upstream.url, "key": upstream.key}
    _, account = await rest("PATCH", "account", patch, headers=login("ada"))
    assert (account.get("problem"), account["base_url"]) == (None, upstream.url)
