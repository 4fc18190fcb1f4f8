"""What people may take of what all share, and what of it is left."""

from __future__ import annotations

from enum import Enum

from msgspec import Struct

from .basics import Milliseconds
from .conversations import Problem


class Measure(str, Enum):
    """What is counted: requests, tokens (in and out), US dollars, or answers being made."""

    REQUESTS = "requests"
    TOKENS = "tokens"
    DOLLARS = "dollars"
    REPLIES = "replies"


class Span(str, Enum):
    """The time in which it is counted, by the clock (UTC)."""

    MINUTE = "minute"
    DAY = "day"
    MONTH = "month"


class Whose(str, Enum):
    """Whose requests count: one's own, those of all with the same role, or everybody's."""

    OWN = "own"
    ROLE = "role"
    ALL = "all"


class Allowance(Struct, omit_defaults=True, frozen=True):
    """One limit, and what is `taken` of it: by what has ended, and by what is being made as
    far as that may go.  Answers being made have no `span`, and no time at which the count
    begins anew."""

    whose: Whose
    measure: Measure
    most: float
    taken: float
    span: Span | None = None
    resets_at: Milliseconds | None = None


class Allowances(Struct, omit_defaults=True, frozen=True):
    """All that limits what somebody may ask on this server.  `models` are patterns, one of
    which an allowed model fits (`None`: all are allowed); `ignored` says what is wrong with
    what this server's administrator says of limits: it is left out."""

    role: str
    allowances: list[Allowance]
    models: list[str] | None = None
    max_output_tokens: int | None = None
    ignored: Problem | None = None


class PersonUsage(Struct, frozen=True):
    """What one person's requests took today and this month (UTC), and how many answers of
    theirs are limited and being made."""

    user_id: str
    role: str
    requests_today: int
    tokens_today: int
    cost_today: float
    requests_month: int
    tokens_month: int
    cost_month: float
    allowances: list[Allowance]


class PeopleUsage(Struct, omit_defaults=True, frozen=True):
    """Everybody who has asked something this month, the dearest first; `together` are the
    limits of all together and of roles."""

    people: list[PersonUsage]
    together: list[Allowance]
    more: bool = False
