"""Who is asking, for a Jupyter server that has accounts."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from jupyter_server.auth.identity import IdentityProvider, User
from jupyter_server.base.handlers import APIHandler
from tornado import web
from traitlets import Bool, Unicode

from ..protocol import PersonRole
from ..store.errors import Unavailable
from ..store.people import Person
from .access_tokens import Claims
from .authentication import Authentication

_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9]")


@dataclass
class SignedIn(User):
    """Somebody who is signed in; `username` is the id, which stays when the name changes."""

    session_id: str = ""
    role: PersonRole = PersonRole.USER
    seconds_left: float = 0
    """Until the access token runs out."""


class AccountsIdentityProvider(IdentityProvider):
    """Lets in who shows an access token of a session that has not ended, and nobody else: not
    by the server's token, and not by a password of the server.

    `authentication` is given when the chat is loaded; before that nobody is let in.
    """

    token = Unicode("", help="There is none on a server with accounts.")
    need_token = Bool(False)
    authentication: Authentication | None = None

    def get_handlers(self) -> list[tuple[str, object]]:
        """None: the pages to sign in are the chat's."""
        return []

    async def get_user(self, handler: web.RequestHandler) -> User | None:
        cookie = handler.get_cookie(access_cookie(handler))
        if self.authentication is None or not cookie:
            return None
        claims = await self.authentication.tokens.read(cookie)
        if claims is None:
            return None
        try:
            person = await self.authentication.watch.person(claims.user_id, claims.session_id)
        except Unavailable as error:
            if isinstance(handler, APIHandler):
                raise  # it knows how to say it
            handler.current_user = handler._jupyter_current_user = None  # type: ignore[attr-defined]  # noqa: SLF001
            raise web.HTTPError(503, error.problem.message) from None
        return None if person is None else signed_in(person, claims)

    def get_token(self, handler: web.RequestHandler) -> str | None:
        return None

    def is_token_authenticated(self, handler: web.RequestHandler) -> bool:
        """Never: cookies only, so every request has to show that it is of one of our pages."""
        return False

    def set_login_cookie(self, handler: web.RequestHandler, user: User) -> None:
        """There is no cookie but those of `server/cookies.py`."""

    def process_login_form(self, handler: web.RequestHandler) -> User | None:
        return None


def signed_in(person: Person, claims: Claims) -> SignedIn:
    name = person.display_name or person.name
    return SignedIn(
        username=person.id,
        name=name,
        display_name=name,
        initials=None,
        avatar_url=None,
        color=person.color,
        session_id=claims.session_id,
        role=person.role,
        seconds_left=claims.seconds_left,
    )


def access_cookie(handler: Any) -> str:
    """Cookies know no ports: each server on a host needs names of its own."""
    return f"jupyter-chat-access-{_NOT_IN_NAMES.sub('-', handler.request.host)}"


def refresh_cookie(handler: Any) -> str:
    return f"jupyter-chat-refresh-{_NOT_IN_NAMES.sub('-', handler.request.host)}"
