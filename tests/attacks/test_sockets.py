"""Nobody's socket is a burden to others, or outlives the login that opened it."""

from __future__ import annotations

import asyncio
import base64
import json
import socket as sockets
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import pytest
from tornado.httpclient import HTTPClientError

from jupyter_chat.ids import new_id
from jupyter_chat.protocol import Heartbeat, encode
from jupyter_chat.server import socket as server_socket


async def becomes_true(condition: Callable[[], Any]) -> None:
    for _ in range(1000):
        if condition():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it never became true")


# --- slow and many ------------------------------------------------------------------------


class Sleeper:
    """A page that opens a socket, follows a thread, and then reads nothing more."""

    async def fall_asleep(self, url: str, token: str, thread_id: str) -> None:
        where = urlsplit(url)
        raw = sockets.socket()
        raw.setsockopt(sockets.SOL_SOCKET, sockets.SO_RCVBUF, 4096)
        raw.setblocking(False)
        await asyncio.get_running_loop().sock_connect(raw, (where.hostname, where.port))
        self.reader, self.writer = await asyncio.open_connection(sock=raw, limit=4096)
        key = base64.b64encode(b"0" * 16).decode()
        lines = [
            *(f"GET {where.path}jupyter-chat/api/socket HTTP/1.1", f"Host: {where.netloc}"),
            *("Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13"),
            *(f"Sec-WebSocket-Key: {key}", f"Authorization: {token}", "", ""),
        ]
        self.writer.write("\r\n".join(lines).encode())
        frame = {"type": "subscribe", "id": "1", "thread_id": thread_id}
        data = json.dumps(frame).encode()
        self.writer.write(bytes((0x81, 0x80 | 126)) + len(data).to_bytes(2, "big") + bytes(4))
        self.writer.write(data)
        await self.writer.drain()
        transport: Any = self.writer.transport
        transport.pause_reading()


async def test_who_does_not_read_is_dropped_and_others_get_everything(
    connect, services, jp_http_port, jp_base_url, jp_auth_header, monkeypatch
):
    most = 512 * 1024
    awake, thread_id = await connect(), new_id()
    monkeypatch.setattr(server_socket, "_MOST_UNSENT_BYTES", most)  # for whoever comes now
    first = await awake.ask("Hello", thread_id)
    await awake.command("subscribe", thread_id=thread_id, brief=True)
    await awake.answer(first["reply_id"])
    sleeper = Sleeper()
    url = f"http://127.0.0.1:{jp_http_port}{jp_base_url}"
    known = set(services.broadcast.viewers())
    await sleeper.fall_asleep(url, jp_auth_header["Authorization"], thread_id)
    await becomes_true(lambda: set(services.broadcast.viewers()) - known)
    (asleep,) = set(services.broadcast.viewers()) - known
    owner = asleep.user_id
    await becomes_true(lambda: asleep in services.broadcast.find(owner, thread_id).viewers)
    stream = asleep._stream()
    stream.socket.setsockopt(sockets.SOL_SOCKET, sockets.SO_SNDBUF, 4096)
    held: list[int] = []
    write = stream.write

    def noted(data: bytes) -> Any:
        sent = write(data)
        held.append(len(stream._write_buffer))
        return sent

    monkeypatch.setattr(stream, "write", noted)
    known_events = len(awake.events)
    question = "More [[chunks=38 size=50000 delay=0.005]]"
    asked = await awake.ask(question, thread_id, first["reply_id"])
    reply = await awake.answer(asked["reply_id"])
    assert reply["status"] == "complete"
    assert sum(len(event.get("text", "")) for event in awake.events[known_events:]) == 38 * 50_000
    await becomes_true(lambda: asleep not in services.broadcast.viewers())
    assert max(held, default=0) <= most
    sleeper.writer.close()
    # It comes back, and has missed nothing.
    monkeypatch.setattr(server_socket, "_MOST_UNSENT_BYTES", 16 * 1024 * 1024)
    again = await connect()
    await again.command("subscribe", thread_id=thread_id)
    text = (await again.answer(asked["reply_id"]))["parts"][0]["text"]
    assert len(text) == 38 * 50_000


async def test_a_flood_is_read_no_faster_than_it_is_carried_out(
    client, connect, services, monkeypatch
):
    other, thread_id = await connect(), new_id()
    asked = await client.ask("Hello", thread_id)
    at_once = most = 0
    may_go_on = asyncio.Event()

    async def slow(*_: Any) -> None:
        nonlocal at_once, most
        at_once += 1
        most = max(most, at_once)
        await may_go_on.wait()
        at_once -= 1

    monkeypatch.setattr(services.conversations, "stop", slow)
    frame = {"type": "stop", "id": "x", "thread_id": thread_id, "message_id": asked["reply_id"]}
    data = json.dumps(frame)
    for _ in range(5_000):
        client.socket.write_message(data)
    await becomes_true(lambda: at_once >= server_socket._MOST_AT_ONCE)
    # Everybody else is served meanwhile.
    await other.command("subscribe", thread_id=thread_id)
    await other.answer(asked["reply_id"])
    assert most == server_socket._MOST_AT_ONCE
    may_go_on.set()


