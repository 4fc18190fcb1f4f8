"""People with an account, their sessions, invitations and attempts in MongoDB.

What a record holds is one text beside the fields that it is found by.
"""

from __future__ import annotations

from contextlib import suppress

import msgspec
from pymongo.errors import DuplicateKeyError

from ..protocol import Milliseconds, PersonRole, PersonState
from .errors import NotFound
from .mongo_documents import Database, Document
from .mongo_errors import translated
from .people import Invitation, NameTaken, Person, Session, folded
from .reserving import scope_of

_decode_person = msgspec.json.Decoder(Person).decode
_decode_session = msgspec.json.Decoder(Session).decode
_decode_invitation = msgspec.json.Decoder(Invitation).decode


class MongoPeople:
    """See `people.PeopleStore`."""

    @property
    def _db(self) -> Database:
        raise NotImplementedError

    @translated
    async def add_person(self, person: Person) -> None:
        try:
            await self._db.people.insert_one(_person(person))
        except DuplicateKeyError:
            if await self._db.people.find_one({"_id": person.id}, {"_id": 1}) is None:
                raise NameTaken from None

    @translated
    async def get_person(self, user_id: str) -> Person:
        found = await self._db.people.find_one({"_id": user_id})
        if found is None:
            raise NotFound("person")
        return _decode_person(found["body"])

    @translated
    async def find_person(self, name: str) -> Person | None:
        found = await self._db.people.find_one({"folded": folded(name)})
        return None if found is None else _decode_person(found["body"])

    @translated
    async def people_of_subject(self, subject: str) -> list[Person]:
        found = self._db.people.find({"subject": subject}).sort([("hub_name", 1), ("_id", 1)])
        return [_decode_person(each["body"]) async for each in found]

    @translated
    async def active_people(self, user_ids: list[str]) -> dict[str, Person]:
        query = {"_id": {"$in": user_ids}, "state": PersonState.ACTIVE.value}
        return {
            each["_id"]: _decode_person(each["body"]) async for each in self._db.people.find(query)
        }

    @translated
    async def put_person(self, person: Person) -> bool:
        document = _person(person)
        before = {"_id": person.id, "revision": person.revision - 1}
        try:
            replaced = await self._db.people.replace_one(before, document)
        except DuplicateKeyError:
            raise NameTaken from None
        if replaced.matched_count:
            return True
        return await self._db.people.find_one({"_id": person.id}) == document

    @translated
    async def list_people(
        self,
        *,
        limit: int,
        after: str = "",
        begins: str = "",
        state: PersonState | None = None,
    ) -> list[Person]:
        begins = folded(begins)
        query: Document = {
            "folded": {"$gt": folded(after), "$gte": begins, "$lt": f"{begins}\U0010ffff"}
        }
        if state is not None:
            query["state"] = state.value
        found = self._db.people.find(query).sort("folded").limit(limit)
        return [_decode_person(each["body"]) async for each in found]

    @translated
    async def has_admin(self) -> bool:
        query = {"role": PersonRole.ADMIN.value, "state": PersonState.ACTIVE.value}
        return await self._db.people.find_one(query, {"_id": 1}) is not None

    @translated
    async def all_threads(self, user_id: str, *, limit: int) -> list[str]:
        found = self._db.threads.find({"user_id": user_id}, {"_id": 1}).limit(limit)
        return [each["_id"] async for each in found]

    @translated
    async def remove_person(self, user_id: str) -> None:
        own: Document = {"user_id": user_id}
        await self._db.sessions.delete_many(own)
        await self._db.libraries.delete_many(own)
        await self._db.ledger.delete_many(own)
        await self._db.flagged.delete_many(own)
        await self._db.settings.delete_many({"_id": user_id})
        await self._db.limits.delete_many({"_id": scope_of(user_id)})
        await self._db.people.delete_one({"_id": user_id})  # last: see `auth/leaving.py`

    @translated
    async def get_session(self, user_id: str, session_id: str) -> Session | None:
        found = await self._db.sessions.find_one({"_id": session_id, "user_id": user_id})
        return None if found is None else _decode_session(found["body"])

    @translated
    async def put_session(self, session: Session) -> bool:
        place: Document = {"_id": session.id, "user_id": session.user_id}
        return await _put(self._db, "sessions", place, session)

    @translated
    async def list_sessions(self, user_id: str) -> list[Session]:
        found = self._db.sessions.find({"user_id": user_id})
        sessions = [_decode_session(each["body"]) async for each in found]
        return sorted(sessions, key=lambda each: (each.used_at, each.id), reverse=True)

    @translated
    async def end_sessions(self, user_id: str, session_ids: list[str] | None = None) -> None:
        query: Document = {"user_id": user_id}
        if session_ids is not None:
            query["_id"] = {"$in": session_ids}
        await self._db.sessions.delete_many(query)

    @translated
    async def alive(self, sessions: list[tuple[str, str]]) -> dict[str, Person]:
        users = sorted({user_id for user_id, _ in sessions})
        # All of these people: nobody has many.
        open_sessions = self._db.sessions.find({"user_id": {"$in": users}}, {"user_id": 1})
        owners = {each["_id"]: each["user_id"] async for each in open_sessions}
        people = await self.active_people(users)
        return {
            session_id: people[user_id]
            for user_id, session_id in sessions
            if owners.get(session_id) == user_id and user_id in people
        }

    @translated
    async def find_invitation(self, code: str) -> Invitation | None:
        found = await self._db.invitations.find_one({"_id": code})
        return None if found is None else _decode_invitation(found["body"])

    @translated
    async def put_invitation(self, invitation: Invitation) -> bool:
        place: Document = {"_id": invitation.code, "id": invitation.id}
        return await _put(self._db, "invitations", place, invitation)

    @translated
    async def list_invitations(self) -> list[Invitation]:
        found = self._db.invitations.find({}).sort("id", -1)
        return [_decode_invitation(each["body"]) async for each in found]

    @translated
    async def remove_invitation(self, invitation_id: str) -> None:
        await self._db.invitations.delete_one({"id": invitation_id})

    @translated
    async def add_attempt(
        self, key: str, attempt_id: str, *, at: Milliseconds, until: Milliseconds
    ) -> list[Milliseconds]:
        with suppress(DuplicateKeyError):
            document = {"_id": f"{key}.{attempt_id}", "key": key, "until": until}
            await self._db.attempts.insert_one(document)
        found = self._db.attempts.find({"key": key, "until": {"$gt": at}}).sort("until")
        return [each["until"] async for each in found]

    @translated
    async def remove_attempts(self, key: str, attempt_id: str | None = None) -> None:
        query = {"key": key}
        if attempt_id is not None:
            query["_id"] = f"{key}.{attempt_id}"
        await self._db.attempts.delete_many(query)

    @translated
    async def forget_expired(self, now: Milliseconds) -> None:
        for name, field in (
            ("sessions", "expires_at"),
            ("invitations", "expires_at"),
            ("attempts", "until"),
        ):
            await self._db[name].delete_many({field: {"$lte": now}})


def _person(person: Person) -> Document:
    of_hub = {"subject": person.subject, "hub_name": person.hub_name}
    return {
        "_id": person.id,
        "folded": folded(person.name),
        "role": person.role.value,
        "state": person.state.value,
        "revision": person.revision,
        **(of_hub if person.subject is not None else {}),
        "body": msgspec.json.encode(person).decode(),
    }


async def _put(db: Database, name: str, place: Document, record: Session | Invitation) -> bool:
    document = {
        **place,
        "revision": record.revision,
        "expires_at": record.expires_at,
        "body": msgspec.json.encode(record).decode(),
    }
    if record.revision == 1:
        try:
            await db[name].insert_one(document)
        except DuplicateKeyError:
            pass
        else:
            return True
    else:
        before = {**place, "revision": record.revision - 1}
        if (await db[name].replace_one(before, document)).matched_count:
            return True
    # Repeated, or somebody else was faster.
    return await db[name].find_one(place) == document
