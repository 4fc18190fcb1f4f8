"""What was asked, and how it ended."""

from __future__ import annotations

import time
from collections import deque
from typing import Any

import msgspec

_MOST = 20_000
"""Older requests are forgotten, so that long benchmarks do not fill the memory."""


class Entry(msgspec.Struct):
    """One request; see `Upstream.requests`."""

    number: int
    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: Any
    connection: int
    started: float
    ended: float | None = None
    status: int | None = None
    outcome: str | None = None
    said: str = ""

    def end(self, outcome: str) -> None:
        if self.ended is None:
            self.ended = time.time()
            self.outcome = outcome


class Record:
    def __init__(self) -> None:
        self.entries: deque[Entry] = deque(maxlen=_MOST)
        self._number = 0
        self._asked: dict[str, int] = {}

    def begin(
        self, connection: int, method: str, target: str, headers: dict[str, str], body: bytes
    ) -> Entry:
        self._number += 1
        path, _, query = target.partition("?")
        entry = Entry(
            self._number,
            method,
            path,
            query,
            headers,
            _decoded(body),
            connection,
            started=time.time(),
        )
        if not path.startswith("/_"):
            self.entries.append(entry)
        return entry

    def count(self, question: str) -> int:
        """How often this question has been asked before."""
        before = self._asked.get(question, 0)
        self._asked[question] = before + 1
        return before

    def clear(self) -> None:
        self.entries.clear()
        self._asked.clear()


def _decoded(body: bytes) -> Any:
    if not body:
        return None
    try:
        return msgspec.json.decode(body)
    except msgspec.DecodeError:
        return body.decode(errors="replace")
