"""What one may still ask, as lines of text."""

from __future__ import annotations

from datetime import datetime

from ..protocol import Allowance, Allowances, Measure, Whose

_WHOSE = {
    Whose.OWN: "",
    Whose.ROLE: ", all with your role",
    Whose.ALL: ", everybody together",
}


def lines(found: Allowances) -> list[str]:
    """One for each limit; none where nothing is limited."""
    return [_line(allowance) for allowance in found.allowances]


def _line(allowance: Allowance) -> str:
    taken, most = (_amount(allowance, each) for each in (allowance.taken, allowance.most))
    text = f"{taken} of {most} {_unit(allowance)}{_WHOSE[allowance.whose]}"
    if allowance.resets_at is None:
        return text
    time = datetime.fromtimestamp(allowance.resets_at / 1000).astimezone()
    return f"{text}; anew {time:%Y-%m-%d %H:%M}"


def _amount(allowance: Allowance, value: float) -> str:
    return f"${value:,.2f}" if allowance.measure is Measure.DOLLARS else f"{value:,.0f}"


def _unit(allowance: Allowance) -> str:
    if allowance.span is None:
        return "answers at a time"
    what = "" if allowance.measure is Measure.DOLLARS else f"{allowance.measure.value} "
    return f"{what}a {allowance.span.value}"
