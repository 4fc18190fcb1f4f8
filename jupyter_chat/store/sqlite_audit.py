"""The audit log in SQLite: one row for each entry, which triggers keep as it is."""

from __future__ import annotations

import sqlite3

import msgspec

from ..protocol import AuditEntry
from .sqlite_threads import to_json

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


def newest(
    db: sqlite3.Connection, before: int | None, person: str, event: str, limit: int
) -> list[AuditEntry]:
    conditions: list[str] = ["number < ?"]
    values: list[int | str] = [2**62 if before is None else before]
    if person:
        conditions.append("? IN (json_extract(body, '$.user_id'), json_extract(body, '$.subject'))")
        values.append(person)
    if event:
        conditions.append("json_extract(body, '$.event') = ?")
        values.append(event)
    rows = db.execute(
        f"SELECT body FROM audit WHERE {' AND '.join(conditions)} ORDER BY number DESC LIMIT ?",  # noqa: S608
        (*values, limit),
    )
    return [_decode(body) for (body,) in rows]
