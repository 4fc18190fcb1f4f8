"""Deleting a part of the message tree in SQLite, and taking that back; each function is a
part of a transaction."""

from __future__ import annotations

import sqlite3

from ..protocol import Milliseconds, Thread
from .errors import BelowDeleted, NotFound
from .records import changed
from .sqlite_index import forget_messages
from .sqlite_lists import NO_USER
from .sqlite_messages import require_message, tree
from .sqlite_threads import get_thread, save_thread, to_json
from .tree import below, leaf_without
from .types import Deletion, ThreadChanges


def delete_message(
    db: sqlite3.Connection, user_id: str, thread_id: str, message_id: str, now: Milliseconds
) -> Deletion:
    thread = get_thread(db, user_id, thread_id)
    known = _deletion(db, user_id, thread_id, message_id)
    if known is not None:
        return Deletion(thread, _deleted_at(db, thread_id, known[0]))
    nodes = tree(db, user_id, thread_id)
    leaf_id = leaf_without(nodes, message_id)
    gone = below(nodes, message_id)
    shown = thread.leaf_id if thread.leaf_id in gone else None
    deleted_at = _free_time(db, thread_id, now)
    db.execute(
        "INSERT INTO deletions (message_id, user_id, thread_id, deleted_at, leaf_id)"
        " VALUES (?, ?, ?, ?, ?)",
        (message_id, user_id, thread_id, deleted_at, shown),
    )
    db.execute(
        "UPDATE messages SET deleted_at = ? WHERE id IN (SELECT value FROM json_each(?))",
        (deleted_at, to_json(gone)),
    )
    if shown is not None:
        thread = save_thread(db, changed(thread, ThreadChanges(leaf_id=leaf_id)))
    return Deletion(thread, gone)


def restore_message(
    db: sqlite3.Connection, user_id: str, thread_id: str, message_id: str
) -> Thread:
    thread = get_thread(db, user_id, thread_id)
    known = _deletion(db, user_id, thread_id, message_id)
    if known is None:
        require_message(db, user_id, thread_id, message_id)
        return thread
    deleted_at, leaf_id = known
    (parent_id,) = db.execute(
        "SELECT parent_id FROM messages WHERE id = ?", (message_id,)
    ).fetchone()
    if parent_id is not None:
        try:
            require_message(db, user_id, thread_id, parent_id)
        except NotFound:
            raise BelowDeleted from None
    db.execute(
        "UPDATE messages SET deleted_at = NULL WHERE thread_id = ? AND deleted_at = ?",
        (thread_id, deleted_at),
    )
    db.execute("DELETE FROM deletions WHERE message_id = ?", (message_id,))
    if leaf_id is None:
        return thread
    return save_thread(db, changed(thread, ThreadChanges(leaf_id=leaf_id)))


def purge_messages(db: sqlite3.Connection, before: Milliseconds, at_once: int) -> int:
    """One step: how many messages were removed; fewer than `at_once`: there are no more.

    The record of a deletion goes after its messages, by which the next process goes on
    should this one die.  Where some are left it is nobody's until then, so that nobody
    brings back a part.
    """
    removed = 0
    while removed < at_once:
        row = db.execute(
            "SELECT message_id, thread_id, deleted_at FROM deletions WHERE deleted_at < ? LIMIT 1",
            (before,),
        ).fetchone()
        if row is None:
            break
        message_id, thread_id, deleted_at = row
        limit = at_once - removed
        some = db.execute(
            "SELECT id FROM messages WHERE thread_id = ? AND deleted_at = ? LIMIT ?",
            (thread_id, deleted_at, limit),
        ).fetchall()
        forget_messages(db, [each for (each,) in some])
        db.executemany("DELETE FROM messages WHERE id = ?", some)
        removed += len(some)
        if len(some) < limit:
            db.execute("DELETE FROM deletions WHERE message_id = ?", (message_id,))
        else:
            db.execute(
                "UPDATE deletions SET user_id = ? WHERE message_id = ?", (NO_USER, message_id)
            )
    return removed


def _deletion(
    db: sqlite3.Connection, user_id: str, thread_id: str, message_id: str
) -> tuple[Milliseconds, str | None] | None:
    """When a message was deleted, by its own id, and the leaf shown then below it."""
    row: tuple[Milliseconds, str | None] | None = db.execute(
        "SELECT deleted_at, leaf_id FROM deletions"
        " WHERE message_id = ? AND thread_id = ? AND user_id = ?",
        (message_id, thread_id, user_id),
    ).fetchone()
    return row


def _deleted_at(db: sqlite3.Connection, thread_id: str, deleted_at: Milliseconds) -> list[str]:
    rows = db.execute(
        "SELECT id FROM messages WHERE thread_id = ? AND deleted_at = ? ORDER BY id",
        (thread_id, deleted_at),
    )
    return [message_id for (message_id,) in rows]


def _free_time(db: sqlite3.Connection, thread_id: str, now: Milliseconds) -> Milliseconds:
    """The time of a deletion tells what went with it: no two of a thread have the same."""
    (last,) = db.execute(
        "SELECT max(deleted_at) FROM deletions WHERE thread_id = ?", (thread_id,)
    ).fetchone()
    return now if last is None else max(now, last + 1)
