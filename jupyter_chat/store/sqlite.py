"""The embedded store: one SQLite file, which several processes may share."""

from __future__ import annotations

import asyncio
import sqlite3
from functools import partial
from pathlib import Path

from msgspec import UNSET, UnsetType

from ..ids import new_id
from ..protocol import (
    AuditEntry,
    Flagged,
    Library,
    LimitRules,
    Message,
    Milliseconds,
    Summary,
    Thread,
    UsageBy,
    UsageSum,
)
from . import (
    sqlite_audit,
    sqlite_branches,
    sqlite_deletions,
    sqlite_flagged,
    sqlite_index,
    sqlite_ledger,
    sqlite_libraries,
    sqlite_limits,
    sqlite_lists,
    sqlite_messages,
    sqlite_outlines,
    sqlite_replies,
    sqlite_rules,
    sqlite_search,
    sqlite_settings,
    sqlite_summaries,
    sqlite_threads,
)
from .records import decode_cursor, decode_number
from .reserving import Amount, Reached, Reservation, Taken
from .sqlite_database import Database
from .sqlite_people import SqlitePeople
from .sqlite_threads import to_json
from .terms import of_message
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

_PROBE_BYTES = 64 * 1024
_PURGED_AT_ONCE = 200


class SqliteStore(SqlitePeople):
    """See `interface.Store`; one event loop at a time."""

    def __init__(self, path: Path, busy_seconds: float = 5.0) -> None:
        self._database = Database(path, busy_seconds)
        self._write = self._database.write
        self._read = self._database.read

    async def open(self) -> None:
        await self._database.open()
        await self.check()

    async def close(self) -> None:
        await self._database.close()

    async def check(self) -> None:
        # Something of a size that a full disk has no room for; in two transactions,
        # because SQLite does not write what the same transaction frees again.
        await self._write(partial(_put_meta, name="probe", value=bytes(_PROBE_BYTES)))
        await self._write(partial(_put_meta, name="probe", value=None))

    async def owner_id(self) -> str:
        return await self._write(_owner_id)

    async def get_thread(self, user_id: str, thread_id: str) -> Thread:
        return await self._read(
            partial(sqlite_threads.get_thread, user_id=user_id, thread_id=thread_id)
        )

    async def revisions(self, threads: list[tuple[str, str]]) -> dict[str, int]:
        return await self._read(partial(sqlite_threads.revisions, threads=threads))

    async def list_threads(
        self,
        user_id: str,
        *,
        limit: int,
        cursor: str | None = None,
        which: ThreadFilter = EVERYTHING,
    ) -> tuple[list[Thread], str | None]:
        after = decode_cursor(cursor) if cursor is not None else None
        return await self._read(
            partial(
                sqlite_lists.list_threads, user_id=user_id, limit=limit, after=after, which=which
            )
        )

    async def folders(self, user_id: str) -> tuple[dict[str, int], dict[str, int]]:
        return await self._read(partial(sqlite_lists.folders, user_id=user_id))

    async def thread_ids(self, user_id: str) -> list[str]:
        return await self._read(partial(sqlite_threads.thread_ids, user_id=user_id))

    async def update_thread(
        self, user_id: str, thread_id: str, changes: ThreadChanges, revision: int | None = None
    ) -> Thread:
        return await self._write(
            partial(
                sqlite_threads.update_thread,
                user_id=user_id,
                thread_id=thread_id,
                changes=changes,
                revision=revision,
            )
        )

    async def due(
        self, *, deleted_before: Milliseconds, now: Milliseconds, limit: int
    ) -> list[tuple[str, str]]:
        return await self._read(
            partial(sqlite_lists.due, deleted_before=deleted_before, now=now, limit=limit)
        )

    async def quiet(
        self, *, before: Milliseconds, limit: int, after: Thread | None = None
    ) -> list[tuple[str, Thread]]:
        return await self._read(
            partial(sqlite_lists.quiet, before=before, limit=limit, after=after)
        )

    async def retiring(
        self, *, before: Milliseconds, limit: int, after: Thread | None = None
    ) -> list[tuple[str, Thread]]:
        return await self._read(
            partial(sqlite_lists.retiring, before=before, limit=limit, after=after)
        )

    async def purge(self, user_id: str, thread_id: str) -> bool:
        while True:  # each step is a job of its own: other writes come between
            self._database.leave_nothing()
            done = await self._write(
                partial(sqlite_lists.purge, user_id=user_id, thread_id=thread_id)
            )
            if done is not None:
                return done

    async def add_turn(self, user_id: str, turn: Turn) -> Accepted:
        return await self._write(partial(sqlite_messages.add_turn, user_id=user_id, turn=turn))

    async def add_thread(self, user_id: str, thread: Thread, messages: list[Message]) -> int:
        # There may be many: nobody else who writes should wait for this.
        terms = await asyncio.to_thread(_terms_of, messages)
        return await self._write(
            partial(
                sqlite_messages.add_thread,
                user_id=user_id,
                thread=thread,
                messages=messages,
                terms=terms,
            )
        )

    async def get_message(self, user_id: str, thread_id: str, message_id: str) -> Message:
        (message,) = await self.path(user_id, thread_id, message_id, limit=1)
        return message

    async def get_messages(self, user_id: str, thread_id: str, ids: list[str]) -> list[Message]:
        return await self._read(
            partial(sqlite_messages.get_messages, user_id=user_id, thread_id=thread_id, ids=ids)
        )

    async def path(
        self, user_id: str, thread_id: str, leaf_id: str, *, limit: int
    ) -> list[Message]:
        return await self._read(
            partial(
                sqlite_messages.path,
                user_id=user_id,
                thread_id=thread_id,
                leaf_id=leaf_id,
                limit=limit,
            )
        )

    async def outline(
        self, user_id: str, thread_id: str, leaf_id: str, *, limit: int
    ) -> list[Outline]:
        return await self._read(
            partial(
                sqlite_outlines.outline,
                user_id=user_id,
                thread_id=thread_id,
                leaf_id=leaf_id,
                limit=limit,
            )
        )

    async def put_weights(self, user_id: str, thread_id: str, weights: dict[str, Weight]) -> None:
        await self._write(
            partial(
                sqlite_outlines.put_weights,
                user_id=user_id,
                thread_id=thread_id,
                weights=weights,
            )
        )

    async def summaries(self, user_id: str, thread_id: str) -> list[Summary]:
        return await self._read(
            partial(sqlite_summaries.summaries, user_id=user_id, thread_id=thread_id)
        )

    async def put_summary(self, user_id: str, summary: Summary) -> None:
        await self._write(partial(sqlite_summaries.put, user_id=user_id, summary=summary))

    async def delete_summary(self, user_id: str, thread_id: str, upto: str) -> None:
        await self._write(
            partial(sqlite_summaries.delete, user_id=user_id, thread_id=thread_id, upto=upto)
        )

    async def after(
        self, user_id: str, thread_id: str, message_id: str, leaf_id: str, *, limit: int
    ) -> list[Message]:
        return await self._read(
            partial(
                sqlite_branches.after,
                user_id=user_id,
                thread_id=thread_id,
                message_id=message_id,
                leaf_id=leaf_id,
                limit=limit,
            )
        )

    async def newest_leaf(self, user_id: str, thread_id: str, message_id: str) -> str:
        return await self._read(
            partial(
                sqlite_branches.newest_leaf,
                user_id=user_id,
                thread_id=thread_id,
                message_id=message_id,
            )
        )

    async def leads_to(self, user_id: str, thread_id: str, message_id: str, leaf_id: str) -> bool:
        return await self._read(
            partial(
                sqlite_branches.leads_to,
                user_id=user_id,
                thread_id=thread_id,
                message_id=message_id,
                leaf_id=leaf_id,
            )
        )

    async def tree(self, user_id: str, thread_id: str) -> list[Node]:
        return await self._read(partial(sqlite_messages.tree, user_id=user_id, thread_id=thread_id))

    async def children(
        self, user_id: str, thread_id: str, parent_ids: list[str | None]
    ) -> list[Node]:
        return await self._read(
            partial(
                sqlite_messages.children,
                user_id=user_id,
                thread_id=thread_id,
                parent_ids=parent_ids,
            )
        )

    async def delete_message(
        self, user_id: str, thread_id: str, message_id: str, now: Milliseconds
    ) -> Deletion:
        return await self._write(
            partial(
                sqlite_deletions.delete_message,
                user_id=user_id,
                thread_id=thread_id,
                message_id=message_id,
                now=now,
            )
        )

    async def restore_message(self, user_id: str, thread_id: str, message_id: str) -> Thread:
        return await self._write(
            partial(
                sqlite_deletions.restore_message,
                user_id=user_id,
                thread_id=thread_id,
                message_id=message_id,
            )
        )

    async def purge_messages(self, before: Milliseconds) -> int:
        removed = 0
        while True:  # each step is a job of its own: other writes come between
            self._database.leave_nothing()
            step = await self._write(
                partial(sqlite_deletions.purge_messages, before=before, at_once=_PURGED_AT_ONCE)
            )
            removed += step
            if step < _PURGED_AT_ONCE:
                return removed

    async def begin_reply(self, user_id: str, message_id: str, owner: str) -> bool:
        return await self._write(
            partial(sqlite_replies.begin_reply, user_id=user_id, message_id=message_id, owner=owner)
        )

    async def ask_to_stop(self, user_id: str, message_id: str) -> bool:
        return await self._write(
            partial(sqlite_replies.ask_to_stop, user_id=user_id, message_id=message_id)
        )

    async def asked_to_stop(self, owner: str) -> list[str]:
        return await self._read(partial(sqlite_replies.asked_to_stop, owner=owner))

    async def append_checkpoints(self, checkpoints: list[Checkpoint]) -> None:
        await self._write(partial(sqlite_replies.append_checkpoints, checkpoints=checkpoints))

    async def finish_reply(
        self, user_id: str, message: Message, entry: LedgerEntry | None = None
    ) -> Thread:
        return await self._write(
            partial(sqlite_replies.finish_reply, user_id=user_id, message=message, entry=entry)
        )

    async def renew_lease(self, lease: Lease) -> None:
        await self._write(partial(sqlite_replies.renew_lease, lease=lease))

    async def release_lease(self, owner: str) -> None:
        await self._write(partial(sqlite_replies.release_lease, owner=owner))

    async def recover(
        self, lease: Lease, now: Milliseconds, estimate: Estimate | None = None
    ) -> list[Left]:
        return await self._write(
            partial(sqlite_replies.recover, lease=lease, now=now, estimate=estimate)
        )

    async def reserve(self, user_id: str, wanted: Reservation) -> Reached | None:
        return await self._write(partial(sqlite_limits.reserve, user_id=user_id, wanted=wanted))

    async def settle(
        self, user_id: str, reservation_id: str, scopes: tuple[str, ...], spent: Amount | None
    ) -> None:
        await self._write(
            partial(
                sqlite_limits.settle,
                user_id=user_id,
                own=reservation_id,
                scopes=scopes,
                spent=spent,
            )
        )

    async def taken(self, user_id: str, scopes: list[str], now: Milliseconds) -> list[Taken]:
        return await self._read(
            lambda db: [sqlite_limits.taken(db, scope, now) for scope in scopes]
        )

    async def add_flagged(self, user_id: str, record: Flagged) -> None:
        body = to_json(record)
        await self._write(
            partial(sqlite_flagged.add_flagged, user_id=user_id, own=record.id, body=body)
        )

    async def flagged(
        self, *, limit: int, before: str | None = None, unseen: bool = False
    ) -> list[Flagged]:
        return await self._read(
            partial(sqlite_flagged.flagged, limit=limit, before=before, unseen=unseen)
        )

    async def see_flagged(self, flagged_ids: list[str], now: Milliseconds) -> None:
        await self._write(partial(sqlite_flagged.see_flagged, flagged_ids=flagged_ids, now=now))

    async def add_usage(self, user_id: str, entry: LedgerEntry) -> None:
        await self._write(partial(sqlite_ledger.put_entry, user_id=user_id, entry=entry))

    async def usage_total(self, user_id: str, which: LedgerQuery) -> UsageSum:
        return await self._read(partial(sqlite_ledger.usage_total, user_id=user_id, which=which))

    async def usage_sums(
        self, user_id: str, which: LedgerQuery, by: UsageBy, *, limit: int, minutes_west: int = 0
    ) -> list[UsageSum]:
        return await self._read(
            partial(
                sqlite_ledger.usage_sums,
                user_id=user_id,
                which=which,
                by=by,
                limit=limit,
                minutes_west=minutes_west,
            )
        )

    async def usage_by_person(self, which: LedgerQuery, *, limit: int) -> list[UsageSum]:
        return await self._read(partial(sqlite_ledger.usage_by_person, which=which, limit=limit))

    async def usage_entries(
        self, user_id: str, which: LedgerQuery, *, limit: int, after: LedgerEntry | None = None
    ) -> list[LedgerEntry]:
        return await self._read(
            partial(
                sqlite_ledger.usage_entries,
                user_id=user_id,
                which=which,
                limit=limit,
                after=after,
            )
        )

    async def search(
        self,
        user_id: str,
        query: SearchQuery,
        *,
        titles: bool = False,
        limit: int,
        cursor: str | None = None,
    ) -> FoundPage:
        before = decode_number(cursor) if cursor is not None else None
        return await self._read(
            partial(
                sqlite_search.search,
                user_id=user_id,
                query=query,
                titles=titles,
                limit=limit,
                before=before,
            )
        )

    async def index_some(self) -> bool:
        if not await self._read(sqlite_index.is_behind):
            return False
        progress = await self._write(sqlite_index.begin)
        batch = await self._read(partial(sqlite_index.read_batch, begun=progress))
        return await self._write(partial(sqlite_index.write_batch, batch=batch))

    async def get_settings(self, user_id: str) -> UserSettings:
        return await self._read(partial(sqlite_settings.get_settings, user_id=user_id))

    async def put_settings(
        self,
        user_id: str,
        settings: UserSettings,
        *,
        key_before: str | None | UnsetType = UNSET,
    ) -> bool:
        return await self._write(
            partial(
                sqlite_settings.put_settings,
                user_id=user_id,
                settings=settings,
                key_before=key_before,
            )
        )

    async def get_library(self, user_id: str) -> Library:
        return await self._read(partial(sqlite_libraries.get_library, user_id=user_id))

    async def put_library(self, user_id: str, library: Library) -> bool:
        return await self._write(
            partial(
                sqlite_libraries.put_library,
                user_id=user_id,
                revision=library.revision,
                body=to_json(library),
            )
        )

    async def get_limit_rules(self) -> LimitRules:
        return await self._read(sqlite_rules.get_limit_rules)

    async def put_limit_rules(self, rules: LimitRules) -> bool:
        body = to_json(rules)
        return await self._write(partial(sqlite_rules.put_limit_rules, rules=rules, body=body))

    async def get_shared_source(self) -> SharedSource | None:
        return await self._read(sqlite_settings.get_shared_source)

    async def put_shared_source(self, shared: SharedSource | None) -> None:
        await self._write(partial(sqlite_settings.put_shared_source, shared=shared))

    async def secrets(self, *, after: str | None = None, limit: int) -> list[StoredSecret]:
        return await self._read(partial(sqlite_settings.secrets, after=after, limit=limit))

    async def replace_secret(self, secret: StoredSecret, sealed: str) -> bool:
        self._database.leave_nothing()
        return await self._write(
            partial(sqlite_settings.replace_secret, secret=secret, sealed=sealed)
        )

    async def add_audit(self, entry: AuditEntry) -> bool:
        return await self._write(partial(sqlite_audit.add, entry=entry))

    async def last_audit(self) -> AuditEntry | None:
        return await self._read(sqlite_audit.last)

    async def audit_entries(self, *, after: int = 0, limit: int) -> list[AuditEntry]:
        return await self._read(partial(sqlite_audit.entries, after=after, limit=limit))

    async def newest_audit(
        self, *, before: int | None = None, person: str = "", event: str = "", limit: int
    ) -> list[AuditEntry]:
        return await self._read(
            partial(sqlite_audit.newest, before=before, person=person, event=event, limit=limit)
        )


def _terms_of(messages: list[Message]) -> dict[str, set[str]]:
    return {message.id: of_message(message) for message in messages}


def _put_meta(db: sqlite3.Connection, name: str, value: object) -> None:
    db.execute("INSERT OR REPLACE INTO meta (name, value) VALUES (?, ?)", (name, value))


def _owner_id(db: sqlite3.Connection) -> str:
    db.execute("INSERT OR IGNORE INTO meta (name, value) VALUES ('owner', ?)", (new_id(),))
    (owner_id,) = db.execute("SELECT value FROM meta WHERE name = 'owner'").fetchone()
    return str(owner_id)
