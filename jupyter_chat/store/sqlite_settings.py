"""What people have set, and the source for all of them, in SQLite; and what of it is
encrypted."""

from __future__ import annotations

import sqlite3

import msgspec
from msgspec import UNSET, UnsetType

from .sqlite_threads import to_json
from .types import SharedSource, StoredSecret, UserSettings
from .vault import API_KEY, EVERYBODY, SHARED_KEY

_decode_settings = msgspec.json.Decoder(UserSettings).decode
_decode_shared = msgspec.json.Decoder(SharedSource).decode

_SHARED = "shared source"


def get_settings(db: sqlite3.Connection, user_id: str) -> UserSettings:
    row = db.execute("SELECT body FROM settings WHERE user_id = ?", (user_id,)).fetchone()
    return UserSettings() if row is None else _decode_settings(row[0])


def put_settings(
    db: sqlite3.Connection,
    user_id: str,
    settings: UserSettings,
    key_before: str | None | UnsetType,
) -> bool:
    if key_before is not UNSET:
        stored = get_settings(db, user_id)
        if stored.key != key_before:
            return stored == settings
    db.execute(
        "INSERT OR REPLACE INTO settings (user_id, body) VALUES (?, ?)",
        (user_id, to_json(settings)),
    )
    return True


def get_shared_source(db: sqlite3.Connection) -> SharedSource | None:
    row = db.execute("SELECT value FROM meta WHERE name = ?", (_SHARED,)).fetchone()
    return None if row is None else _decode_shared(row[0])


def put_shared_source(db: sqlite3.Connection, shared: SharedSource | None) -> None:
    if shared is None:
        db.execute("DELETE FROM meta WHERE name = ?", (_SHARED,))
        return
    db.execute(
        "INSERT OR REPLACE INTO meta (name, value) VALUES (?, ?)", (_SHARED, to_json(shared))
    )


def secrets(db: sqlite3.Connection, after: str | None, limit: int) -> list[StoredSecret]:
    found: list[StoredSecret] = []
    if after is None:
        shared = get_shared_source(db)
        if shared is not None and shared.key is not None:
            found.append(StoredSecret(EVERYBODY, SHARED_KEY, shared.key))
    rows = db.execute(
        """SELECT user_id, json_extract(body, '$.key') FROM settings
            WHERE user_id > ? AND json_extract(body, '$.key') IS NOT NULL
            ORDER BY user_id LIMIT ?""",
        (after or EVERYBODY, limit - len(found)),
    )
    return found + [StoredSecret(user_id, API_KEY, sealed) for user_id, sealed in rows]


def replace_secret(db: sqlite3.Connection, secret: StoredSecret, sealed: str) -> bool:
    if secret.purpose == SHARED_KEY:
        shared = get_shared_source(db)
        if shared is None or shared.key != secret.sealed:
            return shared is not None and shared.key == sealed
        put_shared_source(db, msgspec.structs.replace(shared, key=sealed))
        return True
    settings = get_settings(db, secret.user_id)
    if settings.key != secret.sealed:
        return settings.key == sealed
    changed = msgspec.structs.replace(settings, key=sealed)
    return put_settings(db, secret.user_id, changed, UNSET)
