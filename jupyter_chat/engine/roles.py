"""What somebody may do on this server, as one word.

The one place that knows: accounts and a hub's groups have their say here.  Today there is
the owner, whom a server with Jupyter's default login lets in, and everybody else.
"""

from __future__ import annotations

from ..store.interface import Store

OWNER = "owner"
USER = "user"
ADMINISTRATORS = frozenset({OWNER, "admin"})
"""Roles that see what everybody uses."""


class Roles:
    """The roles of all people."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._owner_id: str | None = None

    async def of(self, user_id: str) -> str:
        if self._owner_id is None:
            self._owner_id = await self._store.owner_id()
        return OWNER if user_id == self._owner_id else USER
