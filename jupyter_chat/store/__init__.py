"""Where history lives; `interface.py` says what every store promises."""

from __future__ import annotations

from pathlib import Path

from .interface import Store

__all__ = ["open_store"]


def open_store(url: str) -> Store:
    """The store at a URL, yet to be opened.

    `sqlite:///PATH` (three slashes and the path, so four for an absolute one) or
    `mongodb://…` / `mongodb+srv://…`, whose path names the database (default
    `jupyter_chat`).  Raises `ValueError`, which does not repeat the URL: it may hold
    a password.
    """
    if url.startswith("sqlite:///") and url != "sqlite:///":
        from .sqlite import SqliteStore

        return SqliteStore(Path(url.removeprefix("sqlite:///")).expanduser())
    if url.startswith(("mongodb://", "mongodb+srv://")):
        from .mongo import MongoStore

        return MongoStore(url)
    raise ValueError(
        "The address of the chat history must be of the form sqlite:///PATH or "
        "mongodb://HOST/DATABASE."
    )
