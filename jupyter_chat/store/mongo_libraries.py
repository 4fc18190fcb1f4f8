"""People's presets and prompts in MongoDB: one document for each person.

What they hold is one text: the names of fields in a JSON Schema may be such as MongoDB gives
a meaning to.
"""

from __future__ import annotations

import msgspec
from pymongo.errors import DuplicateKeyError

from ..protocol import Library
from .mongo_documents import Database, Document

_decode = msgspec.json.Decoder(Library).decode


async def get_library(db: Database, user_id: str) -> Library:
    found = await db.libraries.find_one({"_id": user_id, "user_id": user_id})
    return Library() if found is None else _decode(found["body"])


async def put_library(db: Database, user_id: str, library: Library) -> bool:
    place: Document = {"_id": user_id, "user_id": user_id}
    body = msgspec.json.encode(library).decode()
    now: Document = {"revision": library.revision, "body": body}
    if library.revision == 1:
        try:
            await db.libraries.insert_one({**place, **now})
        except DuplicateKeyError:
            pass
        else:
            return True
    else:
        before = {**place, "revision": library.revision - 1}
        updated = await db.libraries.update_one(before, {"$set": now})
        if updated.matched_count == 1:
            return True
    # Repeated, or somebody else was faster.
    found = await db.libraries.find_one(place)
    return found is not None and (found["revision"], found["body"]) == (library.revision, body)
