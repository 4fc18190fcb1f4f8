"""People with an account, their sessions, invitations and attempts in SQLite."""

from __future__ import annotations

import sqlite3
from functools import partial

import msgspec

from ..protocol import Milliseconds, PersonRole, PersonState
from .errors import NotFound
from .people import Invitation, NameTaken, Person, Session, folded
from .reserving import scope_of
from .sqlite_database import Database
from .sqlite_threads import to_json

_decode_person = msgspec.json.Decoder(Person).decode
_decode_session = msgspec.json.Decoder(Session).decode
_decode_invitation = msgspec.json.Decoder(Invitation).decode

LISTED = """SELECT body FROM people WHERE folded > ? AND folded >= ? AND folded < ?
    ORDER BY folded LIMIT ?"""
LISTED_IN_STATE = """SELECT body FROM people
    WHERE state = ? AND folded > ? AND folded >= ? AND folded < ? ORDER BY folded LIMIT ?"""

_OWN = ("sessions", "settings", "libraries", "ledger", "flagged")
"""Tables with what belongs to a person and to no thread."""


class SqlitePeople:
    """See `people.PeopleStore`."""

    _database: Database

    async def add_person(self, person: Person) -> None:
        await self._database.write(partial(_add_person, person=person))

    async def get_person(self, user_id: str) -> Person:
        return await self._database.read(partial(_get_person, user_id=user_id))

    async def find_person(self, name: str) -> Person | None:
        return await self._database.read(partial(_find_person, name=folded(name)))

    async def people_of_subject(self, subject: str) -> list[Person]:
        return await self._database.read(partial(_people_of_subject, subject=subject))

    async def active_people(self, user_ids: list[str]) -> dict[str, Person]:
        return await self._database.read(partial(_active_people, user_ids=user_ids))

    async def put_person(self, person: Person) -> bool:
        return await self._database.write(partial(_put_person, person=person))

    async def list_people(
        self,
        *,
        limit: int,
        after: str = "",
        begins: str = "",
        state: PersonState | None = None,
    ) -> list[Person]:
        return await self._database.read(
            partial(
                _list_people, limit=limit, after=folded(after), begins=folded(begins), state=state
            )
        )

    async def has_admin(self) -> bool:
        return await self._database.read(_has_admin)

    async def all_threads(self, user_id: str, *, limit: int) -> list[str]:
        return await self._database.read(partial(_all_threads, user_id=user_id, limit=limit))

    async def remove_person(self, user_id: str) -> None:
        await self._database.write(partial(_remove_person, user_id=user_id))

    async def get_session(self, user_id: str, session_id: str) -> Session | None:
        return await self._database.read(
            partial(_get_session, user_id=user_id, session_id=session_id)
        )

    async def put_session(self, session: Session) -> bool:
        return await self._database.write(partial(_put_session, session=session))

    async def list_sessions(self, user_id: str) -> list[Session]:
        return await self._database.read(partial(_list_sessions, user_id=user_id))

    async def end_sessions(self, user_id: str, session_ids: list[str] | None = None) -> None:
        await self._database.write(partial(_end_sessions, user_id=user_id, session_ids=session_ids))

    async def alive(self, sessions: list[tuple[str, str]]) -> dict[str, Person]:
        return await self._database.read(partial(_alive, sessions=sessions))

    async def find_invitation(self, code: str) -> Invitation | None:
        return await self._database.read(partial(_find_invitation, code=code))

    async def put_invitation(self, invitation: Invitation) -> bool:
        return await self._database.write(partial(_put_invitation, invitation=invitation))

    async def list_invitations(self) -> list[Invitation]:
        return await self._database.read(_list_invitations)

    async def remove_invitation(self, invitation_id: str) -> None:
        statement = "DELETE FROM invitations WHERE id = ?"
        await self._database.write(partial(_execute, statement=statement, values=(invitation_id,)))

    async def add_attempt(
        self, key: str, attempt_id: str, *, at: Milliseconds, until: Milliseconds
    ) -> list[Milliseconds]:
        return await self._database.write(
            partial(_add_attempt, key=key, attempt_id=attempt_id, at=at, until=until)
        )

    async def remove_attempts(self, key: str, attempt_id: str | None = None) -> None:
        await self._database.write(partial(_remove_attempts, key=key, attempt_id=attempt_id))

    async def forget_expired(self, now: Milliseconds) -> None:
        await self._database.write(partial(_forget_expired, now=now))