async def test_a_flood_of_small_frames_lets_others_have_their_turn(client, connect):
    other = await connect()
    flood = 20_000
    for number in range(flood):
        client.socket.write_message(f'{{"type":"ping","id":"{number}"}}')
    await other.socket.write_message('{"type": "ping", "id": "mine"}')
    await other.until(lambda event: event == {"type": "pong", "id": "mine"})
    answered = len(client.events)
    assert answered < flood
    await client.until(lambda event: event.get("id") == str(flood - 1))


async def test_one_login_has_so_many_sockets_and_no_more(
    connect, jp_fetch, jp_ws_fetch, monkeypatch
):
    monkeypatch.setattr(server_socket, "_MOST_OF_ONE_LOGIN", 3)
    headers = {"Authorization": "none", "Cookie": await a_login(jp_fetch)}
    headers["Host"] = "127.0.0.1"
    pages = [await connect() for _ in range(3)]
    assert pages  # others' are not counted
    opened = [await by_cookie(jp_ws_fetch, headers) for _ in range(3)]
    one_more = await by_cookie(jp_ws_fetch, headers)
    assert await one_more.read_message() is None
    assert one_more.close_code == 1013
    opened[0].close()
    while await opened[0].read_message() is not None:
        pass
    again = await by_cookie(jp_ws_fetch, headers)
    assert json.loads(await again.read_message())["type"] == "welcome"
    for socket in (*opened, one_more, again):
        socket.close()


async def test_one_socket_follows_so_many_conversations_and_no_more(client, monkeypatch):
    monkeypatch.setattr(server_socket, "_MOST_FOLLOWED", 2)
    thread_ids = [new_id() for _ in range(3)]
    for thread_id in thread_ids:
        await client.ask("Hello", thread_id)
    answers = [await client.command("subscribe", thread_id=each) for each in thread_ids]
    assert [each["type"] for each in answers] == ["ack", "ack", "rejected"]
    assert "follows 2 conversations" in answers[-1]["problem"]["message"]
    again = await client.command("subscribe", thread_id=thread_ids[0])
    assert again["type"] == "ack"
    await client.command("unsubscribe", thread_id=thread_ids[0])
    assert (await client.command("subscribe", thread_id=thread_ids[2]))["type"] == "ack"


# --- logins -------------------------------------------------------------------------------


async def a_login(jp_fetch) -> str:
    """The cookies of a browser that has logged in."""
    page = await jp_fetch("jupyter-chat/", headers={"Host": "127.0.0.1"})
    return "; ".join(each.split(";")[0] for each in page.headers.get_list("Set-Cookie"))


async def by_cookie(jp_ws_fetch, headers: dict[str, str]) -> Any:
    xsrf = headers["Cookie"].partition("_xsrf=")[2].split(";")[0].strip('"')
    return await jp_ws_fetch(
        "jupyter-chat/api/socket", params={"_xsrf": xsrf}, headers=dict(headers)
    )


async def test_logging_out_ends_the_sockets_of_that_browser_and_no_others(
    connect, jp_fetch, jp_ws_fetch
):
    other = await connect()
    headers = {"Authorization": "none", "Cookie": await a_login(jp_fetch), "Host": "127.0.0.1"}
    socket = await by_cookie(jp_ws_fetch, headers)
    assert json.loads(await socket.read_message())["type"] == "welcome"
    await jp_fetch("logout", headers=dict(headers))
    assert await socket.read_message() is None
    socket.close()
    await other.socket.write_message('{"type": "ping", "id": "still here"}')
    assert (await other.read()) == {"type": "pong", "id": "still here"}


async def test_a_socket_ends_with_the_kernel_that_opened_it(
    connect, services, jp_ws_fetch, monkeypatch
):
    from jupyter_server.auth.identity import User

    runs = True
    tokens = services.kernel_tokens
    monkeypatch.setattr(tokens, "_runs", lambda _: runs)
    token = tokens.issue("kernel-1", User("somebody"))
    headers = {"Authorization": f"jupyter-chat {token}"}
    of_a_kernel, page = await connect(headers=headers), await connect()
    runs = False
    for socket in tuple(services.heartbeats._due):
        socket.send(encode(Heartbeat()))
        socket.probe()
    assert await of_a_kernel.until(lambda event: event["type"] == "heartbeat")
    assert await of_a_kernel.read() is None
    assert (await page.read())["type"] == "heartbeat"
    with pytest.raises(HTTPClientError):
        await jp_ws_fetch("jupyter-chat/api/socket", headers=headers)


async def test_a_cookie_that_is_none_logs_nobody_in_and_nobody_out(connect, jp_fetch):
    """Jupyter clears it, as at a logout, before it knows whose it would have been."""
    page = await connect()
    name = (await a_login(jp_fetch)).split("=")[0]
    headers = {"Authorization": "none", "Cookie": f"{name}=guessed", "Host": "127.0.0.1"}
    answer = await jp_fetch("jupyter-chat/api/about", headers=headers, raise_error=False)
    assert answer.code == 403
    await page.socket.write_message('{"type": "ping", "id": "still here"}')
    assert (await page.read()) == {"type": "pong", "id": "still here"}
