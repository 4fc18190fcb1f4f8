"""Which problem an exception stands for, and its HTTP status."""

from __future__ import annotations

from ..auth.errors import Refused
from ..engine.attached.readable import Unreadable
from ..engine.errors import Invalid
from ..exchange.imports import ImportRefused
from ..hub.api import HubAway
from ..protocol import Code, InvalidFrame, Problem
from ..providers.interface import ProviderError
from ..store.errors import StoreError
from ..store.vault import VaultError

KNOWN = (
    Refused,
    HubAway,
    InvalidFrame,
    Invalid,
    Unreadable,
    ImportRefused,
    StoreError,
    ProviderError,
    VaultError,
)
"""Exceptions that carry a :class:`~jupyter_chat.protocol.Problem` for the person."""

INTERNAL = Problem(
    Code.INTERNAL,
    "Something went wrong in the chat server; its log has the details. Nothing that "
    "was stored is lost.",
)

STOPPING = Problem(Code.SERVER_STOPPED, "The server is stopping; ask it again when it is back.")

SIGNED_OUT = Problem(
    Code.FORBIDDEN,
    "You are signed out. Reload the page and sign in; what you typed is kept.",
)

_STATUS = {
    Code.INVALID: 400,
    Code.FORBIDDEN: 403,
    Code.NOT_FOUND: 404,
    Code.CONFLICT: 409,
    Code.TOO_LARGE: 413,
    Code.TOO_OFTEN: 429,
    Code.INTERNAL: 500,
    Code.HUB_DOWN: 503,
    Code.STORE_DOWN: 503,
    Code.STORE_LOCKED: 503,
    Code.STORE_READ_ONLY: 503,
    Code.STORE_FULL: 507,
    Code.STORE_CORRUPT: 503,
    Code.STORE_NEWER: 503,
    Code.SERVICE_DOWN: 503,
}


def status_of(problem: Problem) -> int:
    """The HTTP status that goes with a problem; upstream's problems are 502."""
    return _STATUS.get(problem.code, 502)
