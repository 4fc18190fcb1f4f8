"""Whether something may be asked is decided here and nowhere else: before each reply, each
title and each summary.

What a request may take is reserved in the store before it is asked, and settled with what it
took however it ends.  Where nothing says how long an answer may get, some length is reserved,
and more while it grows.
"""

from __future__ import annotations

import asyncio
import random
from types import TracebackType
from typing import Protocol

from msgspec import Struct

from ...ids import new_id, now_ms
from ...protocol import (
    Allowance,
    Allowances,
    Measure,
    Milliseconds,
    Model,
    Problem,
    Usage,
)
from ...providers.interface import Endpoint, ProviderError
from ...store.errors import StoreError, Unavailable
from ...store.interface import Store
from ...store.reserving import (
    NANODOLLARS,
    NOTHING,
    Amount,
    Ceiling,
    Reached,
    Reservation,
    Share,
    Taken,
    reservation_id,
)
from ...store.types import LedgerEntry, UsageKind
from ..costs.accounting import price_of
from ..costs.budgets import Budgets
from . import words
from .extending import STEP_TOKENS, Extension
from .policy import Policy

_SHORT_MS = 60_000
_LONGEST_WAIT_MS = 90_000
_FIRST_LOOK_SECONDS = 0.25
_LONGEST_LOOK_SECONDS = 2.0
_SPREAD_SECONDS = 1.0
"""Those who wait for the same minute do not all come at once."""
_SETTLE_AGAIN_SECONDS = 1.0


class Listener(Protocol):
    """Who hears why a reply does not begin yet."""

    def waits(self, problem: Problem | None) -> None: ...


class Asked(Struct, frozen=True):
    """What is to be asked, as much as limits depend on it."""

    message_id: str
    kind: UsageKind
    model: Model
    endpoint: Endpoint
    input_tokens: int
    max_output_tokens: int | None = None

    def amount(self) -> Amount:
        """The most that it may take, as far as that is known.  Nobody shares the bill of a
        server that people have named for themselves, nor would what it says be worth counting."""
        is_reply = self.kind is UsageKind.REPLY
        if self.endpoint.own_server:
            return Amount(1, replies=int(is_reply))
        most = [self.max_output_tokens or STEP_TOKENS, self.model.max_output_tokens]
        usage = Usage(self.input_tokens, min(each for each in most if each is not None))
        price = price_of(self.endpoint.source, self.model, usage)
        spent = _spent(usage, price.dollars if price is not None else None)
        return Amount(1, spent.tokens, spent.dollars, int(is_reply))


class Permit:
    """What was let in, until it has ended."""

    def __init__(self, store: Store, user_id: str, own: str, scopes: tuple[str, ...]) -> None:
        self._store = store
        self._user_id = user_id
        self._id = own
        self._scopes = scopes
        self.reserved = Amount()
        """As far as it is known here."""
        self.entry: LedgerEntry | None = None
        """What it took; `None`: nothing was asked."""
        self.extension: Extension | None = None

    def grow(self, characters: int) -> None:
        """Note that so much of an answer has come.  Raises :class:`ProviderError` where there
        is no room for more."""
        if self.extension is not None:
            self.extension.grow(characters)

    async def settle(self, entry: LedgerEntry | None) -> None:
        """Let what it took take the place of what was reserved, for as long as it takes."""
        if not self._scopes:
            return
        spent = _spent(entry.usage, entry.cost) if entry is not None else None
        while True:
            try:
                if self.extension is not None:
                    await self.extension.settle()
                await self._store.settle(self._user_id, self._id, self._scopes, spent)
                return
            except Unavailable:
                await asyncio.sleep(_SETTLE_AGAIN_SECONDS)
            except StoreError:
                if spent == self.reserved:
                    return  # it lapses with the lease of this process
                spent = self.reserved  # what cannot be counted: no place stays taken because of it

    async def __aenter__(self) -> Permit:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        await self.settle(self.entry)


