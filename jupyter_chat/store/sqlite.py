"""The embedded store: one SQLite file, which several processes may share."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from functools import partial
from pathlib import Path

import msgspec

from ..ids import new_id
from ..protocol import Message, Milliseconds, Role, Status, Thread
from .interface import (
    Accepted,
    Checkpoint,
    Conflict,
    Lease,
    Node,
    NotFound,
    ThreadChanges,
    Turn,
    UserSettings,
)
from .records import (
    LIVE,
    changed,
    decode_cursor,
    encode_cursor,
    fold,
    has_lapsed,
    interrupted,
)
from .sqlite_database import Database

_encoder = msgspec.json.Encoder()
_thread = msgspec.json.Decoder(Thread).decode
_message = msgspec.json.Decoder(Message).decode
_settings = msgspec.json.Decoder(UserSettings).decode
_growth = msgspec.json.Decoder(tuple[int, str, str]).decode

_PROBE_BYTES = 64 * 1024
_BEFORE_ALL = (2**63 - 1, "")
"""The place in the list of threads where the first page begins."""


class SqliteStore:
    """See `interface.Store`; one event loop at a time."""

    def __init__(self, path: Path, busy_seconds: float = 5.0) -> None:
        self._database = Database(path, busy_seconds)
        self._write = self._database.write
        self._read = self._database.read

    async def open(self) -> None:
        await self._database.open()
        await self.check()

    async def close(self) -> None:
        await self._database.close()

    async def check(self) -> None:
        # Something of a size that a full disk has no room for; in two transactions,
        # because SQLite does not write what the same transaction frees again.
        await self._write(partial(_put_meta, name="probe", value=bytes(_PROBE_BYTES)))
        await self._write(partial(_put_meta, name="probe", value=None))

    async def owner_id(self) -> str:
        return await self._write(_owner_id)

    async def get_thread(self, user_id: str, thread_id: str) -> Thread:
        return await self._read(partial(_get_thread, user_id=user_id, thread_id=thread_id))

    async def list_threads(
        self, user_id: str, *, limit: int, cursor: str | None = None
    ) -> tuple[list[Thread], str | None]:
        after = decode_cursor(cursor) if cursor is not None else _BEFORE_ALL
        return await self._read(partial(_list_threads, user_id=user_id, limit=limit, after=after))

    async def update_thread(
        self, user_id: str, thread_id: str, changes: ThreadChanges, revision: int | None = None
    ) -> Thread:
        return await self._write(
            partial(
                _update_thread,
                user_id=user_id,
                thread_id=thread_id,
                changes=changes,
                revision=revision,
            )
        )

    async def add_turn(self, user_id: str, turn: Turn) -> Accepted:
        return await self._write(partial(_add_turn, user_id=user_id, turn=turn))

    async def get_message(self, user_id: str, thread_id: str, message_id: str) -> Message:
        (message,) = await self.path(user_id, thread_id, message_id, limit=1)
        return message

    async def path(
        self, user_id: str, thread_id: str, leaf_id: str, *, limit: int
    ) -> list[Message]:
        return await self._read(
            partial(_path, user_id=user_id, thread_id=thread_id, leaf_id=leaf_id, limit=limit)
        )

    async def tree(self, user_id: str, thread_id: str) -> list[Node]:
        return await self._read(partial(_tree, user_id=user_id, thread_id=thread_id))

    async def children(
        self, user_id: str, thread_id: str, parent_ids: list[str | None]
    ) -> list[Node]:
        return await self._read(
            partial(_children, user_id=user_id, thread_id=thread_id, parent_ids=parent_ids)
        )

    async def append_checkpoints(self, checkpoints: list[Checkpoint]) -> None:
        await self._write(partial(_append_checkpoints, checkpoints=checkpoints))

    async def finish_reply(self, user_id: str, message: Message) -> Thread:
        return await self._write(partial(_finish_reply, user_id=user_id, message=message))

    async def renew_lease(self, lease: Lease) -> None:
        await self._write(partial(_renew_lease, lease=lease))

    async def release_lease(self, owner: str) -> None:
        await self._write(partial(_release_lease, owner=owner))

    async def recover(self, lease: Lease, now: Milliseconds) -> list[tuple[str, Message]]:
        return await self._write(partial(_recover, lease=lease, now=now))

    async def get_settings(self, user_id: str) -> UserSettings:
        return await self._read(partial(_get_settings, user_id=user_id))

    async def put_settings(self, user_id: str, settings: UserSettings) -> None:
        await self._write(partial(_put_settings, user_id=user_id, settings=settings))


def _json(value: object) -> str:
    return _encoder.encode(value).decode()


# --- threads ----------------------------------------------------------------------------


def _get_thread(db: sqlite3.Connection, user_id: str, thread_id: str) -> Thread:
    row = db.execute(
        "SELECT body FROM threads WHERE id = ? AND user_id = ?", (thread_id, user_id)
    ).fetchone()
    if row is None:
        raise NotFound("conversation")
    return _thread(row[0])


def _list_threads(
    db: sqlite3.Connection, user_id: str, limit: int, after: tuple[Milliseconds, str]
) -> tuple[list[Thread], str | None]:
    rows = db.execute(
        """SELECT body FROM threads
            WHERE user_id = ? AND deleted_at IS NULL AND (updated_at, id) < (?, ?)
            ORDER BY updated_at DESC, id DESC LIMIT ?""",
        (user_id, *after, limit + 1),
    )
    threads = [_thread(body) for (body,) in rows]
    if len(threads) <= limit:
        return threads, None
    del threads[limit:]
    return threads, encode_cursor(threads[-1])


def _update_thread(
    db: sqlite3.Connection,
    user_id: str,
    thread_id: str,
    changes: ThreadChanges,
    revision: int | None,
) -> Thread:
    thread = _get_thread(db, user_id, thread_id)
    after = changed(thread, changes)
    if after is thread:
        return thread
    if revision is not None and revision != thread.revision:
        raise Conflict
    return _save_thread(db, after)


def _save_thread(db: sqlite3.Connection, thread: Thread) -> Thread:
    db.execute(
        "UPDATE threads SET updated_at = ?, deleted_at = ?, body = ? WHERE id = ?",
        (thread.updated_at, thread.deleted_at, _json(thread), thread.id),
    )
    return thread


def _insert_thread(db: sqlite3.Connection, user_id: str, thread: Thread) -> None:
    """Unless there is one with this id, whosever it is."""
    thread = msgspec.structs.replace(thread, running=False)
    db.execute(
        "INSERT OR IGNORE INTO threads (id, user_id, updated_at, deleted_at, body)"
        " VALUES (?, ?, ?, ?, ?)",
        (thread.id, user_id, thread.updated_at, thread.deleted_at, _json(thread)),
    )


# --- messages ---------------------------------------------------------------------------


def _add_turn(db: sqlite3.Connection, user_id: str, turn: Turn) -> Accepted:
    known = _known_turn(db, user_id, turn)
    if known is not None:
        return known
    reply, question = turn.reply, turn.question
    if turn.new_thread is not None:
        _insert_thread(db, user_id, turn.new_thread)
    thread = _get_thread(db, user_id, reply.thread_id)
    first = question or reply
    if first.parent_id is not None:
        _require_message(db, user_id, thread.id, first.parent_id)
    if question is not None:
        _insert_message(db, user_id, question)
    _insert_message(db, user_id, reply)
    db.execute(
        "INSERT INTO generations (message_id, user_id, owner) VALUES (?, ?, ?)",
        (reply.id, user_id, turn.owner),
    )
    updated_at = max(thread.updated_at, reply.created_at)
    thread = changed(thread, ThreadChanges(leaf_id=reply.id, updated_at=updated_at))
    return Accepted(
        thread=_save_thread(db, thread),
        question_id=question.id if question is not None else None,
        reply_id=reply.id,
        repeated=False,
        owner=turn.owner,
    )


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
        thread=_get_thread(db, user_id, thread_id),
        question_id=parent_id if turn.question is not None else None,
        reply_id=reply_id,
        repeated=True,
        owner=owner,
    )


def _require_message(db: sqlite3.Connection, user_id: str, thread_id: str, message_id: str) -> None:
    found = db.execute(
        "SELECT 1 FROM messages WHERE id = ? AND thread_id = ? AND user_id = ?",
        (message_id, thread_id, user_id),
    ).fetchone()
    if found is None:
        raise NotFound("message")


def _insert_message(db: sqlite3.Connection, user_id: str, message: Message) -> None:
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
            _json(message),
        ),
    )


def _path(
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
            SELECT body FROM branch JOIN messages USING (id) ORDER BY depth DESC""",
        (leaf_id, thread_id, user_id, limit),
    )
    messages = [_with_checkpoints(db, _message(body)) for (body,) in rows]
    if not messages:
        raise NotFound("message")
    return messages


