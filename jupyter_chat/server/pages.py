"""The full page at `/jupyter-chat/`."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, ClassVar

from jupyter_server.auth.decorator import authorized
from jupyter_server.base.handlers import JupyterHandler
from jupyter_server.extension.handler import (
    ExtensionHandlerJinjaMixin,
    ExtensionHandlerMixin,
)
from tornado import web

from .. import __version__
from ..auth.authorizer import AUTH_RESOURCE
from ..auth.signed_in import SignedIn
from ..protocol import PersonRole
from .cookies import MARGIN_SECONDS
from .operations import operation
from .summary import NoQueryInLog

_APP = "jupyter_chat"
"""Where the server keeps the application: headers are set before a handler knows it."""
NOT_FRAMED = "jupyter_chat_not_framed"
"""A setting of the server: on its host there are pages of others, which must not show this one."""
_HOST = re.compile(r"[\w.-]+(:\d+)?|\[[\da-fA-F:.]+\](:\d+)?")


class ChatPage(NoQueryInLog, ExtensionHandlerJinjaMixin, ExtensionHandlerMixin, JupyterHandler):
    """What a browser shows by itself; that somebody is refused as well."""

    @property
    def chat_url(self) -> str:
        return f"{self.base_url}jupyter-chat/"

    @property
    def static(self) -> str:
        return f"{self.base_url}static/{self.name}"

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        error = kwargs.get("exc_info", (None, None, None))[1]
        if status_code not in (403, 503) or not isinstance(error, web.HTTPError):
            super().write_error(status_code, **kwargs)
            return
        self.set_header("Cache-Control", "no-store")
        self.finish(
            self.render_template(
                "refused.html",
                title="You cannot use the chat" if status_code == 403 else "Not at present",
                message=error.log_message or self._reason,
                chat_url=self.chat_url,
                static=self.static,
                version=__version__,
            )
        )


class PageHandler(ChatPage):
    """The page, also under the address of each thread."""

    auth_resource: ClassVar[str] = AUTH_RESOURCE

    @property
    def content_security_policy(self) -> str:
        """What the page may load: of this server only.  Images from elsewhere are shown where
        the person asks for one (the front end sees to that), unless nobody may."""
        elsewhere = " https: http:" if self.settings[_APP].remote_images else ""
        inherited = super().content_security_policy
        if self.settings.get(NOT_FRAMED):
            inherited = inherited.replace("frame-ancestors 'self'", "frame-ancestors 'none'")
        return "; ".join(
            (
                inherited,
                "default-src 'none'",
                "script-src 'self'",
                "style-src 'self'",
                "font-src 'self' data:",
                f"img-src 'self' data: blob:{elsewhere}",
                f"connect-src 'self' {' '.join(self._socket_origins())}",
                "base-uri 'none'",
                "form-action 'self'",
            )
        )

    def set_default_headers(self) -> None:
        super().set_default_headers()
        # Pages elsewhere need not know which conversation led to them.
        self.set_header("Referrer-Policy", "same-origin")

    def _socket_origins(self) -> Iterator[str]:
        """Not every browser counts the sockets of a server as its own."""
        if _HOST.fullmatch(self.request.host):
            yield f"ws://{self.request.host}"
            yield f"wss://{self.request.host}"
        if self.ws_url:
            yield "/".join(self.ws_url.split("/")[:3])

    @operation(
        "The page, with one conversation or at one message of it.", media_types=("text/html",)
    )
    @web.authenticated
    @authorized
    def get(self, thread_id: str = "", message_id: str = "") -> None:
        config: dict[str, Any] = {
            "baseUrl": self.base_url,
            "wsUrl": self.ws_url or "",
            "version": __version__,
        }
        user = self.current_user
        if isinstance(user, SignedIn) and user.seconds_left is None:
            config["ofHub"] = True
        elif isinstance(user, SignedIn):
            config["signedIn"] = {
                "admin": user.role is PersonRole.ADMIN,
                "renewIn": max(0, (user.seconds_left or 0) - MARGIN_SECONDS),
            }
        # Reading the token sets the cookie that the page's requests must repeat.
        assert self.xsrf_token
        self.set_header("Cache-Control", "no-cache")
        self.write(
            self.render_template(
                "page.html",
                config=json.dumps(config).replace("<", "\\u003c"),
                static=self.static,
                version=__version__,
            )
        )


class RedirectHandler(JupyterHandler):
    """`/jupyter-chat` without its slash."""

    @operation("Leads to the page.", media_types=("text/html",))
    @web.authenticated
    def get(self) -> None:
        self.redirect(f"{self.base_url}jupyter-chat/")


default_handlers = [
    (r"jupyter-chat", RedirectHandler),
    (r"jupyter-chat/", PageHandler),
    (r"jupyter-chat/t/([0-9a-f-]{36})", PageHandler),
    (r"jupyter-chat/t/([0-9a-f-]{36})/([0-9a-f-]{36})", PageHandler),
]
