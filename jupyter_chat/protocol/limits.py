"""What people may take of what all share, and what of it is left."""

from __future__ import annotations

from enum import Enum
from typing import Annotated, TypeAlias

from msgspec import UNSET, Meta, Struct, UnsetType

from .basics import Milliseconds
from .conversations import Problem

LimitCount: TypeAlias = Annotated[int, Meta(ge=0, le=10**12)]
LimitDollars: TypeAlias = Annotated[float, Meta(ge=0, le=1_000_000_000)]
ModelPattern: TypeAlias = Annotated[str, Meta(min_length=1, max_length=200)]


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
    limits of all together and of roles, `names` those of the people whom the server knows by
    one."""

    people: list[PersonUsage]
    together: list[Allowance]
    names: dict[str, str] = {}
    more: bool = False


class Counts(Struct, frozen=True):
    """What can be said of what is counted.  What is not set says nothing, `null` takes a limit
    away that is said more generally."""

    requests_per_minute: LimitCount | None | UnsetType = UNSET
    tokens_per_minute: LimitCount | None | UnsetType = UNSET
    concurrent_replies: LimitCount | None | UnsetType = UNSET
    tokens_per_day: LimitCount | None | UnsetType = UNSET
    tokens_per_month: LimitCount | None | UnsetType = UNSET
    dollars_per_day: LimitDollars | None | UnsetType = UNSET
    dollars_per_month: LimitDollars | None | UnsetType = UNSET


class Rule(Counts, frozen=True):
    """What can be said of each person."""

    models: Annotated[list[ModelPattern], Meta(max_length=200)] | None | UnsetType = UNSET
    max_output_tokens: Annotated[int, Meta(ge=1, le=10_000_000)] | None | UnsetType = UNSET


class RoleRule(Rule, omit_defaults=True, frozen=True):
    """What can be said of a role: of each one who has it, and of all of them `together`."""

    together: Counts = Counts()


class LimitRules(Struct, omit_defaults=True, frozen=True):
    """All that is said of limits in one place: the configuration, or the store.  `users` go by
    their ids; `revision` counts the changes of what is stored."""

    everyone: Rule = Rule()
    roles: dict[str, RoleRule] = {}
    users: dict[str, Rule] = {}
    together: Counts = Counts()
    revision: int = 0


class LimitSettings(Struct, omit_defaults=True, frozen=True):
    """The limits of a server, for administrators.  What is `fixed` stands in its configuration or
    in a file, and goes before what is `stored`, field by field.  `roles` are those that there
    are, `names` those of the people whom something is said of."""

    stored: LimitRules
    fixed: LimitRules
    roles: list[str]
    names: dict[str, str]
    ignored: Problem | None = None


class LimitScope(str, Enum):
    """Of whom something is said: of each person, of each one with a role, of one person; of all
    people together, of all with a role together."""

    EVERYONE = "everyone"
    ROLE = "role"
    PERSON = "person"
    TOGETHER = "together"
    ROLE_TOGETHER = "role_together"


class LimitsChange(Struct, omit_defaults=True, frozen=True):
    """Says something else of somebody, in place of all that was stored of them.  `name` is that
    of the role, or the person's name or id."""

    scope: LimitScope
    rule: Rule
    name: Annotated[str, Meta(max_length=200)] = ""
