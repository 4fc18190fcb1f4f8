"""What people do with their accounts: register, sign in, change, delete."""

from __future__ import annotations

import logging
import secrets
from enum import Enum

from msgspec import UNSET
from msgspec.structs import replace

from ..engine.audit import Audit, Event
from ..ids import new_id, now_ms
from ..protocol import Code, PersonRole, PersonState, Profile, ProfilePatch
from ..store.interface import Store
from ..store.people import NameTaken, Person
from .changing import change_person, signed_out
from .errors import Refused, TooOften
from .failed_logins import FailedLogins
from .invitations import Invitations
from .names import MOST_NAME, MOST_PASSWORD, display_name, login_name, new_password
from .passwords import Passwords
from .sessions import Sessions
from .throttling import Limit, Throttle, by_address, by_name

NAME_LIMIT = Limit(10, 15 * 60)
"""Wrong passwords for one name."""
ADDRESS_LIMIT = Limit(100, 15 * 60)
"""Wrong passwords from one address, behind which there may be a whole class."""
_HOUR = 60 * 60
_GIVEN_BYTES = 12


class Registration(str, Enum):
    """Who may register."""

    OFF = "off"
    OPEN = "open"
    INVITATION = "invitation"
    APPROVAL = "approval"


class People:
    def __init__(
        self,
        store: Store,
        passwords: Passwords,
        sessions: Sessions,
        invitations: Invitations,
        registration: Registration,
        registrations_per_hour: int,
        log: logging.Logger | None = None,
    ) -> None:
        self.registration = registration
        self._store = store
        self._passwords = passwords
        self._sessions = sessions
        self._invitations = invitations
        self._audit = Audit(store)
        self.failed = FailedLogins(self._audit, log or logging.getLogger(__name__))
        self._throttle = Throttle(store)
        self._limit = Limit(registrations_per_hour, _HOUR)

    # --- registering and signing in -------------------------------------------------------

    async def register(self, name: str, password: str, code: str, address: str) -> Person:
        """A new person, who may have to wait for an administrator."""
        name = login_name(name)
        new_password(password, name)
        attempt = await self._throttle.enter([by_address("register", address, self._limit)])
        invitation = await self._invitations.find(code) if code.strip() else None
        if invitation is None and self.registration is Registration.OFF:
            raise Refused(Code.FORBIDDEN, "Nobody can register on this server at present.")
        if invitation is None and self.registration is Registration.INVITATION:
            raise Refused(Code.INVALID, "Enter the code of your invitation.", "code")
        if await self._store.find_person(name) is not None:
            raise NameTaken
        waits = invitation is None and self.registration is Registration.APPROVAL
        person = Person(
            new_id(),
            name,
            await self._passwords.hash(password),
            made_at=now_ms(),
            role=PersonRole.USER if invitation is None else invitation.role,
            state=PersonState.PENDING if waits else PersonState.ACTIVE,
        )
        await self._audit.note(person.id, Event.REGISTERED, person.id, person.role.value)
        if invitation is not None:
            await self._invitations.use(invitation, person.id)
        try:
            await self._store.add_person(person)
        except NameTaken:
            if invitation is not None:
                await self._invitations.give_back(invitation, person.id)
            raise
        if invitation is not None:
            await attempt.take_back()  # so many as were invited may come at once
        return person

    async def log_in(self, name: str, password: str, address: str) -> Person:
        """The person; :class:`Refused` with the same words, after the same time, whether there
        is nobody of this name or the password is wrong."""
        name = name.strip()
        counters = [
            by_address("login", address, ADDRESS_LIMIT),
            by_name("login", name[: MOST_NAME + 1], NAME_LIMIT),
        ]
        try:
            attempt = await self._throttle.enter(counters)
        except TooOften:
            self.failed.add(None, address, refused=True)
            raise
        person = await self._store.find_person(name[: MOST_NAME + 1])
        hashed = None if person is None else person.password
        right = await self._passwords.is_right(password[: MOST_PASSWORD + 1], hashed)
        if person is None or not right or person.state is PersonState.LEAVING:
            self.failed.add(None if person is None else person.id, address)
            raise Refused(Code.FORBIDDEN, "The name or the password is wrong.", "password")
        await attempt.take_back()
        if self._passwords.is_outdated(person.password):
            await self._rehash(person, password)
        if person.state is PersonState.PENDING:
            raise Refused(
                Code.FORBIDDEN,
                "An administrator has not let you in yet. Your account is kept; try again later.",
            )
        if person.state is not PersonState.ACTIVE:
            raise Refused(
                Code.FORBIDDEN, "This account is disabled. Ask an administrator to enable it."
            )
        await self._audit.note(person.id, Event.SIGNED_IN, person.id, address)
        return person

    async def _rehash(self, person: Person, password: str) -> None:
        """As the parameters are now; where somebody changes the person meanwhile, next time."""
        hashed = await self._passwords.hash(password)
        await self._store.put_person(replace(person, password=hashed, revision=person.revision + 1))

    # --- one's own account ----------------------------------------------------------------

    async def profile(self, user_id: str) -> Profile:
        return profile_of(await self._store.get_person(user_id))

    async def change_profile(self, user_id: str, patch: ProfilePatch) -> Person:
        """Where the password changes, all sessions end."""
        fields: dict[str, object] = {}
        person = await self._store.get_person(user_id)
        if patch.name is not UNSET:
            fields["name"] = login_name(patch.name)
        if patch.display_name is not UNSET:
            fields["display_name"] = display_name(patch.display_name)
        if patch.color is not UNSET:
            fields["color"] = patch.color
        if patch.password is UNSET:
            return await change_person(
                self._store, user_id, lambda person: replace(person, **fields)
            )
        new_password(patch.password.new, person.name, "password.new")
        confirmed = await self.confirm(user_id, patch.password.current, "password.current")
        fields["password"] = await self._passwords.hash(patch.password.new)

        def changed(person: Person) -> Person:
            if person.signed_out != confirmed.signed_out:
                raise Refused(
                    Code.CONFLICT,
                    "This account was changed elsewhere in that moment. Nothing was changed here; "
                    "sign in again.",
                )
            return signed_out(person, **fields)

        await self._audit.note(user_id, Event.PASSWORD_CHANGED, user_id)
        person = await change_person(self._store, user_id, changed)
        await self._sessions.end(user_id)
        return person

    async def give_password(self, user_id: str, admin_id: str) -> str:
        """Put one that is made up in the place of a forgotten password; all sessions end."""
        password = secrets.token_urlsafe(_GIVEN_BYTES)
        hashed = await self._passwords.hash(password)
        await self._store.get_person(user_id)  # or there is nothing to note
        await self._audit.note(admin_id, Event.PASSWORD_GIVEN, user_id)
        await change_person(
            self._store, user_id, lambda person: signed_out(person, password=hashed)
        )
        await self._sessions.end(user_id)
        return password

    async def confirm(self, user_id: str, password: str, field: str) -> Person:
        """The person; :class:`Refused` unless it is their password."""
        person = await self._store.get_person(user_id)
        attempt = await self._throttle.enter([by_name("login", person.name, NAME_LIMIT)])
        if not await self._passwords.is_right(password, person.password):
            raise Refused(Code.INVALID, "This is not your password. Nothing was changed.", field)
        await attempt.take_back()
        return person


def profile_of(person: Person) -> Profile:
    return Profile(person.id, person.name, person.role, person.display_name, person.color)
