"""What was flagged, in SQLite."""

from __future__ import annotations

import sqlite3

import msgspec

from ..protocol import Flagged

_decode = msgspec.json.Decoder(Flagged).decode


def add_flagged(db: sqlite3.Connection, user_id: str, own: str, body: str) -> None:
    db.execute(
        "INSERT OR IGNORE INTO flagged (id, user_id, body) VALUES (?, ?, ?)", (own, user_id, body)
    )


def flagged(db: sqlite3.Connection, limit: int, before: str | None) -> list[Flagged]:
    rows = db.execute(
        "SELECT body FROM flagged WHERE id < ? ORDER BY id DESC LIMIT ?", (before or "g", limit)
    )
    return [_decode(body) for (body,) in rows]
