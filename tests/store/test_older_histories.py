"""Histories of earlier versions, with replies that were running when the server died."""

from __future__ import annotations

import sqlite3

import pytest

from jupyter_chat.ids import now_ms
from jupyter_chat.protocol import Status, TextPart
from jupyter_chat.store import open_store, sqlite_schema
from jupyter_chat.store.interface import Store
from jupyter_chat.store.mongo_documents import to_document
from jupyter_chat.store.sqlite_threads import to_json
from jupyter_chat.store.types import Lease

from .builders import ADA, OWNER, a_thread, a_turn
from .mongod import database

NOW = now_ms()


async def assert_interrupted(store: Store, thread_id: str, reply_id: str) -> None:
    await store.open()
    try:
        (left,) = await store.recover(Lease("process-2", NOW, "here", 1), NOW)
        assert left.message.id == reply_id
        assert left.message.status is Status.INTERRUPTED
        assert left.message.parts == [TextPart("Because")]
        assert left.message.model == "gpt-old"
        assert await store.get_message(ADA, thread_id, reply_id) == left.message
    finally:
        await store.close()


async def test_a_file_of_the_first_version(sqlite_url: str) -> None:
    thread = a_thread()
    turn = a_turn(thread)
    db = sqlite3.connect(sqlite_url.removeprefix("sqlite:///"))
    for statement in sqlite_schema.MIGRATIONS[0]:
        db.execute(statement)
    db.execute(f"PRAGMA application_id = {sqlite_schema.APPLICATION_ID}")
    db.execute("PRAGMA user_version = 1")
    db.execute(
        "INSERT INTO threads (id, user_id, updated_at, body) VALUES (?, ?, ?, ?)",
        (thread.id, ADA, thread.updated_at, to_json(thread)),
    )
    assert turn.question is not None
    for each in (turn.question, turn.reply):
        db.execute(
            """INSERT INTO messages (id, user_id, thread_id, parent_id, role, status, body)
                VALUES (?, ?, ?, ?, ?, ?, ?)""",
            (each.id, ADA, thread.id, each.parent_id, each.role, each.status, to_json(each)),
        )
    db.execute(
        "INSERT INTO generations (id, message_id, user_id, owner) VALUES (1, ?, ?, ?)",
        (turn.reply.id, ADA, OWNER),
    )
    db.execute("INSERT INTO checkpoints VALUES (1, 0, ?)", ('[0,"text","Be","gpt-old"]',))
    db.execute("INSERT INTO checkpoints VALUES (1, 1, ?)", ('[0,"text","cause",null]',))
    db.commit()
    db.close()
    await assert_interrupted(open_store(sqlite_url), thread.id, turn.reply.id)


@pytest.mark.new_database
async def test_a_database_of_the_first_version(mongodb_url: str) -> None:
    thread = a_thread()
    turn = a_turn(thread)
    assert turn.question is not None
    with database(mongodb_url) as db:
        db.threads.insert_one(to_document(ADA, thread))
        for each in (turn.question, turn.reply):
            db.messages.insert_one(to_document(ADA, each))
        mark = {"_id": turn.reply.id, "user_id": ADA, "thread_id": thread.id, "owner": OWNER}
        db.generations.insert_one(mark)
        for number, text in enumerate(["Be", "cause"]):
            growth = {"part": 0, "kind": "text", "text": text}
            model = {} if number else {"model": "gpt-old"}
            place = f"{turn.reply.id}:{number:08}"
            db.checkpoints.insert_one({"_id": place, "user_id": ADA, **growth, **model})
        db.meta.insert_one({"_id": "schema", "version": 1})
    await assert_interrupted(open_store(mongodb_url), thread.id, turn.reply.id)
