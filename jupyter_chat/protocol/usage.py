"""What was asked, and what it cost."""

from __future__ import annotations

from enum import Enum

from msgspec import Struct

from .basics import Milliseconds


class UsageBy(str, Enum):
    """What usage is added up by."""

    DAY = "day"
    MODEL = "model"
    THREAD = "thread"


class UsageSum(Struct, frozen=True):
    """What several requests have taken and cost together: answers, and the titles
    and summaries that models made.

    `key` is the day (`2026-11-26`), the model or the thread's id; the sum of all has none.
    `title` is a thread's, as long as there is the thread.  `cost` is that of the requests
    whose price is known; `unpriced` of them have none.  The tokens of `estimated` ones were
    counted here, because the API did not say; `at_most` are those that may have been cheaper.
    """

    key: str
    requests: int
    input_tokens: int
    output_tokens: int
    cached_tokens: int
    cache_write_tokens: int
    reasoning_tokens: int
    cost: float
    unpriced: int
    estimated: int
    at_most: int
    title: str | None = None


class UsageReport(Struct, frozen=True):
    """One's own usage in a span of time: days in their order (those without any are left
    out), models and threads with the dearest first, of threads the first 100.  `total` is
    the sum of all."""

    sums: list[UsageSum]
    total: UsageSum


class Budget(Struct, omit_defaults=True, frozen=True):
    """What may be spent in a month (US dollars), and what has been `since` it began (UTC).

    Requests whose price is not known count nothing.  From `limit` on nothing more is asked.
    """

    spent: float
    since: Milliseconds
    limit: float | None = None
