"""The audit log in SQLite: one row for each entry, which triggers keep as it is."""

from __future__ import annotations

import sqlite3

import msgspec

from .sqlite_threads import to_json
from .types import AuditEntry

_decode = msgspec.json.Decoder(AuditEntry).decode


def add(db: sqlite3.Connection, entry: AuditEntry) -> bool:
    body = to_json(entry)
    db.execute("INSERT OR IGNORE INTO audit (number, body) VALUES (?, ?)", (entry.number, body))
    (kept,) = db.execute("SELECT body FROM audit WHERE number = ?", (entry.number,)).fetchone()
    return bool(kept == body)


def last(db: sqlite3.Connection) -> AuditEntry | None:
    row = db.execute("SELECT body FROM audit ORDER BY number DESC LIMIT 1").fetchone()
    return None if row is None else _decode(row[0])


def entries(db: sqlite3.Connection, after: int, limit: int) -> list[AuditEntry]:
    rows = db.execute(
        "SELECT body FROM audit WHERE number > ? ORDER BY number LIMIT ?", (after, limit)
    )
    return [_decode(body) for (body,) in rows]
