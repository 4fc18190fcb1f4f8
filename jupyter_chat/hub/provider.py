"""Who is asking, for a chat service of a hub."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from jupyter_server.auth.identity import IdentityProvider, User
from jupyter_server.base.handlers import FileFindHandler
from tornado import httputil, web
from traitlets import Bool, Unicode

from ..auth.errors import CannotLetIn, Refused
from ..auth.signed_in import refuse, signed_in
from ..protocol import ACCESS_PROTOCOL_PREFIX, ACCESS_SCHEME
from ..store.errors import Unavailable
from .api import HubAway
from .authentication import HubAuthentication


class HubIdentityProvider(IdentityProvider):
    """Lets in who shows an access token, or whom the hub has signed in, and nobody else.

    `authentication` is given when the chat is loaded; before that nobody is let in.
    """

    token = Unicode("", help="There is none at a chat service.")
    need_token = Bool(False)
    authentication: HubAuthentication | None = None

    def get_handlers(self) -> list[tuple[str, object]]:
        """None: the chat has them all."""
        return []

    async def get_user(self, handler: web.RequestHandler) -> User | None:
        if self.authentication is None or isinstance(handler, FileFindHandler):
            return None  # the files of the page are for everybody, also for who is refused
        try:
            token = shown_token(handler)
            if token is not None:
                return await self._by_token(handler, token)
            return await self._by_cookie(handler)
        except CannotLetIn as error:
            raise refuse(handler, error, 500) from None
        except Refused as error:
            raise refuse(handler, error, 403) from None
        except (HubAway, Unavailable) as error:
            raise refuse(handler, error, 503) from None

    async def shows_access(self, request: httputil.HTTPServerRequest) -> bool:
        """Whether an access token of ours comes with it, or a cookie, which the hub would have to
        be asked for: before there is a handler, which asks :meth:`get_user`."""
        token = shown_token(SimpleNamespace(request=request))
        if self.authentication is None or token is None:
            return len(request.cookies) > 0
        try:
            return await self.authentication.tokens.read(token) is not None
        except CannotLetIn:
            return False

    async def _by_token(self, handler: Any, token: str) -> User | None:
        assert self.authentication is not None
        claims = await self.authentication.tokens.read(token)
        if claims is None:
            return None
        self.authentication.membership.came(claims)
        person = await self.authentication.watch.person(claims.user_id, claims.session_id)
        handler.from_kernel = claims.from_kernel
        # As with Jupyter's own tokens: who shows one in a header is no foreign page.
        handler._token_authenticated = person is not None  # noqa: SLF001
        return None if person is None else signed_in(person, claims)

    async def _by_cookie(self, handler: Any) -> User | None:
        assert self.authentication is not None
        membership, watch = self.authentication.membership, self.authentication.watch
        token = self.authentication.door.token(handler)
        if token is None:
            return None
        for anew in (False, True):  # who is gone may only have another name
            claims = await membership.of_page(token, anew=anew)
            if claims is None:
                return None
            person = await watch.person(claims.user_id, claims.session_id)
            if person is not None:
                return signed_in(person, claims)
            if anew:
                await membership.check(claims.user_id)
        return None

    def check_socket(self, handler: web.RequestHandler) -> None:
        """In place of the usual check that a socket is opened by one of our pages."""
        assert self.authentication is not None
        self.authentication.door.check_socket(handler)

    def get_token(self, handler: web.RequestHandler) -> str | None:
        return None

    def is_token_authenticated(self, handler: web.RequestHandler) -> bool:
        return getattr(handler, "_token_authenticated", False)

    def set_login_cookie(self, handler: web.RequestHandler, user: User) -> None:
        """There is no cookie but JupyterHub's."""

    def process_login_form(self, handler: web.RequestHandler) -> User | None:
        return None


def shown_token(handler: Any) -> str | None:
    """The access token that comes with a request, in one of the two ways."""
    scheme, _, token = handler.request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == ACCESS_SCHEME:
        return str(token).strip()
    offered = handler.request.headers.get("Sec-WebSocket-Protocol", "")
    for each in offered.split(","):
        if each.strip().startswith(ACCESS_PROTOCOL_PREFIX):
            return str(each).strip().removeprefix(ACCESS_PROTOCOL_PREFIX)
    return None
