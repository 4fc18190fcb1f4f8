"""Replies being made, in SQLite: their checkpoints, their end, leases and recovery; each
function is a part of a transaction."""

from __future__ import annotations

import sqlite3

from ..protocol import Message, Milliseconds, Thread
from .errors import NotFound
from .records import (
    Growth,
    Resumable,
    changed,
    has_lapsed,
    interrupted,
    left_of,
    resumable,
    source_of,
)
from .sqlite_index import put_message
from .sqlite_ledger import put_entry
from .sqlite_limits import lapse
from .sqlite_messages import decode_message, growth_of
from .sqlite_threads import get_thread, save_thread, to_json
from .types import Checkpoint, Estimate, Lease, LedgerEntry, Left, ThreadChanges


def append_checkpoints(db: sqlite3.Connection, checkpoints: list[Checkpoint]) -> None:
    # All in one statement: hundreds at a time, several times a second.
    rows = [(c.message_id, c.user_id, c.number, _body(c), c.attempt) for c in checkpoints]
    db.execute(
        """INSERT OR IGNORE INTO checkpoints (generation_id, number, body)
            SELECT g.id, json_extract(value, '$[2]'), json_extract(value, '$[3]')
            FROM json_each(?) CROSS JOIN generations g
            ON g.message_id = json_extract(value, '$[0]')
            AND g.user_id = json_extract(value, '$[1]')
            AND g.attempt = json_extract(value, '$[4]')""",
        (to_json(rows),),
    )


def _body(checkpoint: Checkpoint) -> list[object]:
    """As `records.Growth`, without what is `None` at its end."""
    body: list[object] = [
        *(checkpoint.part, checkpoint.kind, checkpoint.text),
        *(checkpoint.model, checkpoint.upstream_id, checkpoint.upstream_seq),
        *(checkpoint.counted_tokens, checkpoint.source),
    ]
    while body[-1] is None:
        body.pop()
    return body


def begin_reply(db: sqlite3.Connection, user_id: str, message_id: str, owner: str) -> bool:
    updated = db.execute(
        "UPDATE generations SET begun = 1 WHERE message_id = ? AND user_id = ? AND owner = ?",
        (message_id, user_id, owner),
    )
    return updated.rowcount == 1


def ask_to_stop(db: sqlite3.Connection, user_id: str, message_id: str) -> bool:
    updated = db.execute(
        "UPDATE generations SET stop = 1 WHERE message_id = ? AND user_id = ?",
        (message_id, user_id),
    )
    return updated.rowcount == 1


def asked_to_stop(db: sqlite3.Connection, owner: str) -> list[str]:
    rows = db.execute(
        "SELECT message_id FROM generations WHERE owner = ? AND stop = 1 ORDER BY id", (owner,)
    )
    return [message_id for (message_id,) in rows]


def finish_reply(
    db: sqlite3.Connection, user_id: str, message: Message, entry: LedgerEntry | None
) -> Thread:
    found = db.execute(
        "SELECT 1 FROM messages WHERE id = ? AND thread_id = ? AND user_id = ?",
        (message.id, message.thread_id, user_id),
    ).fetchone()
    if found is None:
        raise NotFound("message")
    _save_reply(db, user_id, message, entry)
    thread = get_thread(db, user_id, message.thread_id)
    updated_at = max(thread.updated_at, message.completed_at or 0)
    after = changed(thread, ThreadChanges(updated_at=updated_at, retire_at=None))
    return thread if after is thread else save_thread(db, after)


def _save_reply(
    db: sqlite3.Connection, user_id: str, message: Message, entry: LedgerEntry | None
) -> None:
    """A reply in its final state, no longer among the running, and what it has cost."""
    put_message(db, user_id, message)
    if entry is not None:
        put_entry(db, user_id, entry)
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


def recover(
    db: sqlite3.Connection, lease: Lease, now: Milliseconds, estimate: Estimate | None
) -> list[Left]:
    rows = db.execute(
        """SELECT owner, expires_at, host, pid
            FROM (SELECT owner FROM generations UNION SELECT owner FROM leases
                UNION SELECT owner FROM limit_holds)
            LEFT JOIN leases USING (owner) WHERE owner != ?""",
        (lease.owner,),
    ).fetchall()
    recovered = []
    for owner, *held in rows:
        known = None if None in held else Lease(owner, *held)
        if has_lapsed(known, lease, now):
            recovered += _recover_from(db, owner, lease.owner, now, estimate)
            lapse(db, owner)
            release_lease(db, owner)
    return recovered + _taken_over(db, lease.owner)


def _recover_from(
    db: sqlite3.Connection, dead: str, owner: str, now: Milliseconds, estimate: Estimate | None
) -> list[Left]:
    """Take over what can go on, and end the others; those."""
    ended = []
    rows = db.execute(
        """SELECT g.user_id, g.begun, m.body, m.deleted_at
            FROM generations g JOIN messages m ON m.id = g.message_id
            WHERE g.owner = ? ORDER BY m.id""",
        (dead,),
    ).fetchall()
    for user_id, begun, body, deleted_at in rows:
        message = decode_message(body)
        growth = growth_of(db, message)
        going_on = resumable(message, growth)
        if deleted_at is not None or (begun and going_on is None):
            message, entry = interrupted(user_id, message, growth, now, estimate)
            _save_reply(db, user_id, message, entry)
            if deleted_at is None:  # else nobody is to hear of it
                ended.append(Left(user_id, message))
            continue
        db.execute(
            "UPDATE generations SET owner = ?, attempt = attempt + 1 WHERE message_id = ?",
            (owner, message.id),
        )
        if going_on is not None:
            _begin_anew(db, going_on, growth)
    return ended


def _begin_anew(db: sqlite3.Connection, reply: Resumable, growth: list[Growth]) -> None:
    """Let the text so far count as the message's own, and checkpoints go on from it."""
    message = reply.message
    db.execute(
        "UPDATE messages SET status = ?, body = ? WHERE id = ?",
        (message.status, to_json(message), message.id),
    )
    (generation_id,) = db.execute(
        "SELECT id FROM generations WHERE message_id = ?", (message.id,)
    ).fetchone()
    db.execute("DELETE FROM checkpoints WHERE generation_id = ?", (generation_id,))
    place = (0, "text", "", None, reply.upstream_id, reply.upstream_seq, None, source_of(growth))
    db.execute(
        "INSERT INTO checkpoints (generation_id, number, body) VALUES (?, 0, ?)",
        (generation_id, to_json(place)),
    )


def _taken_over(db: sqlite3.Connection, owner: str) -> list[Left]:
    rows = db.execute(
        """SELECT g.user_id, g.attempt, m.body
            FROM generations g JOIN messages m ON m.id = g.message_id
            WHERE g.owner = ? AND g.attempt > 0 ORDER BY m.id""",
        (owner,),
    ).fetchall()
    messages = [(user_id, attempt, decode_message(body)) for user_id, attempt, body in rows]
    return [
        left_of(user_id, message, attempt, growth_of(db, message))
        for user_id, attempt, message in messages
    ]
