"""A chat service as linked servers, browsers and kernels see it: replicas that trade and check
access, before one real chat server that has the history."""

from __future__ import annotations

import asyncio
import secrets
import threading
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

from tornado import web
from tornado.httpclient import AsyncHTTPClient, HTTPRequest
from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets
from tornado.websocket import WebSocketClientConnection, WebSocketHandler, websocket_connect

from jupyter_chat.protocol import (
    ACCESS_PROTOCOL_PREFIX,
    ACCESS_SCHEME,
    SOCKET_PROTOCOL,
    Access,
    Code,
    Failure,
    Problem,
    encode,
)

HUB_TOKEN = "canary-hub-token"


class Service:
    """What its replicas share.  `chat` is the address of the real server, `token` lets one in
    there."""

    def __init__(self, chat: str = "", token: str = "") -> None:
        self.chat = chat
        self.token = token
        self.seconds = 900.0
        """How long access is good for."""
        self.refusal: tuple[int, Problem] | None = None
        """What whoever trades is told."""
        self.given: dict[str, float] = {}
        """Access tokens and when they end."""
        self.sides: dict[str, str] = {}
        """Access tokens and for whom they are."""
        self.traded: list[str] = []
        """The replicas that were asked."""
        self.traded_at = 0.0
        self.asked: list[tuple[str, str]] = []
        """What was asked of which replica with access."""
        self.turned_away = 0
        """How many requests came with access that is not good."""
        self.sockets = 0
        """How many were opened."""
        self.open: set[PassingSocket] = set()

    def is_good(self, token: str) -> bool:
        return self.given.get(token, 0) > time.time()

    def take_back(self) -> None:
        """What was given is good no longer; from now on it is traded anew."""
        self.wait()
        self.given.clear()

    def wait(self) -> None:
        """Until a linked server may trade again."""
        time.sleep(max(0.0, self.traded_at + 1.1 - time.monotonic()))


class Handler(web.RequestHandler):
    def initialize(self, service: Service, name: str) -> None:
        self.service = service
        self.name = name

    def fail(self, status: int, problem: Problem) -> None:
        self.set_status(status)
        self.set_header("Content-Type", "application/json")
        self.finish(encode(Failure(problem)))


class TradeHandler(Handler):
    async def post(self) -> None:
        service = self.service
        service.traded.append(self.name)
        service.traded_at = time.monotonic()
        if service.refusal is not None:
            self.fail(*service.refusal)
        elif self.request.headers.get("Authorization") != f"token {HUB_TOKEN}":
            self.fail(403, Problem(Code.FORBIDDEN, "The hub does not know this token."))
        else:
            token = f"eyJ.{secrets.token_urlsafe(16)}.x"
            service.sides[token] = self.get_query_argument("side", "")
            service.given[token] = time.time() + service.seconds
            self.set_header("Content-Type", "application/json")
            self.finish(encode(Access("", token, service.seconds)))


class PassingHandler(Handler):
    async def _pass(self, path: str) -> None:
        scheme, _, token = self.request.headers.get("Authorization", "").partition(" ")
        if scheme != ACCESS_SCHEME or not self.service.is_good(token):
            self.service.turned_away += 1
            self.fail(403, Problem(Code.FORBIDDEN, "This access has ended."))
            return
        self.service.asked.append((self.name, path))
        query = f"?{self.request.query}" if self.request.query else ""
        client = AsyncHTTPClient(force_instance=True)
        answer = await client.fetch(
            HTTPRequest(
                f"{self.service.chat}/jupyter-chat/api/{path}{query}",
                method=self.request.method or "GET",
                body=self.request.body or None,
                headers={"Authorization": f"token {self.service.token}"},
                allow_nonstandard_methods=True,
            ),
            raise_error=False,
        )
        client.close()
        self.set_status(answer.code)
        self.set_header("Content-Type", answer.headers.get("Content-Type", ""))
        self.finish(answer.body)

    get = post = put = patch = delete = _pass


class PassingSocket(WebSocketHandler):
    def initialize(self, service: Service, name: str) -> None:
        self.service = service
        self.name = name
        self._there: asyncio.Future[WebSocketClientConnection] = asyncio.Future()
        self._bringing: asyncio.Task[None] | None = None

    async def get(self, *args: Any, **kwargs: Any) -> None:
        offered = self.request.headers.get("Sec-WebSocket-Protocol", "").split(",")
        chat, access = [each.strip() for each in (*offered, "")][:2]
        is_good = self.service.is_good(access.removeprefix(ACCESS_PROTOCOL_PREFIX))
        if chat != SOCKET_PROTOCOL or not is_good or self.request.query:
            raise web.HTTPError(403)
        await super().get(*args, **kwargs)

    def check_origin(self, origin: str) -> bool:
        return True

    def select_subprotocol(self, subprotocols: list[str]) -> str | None:
        return SOCKET_PROTOCOL if SOCKET_PROTOCOL in subprotocols else None

    async def open(self, *_: Any) -> None:
        self.service.sockets += 1
        self.service.open.add(self)
        url = f"ws{self.service.chat.removeprefix('http')}/jupyter-chat/api/socket"
        headers = {"Authorization": f"token {self.service.token}"}
        there = await websocket_connect(HTTPRequest(url, headers=headers))
        self._there.set_result(there)
        self._bringing = asyncio.create_task(self._bring(there))

    async def on_message(self, message: str | bytes) -> None:
        await (await self._there).write_message(message)

    def drop(self) -> None:
        if self.ws_connection is not None and self.ws_connection.stream is not None:
            self.ws_connection.stream.close()

    def on_close(self) -> None:
        self.service.open.discard(self)
        if self._there.done():
            self._there.result().close()

    async def _bring(self, there: WebSocketClientConnection) -> None:
        while (frame := await there.read_message()) is not None:
            with suppress(Exception):
                await self.write_message(frame)
        self.close()


class Replica:
    """One replica, in a thread and loop of its own; it can be stopped and started again."""

    def __init__(self, service: Service, name: str) -> None:
        self._service = service
        self.name = name
        (self._bound,) = bind_sockets(0, "127.0.0.1")
        self.port: int = self._bound.getsockname()[1]
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._server: HTTPServer | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/services/{self.name}/"

    def start(self) -> None:
        self._run(self._start)

    def stop(self) -> None:
        """Break what is open, and answer nobody."""
        self._run(self._stop)

    def close(self) -> None:
        self.stop()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _run(self, work: Callable[[], Awaitable[None]]) -> None:
        async def do() -> None:
            await work()

        asyncio.run_coroutine_threadsafe(do(), self._loop).result(10)

    async def _start(self) -> None:
        given = {"service": self._service, "name": self.name}
        base = rf"/services/{self.name}/jupyter-chat/api/"
        self._server = HTTPServer(
            web.Application(
                [
                    (rf"{base}hub/access", TradeHandler, given),
                    (rf"{base}socket", PassingSocket, given),
                    (rf"{base}(.*)", PassingHandler, given),
                ]
            )
        )
        if self._bound.fileno() == -1:
            (self._bound,) = bind_sockets(self.port, "127.0.0.1")
        self._server.add_socket(self._bound)

    async def _stop(self) -> None:
        server, self._server = self._server, None
        if server is not None:
            server.stop()
            await server.close_all_connections()
            for socket in list(self._service.open):
                if socket.name == self.name:
                    socket.drop()
