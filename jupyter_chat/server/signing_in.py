"""The pages to sign in, register and sign out: forms that work without script."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from jupyter_server.auth.decorator import allow_unauthenticated

from .. import __version__
from ..auth.accounts import KeptAccounts
from ..auth.errors import TooOften
from ..auth.people import Registration
from ..auth.signed_in import SignedIn
from ..protocol import Problem
from ..store.people import Person
from .cookies import address, keep_signed_in, refresh_token, renew, sign_out
from .errors import KNOWN, status_of
from .operations import operation
from .pages import ChatPage
from .services import Services


class PublicPage(ChatPage):
    """A page for whoever is not signed in (yet)."""

    def initialize(self, name: str, services: Services) -> None:
        super().initialize(name)
        self.services = services
        assert isinstance(services.authentication, KeptAccounts)
        self.authentication: KeptAccounts = services.authentication

    @property
    def content_security_policy(self) -> str:
        """No scripts at all, and in nobody's frame."""
        return "; ".join(
            (
                "default-src 'none'",
                "style-src 'self'",
                "font-src 'self'",
                "img-src 'self' data:",
                "form-action 'self'",
                "base-uri 'none'",
                "frame-ancestors 'none'",
            )
        )

    @property
    def next_url(self) -> str:
        """Where to go after that: a page of the chat."""
        asked = self.get_argument("next", "")
        ours = asked.startswith(self.chat_url) and "\\" not in asked and asked.isprintable()
        return asked if ours else self.chat_url

    def show(self, page: str, problem: Problem | None = None, **values: Any) -> None:
        self.set_header("Cache-Control", "no-store")
        self.finish(
            self.render_template(
                page,
                chat_url=self.chat_url,
                next_url=self.next_url,
                problem=problem,
                field=problem.field if problem is not None else None,
                registration=self.authentication.people.registration.value,
                static=self.static,
                version=__version__,
                **values,
            )
        )

    def refused(self, error: Any) -> Problem:
        """Set the status for an exception of `KNOWN`, and say what it stands for."""
        problem: Problem = error.problem
        status = status_of(problem)
        self.set_status(status, HTTPStatus(status).phrase)
        if isinstance(error, TooOften):
            self.set_header("Retry-After", str(error.seconds))
        return problem

    async def begin(self, person: Person) -> None:
        """Sign the browser in and go on; a session that it has had is over."""
        sessions = self.authentication.sessions
        if token := refresh_token(self):
            await sessions.end_by(token)
        agent = self.request.headers.get("User-Agent", "")
        renewal = await sessions.begin(person, agent=agent, address=address(self))
        await keep_signed_in(self, self.authentication, renewal)
        self.redirect(self.next_url)


class LoginHandler(PublicPage):
    @operation("The page to log in.", media_types=("text/html",))
    @allow_unauthenticated
    async def get(self) -> None:
        if self.current_user or await renew(self, self.authentication):
            self.redirect(self.next_url)
        else:
            self.show("login.html", name_typed="")

    @operation("Log in, by its form.", media_types=("text/html",))
    @allow_unauthenticated
    async def post(self) -> None:
        name = self.get_body_argument("name", "")
        password = self.get_body_argument("password", "", strip=False)
        try:
            person = await self.authentication.people.log_in(name, password, address(self))
            await self.begin(person)
        except KNOWN as error:
            self.show("login.html", self.refused(error), name_typed=name)


class RegisterHandler(PublicPage):
    @operation("The page to register.", media_types=("text/html",))
    @allow_unauthenticated
    async def get(self) -> None:
        self._form(code=self.get_query_argument("code", ""), name_typed="")

    @operation("Register, by its form.", media_types=("text/html",))
    @allow_unauthenticated
    async def post(self) -> None:
        name = self.get_body_argument("name", "")
        password = self.get_body_argument("password", "", strip=False)
        code = self.get_body_argument("code", "")
        try:
            person = await self.authentication.people.register(name, password, code, address(self))
            if person.state is not person.state.ACTIVE:
                self.show("registered.html", name_typed=person.name)
            else:
                await self.begin(person)
        except KNOWN as error:
            self._form(self.refused(error), code=code, name_typed=name)

    def _form(self, problem: Problem | None = None, *, code: str, name_typed: str) -> None:
        registration = self.authentication.people.registration
        asks = registration in (Registration.INVITATION, Registration.OFF) or bool(code)
        closed = registration is Registration.OFF and not code
        self.show(
            "register.html", problem, code=code, name_typed=name_typed, asks=asks, closed=closed
        )


class LogoutHandler(PublicPage):
    @operation("Log out.", media_types=("text/html",))
    @allow_unauthenticated
    async def post(self) -> None:
        """With the argument `everywhere` all sessions of the person end."""
        user = self.current_user
        sessions = self.authentication.sessions
        if token := refresh_token(self):
            await sessions.end_by(token)
        if isinstance(user, SignedIn):
            everywhere = self.get_body_argument("everywhere", "") != ""
            if everywhere:
                await sessions.end_everywhere(user.username)
            else:
                await sessions.end(user.username, [user.session_id])
            await self.authentication.watch.look(user.username)
        sign_out(self)
        self.redirect(f"{self.chat_url}login")


default_handlers = [
    (r"jupyter-chat/login", LoginHandler),
    (r"jupyter-chat/register", RegisterHandler),
    (r"jupyter-chat/logout", LogoutHandler),
]