def _with_checkpoints(db: sqlite3.Connection, message: Message) -> Message:
    if message.status not in LIVE:
        return message
    rows = db.execute(
        """SELECT c.body FROM generations g JOIN checkpoints c ON c.generation_id = g.id
            WHERE g.message_id = ? ORDER BY c.number""",
        (message.id,),
    )
    return fold(message, (_growth(body) for (body,) in rows))


def _tree(db: sqlite3.Connection, user_id: str, thread_id: str) -> list[Node]:
    _get_thread(db, user_id, thread_id)
    return _nodes(
        db.execute(
            "SELECT id, parent_id, role, status FROM messages WHERE thread_id = ? ORDER BY id",
            (thread_id,),
        )
    )


def _children(
    db: sqlite3.Connection, user_id: str, thread_id: str, parent_ids: list[str | None]
) -> list[Node]:
    _get_thread(db, user_id, thread_id)
    return _nodes(
        db.execute(
            """SELECT DISTINCT m.id, m.parent_id, m.role, m.status
                FROM json_each(?) AS parent
                CROSS JOIN messages m ON m.thread_id = ? AND m.parent_id IS parent.value
                ORDER BY m.id""",
            (_json(parent_ids), thread_id),
        )
    )


def _nodes(rows: Iterable[tuple[str, str | None, str, str]]) -> list[Node]:
    return [Node(own, parent, Role(role), Status(status)) for own, parent, role, status in rows]


