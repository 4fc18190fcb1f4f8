"""A user's server that is linked with the chat service of a hub: how its people get there."""

from __future__ import annotations

from enum import Enum
from typing import Annotated

from msgspec import Meta, Struct

ACCESS_SCHEME = "jupyter-chat-access"
"""An access token is shown as `Authorization: jupyter-chat-access TOKEN`."""
SOCKET_PROTOCOL = "jupyter-chat"
ACCESS_PROTOCOL_PREFIX = "access."
"""A browser's sockets have no such header: they offer the subprotocols `jupyter-chat` and
`access.TOKEN`, of which the service takes the first.  No token stands in an address, for proxies
log these."""


class Side(str, Enum):
    """From where the service is spoken to: each may know it by another address, and has a token of
    its own, for kernels may do less."""

    BROWSER = "browser"
    KERNEL = "kernel"


class Access(Struct, frozen=True):
    """Where the chat service is, and what lets one in there for `seconds_left`."""

    url: str
    """Its base URL, which ends with a slash; a path is one of the page's own host."""
    token: str
    seconds_left: Annotated[float, Meta(ge=0)]

    def __repr__(self) -> str:  # the token stays out of logs and tracebacks
        return f"Access(url={self.url!r}, seconds_left={self.seconds_left!r})"
