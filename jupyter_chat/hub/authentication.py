"""People of a hub, put together."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from ..auth.access_tokens import AccessTokens
from ..auth.administering import Administration
from ..auth.authentication import Authentication
from ..auth.leaving import Files, Leaving
from ..auth.stopping import Stopping, Work
from ..auth.watching import Watch
from ..engine.audit import Audit
from ..engine.organising import Organiser
from ..engine.replies import Replies
from ..store.interface import Store
from ..store.vault import Vault
from .api import HubApi
from .environment import HubEnvironment
from .membership import Membership
from .oauth import Door
from .people import HubPeople


@dataclass(frozen=True)
class HubAuthentication(Authentication):
    is_for_servers = True

    api: HubApi
    membership: Membership
    door: Door

    async def start(self) -> None:
        await super().start()
        self.membership.start(self.watch)

    async def close(self) -> None:
        await self.membership.close()
        await super().close()
        self.api.close()


def put_together(
    environment: HubEnvironment,
    store: Store,
    vault: Vault,
    audit: Audit,
    organiser: Organiser,
    replies: Replies,
    files: Files,
    works: list[Work],
    log: logging.Logger,
) -> HubAuthentication:
    api = HubApi(environment)
    door = Door(environment)
    people = HubPeople(store, api, audit)
    membership = Membership(api, people, store, lambda user: door.may_enter(user.scopes), log)
    leaving = Leaving(store, organiser, replies, files, log)
    return HubAuthentication(
        tokens=AccessTokens(vault, log),
        watch=Watch(membership, log),
        leaving=leaving,
        stopping=Stopping(store, works, log),
        administration=Administration(store, leaving),
        api=api,
        membership=membership,
        door=door,
    )
