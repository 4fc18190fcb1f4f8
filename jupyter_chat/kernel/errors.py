"""What can go wrong for somebody who asks from Python."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..protocol import Code, Problem
from .plain import plain

if TYPE_CHECKING:
    from .answers import Answer


class ChatError(Exception):
    """Whatever the chat could not do; the message says what happened, what was kept and
    what to do.  `problem.code` tells the cases apart, for instance
    `Code.RATE_LIMITED`."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(plain(problem.message))
        self.problem = problem

    @property
    def code(self) -> Code:
        return self.problem.code


class NoServer(ChatError):
    """There is no chat server, and none could be started."""

    def __init__(self, message: str, detail: str | None = None, code: Code = Code.INTERNAL) -> None:
        super().__init__(Problem(code, message, detail=detail))


class ConnectionLost(ChatError):
    """The chat server did not come back in time."""

    def __init__(self, message: str) -> None:
        super().__init__(Problem(Code.INTERNAL, message))


class Closed(ChatError):
    """Whoever was asked has been closed, and let go of its connection."""

    def __init__(self, who: str) -> None:
        super().__init__(Problem(Code.INVALID, f"This {who} is closed; make another one."))


class Refused(ChatError):
    """The server did not do it; nothing was changed."""


class MaybeSecret(ChatError):
    """What was to go with a question looks like a secret; nothing was sent."""

    def __init__(self, found: list[str]) -> None:
        what = " ".join(found)
        super().__init__(
            Problem(
                Code.INVALID,
                f"{what} Nothing was sent. If it may go, ask again with `secrets=True`, in "
                "`%chat` with `--secrets`.",
            )
        )


class AnswerFailed(ChatError):
    """The model's server gave no whole answer; `answer` holds what came of it."""

    def __init__(self, problem: Problem, answer: Answer) -> None:
        super().__init__(problem)
        self.answer = answer
