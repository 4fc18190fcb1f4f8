"""Lists of threads in SQLite: views, folders, tags, and what is due to be purged.

Each statement is served by one index, in the order of that index; a test looks at the
plans of all of them.
"""

from __future__ import annotations

import sqlite3

from ..protocol import Milliseconds, Thread, View
from .records import Place, page_of
from .sqlite_index import forget_messages, forget_title
from .sqlite_threads import decode_thread
from .types import ThreadFilter

NO_USER = "\0"
"""Whose a thread is that is being purged, or a deletion: nobody's."""

_MESSAGES_AT_ONCE = 200

LISTED = """SELECT body FROM threads
    WHERE user_id = ? AND archived = ? AND deleted_at IS NULL AND temporary = 0
        AND (pinned, updated_at, id) < (?, ?, ?)
    ORDER BY pinned DESC, updated_at DESC, id DESC LIMIT ?"""

IN_FOLDER = """SELECT body FROM threads
    WHERE user_id = ? AND archived = ? AND folder = ? AND deleted_at IS NULL AND temporary = 0
        AND (pinned, updated_at, id) < (?, ?, ?)
    ORDER BY pinned DESC, updated_at DESC, id DESC LIMIT ?"""

WITH_TAG = """SELECT body FROM tags t CROSS JOIN threads ON threads.id = t.thread_id
    WHERE t.user_id = ? AND t.archived = ? AND t.tag = ?
        AND (t.pinned, t.updated_at, t.thread_id) < (?, ?, ?)
    ORDER BY t.pinned DESC, t.updated_at DESC, t.thread_id DESC LIMIT ?"""

IN_TRASH = """SELECT body FROM threads
    WHERE user_id = ? AND deleted_at IS NOT NULL AND (deleted_at, id) < (?, ?)
    ORDER BY deleted_at DESC, id DESC LIMIT ?"""

FOLDERS = """SELECT folder, count(*) FROM threads
    WHERE user_id = ? AND archived = 0 AND deleted_at IS NULL AND temporary = 0
        AND folder IS NOT NULL
    GROUP BY folder"""

TAGS = "SELECT tag, count(*) FROM tags WHERE user_id = ? AND archived = 0 GROUP BY tag"

LONG_DELETED = """SELECT user_id, id FROM threads WHERE deleted_at < ?
    ORDER BY deleted_at LIMIT ?"""

EXPIRED = "SELECT user_id, id FROM threads WHERE expires_at <= ? ORDER BY expires_at LIMIT ?"

# Through the index of the lists, which is for one person at a time, from its beginning to its
# end: an index more would be written with each answer, and this is done now and then.
QUIET = """SELECT threads.user_id, threads.body
    FROM threads places INDEXED BY threads_by_place CROSS JOIN threads ON threads.id = places.id
    WHERE places.deleted_at IS NULL AND places.temporary = 0
        AND places.updated_at < ? AND (places.updated_at, places.id) > (?, ?)
        AND threads.retire_at IS NULL
    ORDER BY places.updated_at, places.id LIMIT ?"""

RETIRING = """SELECT user_id, body FROM threads
    WHERE retire_at < ? AND (retire_at, id) > (?, ?) AND deleted_at IS NULL
    ORDER BY retire_at, id LIMIT ?"""

SOME_MESSAGES = "SELECT id FROM messages WHERE thread_id = ? LIMIT ?"


def list_threads(
    db: sqlite3.Connection, user_id: str, limit: int, after: Place | None, which: ThreadFilter
) -> tuple[list[Thread], str | None]:
    # Without a place: before all there are.
    pinned, time, thread_id = (2, 2**63 - 1, "")
    if after is not None:
        pinned, time, thread_id = (int(after.pinned), after.time, after.id)
    place = (pinned, time, thread_id)
    archived = which.view is View.ARCHIVED
    if which.view is View.TRASH:
        rows = db.execute(IN_TRASH, (user_id, time, thread_id, limit + 1))
    elif which.tag is not None:
        rows = db.execute(WITH_TAG, (user_id, archived, which.tag, *place, limit + 1))
    elif which.folder is not None:
        rows = db.execute(IN_FOLDER, (user_id, archived, which.folder, *place, limit + 1))
    else:
        rows = db.execute(LISTED, (user_id, archived, *place, limit + 1))
    return page_of([decode_thread(body) for (body,) in rows], limit)


def folders(db: sqlite3.Connection, user_id: str) -> tuple[dict[str, int], dict[str, int]]:
    return dict(db.execute(FOLDERS, (user_id,))), dict(db.execute(TAGS, (user_id,)))


def due(
    db: sqlite3.Connection, deleted_before: Milliseconds, now: Milliseconds, limit: int
) -> list[tuple[str, str]]:
    found = db.execute(LONG_DELETED, (deleted_before, limit)).fetchall()
    return found + db.execute(EXPIRED, (now, limit - len(found))).fetchall()


def quiet(
    db: sqlite3.Connection, before: Milliseconds, limit: int, after: Thread | None
) -> list[tuple[str, Thread]]:
    place = (-1, "") if after is None else (after.updated_at, after.id)
    rows = db.execute(QUIET, (before, *place, limit))
    return [(user_id, decode_thread(body)) for user_id, body in rows]


def retiring(
    db: sqlite3.Connection, before: Milliseconds, limit: int, after: Thread | None
) -> list[tuple[str, Thread]]:
    place = (-1, "") if after is None else (after.retire_at, after.id)
    rows = db.execute(RETIRING, (before, *place, limit))
    return [(user_id, decode_thread(body)) for user_id, body in rows]


def purge(db: sqlite3.Connection, user_id: str, thread_id: str) -> bool | None:
    """One step; `None`: there are more.

    The first takes the thread away from its user, so that nobody sees it or can restore
    it while it goes; it stays in the trash, where the next process finds it should this
    one die.  The last deletes it; what else refers to it goes by foreign keys.
    """
    due = """FROM threads
        WHERE id = ? AND user_id = ? AND (deleted_at IS NOT NULL OR temporary = 1)"""
    if user_id != NO_USER and db.execute(f"SELECT 1 {due}", (thread_id, user_id)).fetchone():
        forget_title(db, user_id, thread_id)
    db.execute(
        f"""UPDATE threads SET user_id = ?, deleted_at = -1, expires_at = NULL, body = ''
            WHERE id IN (SELECT id {due})""",  # noqa: S608 - a condition of ours
        (NO_USER, thread_id, user_id),
    )
    row = db.execute("SELECT user_id FROM threads WHERE id = ?", (thread_id,)).fetchone()
    if row != (NO_USER,):
        return row is None or bool(row[0] != user_id)
    at_once = _MESSAGES_AT_ONCE  # also where a test changes it meanwhile
    messages = db.execute(SOME_MESSAGES, (thread_id, at_once)).fetchall()
    forget_messages(db, [message_id for (message_id,) in messages])
    db.executemany("DELETE FROM messages WHERE id = ?", messages)
    if len(messages) == at_once:
        return None
    db.execute("DELETE FROM threads WHERE id = ?", (thread_id,))
    return True
