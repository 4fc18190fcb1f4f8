"""Accounts that are kept here, put together."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from ..engine.organising import Organiser
from ..engine.replies import Replies
from ..store.interface import Store
from ..store.vault import Vault
from .access_tokens import AccessTokens, Claims
from .administering import Administration
from .authentication import Authentication
from .invitations import Invitations
from .leaving import Files, Leaving
from .passwords import Passwords
from .people import People, Registration
from .sessions import Sessions
from .stopping import Stopping, Work
from .watching import Watch


@dataclass(frozen=True)
class Rules:
    """What whoever looks after the server has chosen."""

    registration: Registration
    registrations_per_hour: int
    session_days: int


@dataclass(frozen=True)
class KeptAccounts(Authentication):
    """Who once signs in with a second factor, or by a company's OpenID Connect, ends up where
    `People.log_in` does: with a person, for whom `Sessions.begin` is called.
    """

    passwords: Passwords
    sessions: Sessions
    invitations: Invitations
    people: People
    rules: Rules

    async def start(self) -> None:
        await self.passwords.prepare()
        await super().start()

    async def close(self) -> None:
        await super().close()
        await self.people.failed.close()
        self.passwords.close()

    async def access_token(self, user_id: str, session_id: str) -> str:
        return await self.tokens.issue(Claims(user_id, session_id))


def put_together(
    store: Store,
    vault: Vault,
    organiser: Organiser,
    replies: Replies,
    files: Files,
    works: list[Work],
    rules: Rules,
    log: logging.Logger,
) -> KeptAccounts:
    passwords = Passwords()
    watch = Watch(store, log)
    sessions = Sessions(store, rules.session_days, log, watch.look)
    invitations = Invitations(store)
    people = People(
        *(store, passwords, sessions, invitations),
        *(rules.registration, rules.registrations_per_hour, log),
    )
    leaving = Leaving(store, organiser, replies, files, log)
    return KeptAccounts(
        tokens=AccessTokens(vault, log),
        watch=watch,
        leaving=leaving,
        stopping=Stopping(store, works, log),
        administration=Administration(store, leaving),
        passwords=passwords,
        sessions=sessions,
        invitations=invitations,
        people=people,
        rules=rules,
    )
