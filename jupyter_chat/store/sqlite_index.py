"""The search index in SQLite: what is in it; each function is a part of a transaction.

One FTS5 table holds terms (see `terms.py`) and no text.  Every term begins with the
short number of its user and with what it is of, `m` for a message and `t` for a title:
each list of places belongs to one person, and somebody else's history costs nothing.
The places, numbers of entries, grow with the time of what they stand for, so that the
newest come first by walking the lists backwards, without sorting or ranking.
"""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Callable, Collection
from typing import TypeAlias

import msgspec

from ..protocol import Message, Milliseconds, Thread
from . import terms
from .records import LIVE

MESSAGE, TITLE = "m", "t"

Thing: TypeAlias = tuple[str, str, str]
"""What is indexed: the id of its user, its kind and its own id."""

MOMENT = 16
"""Milliseconds that numbers are apart; two entries of one moment take what is free."""

DRIFT = 1 << 16
"""Numbers by which an entry may stand after its moment, where that is crowded."""

_LATEST = 1 << 55
_IN_A_ROW = 8
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"

_decode_message = msgspec.json.Decoder(Message).decode
_decode_thread = msgspec.json.Decoder(Thread).decode


def scope(db: sqlite3.Connection, user_id: str, kind: str) -> str | None:
    """What all terms of a person's messages (or titles) begin with; `None`: there are
    none yet."""
    row = db.execute("SELECT number FROM search_people WHERE user_id = ?", (user_id,)).fetchone()
    return None if row is None else f"{_short(row[0])}{kind}_"


def put_message(
    db: sqlite3.Connection, user_id: str, message: Message, known: Collection[str] | None = None
) -> None:
    """Index a message, before it is written.  `known` are its terms, where they have been
    computed already.  One that is still being made is left for later, and one of a
    temporary thread until that is kept: words stay in the index's file until it is merged."""
    if message.status in LIVE or _is_temporary(db, message.thread_id):
        return

    def before() -> Collection[str]:
        (body,) = db.execute("SELECT body FROM messages WHERE id = ?", (message.id,)).fetchone()
        return terms.of_message(_decode_message(body))

    thing = user_id, MESSAGE, message.id
    new = terms.of_message(message) if known is None else known
    if _make_room(db, thing, new, before):
        _put(db, thing, message.created_at, new)


def put_title(db: sqlite3.Connection, user_id: str, thread: Thread) -> None:
    """Index a thread's title, before it is written."""
    if thread.title is None or thread.temporary:
        return

    def before() -> Collection[str]:
        (body,) = db.execute("SELECT body FROM threads WHERE id = ?", (thread.id,)).fetchone()
        return terms.of_title(_decode_thread(body).title or "")

    thing = user_id, TITLE, thread.id
    new = terms.of_title(thread.title)
    if _make_room(db, thing, new, before):
        _put(db, thing, thread.created_at, new)


def put_kept(db: sqlite3.Connection, user_id: str, thread: Thread) -> None:
    """Index all of a thread that is temporary no longer."""
    put_title(db, user_id, thread)
    rows = db.execute("SELECT body FROM messages WHERE thread_id = ?", (thread.id,)).fetchall()
    for (body,) in rows:
        put_message(db, user_id, _decode_message(body))


def _is_temporary(db: sqlite3.Connection, thread_id: str) -> bool:
    row = db.execute("SELECT temporary FROM threads WHERE id = ?", (thread_id,)).fetchone()
    return row is not None and bool(row[0])


def forget_messages(db: sqlite3.Connection, message_ids: list[str]) -> None:
    """Take messages out of the index, before they are deleted for good."""
    for message_id in message_ids:
        row = db.execute(
            "SELECT user_id, body FROM messages WHERE id = ?", (message_id,)
        ).fetchone()
        if row is not None:
            old = terms.of_message(_decode_message(row[1]))
            _take_out(db, (row[0], MESSAGE, message_id), old)


def forget_title(db: sqlite3.Connection, user_id: str, thread_id: str) -> None:
    """Take a thread's title out of the index, before it is deleted for good."""
    row = db.execute(
        "SELECT body FROM threads WHERE id = ? AND user_id = ?", (thread_id, user_id)
    ).fetchone()
    if row is not None:
        old = terms.of_title(_decode_thread(row[0]).title or "")
        _take_out(db, (user_id, TITLE, thread_id), old)


def _make_room(
    db: sqlite3.Connection,
    thing: Thing,
    new: Collection[str],
    before: Callable[[], Collection[str]],
) -> bool:
    """Take out what the index has of a thing; False: it has just this already."""
    if _number_of(db, thing[2]) is None:
        return True
    old = before()
    if set(old) == set(new):
        return False
    _take_out(db, thing, old)
    return True


def _put(
    db: sqlite3.Connection,
    thing: Thing,
    created_at: Milliseconds,
    new: Collection[str],
) -> None:
    user_id, kind, thing_id = thing
    db.execute("INSERT OR IGNORE INTO search_people (user_id) VALUES (?)", (user_id,))
    text = _joined(scope(db, user_id, kind), new)
    number = _take_number(db, thing_id, created_at)
    db.execute("INSERT INTO search_terms (rowid, terms) VALUES (?, ?)", (number, text))