def _execute(db: sqlite3.Connection, statement: str, values: tuple[object, ...]) -> None:
    db.execute(statement, values)


def _add_person(db: sqlite3.Connection, person: Person) -> None:
    if db.execute("SELECT 1 FROM people WHERE user_id = ?", (person.id,)).fetchone():
        return
    _keep_free(db, person)
    db.execute(
        """INSERT INTO people (user_id, folded, role, state, revision, subject, hub_name, body)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?)""",
        (person.id, *_columns(person)),
    )


def _keep_free(db: sqlite3.Connection, person: Person) -> None:
    for condition, *taken in (
        ("folded = ?", folded(person.name)),
        ("subject = ? AND hub_name = ?", person.subject, person.hub_name),
    ):
        row = db.execute(
            f"SELECT 1 FROM people WHERE {condition} AND user_id != ?",  # noqa: S608 - ours
            (*taken, person.id),
        ).fetchone()
        if row is not None:
            raise NameTaken


def _columns(person: Person) -> tuple[object, ...]:
    return (
        folded(person.name),
        person.role.value,
        person.state.value,
        person.revision,
        person.subject,
        person.hub_name,
        to_json(person),
    )


def _get_person(db: sqlite3.Connection, user_id: str) -> Person:
    row = db.execute("SELECT body FROM people WHERE user_id = ?", (user_id,)).fetchone()
    if row is None:
        raise NotFound("person")
    return _decode_person(row[0])


def _find_person(db: sqlite3.Connection, name: str) -> Person | None:
    row = db.execute("SELECT body FROM people WHERE folded = ?", (name,)).fetchone()
    return None if row is None else _decode_person(row[0])


def _people_of_subject(db: sqlite3.Connection, subject: str) -> list[Person]:
    rows = db.execute(
        "SELECT body FROM people WHERE subject = ? ORDER BY hub_name, user_id", (subject,)
    )
    return [_decode_person(body) for (body,) in rows]


def _active_people(db: sqlite3.Connection, user_ids: list[str]) -> dict[str, Person]:
    found: dict[str, Person] = {}
    for user_id in user_ids:
        row = db.execute(
            "SELECT body FROM people WHERE user_id = ? AND state = ?",
            (user_id, PersonState.ACTIVE.value),
        ).fetchone()
        if row is not None:
            found[user_id] = _decode_person(row[0])
    return found


def _put_person(db: sqlite3.Connection, person: Person) -> bool:
    row = db.execute("SELECT revision, body FROM people WHERE user_id = ?", (person.id,)).fetchone()
    if row is not None and row == (person.revision, to_json(person)):
        return True
    if row is None or row[0] != person.revision - 1:
        return False
    _keep_free(db, person)
    db.execute(
        """UPDATE people SET folded = ?, role = ?, state = ?, revision = ?, subject = ?,
            hub_name = ?, body = ? WHERE user_id = ?""",
        (*_columns(person), person.id),
    )
    return True


def _list_people(
    db: sqlite3.Connection, limit: int, after: str, begins: str, state: PersonState | None
) -> list[Person]:
    between = (after, begins, f"{begins}\U0010ffff", limit)
    if state is None:
        rows = db.execute(LISTED, between)
    else:
        rows = db.execute(LISTED_IN_STATE, (state.value, *between))
    return [_decode_person(body) for (body,) in rows]


def _has_admin(db: sqlite3.Connection) -> bool:
    row = db.execute(
        "SELECT 1 FROM people WHERE role = ? AND state = ?",
        (PersonRole.ADMIN.value, PersonState.ACTIVE.value),
    ).fetchone()
    return row is not None


def _all_threads(db: sqlite3.Connection, user_id: str, limit: int) -> list[str]:
    rows = db.execute("SELECT id FROM threads WHERE user_id = ? LIMIT ?", (user_id, limit))
    return [thread_id for (thread_id,) in rows]


def _remove_person(db: sqlite3.Connection, user_id: str) -> None:
    scope = scope_of(user_id)
    db.execute("DELETE FROM limit_counts WHERE scope = ?", (scope,))
    db.execute("DELETE FROM limit_holds WHERE scope = ?", (scope,))
    # The number stays taken: what the search index has of it must not become anybody else's.
    db.execute(
        "UPDATE search_people SET user_id = 'nobody:' || number WHERE user_id = ?", (user_id,)
    )
    for table in (*_OWN, "people"):  # they last: what died before it is begun again
        db.execute(f"DELETE FROM {table} WHERE user_id = ?", (user_id,))  # noqa: S608 - ours


