"""Passwords as argon2id hashes, made in a few threads of their own.

A hash takes 64 MiB and some 50 ms by intention: so many at a time as there are threads, and
whoever would wait too long is asked to come back.
"""

from __future__ import annotations

import asyncio
import secrets
import unicodedata
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, TypeVar

from .errors import TooOften

if TYPE_CHECKING:
    from argon2 import PasswordHasher

_T = TypeVar("_T")
_THREADS = 2
_MOST_WAITING = 200


class Passwords:
    """`parameters` are those of `argon2.PasswordHasher`, where its own are not wanted."""

    def __init__(self, **parameters: Any) -> None:
        self._parameters = parameters
        self._hasher: PasswordHasher | None = None
        self._of_nobody = ""
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="chat-passwords")
        self._waiting = 0

    async def hash(self, password: str) -> str:
        return await self._run(lambda: self._ready().hash(_normal(password)))

    async def is_right(self, password: str, hashed: str | None) -> bool:
        """Whether it is the password of this hash.  Of nobody (`None`) it is not, and finding
        that out takes as long."""
        return await self._run(lambda: self._verify(password, hashed))

    def is_outdated(self, hashed: str) -> bool:
        """Whether the hash was made with other parameters than are used now."""
        return self._ready().check_needs_rehash(hashed)

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _run(self, work: Callable[[], _T]) -> _T:
        if self._waiting >= _MOST_WAITING:
            raise TooOften(10)
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        finally:
            self._waiting -= 1

    def _verify(self, password: str, hashed: str | None) -> bool:
        from argon2.exceptions import InvalidHashError, VerificationError

        hasher = self._ready()
        try:
            hasher.verify(self._of_nobody if hashed is None else hashed, _normal(password))
        except (VerificationError, InvalidHashError):
            return False
        return hashed is not None

    def _ready(self) -> PasswordHasher:
        if self._hasher is None:
            from argon2 import PasswordHasher

            hasher = PasswordHasher(**self._parameters)  # argon2id is its default
            self._of_nobody = hasher.hash(secrets.token_urlsafe())
            self._hasher = hasher
        return self._hasher

    async def prepare(self) -> None:
        """Make what the first one who signs in would have to wait for: it would tell names that
        are known from others."""
        await self._run(self._ready)


def _normal(password: str) -> str:
    """The same on every keyboard: an accented letter can be typed as one character or two."""
    return unicodedata.normalize("NFKC", password)
