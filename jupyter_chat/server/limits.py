"""REST: what one may ask and what of it is left; what everybody uses, for administrators."""

from __future__ import annotations

from jupyter_server.auth.decorator import authorized
from tornado import web

from ..engine.roles import ADMINISTRATORS
from .rest import ChatHandler


class LimitsHandler(ChatHandler):
    @web.authenticated
    @authorized
    async def get(self) -> None:
        user = await self.person()
        self.answer(await self.services.limits.of(user.id))


class PeopleUsageHandler(ChatHandler):
    @web.authenticated
    @authorized
    async def get(self) -> None:
        user = await self.person()
        if self.from_kernel or await self.services.roles.of(user.id) not in ADMINISTRATORS:
            raise web.HTTPError(403, "Only administrators of this server see what others use.")
        self.answer(await self.services.people.usage())


default_handlers = [
    (r"jupyter-chat/api/limits", LimitsHandler),
    (r"jupyter-chat/api/admin/usage", PeopleUsageHandler),
]