def _get_session(db: sqlite3.Connection, user_id: str, session_id: str) -> Session | None:
    row = db.execute(
        "SELECT body FROM sessions WHERE user_id = ? AND id = ?", (user_id, session_id)
    ).fetchone()
    return None if row is None else _decode_session(row[0])


def _put_session(db: sqlite3.Connection, session: Session) -> bool:
    before = _get_session(db, session.user_id, session.id)
    if before == session:
        return True
    if (0 if before is None else before.revision) != session.revision - 1:
        return False
    db.execute(
        "INSERT OR REPLACE INTO sessions (user_id, id, expires_at, body) VALUES (?, ?, ?, ?)",
        (session.user_id, session.id, session.expires_at, to_json(session)),
    )
    return True


def _list_sessions(db: sqlite3.Connection, user_id: str) -> list[Session]:
    rows = db.execute("SELECT body FROM sessions WHERE user_id = ?", (user_id,))
    sessions = [_decode_session(body) for (body,) in rows]
    return sorted(sessions, key=lambda each: (each.used_at, each.id), reverse=True)


def _end_sessions(db: sqlite3.Connection, user_id: str, session_ids: list[str] | None) -> None:
    if session_ids is None:
        db.execute("DELETE FROM sessions WHERE user_id = ?", (user_id,))
        return
    pairs = [(user_id, each) for each in session_ids]
    db.executemany("DELETE FROM sessions WHERE user_id = ? AND id = ?", pairs)


def _alive(db: sqlite3.Connection, sessions: list[tuple[str, str]]) -> dict[str, Person]:
    found: dict[str, Person] = {}
    for user_id, session_id in sessions:
        row = db.execute(
            """SELECT p.body FROM sessions s JOIN people p ON p.user_id = s.user_id
                WHERE s.user_id = ? AND s.id = ? AND p.state = ?""",
            (user_id, session_id, PersonState.ACTIVE.value),
        ).fetchone()
        if row is not None:
            found[session_id] = _decode_person(row[0])
    return found


def _find_invitation(db: sqlite3.Connection, code: str) -> Invitation | None:
    row = db.execute("SELECT body FROM invitations WHERE code = ?", (code,)).fetchone()
    return None if row is None else _decode_invitation(row[0])


def _put_invitation(db: sqlite3.Connection, invitation: Invitation) -> bool:
    before = _find_invitation(db, invitation.code)
    if before == invitation:
        return True
    if (0 if before is None else before.revision) != invitation.revision - 1:
        return False
    db.execute(
        "INSERT OR REPLACE INTO invitations (code, id, expires_at, body) VALUES (?, ?, ?, ?)",
        (invitation.code, invitation.id, invitation.expires_at, to_json(invitation)),
    )
    return True


def _list_invitations(db: sqlite3.Connection) -> list[Invitation]:
    rows = db.execute("SELECT body FROM invitations ORDER BY id DESC")
    return [_decode_invitation(body) for (body,) in rows]


def _add_attempt(
    db: sqlite3.Connection, key: str, attempt_id: str, at: Milliseconds, until: Milliseconds
) -> list[Milliseconds]:
    db.execute(
        "INSERT OR IGNORE INTO attempts (key, id, until) VALUES (?, ?, ?)", (key, attempt_id, until)
    )
    rows = db.execute(
        "SELECT until FROM attempts WHERE key = ? AND until > ? ORDER BY until", (key, at)
    )
    return [time for (time,) in rows]


def _remove_attempts(db: sqlite3.Connection, key: str, attempt_id: str | None) -> None:
    if attempt_id is None:
        db.execute("DELETE FROM attempts WHERE key = ?", (key,))
    else:
        db.execute("DELETE FROM attempts WHERE key = ? AND id = ?", (key, attempt_id))


def _forget_expired(db: sqlite3.Connection, now: Milliseconds) -> None:
    db.execute("DELETE FROM sessions WHERE expires_at <= ?", (now,))
    db.execute("DELETE FROM invitations WHERE expires_at <= ?", (now,))
    db.execute("DELETE FROM attempts WHERE until <= ?", (now,))
