"""The audit log in SQLite: one row for each entry, which triggers keep as it is."""

from __future__ import annotations

import sqlite3

import msgspec

from ..protocol import AuditEntry
from .sqlite_threads import to_json
from .types import damaged

_decode = msgspec.json.Decoder(AuditEntry).decode


def add(db: sqlite3.Connection, entry: AuditEntry) -> bool:
    body = to_json(entry)
    db.execute("INSERT OR IGNORE INTO audit (number, body) VALUES (?, ?)", (entry.number, body))
    (kept,) = db.execute("SELECT body FROM audit WHERE number = ?", (entry.number,)).fetchone()
    return bool(kept == body)


def last(db: sqlite3.Connection) -> AuditEntry | None:
    row = db.execute("SELECT number, body FROM audit ORDER BY number DESC LIMIT 1").fetchone()
    return None if row is None else _entry(*row)


def entries(db: sqlite3.Connection, after: int, limit: int) -> list[AuditEntry]:
    rows = db.execute(
        "SELECT number, body FROM audit WHERE number > ? ORDER BY number LIMIT ?", (after, limit)
    )
    return [_entry(*row) for row in rows]


def _entry(number: int, body: str | bytes) -> AuditEntry:
    try:
        entry = _decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return damaged(number)
    return entry if entry.number == number else damaged(number)


def newest(
    db: sqlite3.Connection, before: int | None, person: str, event: str, limit: int
) -> list[AuditEntry]:
    conditions: list[str] = ["number < ?"]
    values: list[int | str] = [2**62 if before is None else before]
    if person or event:
        conditions.append("json_valid(body)")
    if person:
        conditions.append("? IN (json_extract(body, '$.user_id'), json_extract(body, '$.subject'))")
        values.append(person)
    if event:
        conditions.append("json_extract(body, '$.event') = ?")
        values.append(event)
    where = " AND ".join(conditions)
    rows = db.execute(
        f"SELECT number, body FROM audit WHERE {where} ORDER BY number DESC LIMIT ?",  # noqa: S608
        (*values, limit),
    )
    return [_entry(*row) for row in rows]
