"""Reservations of what is limited: their types, and what both stores compute alike.

Limits are counted by *scope*: one person, the people of one role, everybody.  A scope
counts by the clock, in minutes, days and months of UTC.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta, timezone

from msgspec import Struct

from ..protocol import Measure, Milliseconds, Span
from .records import DAY_MS, MINUTE_MS

NANODOLLARS = 1_000_000_000
"""Money is counted in whole numbers: sums stay exact."""

_PERSON = "user:"

COUNTED = (Measure.REQUESTS, Measure.TOKENS, Measure.DOLLARS)
"""What is counted in spans of time."""


class Amount(Struct, frozen=True):
    """What requests take.  `dollars` are billionths; `replies` are held until they end.

    A request that reserves no `tokens` is of those that nobody else pays for: whatever it took
    in the end, its tokens and dollars are not counted.
    """

    requests: int = 0
    tokens: int = 0
    dollars: int = 0
    replies: int = 0

    def of(self, measure: Measure) -> int:
        return int(getattr(self, measure.value))


def scope_of(user_id: str) -> str:
    """The scope of one person."""
    return f"{_PERSON}{user_id}"


def user_of(scope: str) -> str:
    """Whose it is; what several share is nobody's (empty)."""
    return scope.removeprefix(_PERSON) if scope.startswith(_PERSON) else ""


class Ceiling(Struct, frozen=True):
    """The most of something in a span of time; of replies at a time."""

    measure: Measure
    most: int
    span: Span | None = None


class Share(Struct, frozen=True):
    """What limits a request in one scope."""

    scope: str
    ceilings: tuple[Ceiling, ...]


class Reservation(Struct, frozen=True):
    """What a request may take, before it is asked.

    Its `id` is that of the message and the kind of its entry in the ledger.  `owner` is the
    lease of the process that asks: with it the reservation lapses.
    """

    id: str
    owner: str
    at: Milliseconds
    amount: Amount
    shares: tuple[Share, ...]


class Reached(Struct, frozen=True):
    """Why a reservation was refused: what was `taken` of a scope's ceiling by then."""

    scope: str
    ceiling: Ceiling
    taken: int


class Taken(Struct, frozen=True):
    """What is taken of a scope, by what has ended and what is being made."""

    spans: Mapping[Span, Amount]
    replies: int = 0

    def of(self, ceiling: Ceiling) -> int:
        if ceiling.span is None:
            return self.replies
        found = self.spans.get(ceiling.span)
        return found.of(ceiling.measure) if found is not None else 0


NOTHING = Taken({})


class Hold(Struct, frozen=True):
    """A reservation as one scope keeps it."""

    id: str
    user_id: str
    owner: str
    at: Milliseconds
    amount: Amount

    @property
    def message_id(self) -> str:
        return self.id.rpartition(":")[0]

    @property
    def is_step(self) -> bool:
        """Whether it adds to another reservation, which is settled with the whole."""
        return "+" in self.id


def reservation_id(message_id: str, kind: str) -> str:
    return f"{message_id}:{kind}"


def step_id(own: str, step: int) -> str:
    """What adds to a reservation."""
    return f"{own}+{step}"


def reached(share: Share, taken: Taken, amount: Amount) -> Reached | None:
    """The ceiling that a request does not fit under; where there are several, the one that
    holds longest."""
    found = [
        Reached(share.scope, each, taken.of(each))
        for each in share.ceilings
        if taken.of(each) + amount.of(each.measure) > each.most
    ]
    return max(found, key=lambda each: _LENGTHS.index(each.ceiling.span), default=None)


_LENGTHS = (None, Span.MINUTE, Span.DAY, Span.MONTH)


def change(reserved: Amount, spent: Amount | None) -> Amount:
    """What a reservation's end changes of what is taken; `None`: nothing was asked."""
    if spent is None:
        return Amount(-reserved.requests, -reserved.tokens, -reserved.dollars)
    if not reserved.tokens:
        return Amount()
    return Amount(0, spent.tokens - reserved.tokens, spent.dollars - reserved.dollars)


def start_of(span: Span, at: Milliseconds) -> Milliseconds:
    """When the span began that a time is in."""
    if span is Span.MINUTE:
        return at - at % MINUTE_MS
    if span is Span.DAY:
        return at - at % DAY_MS
    return _ms(_month(at))


def end_of(span: Span, at: Milliseconds) -> Milliseconds:
    """When the next one begins."""
    if span is Span.MINUTE:
        return start_of(span, at) + MINUTE_MS
    if span is Span.DAY:
        return start_of(span, at) + DAY_MS
    return _ms((_month(at) + timedelta(days=32)).replace(day=1))


def _month(at: Milliseconds) -> datetime:
    time = datetime.fromtimestamp(at / 1000, timezone.utc)
    return time.replace(day=1, hour=0, minute=0, second=0, microsecond=0)


def _ms(time: datetime) -> Milliseconds:
    return round(time.timestamp() * 1000)
