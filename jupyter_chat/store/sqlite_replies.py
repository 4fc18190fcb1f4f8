"""Replies being made, in SQLite: their checkpoints, their end, leases and recovery; each
function is a part of a transaction."""

from __future__ import annotations

import sqlite3

from ..protocol import Message, Milliseconds, Thread
from .interface import Checkpoint, Lease, ThreadChanges
from .records import changed, has_lapsed, interrupted
from .sqlite_messages import decode_message, require_message, with_checkpoints
from .sqlite_threads import get_thread, save_thread, to_json


def append_checkpoints(db: sqlite3.Connection, checkpoints: list[Checkpoint]) -> None:
    # All in one statement: hundreds at a time, several times a second.
    rows = [
        (c.message_id, c.user_id, c.number, (c.part, c.kind, c.text, c.model)) for c in checkpoints
    ]
    db.execute(
        """INSERT OR IGNORE INTO checkpoints (generation_id, number, body)
            SELECT g.id, json_extract(value, '$[2]'), json_extract(value, '$[3]')
            FROM json_each(?) CROSS JOIN generations g
            ON g.message_id = json_extract(value, '$[0]')
            AND g.user_id = json_extract(value, '$[1]')""",
        (to_json(rows),),
    )


def finish_reply(db: sqlite3.Connection, user_id: str, message: Message) -> Thread:
    require_message(db, user_id, message.thread_id, message.id)
    _save_reply(db, message)
    thread = get_thread(db, user_id, message.thread_id)
    updated_at = max(thread.updated_at, message.completed_at or 0)
    after = changed(thread, ThreadChanges(updated_at=updated_at))
    return thread if after is thread else save_thread(db, after)


def _save_reply(db: sqlite3.Connection, message: Message) -> None:
    """A reply in its final state, no longer among the running."""
    db.execute(
        "UPDATE messages SET status = ?, body = ? WHERE id = ?",
        (message.status, to_json(message), message.id),
    )
    db.execute("DELETE FROM generations WHERE message_id = ?", (message.id,))


def renew_lease(db: sqlite3.Connection, lease: Lease) -> None:
    db.execute(
        "INSERT OR REPLACE INTO leases (owner, expires_at, host, pid) VALUES (?, ?, ?, ?)",
        (lease.owner, lease.expires_at, lease.host, lease.pid),
    )


def release_lease(db: sqlite3.Connection, owner: str) -> None:
    db.execute("DELETE FROM leases WHERE owner = ?", (owner,))


def recover(db: sqlite3.Connection, lease: Lease, now: Milliseconds) -> list[tuple[str, Message]]:
    recovered = []
    rows = db.execute(
        """SELECT owner, expires_at, host, pid
            FROM (SELECT owner FROM generations UNION SELECT owner FROM leases)
            LEFT JOIN leases USING (owner) WHERE owner != ?""",
        (lease.owner,),
    ).fetchall()
    for owner, *held in rows:
        known = None if None in held else Lease(owner, *held)
        if not has_lapsed(known, lease, now):
            continue
        replies = db.execute(
            """SELECT g.user_id, m.body FROM generations g JOIN messages m ON m.id = g.message_id
                WHERE g.owner = ? ORDER BY m.id""",
            (owner,),
        ).fetchall()
        for user_id, body in replies:
            message = interrupted(with_checkpoints(db, decode_message(body)), now)
            _save_reply(db, message)
            recovered.append((user_id, message))
        release_lease(db, owner)
    return recovered
