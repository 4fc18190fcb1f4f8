"""REST for whoever administers a server: limits, what everybody uses, what was flagged, the audit
log, the source for everybody."""

from __future__ import annotations

from jupyter_server.auth.decorator import authorized
from tornado import web

from ..engine.errors import Invalid
from ..engine.roles import ADMINISTRATORS
from ..ids import now_ms
from ..protocol import (
    AuditNumber,
    AuditPage,
    AuditVerdict,
    FlaggedList,
    FlaggedSeen,
    Id,
    LimitsChange,
    LimitSettings,
    PeopleUsage,
    SharedSourceInfo,
    SharedSourceOffer,
    WhoseName,
    decode,
)
from .operations import PageSize, operation
from .rest import ChatHandler

_PAGE = 50


class AdminHandler(ChatHandler):
    """For administrators: of accounts, or the owner of a server."""

    async def administrator(self) -> str:
        """Their id."""
        user = await self.person()
        if self.from_kernel or await self.services.roles.of(user.id) not in ADMINISTRATORS:
            raise web.HTTPError(403, "Only administrators of this server see what others do.")
        return user.id


class PeopleUsageHandler(AdminHandler):
    @operation("What everybody uses; for administrators.", answer=PeopleUsage)
    @web.authenticated
    @authorized
    async def get(self) -> None:
        await self.administrator()
        self.answer(await self.services.people.usage())


class FlaggedHandler(AdminHandler):
    @operation(
        "What was flagged, the newest first; for administrators.",
        query={"limit": PageSize, "before": Id, "unseen": bool},
        answer=FlaggedList,
    )
    @web.authenticated
    @authorized
    async def get(self) -> None:
        await self.administrator()
        before = self.get_query_argument("before", "") or None
        self.answer(
            await self.services.people.flagged(
                limit=self.limit(_PAGE), before=before, unseen=self._unseen()
            )
        )

    def _unseen(self) -> bool:
        text = self.get_query_argument("unseen", "false")
        if text not in ("true", "false"):
            raise Invalid("`unseen` must be `true` or `false`.", "unseen")
        return text == "true"


class FlaggedSeenHandler(AdminHandler):
    @operation(
        "Mark what was flagged as seen; for administrators.", body=FlaggedSeen, answer=FlaggedSeen
    )
    @web.authenticated
    @authorized
    async def post(self) -> None:
        await self.administrator()
        seen = decode(self.body(), FlaggedSeen)
        await self.services.store.see_flagged(seen.flagged_ids, now_ms())
        self.answer(seen)


class LimitSettingsHandler(AdminHandler):
    @operation("What limits people; for administrators.", answer=LimitSettings)
    @web.authenticated
    @authorized
    async def get(self) -> None:
        await self.administrator()
        self.answer(await self.services.stored_limits.describe())

    @operation(
        "Limit somebody in another way; for administrators.",
        body=LimitsChange,
        answer=LimitSettings,
    )
    @web.authenticated
    @authorized
    async def put(self) -> None:
        admin_id = await self.administrator()
        change = decode(self.body(), LimitsChange)
        self.answer(await self.services.stored_limits.change(admin_id, change))


class AuditHandler(AdminHandler):
    @operation(
        "The audit log, the newest first; for administrators.",
        query={"limit": PageSize, "before": AuditNumber, "person": WhoseName, "event": WhoseName},
        answer=AuditPage,
    )
    @web.authenticated
    @authorized
    async def get(self) -> None:
        await self.administrator()
        self.answer(
            await self.services.audit.newest(
                limit=self.limit(_PAGE),
                before=self._before(),
                person=self.get_query_argument("person", ""),
                event=self.get_query_argument("event", ""),
            )
        )

    def _before(self) -> int | None:
        text = self.get_query_argument("before", "")
        if not text:
            return None
        plain = text.isascii() and text.isdigit() and len(text) < 17
        if not plain or not 1 <= int(text) <= 2**53:
            raise Invalid("`before` must be the number of an entry.", "before")
        return int(text)


class AuditVerdictHandler(AdminHandler):
    @operation("Look whether the audit log is whole; for administrators.", answer=AuditVerdict)
    @web.authenticated
    @authorized
    async def post(self) -> None:
        await self.administrator()
        self.answer(await self.services.audit.verify())


class SharedSourceHandler(AdminHandler):
    @operation(
        "Where answers come from for everybody; for administrators.", answer=SharedSourceInfo
    )
    @web.authenticated
    @authorized
    async def get(self) -> None:
        await self.administrator()
        self.answer(await self.services.sharing.describe())

    @operation(
        "Set where answers come from for everybody; for administrators.",
        body=SharedSourceOffer,
        answer=SharedSourceInfo,
    )
    @web.authenticated
    @authorized
    async def put(self) -> None:
        admin_id = await self.administrator()
        offer = decode(self.body(), SharedSourceOffer)
        self.answer(await self.services.sharing.put(admin_id, offer))

    @operation("Forget what was set of it; for administrators.", answer=SharedSourceInfo)
    @web.authenticated
    @authorized
    async def delete(self) -> None:
        self.answer(await self.services.sharing.remove(await self.administrator()))


default_handlers = [
    (r"jupyter-chat/api/admin/usage", PeopleUsageHandler),
    (r"jupyter-chat/api/admin/limits", LimitSettingsHandler),
    (r"jupyter-chat/api/admin/flagged", FlaggedHandler),
    (r"jupyter-chat/api/admin/flagged/seen", FlaggedSeenHandler),
    (r"jupyter-chat/api/admin/audit", AuditHandler),
    (r"jupyter-chat/api/admin/audit/verify", AuditVerdictHandler),
    (r"jupyter-chat/api/admin/source", SharedSourceHandler),
]
