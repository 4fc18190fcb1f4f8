"""What SQLite's errors mean for the person."""

from __future__ import annotations

import errno
import os
import shutil
import sqlite3
from pathlib import Path

import msgspec

from ..protocol import Code, Problem
from .errors import Unavailable

_NEARLY_FULL_BYTES = 1024 * 1024
_CANNOT_WRITE = {errno.EACCES, errno.EPERM, errno.EROFS}
_NO_SPACE = {errno.ENOSPC, errno.EDQUOT} if hasattr(errno, "EDQUOT") else {errno.ENOSPC}

# By message: error codes are known to Python 3.11 and later only.
_CODES = {
    "locked": Code.STORE_LOCKED,
    "readonly": Code.STORE_READ_ONLY,
    "is full": Code.STORE_FULL,
    "malformed": Code.STORE_CORRUPT,
    "not a database": Code.STORE_CORRUPT,
    "could not decode": Code.STORE_CORRUPT,
}


def translate(error: Exception, path: Path) -> Exception:
    """:class:`Unavailable` where the store as a whole is the cause, else `error`."""
    code = _code(error, path)
    if code is None:
        return error
    return Unavailable(Problem(code, _message(code, path), detail=str(error)))


def _code(error: Exception, path: Path) -> Code | None:
    if isinstance(error, msgspec.DecodeError):
        return Code.STORE_CORRUPT
    if isinstance(error, OSError):
        if error.errno in _CANNOT_WRITE:
            return Code.STORE_READ_ONLY
        return Code.STORE_FULL if error.errno in _NO_SPACE else Code.STORE_DOWN
    if not isinstance(error, sqlite3.Error):
        return None
    text = str(error).lower()
    for words, code in _CODES.items():
        if words in text:
            return code
    if "no such module: fts5" in text:
        return Code.STORE_DOWN
    if "unable to open" in text or "i/o error" in text:
        return _cause(path)
    return None


def _cause(path: Path) -> Code:
    """Why a file can be neither opened nor used, as far as it can be seen."""
    try:
        if shutil.disk_usage(path.parent).free < _NEARLY_FULL_BYTES:
            return Code.STORE_FULL
    except OSError:
        return Code.STORE_DOWN
    return Code.STORE_DOWN if is_writable(path) else Code.STORE_READ_ONLY


def is_writable(path: Path) -> bool:
    """Whether this process may write to the file, and make files beside it."""
    effective = os.access in os.supports_effective_ids
    return all(
        os.access(each, os.W_OK, effective_ids=effective)
        for each in (path, path.parent)
        if each.exists()
    )


def _message(code: Code, path: Path) -> str:
    return {
        Code.STORE_LOCKED: (
            f"Another program keeps the chat history ({path}) locked. What was stored is "
            "safe; nothing new can be kept until the other program lets go."
        ),
        Code.STORE_READ_ONLY: (
            f"The chat history ({path}) is read-only for this server. What was stored is "
            "safe; nothing new can be kept until the file and its directory are writable."
        ),
        Code.STORE_FULL: (
            f"The disk that holds the chat history ({path}) is full. What was stored is "
            "safe; nothing new can be kept until there is space again."
        ),
        Code.STORE_CORRUPT: (
            f"The chat history ({path}) is damaged. It was left as it is; put a backup in "
            "its place, or move the file away to begin a new history."
        ),
        Code.STORE_DOWN: (
            f"The chat history ({path}) cannot be opened. Nothing was changed; make sure "
            "that the file and its directory exist and are reachable."
        ),
    }[code]
