"""What is refused to people who sign in, with words for them."""

from __future__ import annotations

import math

from ..ids import now_ms
from ..protocol import Code, Milliseconds, Problem


class Refused(Exception):
    """`problem` says why."""

    def __init__(
        self,
        code: Code,
        message: str,
        field: str | None = None,
        retry_at: Milliseconds | None = None,
    ) -> None:
        super().__init__(message)
        self.problem = Problem(code, message, field=field, retry_at=retry_at)


class CannotLetIn(Refused):
    """What people are let in by cannot be read or made.  Strangers are not told why."""

    def __init__(self) -> None:
        super().__init__(
            Code.INTERNAL,
            "Nobody can sign in at present, and nothing was changed. The server's log has the "
            "details: ask whoever looks after it, and try again.",
        )


class TooOften(Refused):
    """Tried more often than is let pass; `seconds` from now it may be tried again."""

    def __init__(self, seconds: float) -> None:
        self.seconds = max(1, math.ceil(seconds))
        minutes = math.ceil(self.seconds / 60)
        when = f"in {self.seconds} seconds" if self.seconds < 120 else f"in {minutes} minutes"
        super().__init__(
            Code.TOO_OFTEN,
            f"That was tried too often. Nothing was changed; try again {when}.",
            retry_at=now_ms() + self.seconds * 1000,
        )
