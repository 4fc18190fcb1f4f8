"""Invitations: codes that let people register.  Only the hash of a code is kept.

One is good for as long as whoever made it may invite: an administrator who is active.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable

from msgspec.structs import replace

from ..engine.audit import Audit, Event
from ..engine.errors import Invalid
from ..ids import new_id, now_ms
from ..protocol import InvitationInfo, InvitationList, InvitationOffer, PersonRole
from ..store.interface import Store
from ..store.people import Invitation, Person

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
        maker = (await self._makers([invitation])).get(made_by or "")
        return _info(invitation, maker, code)

    async def for_first_admin(self) -> str | None:
        """A code for whoever looks after this server, unless there is an administrator."""
        if await self._store.has_admin():
            return None
        offer = InvitationOffer(days=_FIRST_DAYS, role=PersonRole.ADMIN)
        return (await self.make(offer, None)).code

    async def list(self) -> InvitationList:
        now = now_ms()
        left = [
            each
            for each in await self._store.list_invitations()
            if each.expires_at > now and _left(each)
        ]
        makers = await self._makers(left)
        return InvitationList(
            [_info(each, makers[each.made_by]) for each in left if each.made_by in makers]
        )

    async def remove(self, invitation_id: str, admin_id: str = "") -> None:
        if not any(each.id == invitation_id for each in await self._store.list_invitations()):
            return
        await self._audit.note(admin_id, Event.INVITATION_REMOVED, invitation_id)
        await self._store.remove_invitation(invitation_id)

    async def find(self, code: str) -> Invitation:
        """The invitation with this code, if it is still good."""
        found = await self._store.find_invitation(_digest(code.strip()))
        if found is None or found.expires_at <= now_ms() or not _left(found):
            raise _not_good()
        await self._require_maker(found)
        return found

    async def use(self, invitation: Invitation, user_id: str) -> None:
        """Take one of its places; :class:`Invalid` if somebody else was faster."""
        await self._audit.note(user_id, Event.INVITATION_USED, invitation.id)
        for _ in range(_TRIES):
            used = [*invitation.used_by, user_id]
            after = replace(invitation, used_by=used, revision=invitation.revision + 1)
            if await self._store.put_invitation(after):
                return await self._require_maker(after)  # who was one when it was found
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

    async def _require_maker(self, invitation: Invitation) -> None:
        if invitation.made_by is None:
            good = not await self._store.has_admin()
        else:
            good = invitation.made_by in await self._makers([invitation])
        if not good:
            raise _not_good()

    async def _makers(self, invitations: Iterable[Invitation]) -> dict[str, Person]:
        """Those who have made these, and may, by id."""
        made_by = sorted({each.made_by for each in invitations if each.made_by is not None})
        people = await self._store.active_people(made_by)
        return {own: each for own, each in people.items() if each.role is PersonRole.ADMIN}

    async def _again(self, invitation: Invitation) -> Invitation:
        found = await self._store.find_invitation(invitation.code)
        if found is None or not _left(found):
            raise Invalid(
                "Somebody else has just used this invitation code. Ask for another one.", "code"
            )
        return found


def _not_good() -> Invalid:
    return Invalid(
        "This invitation code is not good, or not any more. Ask for another one.", "code"
    )


def _left(invitation: Invitation) -> bool:
    return len(invitation.used_by) < invitation.uses


def _info(invitation: Invitation, maker: Person | None, code: str | None = None) -> InvitationInfo:
    return InvitationInfo(
        invitation.id,
        invitation.role,
        invitation.uses,
        len(invitation.used_by),
        invitation.made_at,
        invitation.expires_at,
        code,
        None if maker is None else maker.name,
    )


def _digest(code: str) -> str:
    return hashlib.sha256(code.encode()).hexdigest()
