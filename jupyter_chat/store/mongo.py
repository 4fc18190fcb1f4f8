"""The shared store: MongoDB, through one client per process.

There are no transactions.  Each call writes in an order such that whatever exists hangs
on something that exists, and such that the same call repeated after a crash, or after
an answer that was lost, completes what the first one began.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from operator import attrgetter
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from msgspec import UNSET, UnsetType
from pymongo import AsyncMongoClient, ReadPreference, ReturnDocument
from pymongo.errors import DuplicateKeyError, InvalidURI
from pymongo.write_concern import WriteConcern

from ..ids import new_id, now_ms
from ..protocol import (
    AuditEntry,
    Code,
    Flagged,
    Library,
    LimitRules,
    Message,
    Milliseconds,
    Problem,
    Summary,
    Thread,
    UsageBy,
    UsageSum,
)
from . import (
    mongo_audit,
    mongo_branches,
    mongo_deletions,
    mongo_flagged,
    mongo_ledger,
    mongo_libraries,
    mongo_limits,
    mongo_lists,
    mongo_outlines,
    mongo_replies,
    mongo_rules,
    mongo_search,
    mongo_settings,
    mongo_summaries,
    mongo_turns,
)
from .errors import Conflict, NotFound, Unavailable
from .mongo_documents import (
    Database,
    Document,
    change_to,
    is_there,
    to_message,
    to_thread,
)
from .mongo_errors import translated
from .mongo_people import MongoPeople
from .mongo_schema import migrate
from .records import changed, decode_cursor
from .reserving import Amount, Reached, Reservation, Taken
from .tree import reachable
from .types import (
    EVERYTHING,
    Accepted,
    Checkpoint,
    Deletion,
    Estimate,
    FoundPage,
    Lease,
    LedgerEntry,
    LedgerQuery,
    Left,
    Node,
    Outline,
    SearchQuery,
    SharedSource,
    StoredSecret,
    ThreadChanges,
    ThreadFilter,
    Turn,
    UserSettings,
    Weight,
)

DEFAULT_DATABASE = "jupyter_chat"
_OPTIONS = {
    "serverSelectionTimeoutMS": 3_000,
    "connectTimeoutMS": 3_000,
    "socketTimeoutMS": 10_000,
}
"""Unless the URL says otherwise.  A server that is down is noticed after three seconds,
one that hangs after ten."""

_CLOSE_SECONDS = 0.5

_IDS_AT_ONCE = 1000

_LASTING = WriteConcern("majority", j=True, wtimeout=5_000)


class MongoStore(MongoPeople):
    """See `interface.Store`; one event loop at a time."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._client: AsyncMongoClient[Document] | None = None
        self._database: Database | None = None

    @translated
    async def open(self) -> None:
        if self._client is not None:
            return
        client = self._connect()
        try:
            database = client.get_default_database(
                DEFAULT_DATABASE,
                read_preference=ReadPreference.PRIMARY,
                write_concern=_LASTING,
            )
            await migrate(database)
            await _probe(database)
        except BaseException:
            await client.close()
            raise
        self._client, self._database = client, database

    def _connect(self) -> AsyncMongoClient[Document]:
        try:
            given = {name.lower() for name, _ in parse_qsl(urlsplit(self._url).query)}
            options: dict[str, Any] = {
                name: value for name, value in _OPTIONS.items() if name.lower() not in given
            }
            return AsyncMongoClient(self._url, appname="jupyter-chat", **options)
        except ValueError:
            raise InvalidURI from None

    async def close(self) -> None:
        client, self._client, self._database = self._client, None, None
        if client is not None:
            # A client whose operations were cancelled may wait for ever.
            with suppress(asyncio.TimeoutError):
                await asyncio.wait_for(client.close(), _CLOSE_SECONDS)

    @property
    def _db(self) -> Database:
        if self._database is None:
            raise Unavailable(
                Problem(
                    Code.STORE_DOWN,
                    "The chat history is not open. Nothing was changed; try again in a moment.",
                )
            )
        return self._database

    @translated
    async def check(self) -> None:
        await _probe(self._db)

    @translated
    async def owner_id(self) -> str:
        update = {"$setOnInsert": {"value": new_id()}}
        with suppress(DuplicateKeyError):  # another process was faster
            await self._db.meta.update_one({"_id": "owner"}, update, upsert=True)
        found = await self._db.meta.find_one({"_id": "owner"}) or {}
        return str(found["value"])

    # --- threads ------------------------------------------------------------------------

    @translated
    async def get_thread(self, user_id: str, thread_id: str) -> Thread:
        return to_thread(await self._db.threads.find_one({"_id": thread_id, "user_id": user_id}))

    @translated
    async def revisions(self, threads: list[tuple[str, str]]) -> dict[str, int]:
        wanted = set(threads)
        which = {
            "user_id": {"$in": list({user_id for user_id, _ in threads})},
            "_id": {"$in": [thread_id for _, thread_id in threads]},
        }
        found = self._db.threads.find(which, {"user_id": 1, "revision": 1})
        return {
            each["_id"]: each.get("revision") or 0
            async for each in found
            if (each["user_id"], each["_id"]) in wanted
        }

    @translated
    async def list_threads(
        self,
        user_id: str,
        *,
        limit: int,
        cursor: str | None = None,
        which: ThreadFilter = EVERYTHING,
    ) -> tuple[list[Thread], str | None]:
        after = decode_cursor(cursor) if cursor is not None else None
        return await mongo_lists.list_threads(self._db, user_id, limit, after, which)

    @translated
    async def folders(self, user_id: str) -> tuple[dict[str, int], dict[str, int]]:
        return await mongo_lists.folders(self._db, user_id)

    @translated
    async def due(
        self, *, deleted_before: Milliseconds, now: Milliseconds, limit: int
    ) -> list[tuple[str, str]]:
        return await mongo_lists.due(self._db, deleted_before, now, limit)

    @translated
    async def quiet(
        self, *, before: Milliseconds, limit: int, after: Thread | None = None
    ) -> list[tuple[str, Thread]]:
        return await mongo_lists.quiet(self._db, before, limit, after)

    @translated
    async def retiring(
        self, *, before: Milliseconds, limit: int, after: Thread | None = None
    ) -> list[tuple[str, Thread]]:
        return await mongo_lists.retiring(self._db, before, limit, after)

    @translated
    async def purge(self, user_id: str, thread_id: str) -> bool:
        return await mongo_lists.purge(self._db, user_id, thread_id)

    @translated
    async def thread_ids(self, user_id: str) -> list[str]:
        return await mongo_lists.thread_ids(self._db, user_id)

    @translated
    async def update_thread(
        self, user_id: str, thread_id: str, changes: ThreadChanges, revision: int | None = None
    ) -> Thread:
        place = {"_id": thread_id, "user_id": user_id}
        while True:
            thread = to_thread(await self._db.threads.find_one(place))
            after = changed(thread, changes)
            if after is thread:
                await self._index_title(user_id, changes, thread)
                return thread
            if revision is not None and revision != thread.revision:
                raise Conflict
            updated = await self._db.threads.find_one_and_update(
                # one that was added whole may never have had a change
                {**place, "revision": thread.revision or {"$in": [0, None]}},
                change_to(after, ("revision", *changes.__struct_fields__)),
                return_document=ReturnDocument.AFTER,
            )
            if updated is not None:
                thread = to_thread(updated)
                await self._index_title(user_id, changes, thread)
                return thread
            # Somebody else was faster: apply the change to what the thread is now.

    async def _index_title(self, user_id: str, changes: ThreadChanges, thread: Thread) -> None:
        """After a change of the title, and after its repetition: the first one may have
        been cut short in between."""
        if changes.title is not UNSET:
            await mongo_search.put_titles(self._db, user_id, [thread])

    # --- messages -----------------------------------------------------------------------

    @translated
    async def add_turn(self, user_id: str, turn: Turn) -> Accepted:
        accepted = await mongo_turns.add_turn(self._db, user_id, turn)
        question = turn.question
        if question is not None and accepted.repeated:
            # As it was stored the first time; deleted since, perhaps for good, or not.
            place = {"_id": accepted.question_id, "user_id": user_id}
            found = await self._db.messages.find_one(place)
            question = to_message(found) if found is not None else None
        if question is not None:
            await mongo_search.put_messages(self._db, user_id, [question])
        if turn.new_thread is not None:
            await mongo_search.put_titles(self._db, user_id, [accepted.thread])
        return accepted

    @translated
    async def add_thread(self, user_id: str, thread: Thread, messages: list[Message]) -> int:
        added = await mongo_turns.add_thread(self._db, user_id, thread, messages)
        await mongo_search.put_messages(self._db, user_id, messages)
        await mongo_search.put_titles(self._db, user_id, [thread])
        return added

    @translated
    async def get_message(self, user_id: str, thread_id: str, message_id: str) -> Message:
        found = await self._db.messages.find_one(
            {"_id": message_id, "user_id": user_id, "thread_id": thread_id, "deleted_at": None}
        )
        messages = [to_message(found)]
        return (await mongo_replies.with_checkpoints(self._db, user_id, messages))[0]

    @translated
    async def get_messages(self, user_id: str, thread_id: str, ids: list[str]) -> list[Message]:
        query = {"user_id": user_id, "thread_id": thread_id, "_id": {"$in": ids}}
        found = self._db.messages.find(query)
        messages = sorted(
            [to_message(each) async for each in found if is_there(each)], key=attrgetter("id")
        )
        return await mongo_replies.with_checkpoints(self._db, user_id, messages)

    @translated
    async def path(
        self, user_id: str, thread_id: str, leaf_id: str, *, limit: int
    ) -> list[Message]:
        branch = await mongo_branches.back(self._db, user_id, thread_id, leaf_id, limit=limit)
        if not branch:
            raise NotFound("message")
        return await mongo_branches.bodies(self._db, user_id, branch[::-1])

    @translated
    async def outline(
        self, user_id: str, thread_id: str, leaf_id: str, *, limit: int
    ) -> list[Outline]:
        return await mongo_outlines.outline(self._db, user_id, thread_id, leaf_id, limit)

    @translated
    async def put_weights(self, user_id: str, thread_id: str, weights: dict[str, Weight]) -> None:
        await mongo_outlines.put_weights(self._db, user_id, thread_id, weights)

    @translated
    async def summaries(self, user_id: str, thread_id: str) -> list[Summary]:
        return await mongo_summaries.summaries(self._db, user_id, thread_id)

    @translated
    async def put_summary(self, user_id: str, summary: Summary) -> None:
        await mongo_summaries.put(self._db, user_id, summary)

    @translated
    async def delete_summary(self, user_id: str, thread_id: str, upto: str) -> None:
        await mongo_summaries.delete(self._db, user_id, thread_id, upto)

    @translated
    async def after(
        self, user_id: str, thread_id: str, message_id: str, leaf_id: str, *, limit: int
    ) -> list[Message]:
        return await mongo_branches.after(self._db, user_id, thread_id, message_id, leaf_id, limit)

    @translated
    async def newest_leaf(self, user_id: str, thread_id: str, message_id: str) -> str:
        return await mongo_branches.newest_leaf(self._db, user_id, thread_id, message_id)

    @translated
    async def leads_to(self, user_id: str, thread_id: str, message_id: str, leaf_id: str) -> bool:
        return await mongo_branches.leads_to(self._db, user_id, thread_id, message_id, leaf_id)

    @translated
    async def tree(self, user_id: str, thread_id: str) -> list[Node]:
        return reachable(await self._nodes(user_id, thread_id, {}))

    @translated
    async def children(
        self, user_id: str, thread_id: str, parent_ids: list[str | None]
    ) -> list[Node]:
        return await self._nodes(user_id, thread_id, {"parent_id": {"$in": parent_ids}})

    async def _nodes(self, user_id: str, thread_id: str, which: Document) -> list[Node]:
        nodes = await mongo_deletions.nodes_of(self._db, user_id, thread_id, which)
        if not nodes:
            await self.get_thread(user_id, thread_id)  # there is one, or NotFound
        return nodes

    @translated
    async def delete_message(
        self, user_id: str, thread_id: str, message_id: str, now: Milliseconds
    ) -> Deletion:
        return await mongo_deletions.delete_message(self._db, user_id, thread_id, message_id, now)

    @translated
    async def restore_message(self, user_id: str, thread_id: str, message_id: str) -> Thread:
        return await mongo_deletions.restore_message(self._db, user_id, thread_id, message_id)

    @translated
    async def purge_messages(self, before: Milliseconds) -> int:
        return await mongo_deletions.purge_messages(self._db, before)

    # --- replies being made -------------------------------------------------------------

    @translated
    async def begin_reply(self, user_id: str, message_id: str, owner: str) -> bool:
        return await mongo_replies.begin_reply(self._db, user_id, message_id, owner)

    @translated
    async def ask_to_stop(self, user_id: str, message_id: str) -> bool:
        return await mongo_replies.ask_to_stop(self._db, user_id, message_id)

    @translated
    async def asked_to_stop(self, owner: str) -> list[str]:
        return await mongo_replies.asked_to_stop(self._db, owner)

    @translated
    async def append_checkpoints(self, checkpoints: list[Checkpoint]) -> None:
        await mongo_replies.append_checkpoints(self._db, checkpoints)

    @translated
    async def finish_reply(
        self, user_id: str, message: Message, entry: LedgerEntry | None = None
    ) -> Thread:
        return await mongo_replies.finish_reply(self._db, user_id, message, entry)

    @translated
    async def renew_lease(self, lease: Lease) -> None:
        await mongo_replies.renew_lease(self._db, lease)

    @translated
    async def release_lease(self, owner: str) -> None:
        await mongo_replies.release_lease(self._db, owner)

    @translated
    async def recover(
        self, lease: Lease, now: Milliseconds, estimate: Estimate | None = None
    ) -> list[Left]:
        return await mongo_replies.recover(self._db, lease, now, estimate)

    # --- what it cost -------------------------------------------------------------------

    @translated
    async def reserve(self, user_id: str, wanted: Reservation) -> Reached | None:
        return await mongo_limits.reserve(self._db, user_id, wanted)

    @translated
    async def settle(
        self, user_id: str, reservation_id: str, scopes: tuple[str, ...], spent: Amount | None
    ) -> None:
        await mongo_limits.settle(self._db, user_id, reservation_id, scopes, spent)

    @translated
    async def taken(self, user_id: str, scopes: list[str], now: Milliseconds) -> list[Taken]:
        return [await mongo_limits.taken(self._db, scope, now) for scope in scopes]

    @translated
    async def add_flagged(self, user_id: str, record: Flagged) -> None:
        await mongo_flagged.add_flagged(self._db, user_id, record)

    @translated
    async def flagged(
        self, *, limit: int, before: str | None = None, unseen: bool = False
    ) -> list[Flagged]:
        return await mongo_flagged.flagged(self._db, limit, before, unseen)

    @translated
    async def see_flagged(self, flagged_ids: list[str], now: Milliseconds) -> None:
        await mongo_flagged.see_flagged(self._db, flagged_ids, now)

    @translated
    async def add_usage(self, user_id: str, entry: LedgerEntry) -> None:
        await mongo_ledger.put_entry(self._db, user_id, mongo_ledger.document_of(entry))

    @translated
    async def usage_total(self, user_id: str, which: LedgerQuery) -> UsageSum:
        return await mongo_ledger.usage_total(self._db, user_id, which)

    @translated
    async def usage_sums(
        self, user_id: str, which: LedgerQuery, by: UsageBy, *, limit: int, minutes_west: int = 0
    ) -> list[UsageSum]:
        return await mongo_ledger.usage_sums(self._db, user_id, which, by, limit, minutes_west)

    @translated
    async def usage_by_person(self, which: LedgerQuery, *, limit: int) -> list[UsageSum]:
        return await mongo_ledger.usage_by_person(self._db, which, limit)

    @translated
    async def usage_entries(
        self, user_id: str, which: LedgerQuery, *, limit: int, after: LedgerEntry | None = None
    ) -> list[LedgerEntry]:
        return await mongo_ledger.usage_entries(self._db, user_id, which, limit, after)

    # --- search -------------------------------------------------------------------------

    @translated
    async def search(
        self,
        user_id: str,
        query: SearchQuery,
        *,
        titles: bool = False,
        limit: int,
        cursor: str | None = None,
    ) -> FoundPage:
        return await mongo_search.search(self._db, user_id, query, titles, limit, cursor)

    @translated
    async def index_some(self) -> bool:
        return await mongo_search.index_some(self._db)

    # --- people -------------------------------------------------------------------------

    @translated
    async def get_settings(self, user_id: str) -> UserSettings:
        return await mongo_settings.get_settings(self._db, user_id)

    @translated
    async def put_settings(
        self,
        user_id: str,
        settings: UserSettings,
        *,
        key_before: str | None | UnsetType = UNSET,
    ) -> bool:
        return await mongo_settings.put_settings(self._db, user_id, settings, key_before)

    @translated
    async def get_library(self, user_id: str) -> Library:
        return await mongo_libraries.get_library(self._db, user_id)

    @translated
    async def put_library(self, user_id: str, library: Library) -> bool:
        return await mongo_libraries.put_library(self._db, user_id, library)

    # --- for whoever administers the server ---------------------------------------------

    @translated
    async def get_limit_rules(self) -> LimitRules:
        return await mongo_rules.get_limit_rules(self._db)

    @translated
    async def put_limit_rules(self, rules: LimitRules) -> bool:
        return await mongo_rules.put_limit_rules(self._db, rules)

    @translated
    async def get_shared_source(self) -> SharedSource | None:
        return await mongo_settings.get_shared_source(self._db)

    @translated
    async def put_shared_source(self, shared: SharedSource | None) -> None:
        await mongo_settings.put_shared_source(self._db, shared)

    @translated
    async def secrets(self, *, after: str | None = None, limit: int) -> list[StoredSecret]:
        return await mongo_settings.secrets(self._db, after, limit)

    @translated
    async def replace_secret(self, secret: StoredSecret, sealed: str) -> bool:
        return await mongo_settings.replace_secret(self._db, secret, sealed)

    @translated
    async def add_audit(self, entry: AuditEntry) -> bool:
        return await mongo_audit.add(self._db, entry)

    @translated
    async def last_audit(self) -> AuditEntry | None:
        return await mongo_audit.last(self._db)

    @translated
    async def audit_entries(self, *, after: int = 0, limit: int) -> list[AuditEntry]:
        return await mongo_audit.entries(self._db, after, limit)

    @translated
    async def newest_audit(
        self, *, before: int | None = None, person: str = "", event: str = "", limit: int
    ) -> list[AuditEntry]:
        return await mongo_audit.newest(self._db, before, person, event, limit)


async def _probe(db: Database) -> None:
    with suppress(DuplicateKeyError):  # another process does it too
        await db.meta.update_one({"_id": "probe"}, {"$set": {"at": now_ms()}}, upsert=True)
