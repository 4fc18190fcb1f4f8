"""Who is asking, for a Jupyter server that has accounts."""

from __future__ import annotations

import re
from types import SimpleNamespace
from typing import Any

from jupyter_server.auth.identity import IdentityProvider, User
from tornado import httputil, web
from traitlets import Bool, Unicode

from ..store.errors import Unavailable
from .accounts import KeptAccounts
from .errors import CannotLetIn
from .signed_in import refuse, signed_in

_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9]")


class AccountsIdentityProvider(IdentityProvider):
    """Lets in who shows an access token of a session that has not ended, and nobody else: not
    by the server's token, and not by a password of the server.

    `authentication` is given when the chat is loaded; before that nobody is let in.
    """

    token = Unicode("", help="There is none on a server with accounts.")
    need_token = Bool(False)
    authentication: KeptAccounts | None = None

    def get_handlers(self) -> list[tuple[str, object]]:
        """None: the pages to sign in are the chat's."""
        return []

    async def get_user(self, handler: web.RequestHandler) -> User | None:
        cookie = handler.get_cookie(access_cookie(handler))
        if self.authentication is None or not cookie:
            return None
        try:
            claims = await self.authentication.tokens.read(cookie)
            if claims is None:
                return None
            person = await self.authentication.watch.person(claims.user_id, claims.session_id)
        except Unavailable as error:
            raise refuse(handler, error, 503) from None
        except CannotLetIn as error:
            raise refuse(handler, error, 500) from None
        return None if person is None else signed_in(person, claims, renews=True)

    async def shows_access(self, request: httputil.HTTPServerRequest) -> bool:
        """Whether an access token of ours comes with it, be its session over or not: asked
        before there is a handler, which asks :meth:`get_user`."""
        cookie = request.cookies.get(access_cookie(SimpleNamespace(request=request)))
        if self.authentication is None or cookie is None:
            return False
        try:
            return await self.authentication.tokens.read(cookie.value) is not None
        except CannotLetIn:
            return False

    def get_token(self, handler: web.RequestHandler) -> str | None:
        return None

    def is_token_authenticated(self, handler: web.RequestHandler) -> bool:
        """Never: cookies only, so every request has to show that it is of one of our pages."""
        return False

    def set_login_cookie(self, handler: web.RequestHandler, user: User) -> None:
        """There is no cookie but those of `server/cookies.py`."""

    def process_login_form(self, handler: web.RequestHandler) -> User | None:
        return None


def access_cookie(handler: Any) -> str:
    """Cookies know no ports: each server on a host needs names of its own."""
    return f"jupyter-chat-access-{_NOT_IN_NAMES.sub('-', handler.request.host)}"


def refresh_cookie(handler: Any) -> str:
    return f"jupyter-chat-refresh-{_NOT_IN_NAMES.sub('-', handler.request.host)}"
