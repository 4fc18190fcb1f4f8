"""A socket ends with the login that opened it, not only when its page is closed."""

from __future__ import annotations

from collections import defaultdict
from typing import Any, Protocol

from jupyter_server.auth.identity import IdentityProvider, User


class Opened(Protocol):
    """A socket that somebody has opened."""

    def drop(self) -> None: ...


class Logins:
    """The sockets of each login.  With Jupyter's own login each browser is one; another
    provider's is a person, whose other browsers connect again by themselves."""

    def __init__(self, provider: IdentityProvider) -> None:
        self._provider = provider
        self._sockets: defaultdict[str, set[Opened]] = defaultdict(set)

    def watch(self) -> None:
        """From now on a logout ends its sockets at once."""
        clear = self._provider.clear_login_cookie

        def clear_login_cookie(handler: Any) -> None:
            # Of a cookie that is none, it is cleared before anybody could say whose it is.
            user = getattr(handler, "_jupyter_current_user", None)
            clear(handler)
            if isinstance(user, User):
                self.end(user.username)

        self._provider.clear_login_cookie = clear_login_cookie  # type: ignore[method-assign]

    def add(self, username: str, socket: Opened) -> None:
        self._sockets[username].add(socket)

    def discard(self, username: str, socket: Opened) -> None:
        sockets = self._sockets.get(username)
        if sockets is not None:
            sockets.discard(socket)
            if not sockets:
                del self._sockets[username]

    def end(self, username: str) -> None:
        """Close what this login has opened."""
        for socket in tuple(self._sockets.get(username, ())):
            socket.drop()

    def count(self, username: str) -> int:
        """How many sockets this login has open."""
        return len(self._sockets.get(username, ()))
