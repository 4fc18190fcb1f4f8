"""Which chat server to speak to, and how to be let in."""

from __future__ import annotations

import json
import os
import re
import ssl
import time
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from jupyter_core.paths import jupyter_runtime_dir
from msgspec import Struct
from tornado.httpclient import AsyncHTTPClient, HTTPClientError, HTTPRequest, HTTPResponse
from tornado.websocket import WebSocketClientConnection, websocket_connect

from ..protocol import (
    ACCESS_PROTOCOL_PREFIX,
    KERNEL_SCHEME,
    KERNEL_TOKEN,
    KERNEL_URL,
    SOCKET_PROTOCOL,
    Failure,
    InvalidFrame,
    decode,
)
from .errors import NoServer

API = "jupyter-chat/api/"
PRIVATE_BASE = "/jupyter-chat-private/"
"""What servers that kernels started are known by."""
NO_ANSWER = 599
"""The status that tornado gives to a request that nobody answered."""
_OF_PROXIES = (502, 503, 504)
"""What proxies say where nobody answers them."""
_LARGEST_FRAME = 256 * 1024 * 1024
_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_PROBE_SECONDS = 5.0


class Server(Struct, frozen=True):
    """A Jupyter server that has the chat, or a replica of the service that a server is linked
    with.

    `url` is its base URL and ends with a slash; `authorization` is the header that lets
    one in, `pid` its process where that is known.  Access to a replica is for a while: it wants to
    be renewed at `renew_at`, by the clock.
    """

    url: str
    authorization: str | None = None
    pid: int | None = None
    renew_at: float | None = None

    def __repr__(self) -> str:  # the token stays out of logs and tracebacks
        return f"Server({self.url!r})"

    @property
    def is_service(self) -> bool:
        return self.renew_at is not None

    @property
    def ends_soon(self) -> bool:
        return self.renew_at is not None and time.time() >= self.renew_at

    def request(self, path: str, **options: Any) -> HTTPRequest:
        """A request for a part of the interface, such as `threads`."""
        headers = {"Content-Type": "application/json", **options.pop("headers", {})}
        if self.authorization is not None:
            headers["Authorization"] = self.authorization
        url = self.url + API + path
        return HTTPRequest(url, headers=headers, ssl_options=self._trust(), **options)

    async def open_socket(self) -> WebSocketClientConnection:
        """Raises what tornado does, also :class:`OSError`."""
        request = self.request("socket")
        request.url = "ws" + request.url.removeprefix("http")
        subprotocols = None
        if self.is_service:
            token = request.headers.pop("Authorization").partition(" ")[2]
            subprotocols = [SOCKET_PROTOCOL, f"{ACCESS_PROTOCOL_PREFIX}{token}"]
        return await websocket_connect(
            request, max_message_size=_LARGEST_FRAME, subprotocols=subprotocols
        )

    def _trust(self) -> ssl.SSLContext | None:
        """Nobody listens in on the way to this machine itself, where certificates are
        mostly self-made."""
        if not self.url.startswith("https:") or urlsplit(self.url).hostname not in _LOOPBACK:
            return None
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        return context


def named(url: str, token: str | None, pid: int | None = None) -> Server:
    """A server that is let into with a token of Jupyter's."""
    return Server(_with_slash(url), f"token {token}" if token else None, pid)


def address(url: str) -> str:
    """What a person names as a server, as its base URL; raises :class:`NoServer`."""
    written = url.strip()
    if "://" not in written:
        written = f"http://{written}"
    try:
        parts = urlsplit(written)
        is_one = parts.scheme in ("http", "https") and not parts.query and not parts.fragment
        host = (parts.hostname or "").encode("idna")
        if is_one and host and parts.port != 0 and re.search(r"\s", written) is None:
            return written
    except ValueError:  # of the port, the brackets or the host
        pass
    raise NoServer(
        "This is not the address of a Jupyter server, which looks like http://localhost:8888/ "
        "(the token stands beside it: Client(url, token))."
    )


def from_environment() -> Server | None:
    """The server that this kernel was started by."""
    url, token = os.environ.get(KERNEL_URL), os.environ.get(KERNEL_TOKEN)
    if not url:
        return None
    return Server(_with_slash(url), f"{KERNEL_SCHEME} {token}" if token else None)


def running() -> list[Server]:
    """The Jupyter servers of this user, best first; which of them have the chat is not known
    yet.

    Those that somebody started go before the private ones, and of them the newest.  Of the
    private ones everybody takes the oldest, so that all use the same.
    """
    found = []
    for file in Path(jupyter_runtime_dir()).glob("jpserver-*.json"):
        with suppress(OSError, ValueError, KeyError, TypeError):
            info = json.loads(file.read_text(encoding="utf-8"))
            is_private = info["base_url"] == PRIVATE_BASE
            started = file.stat().st_mtime
            if not info.get("sock"):
                server = named(info["url"], info.get("token"), info.get("pid"))
                found.append((is_private, started if is_private else -started, server))
    return [server for _, _, server in sorted(found, key=lambda each: each[:2])]


async def answers(server: Server) -> bool:
    """Whether the chat is there and lets us in."""
    try:
        await fetch(server.request("health", request_timeout=_PROBE_SECONDS))
    except (HTTPClientError, OSError):
        return False
    return True


def is_away(error: HTTPClientError) -> bool:
    """Whether nobody has answered, but for a proxy."""
    if error.response is None or error.code == NO_ANSWER:
        return True
    if error.code not in _OF_PROXIES:
        return False
    try:
        decode(error.response.body, Failure)
    except InvalidFrame:
        return True
    return False


async def fetch(request: HTTPRequest) -> HTTPResponse:
    """The answer to a request; raises as tornado's client does."""
    client = AsyncHTTPClient(force_instance=True)
    try:
        return await client.fetch(request)
    finally:
        client.close()


def _with_slash(url: str) -> str:
    return url if url.endswith("/") else url + "/"
