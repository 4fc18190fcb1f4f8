"""People with an account, and what they sign in by: what is kept, and what a store promises.

Passwords, tokens and codes are kept as hashes only.  Records have a `revision`: one is put
in the place of the record whose revision is one lower, so that nobody overwrites what
another process has changed.
"""

from __future__ import annotations

import unicodedata
from typing import Protocol

from msgspec import Struct

from ..protocol import Code, Milliseconds, PersonRole, PersonState, Problem
from .errors import StoreError


class NameTaken(StoreError):
    """Somebody else has the name."""

    def __init__(self) -> None:
        super().__init__(
            Problem(
                Code.CONFLICT,
                "Somebody else has this name. Nothing was changed; choose another one.",
                field="name",
            )
        )


def folded(name: str) -> str:
    """What two names must not have in common."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())


class Person(Struct, omit_defaults=True, frozen=True):
    """Somebody with an account, or somebody from a hub.  The id stays when the name changes."""

    id: str
    name: str
    password: str
    """Its argon2 hash; empty: there is none, and none is right."""
    made_at: Milliseconds
    display_name: str | None = None
    color: str | None = None
    role: PersonRole = PersonRole.USER
    state: PersonState = PersonState.ACTIVE
    groups: tuple[str, ...] = ()
    """Names by which limits, and how long things are kept, are said of several people."""
    hub_name: str | None = None
    """What a hub calls this user, to the letter; `None`: the account is one of this server."""
    subject: str | None = None
    """What tells this user of a hub from others who have, had or will have the name.  No two
    people have both `subject` and `hub_name` in common."""
    signed_out: int = 0
    """How often all sessions had to end: because of another password, or because they were not
    let in any more."""
    revision: int = 1


class Session(Struct, omit_defaults=True, frozen=True):
    """A browser that is signed in, for as long as its record is there.

    `token` is the SHA-256 of the refresh token that is good now, `previous` that of the one
    before, which was given up at `rotated_at`.
    """

    id: str
    user_id: str
    token: str
    made_at: Milliseconds
    used_at: Milliseconds
    expires_at: Milliseconds
    previous: str | None = None
    nonce: str | None = None
    seal: str = ""
    """By which a token is known that was given for this session at some time."""
    rotated_at: Milliseconds = 0
    agent: str = ""
    address: str = ""
    revision: int = 1


class Invitation(Struct, omit_defaults=True, frozen=True):
    """Lets people register; `code` is a SHA-256.  `made_by` is `None` where the server itself
    has made it, for the first administrator."""

    id: str
    code: str
    made_at: Milliseconds
    expires_at: Milliseconds
    made_by: str | None = None
    role: PersonRole = PersonRole.USER
    uses: int = 1
    used_by: list[str] = []
    revision: int = 1


class PeopleStore(Protocol):
    """A part of :class:`~.interface.Store`.  Calls that name no user are those of
    administrators, and of people whom nobody knows yet."""

    async def add_person(self, person: Person) -> None:
        """:class:`NameTaken` if somebody else has the name, whatever its case, or is the same
        user of the hub."""

    async def get_person(self, user_id: str) -> Person:
        """:class:`NotFound` if there is none."""

    async def find_person(self, name: str) -> Person | None:
        """By name, whatever its case."""

    async def people_of_subject(self, subject: str) -> list[Person]:
        """Users of a hub, by what tells them from others; of several names, if the hub was not
        exact."""

    async def active_people(self, user_ids: list[str]) -> dict[str, Person]:
        """Those of them who are active, by id."""

    async def put_person(self, person: Person) -> bool:
        """Keep it in place of the one whose revision is one lower.  False: another one has
        taken that place, or there is none.  :class:`NameTaken` as above."""

    async def list_people(
        self,
        *,
        limit: int,
        after: str = "",
        begins: str = "",
        state: PersonState | None = None,
    ) -> list[Person]:
        """Those whose names follow `after` and begin with `begins`, by name."""

    async def has_admin(self) -> bool:
        """Whether there is an administrator who is active."""

    async def all_threads(self, user_id: str, *, limit: int) -> list[str]:
        """Ids of some of a person's threads, wherever they are: to be deleted for good."""

    async def remove_person(self, user_id: str) -> None:
        """Forget a person and all there is of them, but the threads."""

    async def get_session(self, user_id: str, session_id: str) -> Session | None: ...

    async def put_session(self, session: Session) -> bool:
        """Keep it in place of the one whose revision is one lower (1: there is none).  False:
        another one has taken that place, or it has ended."""

    async def list_sessions(self, user_id: str) -> list[Session]:
        """The last used first."""

    async def end_sessions(self, user_id: str, session_ids: list[str] | None = None) -> None:
        """Those, or (`None`) all of a person."""

    async def alive(self, sessions: list[tuple[str, str]]) -> dict[str, Person]:
        """Of sessions (user id, session id) those that have not ended, by id, each with its
        person, who is active."""

    async def find_invitation(self, code: str) -> Invitation | None:
        """By the hash of its code."""

    async def put_invitation(self, invitation: Invitation) -> bool:
        """As :meth:`put_session`."""

    async def list_invitations(self) -> list[Invitation]:
        """The newest first."""

    async def remove_invitation(self, invitation_id: str) -> None: ...

    async def add_attempt(
        self, key: str, attempt_id: str, *, at: Milliseconds, until: Milliseconds
    ) -> list[Milliseconds]:
        """Note an attempt, which counts before `until`.  The times until which those of this
        key count that count at `at`, this one among them; in order."""

    async def remove_attempts(self, key: str, attempt_id: str | None = None) -> None:
        """Forget one, or (`None`) all of a key."""

    async def forget_expired(self, now: Milliseconds) -> None:
        """Remove sessions, invitations and attempts that are over."""
