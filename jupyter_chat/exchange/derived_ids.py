"""Ids for what comes from elsewhere: the same every time, and ordered like our own.

An id is a UUIDv7 in form: its time is that of the thing itself, its remaining bits come
from a digest of the user, the source and the id it had there.  So an import that is
repeated finds what it has made before.  A message gets a greater id than the one it
follows, whatever their times say, because both stores rely on that.
"""

from __future__ import annotations

import hashlib
import uuid

from ..protocol import Milliseconds

_RANDOM_BITS = 62


class DerivedIds:
    """The ids of one user's things from one source, as far as they are needed to make
    those of the things that follow."""

    def __init__(self, user_id: str, source: str) -> None:
        self._start = hashlib.sha256(f"{user_id}\0{source}\0".encode())

    def make(self, original: str, at: Milliseconds, after: str | None = None) -> str:
        """The id of what was called `original` and is from `at`; greater than `after`,
        another derived or own id."""
        digest = self._start.copy()
        digest.update(original.encode())
        random = int.from_bytes(digest.digest()[:10], "big")
        stamp = at << 12 | random >> 68
        if after is not None:
            stamp = max(stamp, stamp_of(after) + 1)
        value = (stamp >> 12) << 80 | 0x7 << 76 | (stamp & 0xFFF) << 64
        value |= 0b10 << _RANDOM_BITS | random & (1 << _RANDOM_BITS) - 1
        return str(uuid.UUID(int=value))


def stamp_of(an_id: str) -> int:
    """The 60 bits by which ids are ordered: milliseconds, and a fraction of them."""
    value = uuid.UUID(an_id).int
    return (value >> 80) << 12 | value >> 64 & 0xFFF
