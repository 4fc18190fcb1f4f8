"""Looking for messages and titles in SQLite; part of a reading transaction."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

from ..protocol import Message, Thread
from .errors import NotFound
from .searching import MOST_PASSED, MOST_READ, Groups, Sieve, groups_of
from .sqlite_index import DRIFT, MESSAGE, MOMENT, TITLE, is_behind, scope
from .sqlite_messages import decode_message
from .sqlite_threads import get_thread
from .types import FoundPage, SearchQuery

_NEWEST = 2**62


def search(
    db: sqlite3.Connection,
    user_id: str,
    query: SearchQuery,
    titles: bool,
    limit: int,
    before: int | None,
) -> FoundPage:
    indexing = is_behind(db)
    prefix = scope(db, user_id, TITLE if titles else MESSAGE)
    if prefix is None:
        return FoundPage([], None, indexing)
    match = _expression(prefix, groups_of(query, titles))
    sieve = Sieve(query)
    threads: dict[str, Thread | None] = {}
    found: list[tuple[Thread, Message | None]] = []
    read = 0
    number = before
    rows = _candidates(db, match, *_bounds(query, before))
    for passed, (place, thing_id) in enumerate(rows):
        if len(found) == limit or read == MOST_READ or passed == MOST_PASSED:
            return FoundPage(found, str(number), indexing)
        number = place
        thread_id = thing_id if titles else _thread_of(db, user_id, thing_id)
        if thread_id is None:
            continue  # it is there no more
        if thread_id not in threads:
            threads[thread_id] = _thread(db, user_id, thread_id, sieve)
        place_of_it = threads[thread_id]
        if place_of_it is None:
            continue
        read += 1
        if titles:
            if sieve.takes_title(place_of_it):
                found.append((place_of_it, None))
            continue
        (body,) = db.execute("SELECT body FROM messages WHERE id = ?", (thing_id,)).fetchone()
        message = decode_message(body)
        if sieve.takes_message(message):
            found.append((place_of_it, message))
    return FoundPage(found, None, indexing)


def _thread(db: sqlite3.Connection, user_id: str, thread_id: str, sieve: Sieve) -> Thread | None:
    """`None`: nothing of it is to be found."""
    try:
        thread = get_thread(db, user_id, thread_id)
    except NotFound:
        return None  # being purged: it goes first, and its messages bit by bit
    return thread if sieve.takes_thread(thread) else None


def _expression(prefix: str, groups: Groups) -> str:
    """In FTS5's language; no term has a character that means anything in it."""
    return " AND ".join(
        "({})".format(
            " OR ".join(f'"{prefix}{each.term}"' + (" *" if each.prefix else "") for each in group)
        )
        for group in groups
    )


def _bounds(query: SearchQuery, before: int | None) -> tuple[int, int]:
    """The numbers from and before which entries may be what is looked for."""
    first = max(query.since or 0, 0) // MOMENT
    end = _NEWEST if before is None else before
    if query.until is not None:
        end = min(end, max(query.until, 0) // MOMENT + DRIFT)
    return first, end


def _candidates(
    db: sqlite3.Connection, match: str, first: int, end: int
) -> Iterator[tuple[int, str]]:
    # One after the other: whoever has found enough looks no further.
    return db.execute(
        """SELECT entry.number, entry.id
            FROM search_terms CROSS JOIN search_entries entry
            ON entry.number = search_terms.rowid
            WHERE search_terms MATCH ? AND search_terms.rowid >= ? AND search_terms.rowid < ?
            ORDER BY search_terms.rowid DESC""",
        (match, first, end),
    )


def _thread_of(db: sqlite3.Connection, user_id: str, message_id: str) -> str | None:
    row = db.execute(
        "SELECT thread_id FROM messages WHERE id = ? AND user_id = ? AND deleted_at IS NULL",
        (message_id, user_id),
    ).fetchone()
    return None if row is None else str(row[0])
