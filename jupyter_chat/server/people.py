"""REST: for administrators, everybody; one's own account and sessions, where they are kept here."""

from __future__ import annotations

from typing import Any, TypeAlias

from jupyter_server.auth.decorator import allow_unauthenticated, authorized
from msgspec import UNSET
from tornado import web

from ..auth.access_tokens import SECONDS
from ..auth.accounts import KeptAccounts
from ..auth.administering import PAGE, not_oneself
from ..auth.authentication import Authentication
from ..auth.people import profile_of
from ..auth.signed_in import SignedIn
from ..engine.errors import Invalid
from ..protocol import (
    GivenPassword,
    InvitationInfo,
    InvitationList,
    InvitationOffer,
    Leaving,
    PeoplePage,
    PersonInfo,
    PersonPatch,
    PersonRole,
    PersonState,
    Profile,
    ProfilePatch,
    Renewed,
    SessionInfo,
    SessionList,
    decode,
)
from .cookies import MARGIN_SECONDS, address, keep_signed_in, renew, sign_out
from .operations import PageSize, operation
from .rest import ChatHandler


class PersonalHandler(ChatHandler):
    """For whoever is signed in as somebody of whom the store knows."""

    @property
    def authentication(self) -> Authentication:
        authentication = self.services.authentication
        assert authentication is not None
        return authentication

    @property
    def me(self) -> SignedIn:
        user = self.current_user
        if not isinstance(user, SignedIn):
            raise web.HTTPError(403)
        return user

    @property
    def admin(self) -> SignedIn:
        if self.from_kernel or self.me.role is not PersonRole.ADMIN:
            raise web.HTTPError(403, "Only administrators can do that. Nothing was changed.")
        return self.me


class AccountsHandler(PersonalHandler):
    """Where accounts are kept here."""

    @property
    def authentication(self) -> KeptAccounts:
        authentication = super().authentication
        assert isinstance(authentication, KeptAccounts)
        return authentication

    async def end(self, session_ids: list[str] | None = None) -> None:
        """End sessions of one's own, with their sockets."""
        sessions = self.authentication.sessions
        if session_ids is None:
            await sessions.end_everywhere(self.me.username)
        else:
            await sessions.end(self.me.username, session_ids)
        await self.authentication.watch.look(self.me.username)
        if session_ids is None or self.me.session_id in session_ids:
            sign_out(self)

    async def answer_list(self) -> None:
        """One's sessions."""
        sessions = await self.authentication.sessions.all_of(self.me.username)
        self.answer(
            SessionList(
                [
                    SessionInfo(
                        each.id,
                        each.made_at,
                        each.used_at,
                        each.agent,
                        each.address,
                        each.id == self.me.session_id,
                    )
                    for each in sessions
                ]
            )
        )


class SessionHandler(AccountsHandler):
    @operation("Renew one's session by its refresh token.", answer=Renewed)
    @allow_unauthenticated
    async def post(self) -> None:
        """Renew one's session by its refresh token."""
        if not await renew(self, self.authentication):
            sign_out(self)
            self.current_user = None
            raise web.HTTPError(403)
        self.answer(Renewed(SECONDS - MARGIN_SECONDS))


class ProfileHandler(AccountsHandler):
    @operation("One's own account.", answer=Profile)
    @web.authenticated
    @authorized
    async def get(self) -> None:
        self.answer(await self.authentication.people.profile(self.me.username))

    @operation("Change one's account, or its password.", body=ProfilePatch, answer=Profile)
    @web.authenticated
    @authorized
    async def patch(self) -> None:
        user_id = self.me.username
        patch = decode(self.body(), ProfilePatch)
        person = await self.authentication.people.change_profile(user_id, patch)
        if patch.password is not UNSET:  # all sessions have ended, and this one begins anew
            agent = self.request.headers.get("User-Agent", "")
            renewal = await self.authentication.sessions.begin(
                person, agent=agent, address=address(self)
            )
            await keep_signed_in(self, self.authentication, renewal)
        await self.authentication.watch.look(user_id)
        self.answer(profile_of(person))

    @operation("Delete one's account, with all that is in it.", body=Leaving, answer=SessionList)
    @web.authenticated
    @authorized
    async def delete(self) -> None:
        user_id = self.me.username
        leaving = decode(self.body(), Leaving)
        await self.authentication.people.confirm(user_id, leaving.password, "password")
        await self.authentication.leaving.leave(user_id, user_id)
        await self.authentication.watch.look(user_id)
        sign_out(self)
        self.answer(SessionList([]))


