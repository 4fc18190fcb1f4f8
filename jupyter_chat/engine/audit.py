"""The audit log: what happened that matters for the safety of the whole.

Each entry holds the hash of the one before it, so none can be changed, taken out or put in
between without all that follow.  No entry holds a secret, or anything that was said in a
conversation.
"""

from __future__ import annotations

import asyncio
import hashlib
import random
from datetime import datetime, timezone
from enum import Enum

import msgspec

from ..ids import now_ms
from ..protocol import AuditBreak, AuditEntry, AuditPage, AuditVerdict, Milliseconds
from ..store.errors import Failed
from ..store.interface import Store
from ..store.types import DAMAGED
from .names import id_of, names_of

BEGINNING = "0" * 64
"""What stands in the first entry as the hash of the one before."""

_TRIES = 500
_MOST_CHARACTERS = 300
_PAGE = 500


class Event(str, Enum):
    """What is noted."""

    KEY_SET = "key set"
    KEY_REMOVED = "key removed"
    SOURCE_CHANGED = "source changed"
    LIMIT_CHANGED = "monthly limit changed"
    SHARED_KEY_SET = "shared key set"
    SHARED_KEY_REMOVED = "shared key removed"
    KEYS_CHANGED = "keys that encrypt changed"
    REENCRYPTED = "secrets encrypted again"
    EXPORTED = "everything exported"
    IMPORTED = "import begun"
    TRASH_EMPTIED = "trash emptied"
    PURGED = "conversations deleted for good"
    RETIRED = "conversations put into the trash by age"
    LIMITS_CHANGED = "limits changed"
    REGISTERED = "registered"
    SIGNED_IN = "signed in"
    SIGNING_IN_FAILED = "signing in failed"
    SIGNED_OUT_EVERYWHERE = "signed out everywhere"
    SESSION_COPIED = "copied session ended"
    PASSWORD_CHANGED = "password changed"  # noqa: S105 - what happened to one
    PASSWORD_GIVEN = "password given by an administrator"  # noqa: S105
    ROLE_CHANGED = "role changed"
    ACCOUNT_ENABLED = "account enabled"
    ACCOUNT_DISABLED = "account disabled"
    ACCOUNT_DELETED = "account deleted"
    INVITATION_MADE = "invitation made"
    INVITATION_USED = "invitation used"
    INVITATION_REMOVED = "invitation removed"
    PERSON_ADDED = "person of the hub added"
    PERSON_RENAMED = "person renamed at the hub"
    PERSON_GONE = "person gone from the hub"
    PERSON_BACK = "person back at the hub"


class Audit:
    """The log of all processes on a store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def note(self, user_id: str, event: Event, subject: str = "", detail: str = "") -> None:
        """Add an entry: `user_id` (empty: the server, or who administers it) has done this
        to `subject`.

        To be called before it is done: what is not in the log has not happened then, while an
        entry may stand for something that failed.
        """
        now = now_ms()
        for _ in range(_TRIES):
            last = await self._store.last_audit()
            entry = AuditEntry(
                number=1 if last is None else last.number + 1,
                at=now if last is None else max(now, last.at),
                user_id=user_id,
                event=event.value,
                subject=subject[:_MOST_CHARACTERS],
                detail=detail[:_MOST_CHARACTERS],
                previous=BEGINNING if last is None else hash_of(last),
            )
            if await self._store.add_audit(entry):
                return
            # Another process has taken the number.
            await asyncio.sleep(random.uniform(0, 0.02))
        raise Failed

    async def newest(
        self, *, limit: int, before: int | None = None, person: str = "", event: str = ""
    ) -> AuditPage:
        """A part of the log to be looked at; `person` by name or id."""
        found = await self._store.newest_audit(
            before=before,
            person=await id_of(self._store, person) if person else "",
            event=event,
            limit=limit + 1,
        )
        entries = found[:limit]
        people = {own for each in entries for own in (each.user_id, each.subject)}
        names = await names_of(self._store, people)
        return AuditPage(entries, names, [each.value for each in Event], len(found) > limit)

    async def verify(self) -> AuditVerdict:
        """Look at every entry, and at how they hang together."""
        breaks: list[AuditBreak] = []
        count, number, digest = 0, 0, BEGINNING
        while True:
            page = await self._store.audit_entries(after=number, limit=_PAGE)
            if not page:
                return AuditVerdict(count, number, digest, breaks)
            for entry in page:
                if entry.number != number + 1:
                    breaks.append(AuditBreak(entry.number, _missing(number + 1, entry.number - 1)))
                if entry.event == DAMAGED:
                    breaks.append(AuditBreak(entry.number, f"Entry {entry.number} is no entry."))
                elif entry.number == number + 1 and entry.previous != digest:
                    breaks.append(AuditBreak(entry.number, _changed(entry.number)))
                count, number, digest = count + 1, entry.number, hash_of(entry)

    async def digest_of(self, number: int) -> str | None:
        """The hash of an entry; `None`: there is none of this number."""
        found = await self._store.audit_entries(after=number - 1, limit=1)
        return hash_of(found[0]) if found and found[0].number == number else None


def hash_of(entry: AuditEntry) -> str:
    """The SHA-256 of all that an entry says, with the hash of the one before it."""
    return hashlib.sha256(msgspec.json.encode(msgspec.structs.astuple(entry))).hexdigest()


def time_of(milliseconds: Milliseconds) -> str:
    """A time as the log is shown: in UTC."""
    at = datetime.fromtimestamp(milliseconds / 1000, timezone.utc)
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _missing(first: int, last: int) -> str:
    if first == last:
        return f"Entry {first} is missing."
    return f"The entries {first} to {last} are missing."


def _changed(number: int) -> str:
    if number == 1:
        return "Entry 1 is not the first that was written, or was changed."
    return f"Entry {number - 1} is not as it was when entry {number} was written."
