"""The HTTP transport that the `openai` package is given: httpx2 in front, aiohttp behind.

`openai` keeps authentication, addresses and errors; the body of a stream is read from
aiohttp directly (`body_of`), because each layer in between costs more than everything
that is done with a chunk.  What arrives while nobody reads waits in aiohttp's buffer,
so one read takes all of it.
"""

from __future__ import annotations

import asyncio

import aiohttp
import httpx2

_CONNECT_SECONDS = 10.0
_EXTENSION = "aiohttp_response"


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
    """One pool of connections, with the proxies of the environment."""

    def __init__(self) -> None:
        self._session: aiohttp.ClientSession | None = None

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=0),
                timeout=aiohttp.ClientTimeout(total=None, sock_connect=_CONNECT_SECONDS),
                auto_decompress=False,
                cookie_jar=aiohttp.DummyCookieJar(),
                trust_env=True,
            )
        headers = [
            (name, value)
            for name, value in request.headers.multi_items()
            if name.lower() not in ("accept-encoding", "host", "content-length")
        ]
        headers.append(("Accept-Encoding", "identity"))
        try:
            response = await self._session.request(
                request.method,
                str(request.url),
                headers=headers,
                data=await request.aread() or None,
                allow_redirects=False,
            )
        except asyncio.TimeoutError as error:
            raise httpx2.ConnectTimeout(str(error)) from error
        except (aiohttp.ClientConnectorError, aiohttp.InvalidURL) as error:
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
        if self._session is not None:
            await self._session.close()
            self._session = None


def body_of(response: httpx2.Response) -> aiohttp.ClientResponse:
    """The response below: its `content.readany()` gives all that has arrived."""
    below = response.extensions[_EXTENSION]
    assert isinstance(below, aiohttp.ClientResponse)
    return below
