"""What somebody may do on this server, as one word, and the groups they belong to.

There is the owner, whom a server with Jupyter's default login lets in; where the store knows
people, what it says of them; and everybody else.
"""

from __future__ import annotations

from ..protocol import PersonRole
from ..store.errors import NotFound
from ..store.interface import Store

OWNER = "owner"
USER = PersonRole.USER.value
ADMINISTRATORS = frozenset({OWNER, PersonRole.ADMIN.value})
"""Roles that see what everybody uses."""
_RIGHTS = ADMINISTRATORS | {USER}


class Roles:
    """The roles of all people, who may have `accounts`."""

    def __init__(self, store: Store, *, accounts: bool = False) -> None:
        self._store = store
        self._accounts = accounts
        self._owner_id: str | None = None

    async def of(self, user_id: str) -> str:
        return (await self.all_of(user_id))[0]

    async def all_of(self, user_id: str) -> tuple[str, ...]:
        """The role, and after it the groups, which give no rights."""
        if self._accounts:
            try:
                person = await self._store.get_person(user_id)
            except NotFound:  # the account was deleted a moment ago
                return (USER,)
            groups = (each for each in person.groups if each not in _RIGHTS)
            return (person.role.value, *groups)
        if self._owner_id is None:
            self._owner_id = await self._store.owner_id()
        return (OWNER if user_id == self._owner_id else USER,)
