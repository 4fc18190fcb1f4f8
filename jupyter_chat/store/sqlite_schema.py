"""The tables of the SQLite store, as the list of migrations that make them.

Message and thread bodies are the JSON of `protocol.Message` and `protocol.Thread`;
a column beside them exists only where a query needs it.  Nothing here needs more
than SQLite 3.24 with JSON functions and FTS5, which every usual build of Python has.
"""

from __future__ import annotations

import sqlite3

from ..protocol import Code, Problem
from .errors import Unavailable

APPLICATION_ID = 0x4A436874
"""Marks a file as ours ("JCht"), so that no other program's database is touched."""

MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        "CREATE TABLE meta (name TEXT PRIMARY KEY, value) WITHOUT ROWID",
        """CREATE TABLE threads (
            id TEXT PRIMARY KEY,
            user_id TEXT NOT NULL,
            updated_at INTEGER NOT NULL,
            deleted_at INTEGER,
            body TEXT NOT NULL
        )""",
        """CREATE INDEX threads_by_activity ON threads (user_id, updated_at, id)
            WHERE deleted_at IS NULL""",
        """CREATE TABLE messages (
            id TEXT PRIMARY KEY,
            user_id TEXT NOT NULL,
            thread_id TEXT NOT NULL REFERENCES threads (id) ON DELETE CASCADE,
            parent_id TEXT,
            role TEXT NOT NULL,
            status TEXT NOT NULL,
            client_id TEXT,
            body TEXT NOT NULL
        )""",
        "CREATE INDEX messages_by_parent ON messages (thread_id, parent_id, id)",
        """CREATE UNIQUE INDEX messages_by_client ON messages (user_id, client_id, role)
            WHERE client_id IS NOT NULL""",
        # One row for every running reply; its checkpoints go when it goes, so that a
        # checkpoint which comes late finds nothing to belong to.
        """CREATE TABLE generations (
            id INTEGER PRIMARY KEY,
            message_id TEXT NOT NULL UNIQUE REFERENCES messages (id) ON DELETE CASCADE,
            user_id TEXT NOT NULL,
            owner TEXT NOT NULL
        )""",
        # body: JSON array, see records.Growth
        """CREATE TABLE checkpoints (
            generation_id INTEGER NOT NULL REFERENCES generations (id) ON DELETE CASCADE,
            number INTEGER NOT NULL,
            body TEXT NOT NULL,
            PRIMARY KEY (generation_id, number)
        ) WITHOUT ROWID""",
        """CREATE TABLE leases (
            owner TEXT PRIMARY KEY,
            expires_at INTEGER NOT NULL,
            host TEXT NOT NULL,
            pid INTEGER NOT NULL
        ) WITHOUT ROWID""",
        "CREATE TABLE settings (user_id TEXT PRIMARY KEY, body TEXT NOT NULL) WITHOUT ROWID",
    ),
    # Replies that can be taken over: how often that has happened, and whether the
    # model's server may have been asked.  Checkpoints say where it was then.
    (
        "ALTER TABLE generations ADD COLUMN attempt INTEGER NOT NULL DEFAULT 0",
        "ALTER TABLE generations ADD COLUMN begun INTEGER NOT NULL DEFAULT 1",
    ),
    # Pinned, archived, temporary threads, folders, tags, the trash.
    (
        "ALTER TABLE threads ADD COLUMN pinned INTEGER NOT NULL DEFAULT 0",
        "ALTER TABLE threads ADD COLUMN archived INTEGER NOT NULL DEFAULT 0",
        "ALTER TABLE threads ADD COLUMN folder TEXT",
        "ALTER TABLE threads ADD COLUMN temporary INTEGER NOT NULL DEFAULT 0",
        "ALTER TABLE threads ADD COLUMN expires_at INTEGER",
        "DROP INDEX threads_by_activity",
        """CREATE INDEX threads_by_place ON threads (user_id, archived, pinned, updated_at, id)
            WHERE deleted_at IS NULL AND temporary = 0""",
        """CREATE INDEX threads_by_folder
            ON threads (user_id, archived, folder, pinned, updated_at, id)
            WHERE deleted_at IS NULL AND temporary = 0 AND folder IS NOT NULL""",
        """CREATE INDEX threads_in_trash ON threads (user_id, deleted_at, id)
            WHERE deleted_at IS NOT NULL""",
        "CREATE INDEX threads_by_deletion ON threads (deleted_at) WHERE deleted_at IS NOT NULL",
        "CREATE INDEX threads_by_expiry ON threads (expires_at) WHERE expires_at IS NOT NULL",
        # The tags of listed threads, with what orders a list.
        """CREATE TABLE tags (
            user_id TEXT NOT NULL,
            archived INTEGER NOT NULL,
            tag TEXT NOT NULL,
            pinned INTEGER NOT NULL,
            updated_at INTEGER NOT NULL,
            thread_id TEXT NOT NULL REFERENCES threads (id) ON DELETE CASCADE,
            PRIMARY KEY (user_id, archived, tag, pinned, updated_at, thread_id)
        ) WITHOUT ROWID""",
        "CREATE INDEX tags_by_thread ON tags (thread_id)",
    ),
    # The search index, see `sqlite_index.py`.
    (
        "CREATE TABLE search_people (number INTEGER PRIMARY KEY, user_id TEXT NOT NULL UNIQUE)",
        # id: that of a message or a thread; number: its place in the index
        "CREATE TABLE search_entries (number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE)",
        # No text and no positions: less to write for each reply, and phrases are rare enough
        # to be looked up in the messages.  The tokenizer takes terms apart at spaces only.
        """CREATE VIRTUAL TABLE search_terms USING fts5 (
            terms, content = '', columnsize = 0, detail = none,
            tokenize = "ascii tokenchars '_:<='"
        )""",
    ),
    # Parts of the message tree that are deleted, until they are purged.
    (
        "ALTER TABLE messages ADD COLUMN deleted_at INTEGER",
        # One row for every message that was deleted by its own id.  All that went with it
        # has its time; leaf_id is the leaf that was shown, where that was among them.
        """CREATE TABLE deletions (
            message_id TEXT PRIMARY KEY,
            user_id TEXT NOT NULL,
            thread_id TEXT NOT NULL REFERENCES threads (id) ON DELETE CASCADE,
            deleted_at INTEGER NOT NULL,
            leaf_id TEXT
        ) WITHOUT ROWID""",
        "CREATE UNIQUE INDEX deletions_by_thread ON deletions (thread_id, deleted_at)",
        "CREATE INDEX deletions_by_time ON deletions (deleted_at)",
    ),
    # The tokens of messages, as JSON arrays, see `interface.Weight`.  In a table of their own:
    # in a row of `messages` they would stand behind a body of megabytes.
    (
        """CREATE TABLE weights (
            message_id TEXT PRIMARY KEY REFERENCES messages (id) ON DELETE CASCADE,
            body TEXT NOT NULL
        ) WITHOUT ROWID""",
    ),
    # What stands for the beginnings of branches; body: JSON of `protocol.Summary`.
    (
        """CREATE TABLE summaries (
            upto TEXT PRIMARY KEY REFERENCES messages (id) ON DELETE CASCADE,
            thread_id TEXT NOT NULL,
            body TEXT NOT NULL
        ) WITHOUT ROWID""",
        "CREATE INDEX summaries_by_thread ON summaries (thread_id, upto)",
    ),
    # What was asked and what it cost, see `interface.LedgerEntry`.  It refers to threads and
    # messages only by name, because it outlives them.
    (
        """CREATE TABLE ledger (
            user_id TEXT NOT NULL,
            message_id TEXT NOT NULL,
            kind TEXT NOT NULL,
            thread_id TEXT NOT NULL,
            at INTEGER NOT NULL,
            model TEXT NOT NULL,
            source TEXT,
            input_tokens INTEGER NOT NULL,
            output_tokens INTEGER NOT NULL,
            cached_tokens INTEGER NOT NULL,
            cache_write_tokens INTEGER NOT NULL,
            reasoning_tokens INTEGER NOT NULL,
            cost REAL,
            estimated INTEGER NOT NULL,
            PRIMARY KEY (user_id, message_id, kind)
        ) WITHOUT ROWID""",
        "CREATE INDEX ledger_by_time ON ledger (user_id, at)",
        "CREATE INDEX ledger_by_thread ON ledger (user_id, thread_id)",
    ),
    # Everybody's presets and prompts, see `protocol.Library`.
    (
        """CREATE TABLE libraries (
            user_id TEXT PRIMARY KEY,
            revision INTEGER NOT NULL,
            body TEXT NOT NULL
        ) WITHOUT ROWID""",
    ),
    ("ALTER TABLE ledger ADD COLUMN at_most INTEGER NOT NULL DEFAULT 0",),
    # What matters for the safety of the whole, see `interface.AuditEntry`.  What is in it stays.
    (
        "CREATE TABLE audit (number INTEGER PRIMARY KEY, body TEXT NOT NULL)",
        """CREATE TRIGGER audit_unchanged BEFORE UPDATE ON audit
            BEGIN SELECT RAISE(ABORT, 'the audit log is only added to'); END""",
        """CREATE TRIGGER audit_kept BEFORE DELETE ON audit
            BEGIN SELECT RAISE(ABORT, 'the audit log is only added to'); END""",
    ),
    # When threads go to the trash because nothing happens in them any more.
    (
        "ALTER TABLE threads ADD COLUMN retire_at INTEGER",
        """CREATE INDEX threads_by_retirement ON threads (retire_at, id)
            WHERE retire_at IS NOT NULL AND deleted_at IS NULL""",
    ),
    # What is taken of what is limited, and what is held of it, see `reserving.py`.
    (
        """CREATE TABLE limit_counts (
            scope TEXT NOT NULL,
            span TEXT NOT NULL,
            start INTEGER NOT NULL,
            requests INTEGER NOT NULL,
            tokens INTEGER NOT NULL,
            dollars INTEGER NOT NULL,
            PRIMARY KEY (scope, span, start)
        ) WITHOUT ROWID""",
        """CREATE TABLE limit_holds (
            scope TEXT NOT NULL,
            id TEXT NOT NULL,
            user_id TEXT NOT NULL,
            owner TEXT NOT NULL,
            at INTEGER NOT NULL,
            requests INTEGER NOT NULL,
            tokens INTEGER NOT NULL,
            dollars INTEGER NOT NULL,
            replies INTEGER NOT NULL,
            PRIMARY KEY (scope, id)
        ) WITHOUT ROWID""",
        "CREATE INDEX limit_holds_by_owner ON limit_holds (owner)",
    ),
    # What was flagged, see `protocol.Flagged`; ids are in the order of time.
    (
        """CREATE TABLE flagged (
            id TEXT PRIMARY KEY,
            user_id TEXT NOT NULL,
            body TEXT NOT NULL
        ) WITHOUT ROWID""",
    ),
    # People with an account, see `people.py`.
    (
        """CREATE TABLE people (
            user_id TEXT PRIMARY KEY,
            folded TEXT NOT NULL UNIQUE,
            role TEXT NOT NULL,
            state TEXT NOT NULL,
            revision INTEGER NOT NULL,
            body TEXT NOT NULL
        ) WITHOUT ROWID""",
        "CREATE INDEX people_by_state ON people (state, folded)",
        "CREATE INDEX people_by_role ON people (role, state)",
        """CREATE TABLE sessions (
            user_id TEXT NOT NULL,
            id TEXT NOT NULL,
            expires_at INTEGER NOT NULL,
            body TEXT NOT NULL,
            PRIMARY KEY (user_id, id)
        ) WITHOUT ROWID""",
        "CREATE INDEX sessions_by_expiry ON sessions (expires_at)",
        """CREATE TABLE invitations (
            code TEXT PRIMARY KEY,
            id TEXT NOT NULL UNIQUE,
            expires_at INTEGER NOT NULL,
            body TEXT NOT NULL
        ) WITHOUT ROWID""",
        """CREATE TABLE attempts (
            key TEXT NOT NULL,
            id TEXT NOT NULL,
            until INTEGER NOT NULL,
            PRIMARY KEY (key, id)
        ) WITHOUT ROWID""",
        "CREATE INDEX attempts_by_end ON attempts (until)",
    ),
    # Another process is asked to stop what it makes.
    ("ALTER TABLE generations ADD COLUMN stop INTEGER NOT NULL DEFAULT 0",),
    # People of a hub.
    (
        "ALTER TABLE people ADD COLUMN subject TEXT",
        "ALTER TABLE people ADD COLUMN hub_name TEXT",
        """CREATE UNIQUE INDEX people_by_subject ON people (subject, hub_name)
            WHERE subject IS NOT NULL""",
    ),
)


