"""Branches without their bodies in SQLite, with the tokens of their messages; each function
is a part of a transaction."""

from __future__ import annotations

import sqlite3

import msgspec

from ..protocol import Role, Status
from .errors import NotFound
from .sqlite_threads import to_json
from .types import Outline, Weight

_weight = msgspec.json.Decoder(Weight).decode


def outline(
    db: sqlite3.Connection, user_id: str, thread_id: str, leaf_id: str, limit: int
) -> list[Outline]:
    rows = db.execute(
        """WITH RECURSIVE branch (id, parent_id, role, status, depth) AS (
                SELECT id, parent_id, role, status, 1 FROM messages
                WHERE id = ? AND thread_id = ? AND user_id = ? AND deleted_at IS NULL
            UNION ALL
                SELECT m.id, m.parent_id, m.role, m.status, depth + 1
                FROM branch JOIN messages m ON m.id = branch.parent_id
                WHERE depth < ?
            )
            SELECT id, parent_id, role, status,
                CASE WHEN status <> 'stopped' THEN 1 ELSE (
                    SELECT json_extract(body, '$.begun_at') IS NOT NULL
                    FROM messages m WHERE m.id = branch.id
                ) END,
                (SELECT w.body FROM weights w WHERE w.message_id = branch.id)
            FROM branch ORDER BY depth DESC""",
        (leaf_id, thread_id, user_id, limit),
    ).fetchall()
    if not rows:
        raise NotFound("message")
    return [
        Outline(
            own,
            parent,
            Role(role),
            Status(status),
            bool(begun),
            None if weight is None else _weight(weight),
        )
        for own, parent, role, status, begun, weight in rows
    ]


def put_weights(
    db: sqlite3.Connection, user_id: str, thread_id: str, weights: dict[str, Weight]
) -> None:
    db.execute(
        """INSERT OR REPLACE INTO weights (message_id, body)
            SELECT m.id, given.value FROM json_each(?) AS given
            CROSS JOIN messages m ON m.id = given.key
            WHERE m.user_id = ? AND m.thread_id = ?""",
        (
            to_json({message_id: to_json(weight) for message_id, weight in weights.items()}),
            user_id,
            thread_id,
        ),
    )
