"""REST: what was asked and what it cost, and what may be spent."""

from __future__ import annotations

import re
from datetime import datetime, timezone

from jupyter_server.auth.decorator import authorized
from tornado import web

from ..engine.errors import Invalid
from ..protocol import Budget, UsageBy, UsageReport
from ..store.types import LedgerQuery
from .exchange import ExportHandler
from .operations import MinutesWest, Time, operation
from .rest import ChatHandler

_SPAN = {"from": Time, "to": Time}


def _span(handler: ChatHandler) -> LedgerQuery:
    """The arguments `from` and `to`, in milliseconds."""
    times: list[int | None] = []
    for name in ("from", "to"):
        text = handler.get_query_argument(name, "")
        if text and (not text.isascii() or not text.isdigit() or len(text) > 15):
            raise Invalid(f"`{name}` must be a time in milliseconds.", name)
        times.append(int(text) if text else None)
    since, until = times
    return LedgerQuery(since or 0, until)


class UsageHandler(ChatHandler):
    @operation(
        "What was asked and what it cost.",
        query={**_SPAN, "by": UsageBy, "minutes_west": MinutesWest},
        answer=UsageReport,
    )
    @web.authenticated
    @authorized
    async def get(self) -> None:
        user = await self.person()
        which, by = _span(self), self._by()
        minutes_west = self.get_query_argument("minutes_west", "0")
        if not re.fullmatch(r"-?[0-9]{1,3}", minutes_west):
            raise Invalid("`minutes_west` must be a number of minutes.", "minutes_west")
        reports = self.services.usage
        self.answer(await reports.report(user.id, which, by, int(minutes_west)))

    def _by(self) -> UsageBy:
        try:
            return UsageBy(self.get_query_argument("by", UsageBy.DAY.value))
        except ValueError:
            names = ", ".join(f"`{by.value}`" for by in UsageBy)
            raise Invalid(f"`by` must be one of {names}.", "by") from None


class UsageFileHandler(ExportHandler):
    @operation("The same as a table, request by request.", query=_SPAN, media_types=("text/csv",))
    @web.authenticated
    @authorized
    async def get(self) -> None:
        user = await self.person()
        which = _span(self)
        await self.services.store.usage_total(user.id, which)  # while there can be an error
        day = datetime.now(timezone.utc).date().isoformat()
        pieces = self.services.usage.csv(user.id, which)
        await self.save(f"jupyter-chat usage {day}.csv", "text/csv; charset=utf-8", pieces)

    head = get


class BudgetHandler(ChatHandler):
    @operation("What may be spent, and what has been.", answer=Budget)
    @web.authenticated
    @authorized
    async def get(self) -> None:
        user = await self.person()
        self.answer(await self.services.budgets.of(user.id))


default_handlers = [
    (r"jupyter-chat/api/usage", UsageHandler),
    (r"jupyter-chat/api/usage\.csv", UsageFileHandler),
    (r"jupyter-chat/api/budget", BudgetHandler),
]
