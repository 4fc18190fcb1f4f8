"""What somebody may do on this server, as one word, and the groups they belong to.

There is the owner, whom a server with Jupyter's default login lets in; where the store knows
people, what it says of them; and everybody else.
"""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct

from ..protocol import PersonRole
from ..store.errors import NotFound
from ..store.interface import Store
from .names import is_somebody

OWNER = "owner"
USER = PersonRole.USER.value
ADMINISTRATORS = frozenset({OWNER, PersonRole.ADMIN.value})
"""Roles that see what everybody uses."""
_RIGHTS = ADMINISTRATORS | {USER}


class Standing(Struct, frozen=True):
    """Somebody's role, groups, which give no rights, and the name of their account."""

    role: str
    groups: tuple[str, ...] = ()
    name: str | None = None


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
        standing = await self.standing(user_id)
        return (standing.role, *standing.groups)

    async def standing(self, user_id: str) -> Standing:
        if self._accounts:
            try:
                person = await self._store.get_person(user_id)
            except NotFound:  # the account was deleted a moment ago
                return Standing(USER)
            groups = tuple(each for each in person.groups if each not in _RIGHTS)
            return Standing(person.role.value, groups, person.name)
        if self._owner_id is None:
            self._owner_id = await self._store.owner_id()
        return Standing(OWNER if user_id == self._owner_id else USER)

    async def strangers(self, named: Iterable[str]) -> list[str]:
        """Those names and ids that nobody has; without accounts every name may be somebody's."""
        if not self._accounts:
            return []
        return [each for each in named if not await is_somebody(self._store, each)]
