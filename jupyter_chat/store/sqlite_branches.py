"""Ways through the message tree in SQLite; each function is a part of a transaction.

SQLite itself walks along them: the interpreter sees no more ids than it hands out.
"""

from __future__ import annotations

import sqlite3

from ..protocol import Message
from .sqlite_messages import decode_message, require_message, with_checkpoints
from .sqlite_threads import to_json


def newest_leaf(db: sqlite3.Connection, user_id: str, thread_id: str, message_id: str) -> str:
    require_message(db, user_id, thread_id, message_id)
    (leaf_id,) = db.execute(
        """WITH RECURSIVE down (id, depth) AS (
                SELECT :message, 0
            UNION ALL
                SELECT (
                    SELECT c.id FROM messages c
                    WHERE c.thread_id = :thread AND c.parent_id = down.id
                    AND c.deleted_at IS NULL
                    ORDER BY c.id DESC LIMIT 1
                ), depth + 1
                FROM down WHERE down.id IS NOT NULL
            )
            SELECT id FROM down WHERE id IS NOT NULL ORDER BY depth DESC LIMIT 1""",
        {"message": message_id, "thread": thread_id},
    ).fetchone()
    return str(leaf_id)


def leads_to(
    db: sqlite3.Connection, user_id: str, thread_id: str, message_id: str, leaf_id: str
) -> bool:
    require_message(db, user_id, thread_id, message_id)
    return _way(db, thread_id, message_id, leaf_id, 0) is not None


def after(
    db: sqlite3.Connection,
    user_id: str,
    thread_id: str,
    message_id: str,
    leaf_id: str,
    limit: int,
) -> list[Message]:
    require_message(db, user_id, thread_id, message_id)
    following: list[str] = []
    here, may_lead = message_id, True
    while len(following) < limit:
        children = _children(db, thread_id, here)
        if not children:
            break
        if len(children) > 1 and may_lead:
            way = _way(db, thread_id, here, leaf_id, limit - len(following))
            if way is not None:
                following += way
                break
            may_lead = False
        here = children[-1]
        following.append(here)
    rows = db.execute(
        """SELECT m.body FROM json_each(?) AS following
            CROSS JOIN messages m ON m.id = following.value ORDER BY following.key""",
        (to_json(following),),
    )
    return [with_checkpoints(db, decode_message(body)) for (body,) in rows]


def _children(db: sqlite3.Connection, thread_id: str, parent_id: str) -> list[str]:
    rows = db.execute(
        "SELECT id FROM messages WHERE thread_id = ? AND parent_id = ? AND deleted_at IS NULL"
        " ORDER BY id",
        (thread_id, parent_id),
    )
    return [str(own) for (own,) in rows]


def _way(
    db: sqlite3.Connection, thread_id: str, message_id: str, leaf_id: str, limit: int
) -> list[str] | None:
    """The first ids after a message on the way to a leaf; `None`: it is not on it."""
    rows = db.execute(
        """WITH RECURSIVE up (id, parent_id, depth) AS (
                SELECT id, parent_id, 1 FROM messages WHERE id = :leaf AND thread_id = :thread
                    AND deleted_at IS NULL
            UNION ALL
                SELECT m.id, m.parent_id, depth + 1
                FROM up JOIN messages m ON m.id = up.parent_id WHERE up.id <> :message
            )
            SELECT id FROM up ORDER BY depth DESC LIMIT :limit + 1""",
        {"leaf": leaf_id, "thread": thread_id, "message": message_id, "limit": limit},
    )
    found = [str(own) for (own,) in rows]
    return found[1:] if found[:1] == [message_id] else None