def migrate(db: sqlite3.Connection, path: str) -> None:
    """Bring the file up to this version.

    Raises :class:`Unavailable`, with the file as it was, if a newer version or another
    program has written it.
    """
    db.execute("BEGIN")  # what is read belongs together, while others may write
    try:
        version = _version(db, path)
    finally:
        db.execute("ROLLBACK")
    if version == len(MIGRATIONS):
        return
    db.execute("BEGIN IMMEDIATE")
    try:
        # Another process may have done it while this one waited.
        for statements in MIGRATIONS[_version(db, path) :]:
            for statement in statements:
                db.execute(statement)
        db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        db.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise


def _version(db: sqlite3.Connection, path: str) -> int:
    """How many migrations the file has seen."""
    (application_id,) = db.execute("PRAGMA application_id").fetchone()
    (version,) = db.execute("PRAGMA user_version").fetchone()
    (tables,) = db.execute("SELECT count(*) FROM sqlite_master").fetchone()
    if application_id != APPLICATION_ID and tables:
        raise Unavailable(
            Problem(
                Code.STORE_CORRUPT,
                f"{path} is the database of another program, not a chat history. It was "
                "left as it is; choose another file for the history.",
            )
        )
    if version > len(MIGRATIONS):
        raise Unavailable(
            Problem(
                Code.STORE_NEWER,
                "The chat history was written by a newer version of Jupyter Chat. It was "
                "left as it is; update Jupyter Chat on this server to read it.",
            )
        )
    return int(version)
