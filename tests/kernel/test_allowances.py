"""What one may still ask, as lines of text."""

from __future__ import annotations

import re

from jupyter_chat.kernel.allowances import lines
from jupyter_chat.protocol import Allowance, Allowances, Measure, Span, Whose

NOON = 1_795_780_800_000


def test_each_limit_is_a_line_with_when_it_begins_anew() -> None:
    found = Allowances(
        "user",
        [
            Allowance(Whose.OWN, Measure.TOKENS, 8_000, 4_130, Span.DAY, NOON),
            Allowance(Whose.ALL, Measure.DOLLARS, 100, 1.5, Span.MONTH, NOON),
            Allowance(Whose.ROLE, Measure.REPLIES, 2, 1),
        ],
    )
    tokens, dollars, replies = lines(found)
    assert re.fullmatch(r"4,130 of 8,000 tokens a day; anew 2026-11-2[67] \d\d:\d\d", tokens)
    assert dollars.startswith("$1.50 of $100.00 a month, everybody together; anew 2026-")
    assert replies == "1 of 2 answers at a time, all with your role"


def test_where_nothing_is_limited_there_is_none() -> None:
    assert lines(Allowances("user", [])) == []
