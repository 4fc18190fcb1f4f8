"""Who has an account may use the chat, and nothing else of the server."""

from __future__ import annotations

from jupyter_server.auth.authorizer import Authorizer
from jupyter_server.auth.identity import User
from jupyter_server.base.handlers import JupyterHandler

from .signed_in import SignedIn

AUTH_RESOURCE = "jupyter_chat"


class ChatOnlyAuthorizer(Authorizer):
    """Jupyter asks it on many of its routes, but not on all: `server/guard.py` stands before
    every one."""

    def is_authorized(
        self, handler: JupyterHandler, user: User, action: str, resource: str
    ) -> bool:
        return isinstance(user, SignedIn) and resource == AUTH_RESOURCE