# --- replies being made -----------------------------------------------------------------


def _append_checkpoints(db: sqlite3.Connection, checkpoints: list[Checkpoint]) -> None:
    # All in one statement: hundreds at a time, several times a second.
    rows = [(c.message_id, c.user_id, c.number, (c.part, c.kind, c.text)) for c in checkpoints]
    db.execute(
        """INSERT OR IGNORE INTO checkpoints (generation_id, number, body)
            SELECT g.id, json_extract(value, '$[2]'), json_extract(value, '$[3]')
            FROM json_each(?) CROSS JOIN generations g
            ON g.message_id = json_extract(value, '$[0]')
            AND g.user_id = json_extract(value, '$[1]')""",
        (_json(rows),),
    )


def _finish_reply(db: sqlite3.Connection, user_id: str, message: Message) -> Thread:
    _require_message(db, user_id, message.thread_id, message.id)
    _save_reply(db, message)
    thread = _get_thread(db, user_id, message.thread_id)
    updated_at = max(thread.updated_at, message.completed_at or 0)
    after = changed(thread, ThreadChanges(updated_at=updated_at))
    return thread if after is thread else _save_thread(db, after)


def _save_reply(db: sqlite3.Connection, message: Message) -> None:
    """A reply in its final state, no longer among the running."""
    db.execute(
        "UPDATE messages SET status = ?, body = ? WHERE id = ?",
        (message.status, _json(message), message.id),
    )
    db.execute("DELETE FROM generations WHERE message_id = ?", (message.id,))


def _renew_lease(db: sqlite3.Connection, lease: Lease) -> None:
    db.execute(
        "INSERT OR REPLACE INTO leases (owner, expires_at, host, pid) VALUES (?, ?, ?, ?)",
        (lease.owner, lease.expires_at, lease.host, lease.pid),
    )


def _release_lease(db: sqlite3.Connection, owner: str) -> None:
    db.execute("DELETE FROM leases WHERE owner = ?", (owner,))


def _recover(db: sqlite3.Connection, lease: Lease, now: Milliseconds) -> list[tuple[str, Message]]:
    recovered = []
    rows = db.execute(
        """SELECT owner, expires_at, host, pid FROM leases WHERE owner != ?
            UNION SELECT g.owner, NULL, NULL, NULL FROM generations g
            WHERE g.owner != ? AND g.owner NOT IN (SELECT owner FROM leases)""",
        (lease.owner, lease.owner),
    ).fetchall()
    for owner, *held in rows:
        if not has_lapsed(Lease(owner, *held) if held[0] is not None else None, lease, now):
            continue
        replies = db.execute(
            """SELECT g.user_id, m.body FROM generations g JOIN messages m ON m.id = g.message_id
                WHERE g.owner = ? ORDER BY m.id""",
            (owner,),
        ).fetchall()
        for user_id, body in replies:
            message = interrupted(_with_checkpoints(db, _message(body)), now)
            _save_reply(db, message)
            recovered.append((user_id, message))
        _release_lease(db, owner)
    return recovered


# --- people -----------------------------------------------------------------------------


def _put_meta(db: sqlite3.Connection, name: str, value: object) -> None:
    db.execute("INSERT OR REPLACE INTO meta (name, value) VALUES (?, ?)", (name, value))


def _owner_id(db: sqlite3.Connection) -> str:
    db.execute("INSERT OR IGNORE INTO meta (name, value) VALUES ('owner', ?)", (new_id(),))
    (owner_id,) = db.execute("SELECT value FROM meta WHERE name = 'owner'").fetchone()
    return str(owner_id)


def _get_settings(db: sqlite3.Connection, user_id: str) -> UserSettings:
    row = db.execute("SELECT body FROM settings WHERE user_id = ?", (user_id,)).fetchone()
    return UserSettings() if row is None else _settings(row[0])


def _put_settings(db: sqlite3.Connection, user_id: str, settings: UserSettings) -> None:
    db.execute(
        "INSERT OR REPLACE INTO settings (user_id, body) VALUES (?, ?)",
        (user_id, _json(settings)),
    )
