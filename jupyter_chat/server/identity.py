"""Who is asking, as the server's own authentication says."""

from __future__ import annotations

import getpass

from jupyter_server.auth.identity import (
    IdentityProvider,
    LegacyIdentityProvider,
    PasswordIdentityProvider,
)
from jupyter_server.auth.identity import User as JupyterUser

from ..protocol import User
from ..store.interface import Store

# Jupyter's own token and password logins make up a user name for every browser
# cookie: it says nothing about who somebody is.
_ANONYMOUS = (IdentityProvider, PasswordIdentityProvider, LegacyIdentityProvider)


def is_personal(provider: IdentityProvider) -> bool:
    """Whether everyone who is let in is the server's one owner."""
    return type(provider) in _ANONYMOUS


class Identities:
    """Turns Jupyter's idea of a user into ours.

    Everyone whom Jupyter's default login lets in is *the owner*: one stable id, kept
    with the data, so that history outlives cookies, tokens and browsers.  Any other
    identity provider (JupyterHub's, a company's) knows real people, and its user
    names are the ids.
    """

    def __init__(self, provider: IdentityProvider, store: Store) -> None:
        self.personal = is_personal(provider)
        """The server is one person's, who may do with it what they like."""
        self._store = store
        self._owner: User | None = None

    async def user(self, current: JupyterUser) -> User:
        """The user behind an authenticated request; raises
        :class:`~jupyter_chat.store.interface.Unavailable` where the owner's id cannot
        be read."""
        if not self.personal:
            name = current.display_name or current.name or current.username
            return User(
                id=current.username,
                name=name,
                initials=current.initials or initials(name),
                avatar_url=current.avatar_url,
                color=current.color,
            )
        if self._owner is None:
            owner_id = await self._store.owner_id()
            name = _login_name()
            self._owner = User(id=owner_id, name=name, initials=initials(name))
        return self._owner


def initials(name: str) -> str:
    """One or two letters that stand for a name."""
    words = name.split()
    letters = words[0][:1] + words[-1][:1] if len(words) > 1 else name[:1]
    return letters.upper()


def _login_name() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):
        return "me"
