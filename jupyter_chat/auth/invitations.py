"""Invitations: codes that let people register.  Only the hash of a code is kept."""

from __future__ import annotations

import hashlib
import secrets

from msgspec.structs import replace

from ..engine.audit import Audit, Event
from ..engine.errors import Invalid
from ..ids import new_id, now_ms
from ..protocol import InvitationInfo, InvitationList, InvitationOffer, PersonRole
from ..store.interface import Store
from ..store.people import Invitation

_TRIES = 20
_DAY_MS = 24 * 60 * 60 * 1000
_FIRST_DAYS = 1


class Invitations:
    def __init__(self, store: Store) -> None:
        self._store = store
        self._audit = Audit(store)

    async def make(self, offer: InvitationOffer, made_by: str | None) -> InvitationInfo:
        """A new one, with its code, which nobody is told again."""
        code, now = secrets.token_urlsafe(18), now_ms()
        invitation = Invitation(
            new_id(),
            _digest(code),
            made_at=now,
            expires_at=now + offer.days * _DAY_MS,
            made_by=made_by,
            role=offer.role,
            uses=offer.uses,
        )
        people = "1 person" if offer.uses == 1 else f"{offer.uses} people"
        said = f"{people}, {offer.days} days, {offer.role.value}"
        await self._audit.note(made_by or "", Event.INVITATION_MADE, invitation.id, said)
        await self._store.put_invitation(invitation)
        return _info(invitation, code)

    async def for_first_admin(self) -> str | None:
        """A code for whoever looks after this server, unless there is an administrator."""
        if await self._store.has_admin():
            return None
        offer = InvitationOffer(days=_FIRST_DAYS, role=PersonRole.ADMIN)
        return (await self.make(offer, None)).code

    async def list(self) -> InvitationList:
        now = now_ms()
        return InvitationList(
            [
                _info(each)
                for each in await self._store.list_invitations()
                if each.made_by is not None and each.expires_at > now and _left(each)
            ]
        )

    async def remove(self, invitation_id: str, admin_id: str = "") -> None:
        if not any(each.id == invitation_id for each in await self._store.list_invitations()):
            return
        await self._audit.note(admin_id, Event.INVITATION_REMOVED, invitation_id)
        await self._store.remove_invitation(invitation_id)

    async def find(self, code: str) -> Invitation:
        """The invitation with this code, if it is still good."""
        found = await self._store.find_invitation(_digest(code.strip()))
        good = found is not None and found.expires_at > now_ms() and _left(found)
        if good and found is not None and found.made_by is None:
            good = not await self._store.has_admin()
        if not good or found is None:
            raise Invalid(
                "This invitation code is not good, or not any more. Ask for another one.", "code"
            )
        return found

    async def use(self, invitation: Invitation, user_id: str) -> None:
        """Take one of its places; :class:`Invalid` if somebody else was faster."""
        await self._audit.note(user_id, Event.INVITATION_USED, invitation.id)
        for _ in range(_TRIES):
            used = [*invitation.used_by, user_id]
            after = replace(invitation, used_by=used, revision=invitation.revision + 1)
            if await self._store.put_invitation(after):
                return
            invitation = await self._again(invitation)
        raise Invalid("Too many people register at once. Try again.", "code")

    async def give_back(self, invitation: Invitation, user_id: str) -> None:
        """The place was not needed."""
        for _ in range(_TRIES):
            now = await self._store.find_invitation(invitation.code)
            if now is None or user_id not in now.used_by:
                return
            others = [each for each in now.used_by if each != user_id]
            after = replace(now, used_by=others, revision=now.revision + 1)
            if await self._store.put_invitation(after):
                return

    async def _again(self, invitation: Invitation) -> Invitation:
        found = await self._store.find_invitation(invitation.code)
        if found is None or not _left(found):
            raise Invalid(
                "Somebody else has just used this invitation code. Ask for another one.", "code"
            )
        return found


def _left(invitation: Invitation) -> bool:
    return len(invitation.used_by) < invitation.uses


def _info(invitation: Invitation, code: str | None = None) -> InvitationInfo:
    return InvitationInfo(
        invitation.id,
        invitation.role,
        invitation.uses,
        len(invitation.used_by),
        invitation.made_at,
        invitation.expires_at,
        code,
    )


def _digest(code: str) -> str:
    return hashlib.sha256(code.encode()).hexdigest()
