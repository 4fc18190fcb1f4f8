"""Failed logins in the audit log: summed up, one entry for each person and minute.

Whoever tries out passwords would otherwise fill the log.  Names that nobody has are not noted:
people type all sorts of things into that field.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, field

from ..engine.audit import Audit, Event
from ..store.errors import StoreError

SUM_SECONDS = 60.0
_MOST_PEOPLE = 50
"""Of one minute; the others are one entry together."""
_MOST_ADDRESSES = 5


@dataclass
class _Tries:
    count: int = 0
    refused: int = 0
    addresses: set[str] = field(default_factory=set)
    more_addresses: bool = False

    def add(self, address: str, *, refused: bool) -> None:
        self.count += 1
        self.refused += refused
        if address in self.addresses:
            return
        if len(self.addresses) < _MOST_ADDRESSES:
            self.addresses.add(address)
        else:
            self.more_addresses = True

    def in_words(self) -> str:
        tries = f"{self.count} {'time' if self.count == 1 else 'times'}"
        refused = f", {self.refused} of them refused unseen" if self.refused else ""
        where = ", ".join(sorted(each for each in self.addresses if each))
        more = " and others" if self.more_addresses else ""
        return f"{tries}{refused}" + (f", from {where}{more}" if where else "")


class FailedLogins:
    """Those that this process has seen and not noted yet."""

    def __init__(self, audit: Audit, log: logging.Logger) -> None:
        self._audit = audit
        self._log = log
        self._tries: dict[str, _Tries] = {}
        self._task: asyncio.Task[None] | None = None

    def add(self, user_id: str | None, address: str, *, refused: bool = False) -> None:
        """`user_id` is `None` where nobody has the name; `refused`: the password was not even
        looked at."""
        own = user_id or ""
        if own not in self._tries and len(self._tries) >= _MOST_PEOPLE:
            own = ""
        self._tries.setdefault(own, _Tries()).add(address, refused=refused)
        if self._task is None:
            self._task = asyncio.create_task(self._later())

    async def note(self) -> None:
        """Write down what there is."""
        tries, self._tries = self._tries, {}
        for user_id, each in tries.items():
            try:
                await self._audit.note("", Event.SIGNING_IN_FAILED, user_id, each.in_words())
            except StoreError as error:  # reported by `health.py`
                self._log.warning(
                    "Failed logins were not noted (%s): %s", error.problem.message, each.in_words()
                )

    async def close(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait({self._task})
        await self.note()

    async def _later(self) -> None:
        await asyncio.sleep(SUM_SECONDS)
        self._task = None
        await self.note()
