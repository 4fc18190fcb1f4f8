"""Summaries of the beginnings of branches in SQLite; each function is a part of a
transaction."""

from __future__ import annotations

import sqlite3

import msgspec

from ..protocol import Summary
from .sqlite_messages import require_message
from .sqlite_threads import get_thread, to_json

_decode = msgspec.json.Decoder(Summary).decode


def summaries(db: sqlite3.Connection, user_id: str, thread_id: str) -> list[Summary]:
    get_thread(db, user_id, thread_id)
    rows = db.execute("SELECT body FROM summaries WHERE thread_id = ? ORDER BY upto", (thread_id,))
    return [_decode(body) for (body,) in rows]


def put(db: sqlite3.Connection, user_id: str, summary: Summary) -> None:
    require_message(db, user_id, summary.thread_id, summary.upto)
    db.execute(
        "INSERT OR REPLACE INTO summaries (upto, thread_id, body) VALUES (?, ?, ?)",
        (summary.upto, summary.thread_id, to_json(summary)),
    )


def delete(db: sqlite3.Connection, user_id: str, thread_id: str, upto: str) -> None:
    get_thread(db, user_id, thread_id)
    db.execute("DELETE FROM summaries WHERE upto = ? AND thread_id = ?", (upto, thread_id))
