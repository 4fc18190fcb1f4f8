"""What the handlers work with: the parts that `app.py` puts together."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Protocol

from ..auth.authentication import Authentication
from ..engine.accounts import Accounts
from ..engine.attached.documents import Documents
from ..engine.audit import Audit
from ..engine.branches import Branches
from ..engine.broadcast import Broadcast
from ..engine.context.inspecting import Inspector
from ..engine.conversations import Conversations
from ..engine.costs.budgets import Budgets
from ..engine.costs.usage import UsageReports
from ..engine.health import StoreHealth
from ..engine.keys.sharing import Sharing
from ..engine.libraries import Libraries
from ..engine.limits.enforcing import Limits
from ..engine.limits.people import People
from ..engine.limits.stored import StoredLimits
from ..engine.organising import Organiser
from ..engine.replies import Replies
from ..engine.roles import Roles
from ..engine.search import Search
from ..exchange.imports import Imports
from ..store.interface import Store
from .files import ServerFiles
from .heartbeat import Heartbeats
from .identity import Identities
from .kernels import KernelTokens
from .logins import Logins


class Serving(Protocol):
    """What every handler works with."""

    @property
    def kernel_tokens(self) -> KernelTokens: ...

    @property
    def closing(self) -> bool:
        """The server is being stopped."""


class Reading(Serving, Protocol):
    """What files are read with."""

    @property
    def files(self) -> ServerFiles: ...

    @property
    def documents(self) -> Documents: ...


@dataclass(frozen=True)
class Services:
    """One of each per server process."""

    store: Store
    conversations: Conversations
    replies: Replies
    branches: Branches
    organiser: Organiser
    accounts: Accounts
    audit: Audit
    inspector: Inspector
    libraries: Libraries
    search: Search
    usage: UsageReports
    budgets: Budgets
    limits: Limits
    stored_limits: StoredLimits
    people: People
    sharing: Sharing
    roles: Roles
    broadcast: Broadcast
    health: StoreHealth
    identities: Identities
    logins: Logins
    heartbeats: Heartbeats
    imports: Imports
    files: ServerFiles
    documents: Documents
    kernel_tokens: KernelTokens
    authentication: Authentication | None
    """Where the server keeps accounts itself."""
    log: logging.Logger

    @property
    def closing(self) -> bool:
        return self.replies.closing
