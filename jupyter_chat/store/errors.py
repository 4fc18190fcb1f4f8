"""What a store raises, with words for the person."""

from __future__ import annotations

from ..protocol import Code, Problem


class StoreError(Exception):
    """The store cannot do it; `problem` says why in words for the person."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem


class NotFound(StoreError):
    """No such thing, or it is somebody else's."""

    def __init__(self, what: str) -> None:
        super().__init__(Problem(Code.NOT_FOUND, f"There is no such {what}."))


class BelowDeleted(NotFound):
    """It was deleted, and what it follows is deleted as well."""

    def __init__(self) -> None:
        words = "What it belongs to is deleted as well: take that back first."
        StoreError.__init__(self, Problem(Code.NOT_FOUND, words))


class Failed(StoreError):
    """It went wrong in a way that nobody foresaw; the log says how."""

    def __init__(self) -> None:
        super().__init__(
            Problem(
                Code.INTERNAL,
                "Something went wrong in the chat history; the server's log has the details. "
                "What was stored before is kept; try again.",
            )
        )


class Conflict(StoreError):
    """The thread has changed since the revision that the change was made for."""

    def __init__(self) -> None:
        super().__init__(
            Problem(
                Code.CONFLICT,
                "This conversation was changed elsewhere in the meantime; nothing was "
                "overwritten. Look at it again and repeat the change.",
            )
        )


class Unavailable(StoreError):
    """The store as a whole cannot be used (down, locked, read-only, full, corrupt or
    written by a newer version); may be over later."""
