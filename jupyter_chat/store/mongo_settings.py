"""What people have set, and the source for all of them, in MongoDB; and what of it is
encrypted."""

from __future__ import annotations

import msgspec
from msgspec import UNSET, UnsetType
from pymongo import ASCENDING
from pymongo.errors import DuplicateKeyError

from .mongo_documents import Database, Document, packed, unpacked
from .types import SharedSource, StoredSecret, UserSettings
from .vault import API_KEY, EVERYBODY, SHARED_KEY

_SHARED: Document = {"_id": "shared source"}


async def get_settings(db: Database, user_id: str) -> UserSettings:
    found = await db.settings.find_one({"_id": user_id, "user_id": user_id})
    if found is None:
        return UserSettings()
    return msgspec.convert({**found, "defaults": unpacked(found.get("defaults", {}))}, UserSettings)


async def put_settings(
    db: Database, user_id: str, settings: UserSettings, key_before: str | None | UnsetType
) -> bool:
    place: Document = {"_id": user_id, "user_id": user_id}
    document: Document = {**msgspec.to_builtins(settings), **place}
    document["defaults"] = packed(document.get("defaults", {}))
    condition = {"_id": user_id} if key_before is UNSET else {**place, "key": key_before}
    may_be_first = key_before is UNSET or key_before is None
    try:
        replaced = await db.settings.replace_one(condition, document, upsert=may_be_first)
    except DuplicateKeyError:  # another process was faster, or the key is another one
        if key_before is UNSET:
            raise
    else:
        if may_be_first or replaced.matched_count:
            return True
    return await get_settings(db, user_id) == settings


async def get_shared_source(db: Database) -> SharedSource | None:
    found = await db.meta.find_one(_SHARED)
    return None if found is None else msgspec.convert(found, SharedSource)


async def put_shared_source(db: Database, shared: SharedSource | None) -> None:
    if shared is None:
        await db.meta.delete_one(_SHARED)
        return
    await db.meta.replace_one(_SHARED, {**msgspec.to_builtins(shared), **_SHARED}, upsert=True)


async def secrets(db: Database, after: str | None, limit: int) -> list[StoredSecret]:
    found: list[StoredSecret] = []
    if after is None:
        shared = await get_shared_source(db)
        if shared is not None and shared.key is not None:
            found.append(StoredSecret(EVERYBODY, SHARED_KEY, shared.key))
    missing = limit - len(found)
    if not missing:
        return found
    having: Document = {"_id": {"$gt": after or EVERYBODY}, "key": {"$gt": ""}}
    documents = db.settings.find(having, {"key": 1}).sort("_id", ASCENDING).limit(missing)
    return found + [
        StoredSecret(document["_id"], API_KEY, document["key"]) async for document in documents
    ]


async def replace_secret(db: Database, secret: StoredSecret, sealed: str) -> bool:
    if secret.purpose == SHARED_KEY:
        collection, place = db.meta, _SHARED
    else:
        collection = db.settings
        place = {"_id": secret.user_id, "user_id": secret.user_id}
    before = {**place, "key": secret.sealed}
    updated = await collection.update_one(before, {"$set": {"key": sealed}})
    if updated.matched_count:
        return True
    return await collection.find_one({**place, "key": sealed}, {"_id": 1}) is not None