class Limits:
    """The limits of all people, kept."""

    def __init__(self, store: Store, policy: Policy, budgets: Budgets) -> None:
        self.owner = new_id()
        """The lease of this process, with which its reservations lapse."""
        self.policy = policy
        self._store = store
        self._budgets = budgets

    async def admit(self, user_id: str, asked: Asked, listener: Listener | None = None) -> Permit:
        """Let something be asked, of a model that is allowed (see `Requests.target`).  With a
        `listener`, wait where that does not take long.

        Raises :class:`ProviderError` where it may not be asked.
        """
        await self._budgets.require(user_id)
        allowed = await self.policy.of(user_id)
        own = reservation_id(asked.message_id, asked.kind.value)
        permit = Permit(self._store, user_id, own, allowed.scopes)
        if allowed.shares:
            permit.reserved = amount = asked.amount()
            await self._reserve(user_id, permit, own, amount, allowed.shares, listener)
            if amount.tokens and amount.replies and asked.max_output_tokens is None:
                permit.extension = Extension(
                    *(self._store, user_id, own, self.owner, allowed.shares),
                    *(asked.model, asked.endpoint.source),
                )
        return permit

    async def resumed(self, user_id: str, message_id: str) -> Permit:
        """What another process had let in, and this one goes on with."""
        try:
            scopes = (await self.policy.of(user_id)).scopes
        except (ProviderError, StoreError):
            scopes = ()  # then it lapses by itself
        own = reservation_id(message_id, UsageKind.REPLY.value)
        return Permit(self._store, user_id, own, scopes)

    async def of(self, user_id: str) -> Allowances:
        """What somebody may ask, and what of it is left."""
        allowed = await self.policy.of(user_id)
        return Allowances(
            allowed.role,
            await self.allowances(user_id, allowed.shares),
            allowed.models,
            allowed.max_output_tokens,
            self.policy.problem,
        )

    async def allowances(self, user_id: str, shares: tuple[Share, ...]) -> list[Allowance]:
        now = now_ms()
        found = await self._store.taken(user_id, [share.scope for share in shares], now)
        return [
            _allowance(share.scope, ceiling, taken, now)
            for share, taken in zip(shares, found, strict=True)
            for ceiling in share.ceilings
        ]

    # --- reserving ----------------------------------------------------------------------

    async def _reserve(
        self,
        user_id: str,
        permit: Permit,
        own: str,
        amount: Amount,
        shares: tuple[Share, ...],
        listener: Listener | None,
    ) -> None:
        until = now_ms() + _LONGEST_WAIT_MS
        tries = 0
        try:
            while True:
                wanted = Reservation(own, self.owner, now_ms(), amount, shares)
                reached = await self._try(user_id, permit, wanted)
                if reached is None:
                    return
                seconds = _worth_waiting(reached, amount, wanted.at, tries)
                retry_at = wanted.at + round((seconds or 0) * 1000)
                if seconds is None or listener is None or retry_at > until:
                    raise ProviderError(words.refusal(reached, amount, wanted.at))
                if tries == 0 or reached.ceiling.span is not None:
                    listener.waits(words.waiting(reached, _shown(reached, retry_at)))
                await asyncio.sleep(seconds)
                tries += 1
        finally:
            if tries and listener is not None:
                listener.waits(None)

    async def _try(self, user_id: str, permit: Permit, wanted: Reservation) -> Reached | None:
        """Whoever is cancelled meanwhile does not leave behind what may be held by then."""
        reserving = asyncio.ensure_future(self._store.reserve(user_id, wanted))
        try:
            return await asyncio.shield(reserving)
        except asyncio.CancelledError:
            await asyncio.wait({reserving})
            if not reserving.cancelled() and reserving.exception() is None:
                await permit.settle(None)
            raise
        except StoreError:
            await permit.settle(None)  # it may have been done all the same
            raise


def _worth_waiting(reached: Reached, amount: Amount, now: Milliseconds, tries: int) -> float | None:
    """How long, in seconds; `None`: it would take too long."""
    if words.fits_never(reached, amount):
        return None
    at = words.resets_at(reached.ceiling, now)
    if at is None:
        return min(_FIRST_LOOK_SECONDS * 2.0**tries, _LONGEST_LOOK_SECONDS)
    if at - now > _SHORT_MS:
        return None
    return (at - now) / 1000 + random.random() * _SPREAD_SECONDS


def _shown(reached: Reached, retry_at: Milliseconds) -> Milliseconds | None:
    """When an answer ends that others wait for, nobody knows."""
    return retry_at if reached.ceiling.span is not None else None


def _spent(usage: Usage, cost: float | None) -> Amount:
    tokens = usage.input_tokens + usage.output_tokens
    return Amount(tokens=tokens, dollars=round((cost or 0.0) * NANODOLLARS))


def _allowance(scope: str, ceiling: Ceiling, taken: Taken | None, now: Milliseconds) -> Allowance:
    unit = NANODOLLARS if ceiling.measure is Measure.DOLLARS else 1
    return Allowance(
        words.whose(scope),
        ceiling.measure,
        ceiling.most / unit,
        (taken or NOTHING).of(ceiling) / unit,
        ceiling.span,
        words.resets_at(ceiling, now),
    )