class SessionsHandler(AccountsHandler):
    @operation("Where one is signed in.", answer=SessionList)
    @web.authenticated
    @authorized
    async def get(self) -> None:
        await self.answer_list()

    @operation("Sign out everywhere else.", answer=SessionList)
    @web.authenticated
    @authorized
    async def delete(self) -> None:
        await self.end()
        await self.answer_list()


class OneSessionHandler(AccountsHandler):
    @operation("Sign out in one place.", answer=SessionList)
    @web.authenticated
    @authorized
    async def delete(self, session_id: str) -> None:
        await self.end([session_id])
        await self.answer_list()


class PeopleHandler(PersonalHandler):
    @operation(
        "Everybody's accounts, by name; for administrators.",
        query={"limit": PageSize, "after": str, "begins": str, "state": PersonState},
        answer=PeoplePage,
    )
    @web.authenticated
    @authorized
    async def get(self) -> None:
        _ = self.admin
        self.answer(
            await self.authentication.administration.list(
                limit=self.limit(PAGE),
                after=self.get_query_argument("after", ""),
                begins=self.get_query_argument("begins", ""),
                state=self._state(),
            )
        )

    def _state(self) -> PersonState | None:
        text = self.get_query_argument("state", "")
        try:
            return PersonState(text) if text else None
        except ValueError:
            names = ", ".join(f"`{state.value}`" for state in PersonState)
            raise Invalid(f"`state` must be one of {names}.", "state") from None


class PersonHandler(PersonalHandler):
    @operation(
        "Change somebody's account; for administrators.", body=PersonPatch, answer=PersonInfo
    )
    @web.authenticated
    @authorized
    async def patch(self, user_id: str) -> None:
        admin = self.admin
        patch = decode(self.body(), PersonPatch)
        person = await self.authentication.administration.change(admin.username, user_id, patch)
        await self.authentication.watch.look(user_id)
        await self.authentication.stopping.look()
        self.answer(person)

    @operation("Delete somebody's account; for administrators.", answer=PersonInfo)
    @web.authenticated
    @authorized
    async def delete(self, user_id: str) -> None:
        person = await self.authentication.administration.delete(self.admin.username, user_id)
        await self.authentication.watch.look(user_id)
        self.answer(person)


class GivenPasswordHandler(AccountsHandler):
    @operation("Give somebody a new password; for administrators.", answer=GivenPassword)
    @web.authenticated
    @authorized
    async def post(self, user_id: str) -> None:
        not_oneself(self.admin.username, user_id)
        people = self.authentication.people
        given = await people.give_password(user_id, self.admin.username)
        await self.authentication.watch.look(user_id)
        self.answer(GivenPassword(given))


class InvitationsHandler(AccountsHandler):
    @operation("Invitations; for administrators.", answer=InvitationList)
    @web.authenticated
    @authorized
    async def get(self) -> None:
        _ = self.admin
        self.answer(await self.authentication.invitations.list())

    @operation("Invite somebody; for administrators.", body=InvitationOffer, answer=InvitationInfo)
    @web.authenticated
    @authorized
    async def post(self) -> None:
        admin = self.admin
        offer = decode(self.body(), InvitationOffer)
        self.answer(await self.authentication.invitations.make(offer, admin.username))


class InvitationHandler(AccountsHandler):
    @operation("Take an invitation back; for administrators.", answer=InvitationList)
    @web.authenticated
    @authorized
    async def delete(self, invitation_id: str) -> None:
        admin = self.admin
        await self.authentication.invitations.remove(invitation_id, admin.username)
        self.answer(await self.authentication.invitations.list())


_ID = r"([0-9a-f-]{36})"

Handlers: TypeAlias = list[tuple[str, type[Any]]]

default_handlers: Handlers = [
    (r"jupyter-chat/api/people", PeopleHandler),
    (rf"jupyter-chat/api/people/{_ID}", PersonHandler),
]
accounts_handlers: Handlers = [
    (r"jupyter-chat/api/session", SessionHandler),
    (r"jupyter-chat/api/profile", ProfileHandler),
    (r"jupyter-chat/api/sessions", SessionsHandler),
    (rf"jupyter-chat/api/sessions/{_ID}", OneSessionHandler),
    (rf"jupyter-chat/api/people/{_ID}/password", GivenPasswordHandler),
    (r"jupyter-chat/api/invitations", InvitationsHandler),
    (rf"jupyter-chat/api/invitations/{_ID}", InvitationHandler),
]
