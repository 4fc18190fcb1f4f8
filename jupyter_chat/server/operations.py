"""What each method of a handler takes and gives, said where it is written.

`openapi.py` makes the document of the whole interface from it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, TypeAlias, TypeVar

from msgspec import Meta

_F = TypeVar("_F", bound=Callable[..., Any])

MOST_LISTED = 200

PageSize: TypeAlias = Annotated[int, Meta(ge=1, le=MOST_LISTED)]
Cursor: TypeAlias = Annotated[str, Meta(description="`next` of the page before.")]
ByteCount: TypeAlias = Annotated[int, Meta(ge=0, le=10**18 - 1)]
Time: TypeAlias = Annotated[int, Meta(ge=0, le=10**15 - 1)]
MinutesWest: TypeAlias = Annotated[int, Meta(ge=-999, le=999)]


class Raw:
    """A body that is no JSON: a file, or a piece of one."""


@dataclass(frozen=True)
class Operation:
    summary: str
    query: Mapping[str, Any] = field(default_factory=dict)
    required: Sequence[str] = ()
    """Those of `query` that must be there."""
    body: Any = None
    answer: Any = None
    """A type of `protocol/`."""
    media_types: Sequence[str] = ()
    """Of an answer that is a file or a page."""
    socket: bool = False
    """It goes on as a WebSocket."""


def operation(summary: str, **said: Any) -> Callable[[_F], _F]:
    """Say of a handler's method what it does."""
    described = Operation(summary, **said)

    def describe(method: _F) -> _F:
        method.operation = described  # type: ignore[attr-defined]
        return method

    return describe
