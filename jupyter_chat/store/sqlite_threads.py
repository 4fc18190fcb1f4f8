"""Threads in SQLite; each function is a part of a transaction."""

from __future__ import annotations

import sqlite3

import msgspec

from ..protocol import Thread
from .errors import Conflict, NotFound
from .records import changed
from .sqlite_index import put_kept, put_title
from .types import ThreadChanges

_AT_ONCE = 500
"""So many ids in one statement."""

decode_thread = msgspec.json.Decoder(Thread).decode


def to_json(value: object) -> str:
    return msgspec.json.encode(value).decode()


def get_thread(db: sqlite3.Connection, user_id: str, thread_id: str) -> Thread:
    row = db.execute(
        "SELECT body FROM threads WHERE id = ? AND user_id = ?", (thread_id, user_id)
    ).fetchone()
    if row is None:
        raise NotFound("conversation")
    return decode_thread(row[0])


def revisions(db: sqlite3.Connection, threads: list[tuple[str, str]]) -> dict[str, int]:
    found: dict[str, int] = {}
    for start in range(0, len(threads), _AT_ONCE):
        some = threads[start : start + _AT_ONCE]
        places = ", ".join(["?"] * len(some))
        rows = db.execute(
            "SELECT id, user_id, json_extract(body, '$.revision') FROM threads "  # noqa: S608
            f"WHERE id IN ({places})",
            [thread_id for _, thread_id in some],
        )
        wanted = set(some)
        found |= {
            thread_id: revision or 0
            for thread_id, user_id, revision in rows
            if (user_id, thread_id) in wanted
        }
    return found


def thread_ids(db: sqlite3.Connection, user_id: str) -> list[str]:
    rows = db.execute(
        """SELECT id FROM threads WHERE user_id = ? AND deleted_at IS NULL AND temporary = 0
            ORDER BY id""",
        (user_id,),
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
    if after.title != thread.title:
        put_title(db, user_id, after)
    kept = save_thread(db, after)
    if thread.temporary and not kept.temporary:
        put_kept(db, user_id, kept)
    return kept


def save_thread(db: sqlite3.Connection, thread: Thread) -> Thread:
    names = (
        *("updated_at", "deleted_at", "pinned", "archived", "folder"),
        *("temporary", "expires_at", "retire_at"),
    )
    columns = ", ".join(f"{name} = ?" for name in names)
    db.execute(
        f"UPDATE threads SET {columns}, body = ? WHERE id = ?",  # noqa: S608 - names of ours
        (*(getattr(thread, name) for name in names), to_json(thread), thread.id),
    )
    _keep_tags(db, thread)
    return thread


def insert_thread(db: sqlite3.Connection, user_id: str, thread: Thread) -> None:
    """Unless there is one with this id, whosever it is."""
    thread = msgspec.structs.replace(thread, running=False)
    inserted = db.execute(
        "INSERT OR IGNORE INTO threads (id, user_id, updated_at, body) VALUES (?, ?, ?, ?)",
        (thread.id, user_id, thread.updated_at, to_json(thread)),
    )
    if inserted.rowcount:
        put_title(db, user_id, thread)
        save_thread(db, thread)


def _keep_tags(db: sqlite3.Connection, thread: Thread) -> None:
    """Beside the body, for lists by tag; nothing of a thread that is in no such list."""
    db.execute("DELETE FROM tags WHERE thread_id = ?", (thread.id,))
    if thread.tags and thread.deleted_at is None and not thread.temporary:
        db.execute(
            """INSERT INTO tags (user_id, archived, tag, pinned, updated_at, thread_id)
                SELECT t.user_id, t.archived, tag.value, t.pinned, t.updated_at, t.id
                FROM threads t CROSS JOIN json_each(?) tag WHERE t.id = ?""",
            (to_json(thread.tags), thread.id),
        )
