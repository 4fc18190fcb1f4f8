"""What somebody may do on this server, as one word.

The one place that knows: a hub's groups will have their say here.  There is the owner, whom
a server with Jupyter's default login lets in; where people have accounts, what their account
says; and everybody else.
"""

from __future__ import annotations

from ..protocol import PersonRole
from ..store.errors import NotFound
from ..store.interface import Store

OWNER = "owner"
USER = PersonRole.USER.value
ADMINISTRATORS = frozenset({OWNER, PersonRole.ADMIN.value})
"""Roles that see what everybody uses."""


class Roles:
    """The roles of all people, who may have `accounts`."""

    def __init__(self, store: Store, *, accounts: bool = False) -> None:
        self._store = store
        self._accounts = accounts
        self._owner_id: str | None = None

    async def of(self, user_id: str) -> str:
        if self._accounts:
            try:
                return (await self._store.get_person(user_id)).role.value
            except NotFound:  # the account was deleted a moment ago
                return USER
        if self._owner_id is None:
            self._owner_id = await self._store.owner_id()
        return OWNER if user_id == self._owner_id else USER
