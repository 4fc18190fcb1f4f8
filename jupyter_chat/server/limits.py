"""REST: what one may ask, and what of it is left."""

from __future__ import annotations

from jupyter_server.auth.decorator import authorized
from tornado import web

from ..protocol import Allowances
from .operations import operation
from .rest import ChatHandler


class LimitsHandler(ChatHandler):
    @operation("What one may still ask, and when it begins anew.", answer=Allowances)
    @web.authenticated
    @authorized
    async def get(self) -> None:
        user = await self.person()
        self.answer(await self.services.limits.of(user.id))


default_handlers = [
    (r"jupyter-chat/api/limits", LimitsHandler),
]
