"""Threads in SQLite; each function is a part of a transaction."""

from __future__ import annotations

import sqlite3

import msgspec

from ..protocol import Milliseconds, Thread
from .interface import Conflict, NotFound, ThreadChanges
from .records import changed, encode_cursor

_decode = msgspec.json.Decoder(Thread).decode

BEFORE_ALL = (2**63 - 1, "")
"""The place in the list of threads where the first page begins."""


def to_json(value: object) -> str:
    return msgspec.json.encode(value).decode()


def get_thread(db: sqlite3.Connection, user_id: str, thread_id: str) -> Thread:
    row = db.execute(
        "SELECT body FROM threads WHERE id = ? AND user_id = ?", (thread_id, user_id)
    ).fetchone()
    if row is None:
        raise NotFound("conversation")
    return _decode(row[0])


def list_threads(
    db: sqlite3.Connection, user_id: str, limit: int, after: tuple[Milliseconds, str]
) -> tuple[list[Thread], str | None]:
    rows = db.execute(
        """SELECT body FROM threads
            WHERE user_id = ? AND deleted_at IS NULL AND (updated_at, id) < (?, ?)
            ORDER BY updated_at DESC, id DESC LIMIT ?""",
        (user_id, *after, limit + 1),
    )
    threads = [_decode(body) for (body,) in rows]
    if len(threads) <= limit:
        return threads, None
    del threads[limit:]
    return threads, encode_cursor(threads[-1])


def thread_ids(db: sqlite3.Connection, user_id: str) -> list[str]:
    rows = db.execute(
        "SELECT id FROM threads WHERE user_id = ? AND deleted_at IS NULL ORDER BY id", (user_id,)
    )
    return [thread_id for (thread_id,) in rows]


def update_thread(
    db: sqlite3.Connection,
    user_id: str,
    thread_id: str,
    changes: ThreadChanges,
    revision: int | None,
) -> Thread:
    thread = get_thread(db, user_id, thread_id)
    after = changed(thread, changes)
    if after is thread:
        return thread
    if revision is not None and revision != thread.revision:
        raise Conflict
    return save_thread(db, after)


def save_thread(db: sqlite3.Connection, thread: Thread) -> Thread:
    db.execute(
        "UPDATE threads SET updated_at = ?, deleted_at = ?, body = ? WHERE id = ?",
        (thread.updated_at, thread.deleted_at, to_json(thread), thread.id),
    )
    return thread


def insert_thread(db: sqlite3.Connection, user_id: str, thread: Thread) -> None:
    """Unless there is one with this id, whosever it is."""
    thread = msgspec.structs.replace(thread, running=False)
    db.execute(
        "INSERT OR IGNORE INTO threads (id, user_id, updated_at, deleted_at, body)"
        " VALUES (?, ?, ?, ?, ?)",
        (thread.id, user_id, thread.updated_at, thread.deleted_at, to_json(thread)),
    )
