"""The HTTP transport that the `openai` package is given: httpx2 in front, aiohttp behind.

`openai` keeps authentication, addresses and errors; the body of a stream is read from
aiohttp directly (`body_of`), because each layer in between costs more than everything
that is done with a chunk.  What arrives while nobody reads waits in aiohttp's buffer,
so one read takes all of it.

With `public_only` it connects to addresses of the internet and to no others.  What counts is
the address that a socket is about to be connected to, whatever was in the URL, a redirect or
a DNS answer: there is no time in between in which a name could come to mean something else.
"""

from __future__ import annotations

import asyncio
import socket
from contextvars import ContextVar
from typing import Any
from urllib.request import getproxies, proxy_bypass

import aiohttp
import httpx2

from .addresses import is_public

_CONNECT_SECONDS = 10.0
_EXTENSION = "aiohttp_response"

_refused: ContextVar[list[str]] = ContextVar("refused")
"""Addresses to which the present request was not let."""


class PrivateAddress(httpx2.ConnectError):
    """The server is in this machine or its own network, where people's requests must not go."""


class _Body(httpx2.AsyncByteStream):
    def __init__(self, response: aiohttp.ClientResponse) -> None:
        self._response = response

    async def __aiter__(self):  # type: ignore[no-untyped-def]
        try:
            async for chunk in self._response.content.iter_any():
                yield chunk
        except aiohttp.ClientError as error:
            raise httpx2.ReadError(str(error)) from error

    async def aclose(self) -> None:
        self._response.close()


class Transport(httpx2.AsyncBaseTransport):
    """A pool of connections, with the proxies of the environment."""

    def __init__(self, *, public_only: bool = False) -> None:
        self._public_only = public_only
        self._direct: aiohttp.ClientSession | None = None
        self._by_proxy: aiohttp.ClientSession | None = None

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        session, proxy = await self._way_to(request.url)
        refused: list[str] = []
        _refused.set(refused)
        headers = [
            (name, value)
            for name, value in request.headers.multi_items()
            if name.lower() not in ("accept-encoding", "host", "content-length")
        ]
        headers.append(("Accept-Encoding", "identity"))
        try:
            response = await session.request(
                request.method,
                str(request.url),
                headers=headers,
                data=await request.aread() or None,
                allow_redirects=False,
                proxy=proxy,
            )
        except asyncio.TimeoutError as error:
            raise httpx2.ConnectTimeout(str(error)) from error
        except aiohttp.ClientConnectorError as error:
            if refused:
                raise PrivateAddress(", ".join(refused)) from error
            raise httpx2.ConnectError(str(error)) from error
        except aiohttp.InvalidURL as error:
            raise httpx2.ConnectError(str(error)) from error
        except (aiohttp.ClientError, OSError) as error:
            # The request may have been read, and its answer begun.
            raise httpx2.ReadError(str(error)) from error
        return httpx2.Response(
            response.status,
            headers=response.raw_headers,
            stream=_Body(response),
            request=request,
            extensions={_EXTENSION: response},
        )

    async def aclose(self) -> None:
        for session in (self._direct, self._by_proxy):
            if session is not None:
                await session.close()
        self._direct = self._by_proxy = None

    async def _way_to(self, url: httpx2.URL) -> tuple[aiohttp.ClientSession, str | None]:
        """The connections to use, and the proxy, if that is not left to them."""
        if not self._public_only:
            self._direct = self._direct or _session(trust_env=True)
            return self._direct, None
        proxy = _proxy_for(url)
        if proxy is None:
            self._direct = self._direct or _session(socket_factory=_public_socket)
            return self._direct, None
        # The proxy may well be in a private network; it is the name that must not lead there.
        await _require_public(url.host, url.port or 443)
        self._by_proxy = self._by_proxy or _session()
        return self._by_proxy, proxy


def _session(*, trust_env: bool = False, **options: Any) -> aiohttp.ClientSession:
    return aiohttp.ClientSession(
        # Names are looked up as this machine does, whether aiodns (which JupyterHub brings) is
        # there or not.
        connector=aiohttp.TCPConnector(limit=0, resolver=aiohttp.ThreadedResolver(), **options),
        timeout=aiohttp.ClientTimeout(total=None, sock_connect=_CONNECT_SECONDS),
        auto_decompress=False,
        cookie_jar=aiohttp.DummyCookieJar(),
        trust_env=trust_env,
    )


def _public_socket(address: aiohttp.connector.AddrInfoType) -> socket.socket:
    """A socket for the address that is to be connected to, if that is allowed."""
    family, kind, protocol, _, place = address
    if not is_public(str(place[0])):
        _refused.get().append(str(place[0]))
        raise PermissionError("This address is not one of the internet.")
    return socket.socket(family, kind, protocol)


def _proxy_for(url: httpx2.URL) -> str | None:
    """What the environment says.  It is not asked twice: who went without a proxy where this
    says that there is one would go anywhere."""
    return None if proxy_bypass(url.host) else getproxies().get(url.scheme)


async def _require_public(host: str, port: int) -> None:
    """Raises :class:`PrivateAddress`; a name that only the proxy knows is left to that."""
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port)
    except OSError:
        return
    private = [str(place[0]) for *_, place in found if not is_public(str(place[0]))]
    if private:
        raise PrivateAddress(", ".join(private))


def body_of(response: httpx2.Response) -> aiohttp.ClientResponse:
    """The response below: its `content.readany()` gives all that has arrived."""
    below = response.extensions[_EXTENSION]
    assert isinstance(below, aiohttp.ClientResponse)
    return below
