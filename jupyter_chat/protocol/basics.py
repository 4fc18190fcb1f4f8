"""What everything else is written with: versions, ids, limits."""

from __future__ import annotations

from typing import Annotated, TypeAlias

from msgspec import Meta

PROTOCOL_VERSION = 1
MAX_FRAME_BYTES = 4 * 1024 * 1024
HEARTBEAT_SECONDS = 20
"""The server sends a heartbeat this often; a client that hears nothing for
twice as long reconnects (proxies drop sockets that are idle for 60 s)."""

KERNEL_URL = "JUPYTER_CHAT_URL"
KERNEL_TOKEN = "JUPYTER_CHAT_TOKEN"  # noqa: S105 - the name of a variable
"""Environment variables that tell a kernel where its server's chat is, and let it in."""
KERNEL_SCHEME = "jupyter-chat"
"""A kernel shows its token as `Authorization: jupyter-chat TOKEN`."""

ID_PATTERN = "^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$"
Id: TypeAlias = Annotated[
    str,
    Meta(pattern=ID_PATTERN),
]
Milliseconds: TypeAlias = int
Title: TypeAlias = Annotated[str, Meta(min_length=1, max_length=200)]
Tag: TypeAlias = Annotated[str, Meta(min_length=1, max_length=50)]
Folder: TypeAlias = Annotated[str, Meta(min_length=1, max_length=50)]
MOST_TAGS = 20
MOST_MARKED_MESSAGES = 200
MOST_NOTES = 50
Note: TypeAlias = Annotated[str, Meta(min_length=1, max_length=500)]
