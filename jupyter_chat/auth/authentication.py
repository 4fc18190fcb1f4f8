"""All of it put together: what the identity provider and the handlers work with."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from ..engine.organising import Organiser
from ..engine.replies import Replies
from ..store.interface import Store
from ..store.vault import Vault
from .access_tokens import AccessTokens, Claims
from .administering import Administration
from .invitations import Invitations
from .leaving import Leaving
from .passwords import Passwords
from .people import People, Registration
from .sessions import Sessions
from .stopping import Stopping
from .watching import Watch


@dataclass(frozen=True)
class Rules:
    """What whoever looks after the server has chosen."""

    registration: Registration
    registrations_per_hour: int
    session_days: int


@dataclass(frozen=True)
class Authentication:
    """One of each per server process.

    Who once signs in with a second factor, or by a company's OpenID Connect, ends up where
    `People.log_in` does: with a person, for whom `Sessions.begin` is called.
    """

    passwords: Passwords
    tokens: AccessTokens
    sessions: Sessions
    invitations: Invitations
    people: People
    watch: Watch
    leaving: Leaving
    stopping: Stopping
    administration: Administration
    rules: Rules

    async def start(self) -> None:
        """Once the store has been opened."""
        await self.passwords.prepare()
        await self.leaving.start()
        await self.stopping.start()

    async def close(self) -> None:
        await self.watch.close()
        await self.leaving.close()
        await self.stopping.close()
        await self.people.failed.close()
        self.passwords.close()

    async def access_token(self, user_id: str, session_id: str) -> str:
        return await self.tokens.issue(Claims(user_id, session_id))


def put_together(
    store: Store,
    vault: Vault,
    organiser: Organiser,
    replies: Replies,
    rules: Rules,
    log: logging.Logger,
) -> Authentication:
    passwords = Passwords()
    sessions = Sessions(store, rules.session_days, log)
    invitations = Invitations(store)
    people = People(
        *(store, passwords, sessions, invitations),
        *(rules.registration, rules.registrations_per_hour, log),
    )
    leaving = Leaving(store, people, sessions, organiser, replies, log)
    return Authentication(
        passwords=passwords,
        tokens=AccessTokens(vault),
        sessions=sessions,
        invitations=invitations,
        people=people,
        watch=Watch(store, log),
        leaving=leaving,
        stopping=Stopping(store, replies, log),
        administration=Administration(store, people, sessions, leaving),
        rules=rules,
    )
