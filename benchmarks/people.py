"""An identity provider for servers with many people: each says who it is."""

from __future__ import annotations

from jupyter_server.auth.identity import IdentityProvider, User
from tornado.web import RequestHandler

HEADER = "X-Person"


class People(IdentityProvider):
    """Whoever has the token is whom the header names."""

    async def get_user(self, handler: RequestHandler) -> User | None:
        """The person, or nobody without the token."""
        if self.get_token(handler) != self.token:
            return None
        handler._token_authenticated = True  # type: ignore[attr-defined]
        return User(handler.request.headers.get(HEADER, "somebody"))
