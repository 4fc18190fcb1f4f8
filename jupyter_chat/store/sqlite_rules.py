"""The limits that administrators have set, in SQLite: one value."""

from __future__ import annotations

import sqlite3

import msgspec

from ..protocol import LimitRules

_decode = msgspec.json.Decoder(LimitRules).decode
_NAME = "limits"


def get_limit_rules(db: sqlite3.Connection) -> LimitRules:
    row = db.execute("SELECT value FROM meta WHERE name = ?", (_NAME,)).fetchone()
    return LimitRules() if row is None else _decode(row[0])


def put_limit_rules(db: sqlite3.Connection, rules: LimitRules, body: str) -> bool:
    before = get_limit_rules(db)
    if before == rules:
        return True
    if before.revision != rules.revision - 1:
        return False
    db.execute("INSERT OR REPLACE INTO meta (name, value) VALUES (?, ?)", (_NAME, body))
    return True
