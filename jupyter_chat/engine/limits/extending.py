"""Reserving more for an answer whose length nothing limits, while it grows.

Each step is a reservation of its own beside the first.  Where a day's or a month's limit has no
room for it, the answer ends with what has come.
"""

from __future__ import annotations

import asyncio

from ...ids import now_ms
from ...protocol import Model, Source, Span, Usage
from ...providers.interface import ProviderError
from ...store.errors import StoreError
from ...store.interface import Store
from ...store.reserving import (
    NANODOLLARS,
    Amount,
    Ceiling,
    Reached,
    Reservation,
    Share,
    step_id,
)
from ..costs.accounting import price_of
from . import words

STEP_TOKENS = 4096
_CHARACTERS_PER_TOKEN = 3
"""On the careful side: what is reserved too early is given back."""


class Extension:
    """Of the reservation `own`; it has room for `STEP_TOKENS` of the answer."""

    def __init__(
        self,
        store: Store,
        user_id: str,
        own: str,
        owner: str,
        shares: tuple[Share, ...],
        model: Model,
        source: Source | None,
    ) -> None:
        self._store = store
        self._user_id = user_id
        self._own = own
        self._owner = owner
        self._shares = tuple(Share(each.scope, _lasting(each)) for each in shares)
        price = price_of(source, model, Usage(output_tokens=STEP_TOKENS))
        dollars = round(price.dollars * NANODOLLARS) if price is not None else 0
        self._step = Amount(tokens=STEP_TOKENS, dollars=dollars)
        self._characters = 0
        self._steps = 0
        """Those that may be held."""
        self._reserving: asyncio.Task[Reached | None] | None = None

    def grow(self, characters: int) -> None:
        """Note that so much has come.  Raises :class:`ProviderError` where there is no room
        for more."""
        self._characters += characters
        room = (self._steps + 1) * STEP_TOKENS * _CHARACTERS_PER_TOKEN
        if self._reserving is not None:
            if not self._reserving.done():
                return
            reached = self._reserving.result()
            if reached is not None:
                raise ProviderError(words.refusal(reached, self._step, now_ms()), ended=True)
            self._reserving = None
        if self._characters > room:
            self._steps += 1
            self._reserving = asyncio.create_task(self._reserve(self._steps))

    async def settle(self) -> None:
        """Give all of it back: the first reservation is settled with the whole."""
        if self._reserving is not None:
            await asyncio.wait({self._reserving})
        scopes = tuple(share.scope for share in self._shares)
        for step in range(1, self._steps + 1):
            own = step_id(self._own, step)
            await self._store.settle(self._user_id, own, scopes, Amount())

    async def _reserve(self, step: int) -> Reached | None:
        own = step_id(self._own, step)
        wanted = Reservation(own, self._owner, now_ms(), self._step, self._shares)
        try:
            return await self._store.reserve(self._user_id, wanted)
        except StoreError:
            return None  # an answer is not cut off because the history is away


def _lasting(share: Share) -> tuple[Ceiling, ...]:
    """No answer is cut off because of a minute that is full, or of others being made."""
    return tuple(each for each in share.ceilings if each.span in (Span.DAY, Span.MONTH))
