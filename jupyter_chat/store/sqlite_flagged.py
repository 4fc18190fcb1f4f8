"""What was flagged, in SQLite."""

from __future__ import annotations

import sqlite3

import msgspec

from ..protocol import Flagged, Milliseconds

_decode = msgspec.json.Decoder(Flagged).decode


def add_flagged(db: sqlite3.Connection, user_id: str, own: str, body: str) -> None:
    db.execute(
        "INSERT OR IGNORE INTO flagged (id, user_id, body) VALUES (?, ?, ?)", (own, user_id, body)
    )


def flagged(db: sqlite3.Connection, limit: int, before: str | None, unseen: bool) -> list[Flagged]:
    rows = db.execute(
        """SELECT body FROM flagged
            WHERE id < ? AND (NOT ? OR json_extract(body, '$.seen_at') IS NULL)
            ORDER BY id DESC LIMIT ?""",
        (before or "g", unseen, limit),
    )
    return [_decode(body) for (body,) in rows]


def see_flagged(db: sqlite3.Connection, flagged_ids: list[str], now: Milliseconds) -> None:
    db.executemany(
        """UPDATE flagged SET body = json_set(body, '$.seen_at', ?)
            WHERE id = ? AND json_extract(body, '$.seen_at') IS NULL""",
        [(now, own) for own in flagged_ids],
    )
