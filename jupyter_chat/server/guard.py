"""On a server that lets people in by name: the chat and nothing else.

Jupyter's authorizer is asked by handlers that ask it: not by pages such as `/lab`, not by
handlers of other libraries, and not by those of an extension that forgot it.  So this stands
before the routes: whatever they lead to, a request is answered by a handler of the chat, by the
files of its own page, or with 403.

A handler finds out who is asking when the body has been read.  So that strangers cannot fill the
server's memory, only who shows an access token may send more than forms do.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias

from jupyter_server.base.handlers import FileFindHandler
from tornado import httputil, web

OURS = __name__.partition(".")[0] + "."
MOST_OF_STRANGERS = 64 * 1024
"""Bytes of a body: those of a form, or of a token that is traded."""

ShowsAccess: TypeAlias = Callable[[httputil.HTTPServerRequest], Awaitable[bool]]


class NotHere(web.RequestHandler):
    """The answer on every other route, for everybody."""

    def prepare(self) -> None:
        self.set_status(403)
        self.set_header("Content-Type", "text/plain; charset=utf-8")
        self.set_header("X-Content-Type-Options", "nosniff")
        self.set_header("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
        self.finish("This server has the chat, and nothing else.\n")

    def check_xsrf_cookie(self) -> None:
        """Nothing is done here that somebody could be made to do."""


class ToChat(web.RequestHandler):
    """From the addresses that people type."""

    def initialize(self, url: str) -> None:
        self._url = url

    def get(self) -> None:
        self.redirect(self._url)

    head = get

    def check_xsrf_cookie(self) -> None:
        """As above."""


class _Large(httputil.HTTPMessageDelegate):
    """A request with a large body, which is refused before it is read unless whoever sends it
    `may`."""

    def __init__(
        self,
        request: httputil.HTTPServerRequest,
        target: httputil.HTTPMessageDelegate,
        may: Awaitable[bool],
    ) -> None:
        self._request = request
        self._target = target
        self._may = may
        self.data_received = target.data_received  # type: ignore[method-assign]
        self.finish = target.finish  # type: ignore[method-assign]
        self.on_connection_close = target.on_connection_close  # type: ignore[method-assign]

    async def headers_received(
        self,
        start_line: httputil.RequestStartLine | httputil.ResponseStartLine,
        headers: httputil.HTTPHeaders,
    ) -> None:
        if not await self._may:
            connection: Any = self._request.connection
            connection.set_max_body_size(MOST_OF_STRANGERS)
        beginning = self._target.headers_received(start_line, headers)
        if beginning is not None:
            await beginning


class Guard:
    """`static_url` is where the files of the page are; `shows_access` says whether a request comes
    with what lets somebody in."""

    def __init__(
        self,
        web_app: web.Application,
        base_url: str,
        static_url: str,
        shows_access: ShowsAccess,
    ) -> None:
        self._web_app = web_app
        self._shows_access = shows_access
        self._find = web_app.find_handler
        self._static_url = static_url.rstrip("/") + "/"
        chat = f"{base_url}jupyter-chat/"
        self._redirects = {
            base_url: chat,
            base_url.rstrip("/"): chat,
            f"{base_url}login": f"{chat}login",
        }
        web_app.find_handler = self._guarded  # type: ignore[method-assign]

    def _guarded(self, request: httputil.HTTPServerRequest, **more: Any) -> Any:
        found = self._target(request, **more)
        if not _may_be_large(request):
            return found
        return _Large(request, found, self._may_send(request, found))

    async def _may_send(self, request: httputil.HTTPServerRequest, found: Any) -> bool:
        method = getattr(found.handler_class, (request.method or "").lower(), None)
        is_public = getattr(method, "__allow_unauthenticated", found.handler_class is NotHere)
        return not is_public and await self._shows_access(request)

    def _target(self, request: httputil.HTTPServerRequest, **more: Any) -> Any:
        found = self._find(request, **more)
        # What else than a handler a route may lead to has no such class, and is not ours.
        if self._is_ours(request.path, getattr(found, "handler_class", object)):
            return found
        answer = self._web_app.get_handler_delegate
        if request.path in self._redirects and request.method in ("GET", "HEAD"):
            return answer(request, ToChat, {"url": self._redirects[request.path]})
        return answer(request, NotHere)

    def _is_ours(self, path: str, target: type) -> bool:
        if target.__module__.startswith(OURS):
            return True
        return target is FileFindHandler and path.startswith(self._static_url)


def _may_be_large(request: httputil.HTTPServerRequest) -> bool:
    length = request.headers.get("Content-Length", "0")
    known = length.isascii() and length.isdigit() and "Transfer-Encoding" not in request.headers
    return not known or len(length) > 20 or int(length) > MOST_OF_STRANGERS
