"""On a server that lets people in by name: the chat and nothing else.

Jupyter's authorizer is asked by handlers that ask it: not by pages such as `/lab`, not by
handlers of other libraries, and not by those of an extension that forgot it.  So this stands
before the routes: whatever they lead to, a request is answered by a handler of the chat, by the
files of its own page, or with 403.
"""

from __future__ import annotations

from typing import Any

from jupyter_server.base.handlers import FileFindHandler
from tornado import httputil, web

OURS = __name__.partition(".")[0] + "."


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


class Guard:
    """`static_url` is where the files of the page are."""

    def __init__(self, web_app: web.Application, base_url: str, static_url: str) -> None:
        self._web_app = web_app
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
