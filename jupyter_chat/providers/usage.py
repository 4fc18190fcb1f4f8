"""What servers say that a reply has taken: numbers of theirs, which need not make sense."""

from __future__ import annotations

from ..protocol import Usage

MOST_TOKENS = 10_000_000
"""More than any model takes or says at once: sums of what is below fit into any database."""


def reported(
    given: int | None,
    written: int | None,
    cached: int | None,
    cache_writes: int | None,
    reasoning: int | None,
) -> Usage:
    """What a server has said; what it has not said is nothing."""
    said = Usage(given or 0, written or 0, cached or 0, cache_writes or 0, reasoning or 0)
    return at_most(said, MOST_TOKENS, MOST_TOKENS)


def at_most(usage: Usage, given: int, written: int) -> Usage:
    """The same with no more than so many tokens each way, never less than nothing, and no part
    larger than its whole."""
    into = _within(usage.input_tokens, given)
    out = _within(usage.output_tokens, written)
    cached = _within(usage.cached_tokens, into)
    return Usage(
        input_tokens=into,
        output_tokens=out,
        cached_tokens=cached,
        cache_write_tokens=_within(usage.cache_write_tokens, into - cached),
        reasoning_tokens=_within(usage.reasoning_tokens, out),
        estimated=usage.estimated,
    )


def _within(number: int, most: int) -> int:
    return min(max(number, 0), most)
