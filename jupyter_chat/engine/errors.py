"""What the engine refuses."""

from __future__ import annotations

from ..protocol import Code, Problem


class Invalid(Exception):
    """What was asked for makes no sense for this thread; `problem` says why."""

    def __init__(self, message: str, field: str) -> None:
        super().__init__(message)
        self.problem = Problem(Code.INVALID, message, field=field)
