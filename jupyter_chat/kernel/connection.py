"""The way to the server: a socket that comes back, and REST."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from contextlib import suppress
from itertools import count
from typing import Protocol, TypeVar
from urllib.parse import quote, urlencode

from msgspec import Struct
from tornado.httpclient import HTTPClientError, HTTPResponse
from tornado.websocket import WebSocketClientConnection, WebSocketError

from ..protocol import (
    HEARTBEAT_SECONDS,
    Ack,
    Code,
    Command,
    Event,
    Failure,
    InvalidFrame,
    Problem,
    Rejected,
    Welcome,
    decode,
    decode_event,
    encode,
)
from . import servers
from .errors import ChatError, ConnectionLost, NoServer, Refused
from .servers import Server

_T = TypeVar("_T")

_FIRST_DELAY = 0.1
_LONGEST_DELAY = 5.0
PATIENCE_SECONDS = 60.0
"""So long a command or a request waits for a server that is away."""
_SILENT_SECONDS = 3 * HEARTBEAT_SECONDS

_LOST = (
    "The chat server has been away for a minute. What it had acknowledged is kept; ask again "
    "when it is back."
)


class Locate(Protocol):
    async def __call__(self, failed: Server | None = None) -> Server:
        """The server to use; `failed` is one that could not be spoken to just now.  Raises
        :class:`NoServer`."""


class Connection:
    """Commands with their answers, and events, over one socket.

    When the socket breaks, it is opened again, wherever `locate` then says, and commands
    that were not answered are sent again: each may be repeated without harm.
    """

    def __init__(
        self,
        locate: Locate,
        on_event: Callable[[Event], None],
        on_open: Callable[[], None],
    ) -> None:
        self._locate = locate
        self._on_event = on_event
        self._on_open = on_open
        self.server: Server | None = None
        self._failed: Server | None = None
        """Where the last attempt to open the socket went wrong."""
        self._socket: WebSocketClientConnection | None = None
        self._waiting: dict[str, tuple[bytes, asyncio.Future[Ack]]] = {}
        self._ids = count(1)
        self._task: asyncio.Task[None] | None = None
        self.welcome: Welcome | None = None

    async def open(self) -> Server:
        """Connect; raises :class:`NoServer` where there is nothing to connect to."""
        try:
            self.server = await self._connect()
        except NoServer:
            if self._failed is None or not self._failed.is_service:
                raise
            self.server = await self._connect()  # perhaps with another replica
        self._task = asyncio.create_task(self._run())
        return self.server

    async def close(self) -> None:
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
        if self._socket is not None:
            await _farewell(self._socket)
        for _, answer in self._waiting.values():
            if not answer.done():
                answer.set_exception(ConnectionLost("The client was closed."))
        self._waiting.clear()

    async def command(self, make: Callable[[str], Command]) -> Ack:
        """Give a command, made with its id, and wait until it is carried out.

        Raises :class:`Refused` with the server's reason, or :class:`ConnectionLost`.
        """
        command = make(f"k{next(self._ids)}")
        frame = encode(command)
        answer: asyncio.Future[Ack] = asyncio.get_running_loop().create_future()
        self._waiting[command.id] = (frame, answer)
        self._write(frame)
        try:
            return await self._patiently(answer)
        finally:
            self._waiting.pop(command.id, None)

    async def request(
        self,
        kind: type[_T],
        method: str,
        *path: str,
        arguments: dict[str, str] | None = None,
        body: Struct | None = None,
    ) -> _T:
        """What the REST interface answers; raises :class:`Refused` or
        :class:`ConnectionLost`."""
        address = "/".join(quote(step, safe="") for step in path)
        if arguments:
            address += "?" + urlencode(arguments)
        until = asyncio.get_running_loop().time() + PATIENCE_SECONDS
        delay = _FIRST_DELAY
        server: Server | None = None
        refused = False
        while True:
            try:
                server = await self._place(server)
                response = await self._fetch(server, method, address, body)
                return decode(response.body, kind)
            except HTTPClientError as error:
                # Access may have been taken away before its time; whether for good, we are told.
                is_unsure = error.code == 403 and server is not None and server.is_service
                if error.response is not None and not servers.is_away(error):
                    if refused or not is_unsure:
                        raise Refused(_problem_in(error.response)) from None
                    refused = True
            except OSError:
                pass
            except NoServer as error:
                if error.code is Code.FORBIDDEN:
                    raise Refused(error.problem) from None
            except InvalidFrame as error:
                raise Refused(error.problem) from None
            if asyncio.get_running_loop().time() > until:
                raise ConnectionLost(_LOST)
            await asyncio.sleep(delay)
            delay = min(2 * delay, _LONGEST_DELAY)

    async def _place(self, failed: Server | None) -> Server:
        """Where requests go now; `failed` is where they went in vain."""
        server = self.server
        if server is None or server.ends_soon or (server.is_service and server is failed):
            server = self.server = await self._locate(failed)
        return server

    # --- the socket -----------------------------------------------------------------------

    async def _connect(self) -> Server:
        server = await self._locate(self._failed)
        self._failed = server
        try:
            socket = await server.open_socket()
            welcome = decode_event(await self._read(socket) or b"")
        except HTTPClientError as error:
            raise NoServer(
                f"The chat server at {server.url} did not let us in "
                f"({error.code} {error.message}). Restart the kernel, or name a server and "
                "its token."
            ) from None
        except (OSError, WebSocketError) as error:
            raise NoServer(f"The chat server at {server.url} cannot be reached: {error}") from None
        if not isinstance(welcome, Welcome):
            await _farewell(socket)
            raise NoServer(f"What answers at {server.url} is not a chat server.")
        self.welcome, self._socket, self._failed = welcome, socket, None
        return server

    async def _run(self) -> None:
        while True:
            await self._listen()
            self._socket = None
            await self._come_back()
            for frame, _ in tuple(self._waiting.values()):
                self._write(frame)
            self._on_open()

    async def _listen(self) -> None:
        """Take in events until the connection ends."""
        socket = self._socket
        assert socket is not None
        while (frame := await self._read(socket)) is not None:
            event = decode_event(frame)
            if isinstance(event, Ack | Rejected):
                self._settle(event)
            elif event is not None:
                self._on_event(event)
        socket.close()  # lets go of what tornado holds of it

    async def _read(self, socket: WebSocketClientConnection) -> str | bytes | None:
        """The next frame; `None`: the connection has ended, or is silent for too long."""
        reading = asyncio.ensure_future(socket.read_message())
        try:
            done, _ = await asyncio.wait([reading], timeout=_SILENT_SECONDS)
        finally:
            if not reading.done():
                reading.cancel()  # or it would take the next frame away from somebody
        if not done:
            socket.close()
            return None
        return reading.result()

    async def _come_back(self) -> None:
        delay = _FIRST_DELAY
        while True:
            await asyncio.sleep(delay * random.uniform(0.5, 1))
            try:
                self.server = await self._connect()
            except ChatError:
                delay = min(2 * delay, _LONGEST_DELAY)
            else:
                return

    def _write(self, frame: bytes) -> None:
        """Send a frame if there is a connection; else it is sent when there is one."""
        if self._socket is not None:
            with suppress(WebSocketError):
                asyncio.ensure_future(self._socket.write_message(frame)).add_done_callback(
                    _ignore_failure
                )

    def _settle(self, event: Ack | Rejected) -> None:
        _, answer = self._waiting.get(event.id, (b"", None))
        if answer is None or answer.done():
            return
        if isinstance(event, Ack):
            answer.set_result(event)
        else:
            answer.set_exception(Refused(event.problem))

    async def _patiently(self, answer: asyncio.Future[Ack]) -> Ack:
        """The answer; only time without a connection counts."""
        away = 0.0
        while away < PATIENCE_SECONDS:
            done, _ = await asyncio.wait([answer], timeout=1)
            if done:
                return answer.result()
            away = away + 1 if self._socket is None else 0.0
        raise ConnectionLost(_LOST)

    async def _fetch(
        self, server: Server, method: str, address: str, body: Struct | None
    ) -> HTTPResponse:
        content = None if body is None else encode(body)
        return await servers.fetch(
            server.request(address, method=method, body=content, allow_nonstandard_methods=True)
        )


async def _farewell(socket: WebSocketClientConnection) -> None:
    """Close, and wait for the other side to do so, if it does."""
    socket.close()
    with suppress(asyncio.TimeoutError):
        while await asyncio.wait_for(asyncio.ensure_future(socket.read_message()), 1) is not None:
            pass


def _problem_in(response: HTTPResponse) -> Problem:
    try:
        return decode(response.body, Failure).problem
    except InvalidFrame:
        return Problem(
            Code.INTERNAL,
            f"The server refused the request ({response.code} {response.reason}).",
        )


def _ignore_failure(sent: asyncio.Future[None]) -> None:
    """A write that failed is repeated when the connection is back."""
    if not sent.cancelled():
        sent.exception()
