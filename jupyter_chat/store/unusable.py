"""A store that can never be opened: its address makes no sense."""

from __future__ import annotations

from ..protocol import Problem
from .errors import Unavailable


class UnusableStore:
    """Says so whenever somebody tries, so that the chat can show why it keeps nothing."""

    def __init__(self, problem: Problem) -> None:
        self._problem = problem

    async def open(self) -> None:
        raise Unavailable(self._problem)

    async def check(self) -> None:
        raise Unavailable(self._problem)

    async def close(self) -> None:
        """There is nothing to let go of."""
