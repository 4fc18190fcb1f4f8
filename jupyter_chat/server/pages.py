"""The full page at `/jupyter-chat/`."""

from __future__ import annotations

import json
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
from ..auth.provider import SignedIn
from ..protocol import PersonRole
from .cookies import MARGIN_SECONDS


class PageHandler(ExtensionHandlerJinjaMixin, ExtensionHandlerMixin, JupyterHandler):
    """The page, also under the address of each thread."""

    auth_resource: ClassVar[str] = AUTH_RESOURCE

    @property
    def content_security_policy(self) -> str:
        """Scripts of this server only; images from elsewhere only where the person
        asks for one (the front end sees to that); inline styles for formulas."""
        return "; ".join(
            (
                super().content_security_policy,
                "default-src 'none'",
                "script-src 'self'",
                "style-src 'self' 'unsafe-inline'",
                "font-src 'self' data:",
                "img-src 'self' data: https: http:",
                "connect-src 'self' ws: wss:",
                "base-uri 'none'",
                "form-action 'self'",
            )
        )

    @web.authenticated
    @authorized
    def get(self, *args: Any, **kwargs: Any) -> None:
        config: dict[str, Any] = {
            "baseUrl": self.base_url,
            "wsUrl": self.ws_url or "",
            "version": __version__,
        }
        user = self.current_user
        if isinstance(user, SignedIn):
            admin = user.role is PersonRole.ADMIN
            config["signedIn"] = {
                "admin": admin,
                "renewIn": max(0, user.seconds_left - MARGIN_SECONDS),
            }
        # Reading the token sets the cookie that the page's requests must repeat.
        assert self.xsrf_token
        self.set_header("Cache-Control", "no-cache")
        self.write(
            self.render_template(
                "page.html",
                config=json.dumps(config).replace("<", "\\u003c"),
                static=f"{self.base_url}static/{self.name}",
                version=__version__,
            )
        )


class RedirectHandler(JupyterHandler):
    """`/jupyter-chat` without its slash."""

    @web.authenticated
    def get(self) -> None:
        self.redirect(f"{self.base_url}jupyter-chat/")


default_handlers = [
    (r"jupyter-chat", RedirectHandler),
    (r"jupyter-chat/", PageHandler),
    (r"jupyter-chat/t/([0-9a-f-]{36})(?:/([0-9a-f-]{36}))?", PageHandler),
]