def _take_out(db: sqlite3.Connection, thing: Thing, old: Collection[str]) -> None:
    user_id, kind, thing_id = thing
    number = _number_of(db, thing_id)
    if number is None:
        return
    db.execute(
        "INSERT INTO search_terms (search_terms, rowid, terms) VALUES ('delete', ?, ?)",
        (number, _joined(scope(db, user_id, kind), old)),
    )
    db.execute("DELETE FROM search_entries WHERE number = ?", (number,))


def _number_of(db: sqlite3.Connection, thing_id: str) -> int | None:
    row = db.execute("SELECT number FROM search_entries WHERE id = ?", (thing_id,)).fetchone()
    return None if row is None else int(row[0])


def _take_number(db: sqlite3.Connection, thing_id: str, created_at: Milliseconds) -> int:
    """A free number at a time or a little later: the next one, or where many crowd (an
    import may give everything the same time) any one near."""
    number = min(max(created_at, 0), _LATEST) // MOMENT
    tries = 0
    while db.execute("SELECT 1 FROM search_entries WHERE number = ?", (number,)).fetchone():
        tries += 1
        number += 1 if tries < _IN_A_ROW else random.randrange(2 ** min(tries, 16))
    db.execute("INSERT INTO search_entries (number, id) VALUES (?, ?)", (number, thing_id))
    return number


def _joined(prefix: str | None, of: Collection[str]) -> str:
    return " ".join(f"{prefix}{term}" for term in sorted(of))


def _short(number: int) -> str:
    digits = ""
    while number:
        number, digit = divmod(number, 36)
        digits = _DIGITS[digit] + digits
    return digits


# --- What was stored before there was an index ------------------------------------------


class Backlog(msgspec.Struct, array_like=True, frozen=True):
    """How far the index has come with what was there before it: `after` is the last
    message (then thread) in it."""

    version: int
    kind: str = MESSAGE
    after: str = ""
    done: bool = False


_decode_backlog = msgspec.json.Decoder(Backlog).decode

_TABLES = {MESSAGE: "messages", TITLE: "threads"}
_AT_ONCE = 100
_BYTES_AT_ONCE = 500_000


def backlog(db: sqlite3.Connection) -> Backlog | None:
    """`None`: nobody has looked yet; one of another version is to be begun anew."""
    row = db.execute("SELECT value FROM meta WHERE name = 'search'").fetchone()
    return None if row is None else _decode_backlog(row[0])


def is_behind(db: sqlite3.Connection) -> bool:
    """Whether something stored may be missing in the index."""
    found = backlog(db)
    return found is None or not found.done or found.version != terms.TERMS_VERSION


def begin(db: sqlite3.Connection) -> Backlog:
    """Where to go on; an index of another version is emptied."""
    found = backlog(db)
    if found is not None and found.version == terms.TERMS_VERSION:
        return found
    if found is not None:
        db.execute("INSERT INTO search_terms (search_terms) VALUES ('delete-all')")
        db.execute("DELETE FROM search_entries")
    fresh = Backlog(terms.TERMS_VERSION)
    _keep(db, fresh)
    return fresh


class Batch(msgspec.Struct, frozen=True):
    """Things to be indexed: user id, id, terms and time of each."""

    begun: Backlog
    left: Backlog
    things: list[tuple[str, str, set[str], Milliseconds]]


def read_batch(db: sqlite3.Connection, begun: Backlog) -> Batch:
    """The next things, with their terms."""
    table = _TABLES[begun.kind]
    things: list[tuple[str, str, set[str], Milliseconds]] = []
    last: str | None = None
    size = 0
    # A thread that is being purged has no body any more.
    rows = db.execute(
        f"SELECT id, user_id, body FROM {table} WHERE id > ? AND body <> ''"  # noqa: S608
        " ORDER BY id LIMIT ?",
        (begun.after, _AT_ONCE),
    )
    for thing_id, user_id, body in rows:
        last = thing_id
        size += len(body)
        if begun.kind == MESSAGE:
            message = _decode_message(body)
            if message.status not in LIVE:
                found = terms.of_message(message)
                things.append((user_id, message.id, found, message.created_at))
        else:
            thread = _decode_thread(body)
            if thread.title is not None:
                found = terms.of_title(thread.title)
                things.append((user_id, thread.id, found, thread.created_at))
        if size >= _BYTES_AT_ONCE:
            break
    version = begun.version
    if last is not None:
        left = Backlog(version, begun.kind, last)
    elif begun.kind == MESSAGE:
        left = Backlog(version, TITLE)
    else:
        left = Backlog(version, done=True)
    return Batch(begun, left, things)


def write_batch(db: sqlite3.Connection, batch: Batch) -> bool:
    """Index a batch, unless another process has done it.  False: that was all."""
    if backlog(db) != batch.begun:
        return True
    table = _TABLES[batch.begun.kind]
    still_there = f"SELECT 1 FROM {table} WHERE id = ? AND user_id = ?"  # noqa: S608
    for user_id, thing_id, found, created_at in batch.things:
        # What was stored or changed since the batch was read is in the index already, and
        # what was deleted for good shall not come back.
        is_there = db.execute(still_there, (thing_id, user_id)).fetchone() is not None
        if is_there and _number_of(db, thing_id) is None:
            _put(db, (user_id, batch.begun.kind, thing_id), created_at, found)
    _keep(db, batch.left)
    return not batch.left.done


def _keep(db: sqlite3.Connection, progress: Backlog) -> None:
    value = msgspec.json.encode(progress).decode()
    db.execute("INSERT OR REPLACE INTO meta (name, value) VALUES ('search', ?)", (value,))
