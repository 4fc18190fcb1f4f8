"""Everything that a store holds, read behind its back."""

from __future__ import annotations

import sqlite3
from typing import Any

from .mongod import database

_SQLITE = "sqlite:///"
_INDEX = "search_terms"


def contents(url: str) -> dict[str, list[Any]]:
    """All rows or documents, by table or collection."""
    if url.startswith(_SQLITE):
        return _of_sqlite(url.removeprefix(_SQLITE))
    return _of_mongodb(url)


def _of_sqlite(path: str) -> dict[str, list[Any]]:
    db = sqlite3.connect(path)
    try:
        tables = db.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        found = {
            name: sorted(db.execute(f"SELECT * FROM {name}").fetchall(), key=repr)
            for (name,) in tables
            if not name.startswith(("sqlite_", _INDEX))
        }
        # Of the search index what it says: how it is laid out changes as it is written.
        db.execute(f"CREATE VIRTUAL TABLE temp.places USING fts5vocab('main', {_INDEX}, instance)")
        places = db.execute("SELECT term, doc FROM temp.places").fetchall()
        return {**found, _INDEX: sorted(places)}
    finally:
        db.close()


def _of_mongodb(url: str) -> dict[str, list[Any]]:
    with database(url) as db:
        return {
            name: sorted(
                db[name].find({} if name != "meta" else {"_id": {"$ne": "probe"}}), key=repr
            )
            for name in sorted(db.list_collection_names())
        }
