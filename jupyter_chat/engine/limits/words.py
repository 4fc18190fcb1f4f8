"""Limits in words: which one is reached, whose it is, and when it begins anew."""

from __future__ import annotations

from datetime import datetime, timezone

from ...protocol import Code, Measure, Milliseconds, Problem, Span, Whose
from ...providers.interface import KEPT
from ...store.reserving import NANODOLLARS, Amount, Ceiling, Reached, end_of


def whose(scope: str) -> Whose:
    kind, _, _ = scope.partition(":")
    return {"user": Whose.OWN, "role": Whose.ROLE}.get(kind, Whose.ALL)


def fits_never(reached: Reached, amount: Amount) -> bool:
    """Whether a request is larger than the whole limit."""
    return amount.of(reached.ceiling.measure) > reached.ceiling.most


def resets_at(ceiling: Ceiling, now: Milliseconds) -> Milliseconds | None:
    """When the count begins anew; `None`: when an answer ends."""
    return end_of(ceiling.span, now) if ceiling.span is not None else None


def refusal(reached: Reached, amount: Amount, now: Milliseconds) -> Problem:
    """What the person is told."""
    ceiling = reached.ceiling
    wants = amount.of(ceiling.measure)
    at = resets_at(ceiling, now)
    limit = f"{_owner(reached.scope)} limit of {_limit(ceiling)}"
    if fits_never(reached, amount):
        small = "nothing is left for you by it" if ceiling.most == 0 else "this is more"
        what = f"{limit} leaves no room: up to {_much(ceiling, wants)} are needed, and {small}"
        if wants <= 1:
            what = f"{limit} allows none"
        advice = (
            "shorten the question, set a shorter answer, choose another model, or ask whoever "
            "runs this server, and retry"
        )
        return Problem(Code.LIMIT_REACHED, f"{what}. {KEPT}: {advice}.")
    if at is None:
        what = f"{limit} is reached"
        return Problem(Code.LIMIT_REACHED, f"{what}. {KEPT}: retry when another answer has ended.")
    what = f"{limit} is reached"
    if reached.taken < ceiling.most and ceiling.measure is not Measure.REQUESTS:
        what = (
            f"{limit} has no room for this: {_much(ceiling, reached.taken)} are taken, and up "
            f"to {_much(ceiling, wants)} are needed"
        )
    return Problem(
        Code.LIMIT_REACHED,
        f"{what}. It begins anew {_time(ceiling, at)}. {KEPT}: retry then.",
        retry_at=at,
    )


def waiting(reached: Reached, retry_at: Milliseconds | None) -> Problem:
    """The same while it is waited for."""
    limit = f"{_owner(reached.scope)} limit of {_limit(reached.ceiling)}"
    return Problem(
        Code.LIMIT_REACHED,
        f"{limit} is reached. This goes on by itself.",
        retry_at=retry_at,
    )


def not_allowed(model: str) -> Problem:
    return Problem(
        Code.MODEL_NOT_ALLOWED,
        f"You may not use “{model}” on this server. {KEPT}: choose another model and retry.",
    )


def _owner(scope: str) -> str:
    kind, _, name = scope.partition(":")
    if kind == "user":
        return "Your"
    return f"The “{name}” role's" if kind == "role" else "Everybody's common"


def _limit(ceiling: Ceiling) -> str:
    if ceiling.span is None:
        return f"{_much(ceiling, ceiling.most)} at a time"
    return f"{_much(ceiling, ceiling.most)} a {ceiling.span.value}"


def _much(ceiling: Ceiling, number: int) -> str:
    if ceiling.measure is Measure.DOLLARS:
        dollars = number / NANODOLLARS
        return f"${dollars:,.2f}" if dollars >= 0.01 or not number else f"${dollars:.6f}"
    name = {Measure.REQUESTS: "request", Measure.TOKENS: "token", Measure.REPLIES: "answer"}[
        ceiling.measure
    ]
    return f"{number:,} {name}{'' if number == 1 else 's'}"


def _time(ceiling: Ceiling, at: Milliseconds) -> str:
    time = datetime.fromtimestamp(at / 1000, timezone.utc)
    if ceiling.span is Span.MINUTE:
        return f"at {time:%H:%M} (UTC)"
    return f"on {time:%B} {time.day} (UTC)"
