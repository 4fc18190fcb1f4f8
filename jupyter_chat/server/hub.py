"""How users of a hub get in: their servers by a token, their browsers by the hub's login."""

from __future__ import annotations

from typing import Any

from jupyter_server.auth.decorator import allow_unauthenticated
from msgspec.structs import replace
from tornado import web

from ..auth.access_tokens import SECONDS
from ..auth.errors import Refused
from ..engine.audit import Event
from ..hub.authentication import HubAuthentication
from ..protocol import Access, Code, Side
from .cookies import address
from .errors import KNOWN, status_of
from .operations import operation
from .pages import ChatPage
from .rest import ChatHandler
from .services import Services
from .sides import side_of


def _of_hub(services: Services) -> HubAuthentication:
    authentication = services.authentication
    assert isinstance(authentication, HubAuthentication)
    return authentication


class AccessHandler(ChatHandler):
    """Nobody but a user's own server has the token that is asked for here."""

    def check_xsrf_cookie(self) -> None:
        """No cookie counts: a foreign page has nothing to show."""

    @operation(
        "Trade the hub's token of a user's server (`Authorization: token TOKEN`) for an access "
        "token, for pages or for kernels; the `url` is empty.",
        query={"side": Side},
        answer=Access,
    )
    @allow_unauthenticated
    async def post(self) -> None:
        hub = _of_hub(self.services)
        side = side_of(self)
        scheme, _, token = self.request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() not in ("token", "bearer") or not token.strip():
            raise Refused(
                Code.FORBIDDEN, "A token of JupyterHub is needed: `Authorization: token TOKEN`."
            )
        claims = await hub.membership.trade(token.strip())
        claims = replace(claims, from_kernel=side is Side.KERNEL)
        self.answer(Access("", await hub.tokens.issue(claims), SECONDS))


class HubPage(ChatPage):
    """On the way to the hub and back."""

    def initialize(self, name: str, services: Services) -> None:
        super().initialize(name)
        self.services = services
        self.hub = _of_hub(services)


class LoginHandler(HubPage):
    @operation("Leads to the hub, which says who it is.", media_types=("text/html",))
    @allow_unauthenticated
    async def get(self) -> None:
        asked = self.get_argument("next", "")
        is_ours = asked.startswith(self.chat_url) and "\\" not in asked
        self.hub.door.lead_to_hub(self, asked if is_ours else self.chat_url)


class CallbackHandler(HubPage):
    @operation("Where the hub leads back to.", media_types=("text/html",))
    @allow_unauthenticated
    async def get(self) -> None:
        if self.get_query_argument("error", ""):
            why = self.get_query_argument("error_description", "it does not say why")
            raise web.HTTPError(403, f"JupyterHub did not let you in here: {why[:300]}")
        code = self.get_query_argument("code", "")
        state = self.get_query_argument("state", "")
        next_url = self.chat_url
        try:
            found = await self.hub.door.come_back(self, code, state)
            if found is not None:
                token, next_url = found
                await self._note(token)
            elif self.current_user is None:
                raise web.HTTPError(
                    403, "Signing in was begun elsewhere, or too long ago. Open the chat once more."
                )
        except KNOWN as error:
            raise web.HTTPError(status_of(error.problem), error.problem.message) from None
        self.redirect(next_url)

    async def _note(self, token: str) -> None:
        claims = await self.hub.membership.of_page(token)
        if claims is not None:
            user_id = claims.user_id
            await self.services.audit.note(user_id, Event.SIGNED_IN, user_id, address(self))


class LogoutHandler(HubPage):
    @operation("Log out, at the hub as well.", media_types=("text/html",))
    @allow_unauthenticated
    async def post(self) -> None:
        self.hub.door.forget(self)
        self.redirect(self.hub.door.logout_url)


default_handlers: list[tuple[str, type[Any]]] = [
    (r"jupyter-chat/api/hub/access", AccessHandler),
    (r"jupyter-chat/login", LoginHandler),
    (r"jupyter-chat/logout", LogoutHandler),
    (r"oauth_callback", CallbackHandler),
]
