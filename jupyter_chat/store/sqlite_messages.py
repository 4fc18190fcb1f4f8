"""Turns and the message tree in SQLite; each function is a part of a transaction."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable

import msgspec

from ..protocol import Message, Role, Status, Thread
from .errors import NotFound
from .records import LIVE, Growth, changed, fold
from .sqlite_index import put_message
from .sqlite_threads import get_thread, insert_thread, save_thread, to_json
from .tree import reachable
from .types import Accepted, Node, ThreadChanges, Turn

decode_message = msgspec.json.Decoder(Message).decode
_growth = msgspec.json.Decoder(Growth).decode


def add_turn(db: sqlite3.Connection, user_id: str, turn: Turn) -> Accepted:
    known = _known_turn(db, user_id, turn)
    if known is not None:
        return known
    reply, question = turn.reply, turn.question
    if turn.new_thread is not None:
        insert_thread(db, user_id, turn.new_thread)
    thread = get_thread(db, user_id, reply.thread_id)
    first = question or reply
    if first.parent_id is not None:
        require_message(db, user_id, thread.id, first.parent_id)
    if question is not None:
        _insert_message(db, user_id, question)
    _insert_message(db, user_id, reply)
    db.execute(
        "INSERT INTO generations (message_id, user_id, owner, begun) VALUES (?, ?, ?, ?)",
        (reply.id, user_id, turn.owner, reply.status is not Status.QUEUED),
    )
    updated_at = max(thread.updated_at, reply.created_at)
    thread = changed(thread, ThreadChanges(leaf_id=reply.id, updated_at=updated_at, retire_at=None))
    return Accepted(
        thread=save_thread(db, thread),
        question_id=question.id if question is not None else None,
        reply_id=reply.id,
        repeated=False,
        owner=turn.owner,
    )


def add_thread(
    db: sqlite3.Connection,
    user_id: str,
    thread: Thread,
    messages: list[Message],
    terms: dict[str, set[str]],
) -> int:
    insert_thread(db, user_id, thread)
    get_thread(db, user_id, thread.id)
    added = 0
    for message in messages:
        if _is_there(db, user_id, message):
            continue
        _insert_message(db, user_id, message, terms.get(message.id))
        added += 1
    return added


def _is_there(db: sqlite3.Connection, user_id: str, message: Message) -> bool:
    row = db.execute(
        "SELECT user_id, thread_id FROM messages WHERE id = ?", (message.id,)
    ).fetchone()
    if row is not None and row != (user_id, message.thread_id):
        raise NotFound("message")
    return row is not None


def _known_turn(db: sqlite3.Connection, user_id: str, turn: Turn) -> Accepted | None:
    row = db.execute(
        """SELECT m.id, m.parent_id, m.thread_id, g.owner
            FROM messages m LEFT JOIN generations g ON g.message_id = m.id
            WHERE m.user_id = ? AND m.client_id = ? AND m.role = ?""",
        (user_id, turn.reply.client_id, turn.reply.role),
    ).fetchone()
    if row is None:
        return None
    reply_id, parent_id, thread_id, owner = row
    return Accepted(
        thread=get_thread(db, user_id, thread_id),
        question_id=parent_id if turn.question is not None else None,
        reply_id=reply_id,
        repeated=True,
        owner=owner,
    )


def require_message(db: sqlite3.Connection, user_id: str, thread_id: str, message_id: str) -> None:
    found = db.execute(
        "SELECT 1 FROM messages WHERE id = ? AND thread_id = ? AND user_id = ?"
        " AND deleted_at IS NULL",
        (message_id, thread_id, user_id),
    ).fetchone()
    if found is None:
        raise NotFound("message")


def _insert_message(
    db: sqlite3.Connection, user_id: str, message: Message, terms: set[str] | None = None
) -> None:
    put_message(db, user_id, message, terms)
    db.execute(
        """INSERT INTO messages (id, user_id, thread_id, parent_id, role, status, client_id, body)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?)""",
        (
            message.id,
            user_id,
            message.thread_id,
            message.parent_id,
            message.role,
            message.status,
            message.client_id,
            to_json(message),
        ),
    )


def path(
    db: sqlite3.Connection, user_id: str, thread_id: str, leaf_id: str, limit: int
) -> list[Message]:
    rows = db.execute(
        """WITH RECURSIVE branch (id, parent_id, depth) AS (
                SELECT id, parent_id, 1 FROM messages
                WHERE id = ? AND thread_id = ? AND user_id = ?
            UNION ALL
                SELECT m.id, m.parent_id, depth + 1
                FROM branch JOIN messages m ON m.id = branch.parent_id
                WHERE depth < ?
            )
            SELECT body, deleted_at FROM branch JOIN messages USING (id) ORDER BY depth DESC""",
        (leaf_id, thread_id, user_id, limit),
    ).fetchall()
    if not rows or any(deleted_at is not None for _, deleted_at in rows):
        raise NotFound("message")
    return [with_checkpoints(db, decode_message(body)) for body, _ in rows]


def get_messages(
    db: sqlite3.Connection, user_id: str, thread_id: str, ids: list[str]
) -> list[Message]:
    rows = db.execute(
        """SELECT m.body FROM json_each(?) AS wanted CROSS JOIN messages m ON m.id = wanted.value
            WHERE m.thread_id = ? AND m.user_id = ? AND m.deleted_at IS NULL ORDER BY m.id""",
        (to_json(sorted(set(ids))), thread_id, user_id),
    )
    return [with_checkpoints(db, decode_message(body)) for (body,) in rows]


def with_checkpoints(db: sqlite3.Connection, message: Message) -> Message:
    return fold(message, growth_of(db, message)) if message.status in LIVE else message


def growth_of(db: sqlite3.Connection, message: Message) -> list[Growth]:
    """A running reply's checkpoints."""
    rows = db.execute(
        """SELECT c.body FROM generations g JOIN checkpoints c ON c.generation_id = g.id
            WHERE g.message_id = ? ORDER BY c.number""",
        (message.id,),
    )
    return [_growth(body) for (body,) in rows]


def tree(db: sqlite3.Connection, user_id: str, thread_id: str) -> list[Node]:
    get_thread(db, user_id, thread_id)
    return reachable(
        _nodes(
            db.execute(
                "SELECT id, parent_id, role, status FROM messages"
                " WHERE thread_id = ? AND deleted_at IS NULL ORDER BY id",
                (thread_id,),
            )
        )
    )


def children(
    db: sqlite3.Connection, user_id: str, thread_id: str, parent_ids: list[str | None]
) -> list[Node]:
    get_thread(db, user_id, thread_id)
    return _nodes(
        db.execute(
            """SELECT DISTINCT m.id, m.parent_id, m.role, m.status
                FROM json_each(?) AS parent
                CROSS JOIN messages m ON m.thread_id = ? AND m.parent_id IS parent.value
                WHERE m.deleted_at IS NULL ORDER BY m.id""",
            (to_json(parent_ids), thread_id),
        )
    )


def _nodes(rows: Iterable[tuple[str, str | None, str, str]]) -> list[Node]:
    return [Node(own, parent, Role(role), Status(status)) for own, parent, role, status in rows]
