"""The limits that administrators have set, in MongoDB: one document.

What they say is one text: people's ids may be such as MongoDB gives a meaning to.
"""

from __future__ import annotations

import msgspec
from pymongo.errors import DuplicateKeyError

from ..protocol import LimitRules
from .mongo_documents import Database, Document

_decode = msgspec.json.Decoder(LimitRules).decode
_PLACE: Document = {"_id": "limits"}


async def get_limit_rules(db: Database) -> LimitRules:
    found = await db.meta.find_one(_PLACE)
    return LimitRules() if found is None else _decode(found["body"])


async def put_limit_rules(db: Database, rules: LimitRules) -> bool:
    body = msgspec.json.encode(rules).decode()
    now: Document = {"revision": rules.revision, "body": body}
    if rules.revision == 1:
        try:
            await db.meta.insert_one({**_PLACE, **now})
        except DuplicateKeyError:
            pass
        else:
            return True
    else:
        before = {**_PLACE, "revision": rules.revision - 1}
        if (await db.meta.update_one(before, {"$set": now})).matched_count == 1:
            return True
    return await get_limit_rules(db) == rules  # repeated, or somebody else was faster
