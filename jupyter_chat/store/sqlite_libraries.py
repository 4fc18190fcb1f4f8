"""People's presets and prompts in SQLite: one row for each person."""

from __future__ import annotations

import sqlite3

import msgspec

from ..protocol import Library

_decode = msgspec.json.Decoder(Library).decode


def get_library(db: sqlite3.Connection, user_id: str) -> Library:
    row = db.execute("SELECT body FROM libraries WHERE user_id = ?", (user_id,)).fetchone()
    return Library() if row is None else _decode(row[0])


def put_library(db: sqlite3.Connection, user_id: str, revision: int, body: str) -> bool:
    row = db.execute(
        "SELECT revision, body FROM libraries WHERE user_id = ?", (user_id,)
    ).fetchone()
    if row == (revision, body):
        return True
    if (0 if row is None else row[0]) != revision - 1:
        return False
    db.execute(
        "INSERT OR REPLACE INTO libraries (user_id, revision, body) VALUES (?, ?, ?)",
        (user_id, revision, body),
    )
    return True
