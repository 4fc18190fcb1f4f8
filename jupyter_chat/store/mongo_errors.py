"""What MongoDB's errors mean for the person."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from functools import wraps
from typing import Any, ParamSpec, TypeVar

import msgspec
from pymongo.errors import (
    BulkWriteError,
    ConfigurationError,
    ConnectionFailure,
    ExecutionTimeout,
    InvalidOperation,
    InvalidURI,
    OperationFailure,
    PyMongoError,
    WriteConcernError,
)

from ..protocol import Code, Problem
from .errors import Unavailable

_P = ParamSpec("_P")
_T = TypeVar("_T")

# The server's error codes
_DUPLICATE = 11000
_LOGIN_FAILED = {11, 18, 8000}
_NOT_ALLOWED = {13}
_NO_SPACE = {14031}


def translated(
    method: Callable[_P, Coroutine[Any, Any, _T]],
) -> Callable[_P, Coroutine[Any, Any, _T]]:
    """Let a method raise :class:`Unavailable` where the store as a whole is the cause of
    an error.  Nothing of what pymongo says is repeated: it may name addresses."""

    @wraps(method)
    async def call(*args: _P.args, **kwargs: _P.kwargs) -> _T:
        try:
            return await method(*args, **kwargs)
        except PyMongoError as error:
            problem = _problem(error)
            if problem is None:
                raise
            raise Unavailable(problem) from None
        except RuntimeError as error:
            # Cancelled as it waits for a server, pymongo lets go of a lock that it has not.
            if isinstance(error.__context__, asyncio.CancelledError):
                raise error.__context__ from None
            raise
        except msgspec.DecodeError as error:  # also where a field is of another type
            raise Unavailable(_damage(error)) from error

    return call


def _damage(error: msgspec.DecodeError) -> Problem:
    return Problem(
        Code.STORE_CORRUPT,
        "The chat history in MongoDB is damaged: something in it is not of the form that this "
        "server writes. It was left as it is; put a backup in its place.",
        detail=str(error),
    )


def is_duplicate(error: BulkWriteError) -> bool:
    """Whether a bulk write failed for nothing but keys that are there already."""
    failures, unconfirmed = _failures(error)
    return bool(failures) and failures <= {_DUPLICATE} and not unconfirmed


def _failures(error: OperationFailure) -> tuple[set[int | None], bool]:
    """The error codes, and whether the server could not confirm that a write lasts."""
    details = error.details or {}
    codes: set[int | None] = {failure["code"] for failure in details.get("writeErrors", ())}
    unconfirmed = bool(details.get("writeConcernErrors"))
    if not isinstance(error, BulkWriteError):
        codes.add(error.code)
    return codes, unconfirmed or isinstance(error, WriteConcernError)


def _problem(error: PyMongoError) -> Problem | None:
    code: Code | None = None
    message = ""
    codes, unconfirmed = _failures(error) if isinstance(error, OperationFailure) else (set(), False)
    if isinstance(error, (InvalidURI, ConfigurationError)):
        code = Code.STORE_DOWN
        message = (
            "The address of the MongoDB server that holds the chat history is not valid. "
            "Nothing was changed; correct it in the server's settings and restart."
        )
    elif isinstance(error, InvalidOperation) and "after close" in str(error):
        code = Code.STORE_DOWN
        message = "The chat history is not open. Nothing was changed; try again in a moment."
    elif codes & _LOGIN_FAILED:
        code = Code.STORE_DOWN
        message = (
            "The MongoDB server that holds the chat history refused this server's login. "
            "What was stored is safe; correct the name or password in the server's settings."
        )
    elif codes & _NOT_ALLOWED:
        code = Code.STORE_READ_ONLY
        message = (
            "The MongoDB server that holds the chat history does not let this server write. "
            "What was stored is safe; give its login the right to read and write."
        )
    elif codes & _NO_SPACE:
        code = Code.STORE_FULL
        message = (
            "The disk of the MongoDB server that holds the chat history is full. What was "
            "stored is safe; nothing new can be kept until there is space again."
        )
    elif unconfirmed or error.timeout or isinstance(error, (ConnectionFailure, ExecutionTimeout)):
        code = Code.STORE_DOWN
        message = (
            "The MongoDB server that holds the chat history does not answer. What was "
            "stored is safe; this goes on by itself as soon as the server is back."
        )
    if code is None:
        return None
    return Problem(code, message, detail=type(error).__name__)
