"""Where history lives; `interface.py` says what every store promises."""

from __future__ import annotations

from pathlib import Path
from typing import cast

from ..protocol import Code, Problem
from .interface import Store
from .unusable import UnusableStore

__all__ = ["STORE_URL", "open_store"]

STORE_URL = "JUPYTER_CHAT_STORE_URL"
"""The variable of the environment that says where history lives."""


def open_store(url: str) -> Store:
    """The store at a URL, yet to be opened.

    `sqlite:///PATH` (three slashes and the path, so four for an absolute one) or
    `mongodb://…` / `mongodb+srv://…`, whose path names the database (default
    `jupyter_chat`).  At any other URL, one that cannot be opened; what it says does not
    repeat the URL, which may hold a password.
    """
    if url.startswith("sqlite:///") and url != "sqlite:///":
        from .sqlite import SqliteStore

        return SqliteStore(Path(url.removeprefix("sqlite:///")).expanduser())
    if url.startswith(("mongodb://", "mongodb+srv://")):
        from .mongo import MongoStore

        return MongoStore(url)
    return cast(
        Store,
        UnusableStore(
            Problem(
                Code.STORE_DOWN,
                "The address of the chat history must be of the form sqlite:///PATH or "
                "mongodb://HOST/DATABASE. Nothing can be kept until it is set right "
                f"(ChatApp.store_url or {STORE_URL}) and the server is started "
                "again.",
            )
        ),
    )
