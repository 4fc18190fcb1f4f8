"""REST: what one may ask and what of it is left; what everybody uses, for administrators."""

from __future__ import annotations

from jupyter_server.auth.decorator import authorized
from tornado import web

from ..engine.roles import ADMINISTRATORS
from ..protocol import Allowances, FlaggedList, Id, PeopleUsage
from .operations import PageSize, operation
from .rest import ChatHandler

_PAGE = 50


class LimitsHandler(ChatHandler):
    @operation("What one may still ask, and when it begins anew.", answer=Allowances)
    @web.authenticated
    @authorized
    async def get(self) -> None:
        user = await self.person()
        self.answer(await self.services.limits.of(user.id))


class PeopleUsageHandler(ChatHandler):
    @operation("What everybody uses; for administrators.", answer=PeopleUsage)
    @web.authenticated
    @authorized
    async def get(self) -> None:
        await _require_administrator(self)
        self.answer(await self.services.people.usage())


class FlaggedHandler(ChatHandler):
    @operation(
        "What was flagged, the newest first; for administrators.",
        query={"limit": PageSize, "before": Id},
        answer=FlaggedList,
    )
    @web.authenticated
    @authorized
    async def get(self) -> None:
        await _require_administrator(self)
        limit, before = self.limit(_PAGE), self.get_query_argument("before", "") or None
        found = await self.services.store.flagged(limit=limit + 1, before=before)
        self.answer(FlaggedList(found[:limit], len(found) > limit))


async def _require_administrator(handler: ChatHandler) -> None:
    user = await handler.person()
    if handler.from_kernel or await handler.services.roles.of(user.id) not in ADMINISTRATORS:
        raise web.HTTPError(403, "Only administrators of this server see what others do.")


default_handlers = [
    (r"jupyter-chat/api/limits", LimitsHandler),
    (r"jupyter-chat/api/admin/usage", PeopleUsageHandler),
    (r"jupyter-chat/api/admin/flagged", FlaggedHandler),
]
