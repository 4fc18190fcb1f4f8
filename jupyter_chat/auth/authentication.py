"""What the handlers work with, whoever says who somebody is: this server, or a hub."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from .access_tokens import AccessTokens
from .administering import Administration
from .leaving import Leaving
from .stopping import Stopping
from .watching import Watch


@dataclass(frozen=True)
class Authentication:
    """One of each per server process.

    There are two kinds: accounts that are kept here (`accounts.py`), and people of a hub
    (`hub/authentication.py`).  Neither knows of the other.
    """

    tokens: AccessTokens
    watch: Watch
    leaving: Leaving
    stopping: Stopping
    administration: Administration

    is_for_servers: ClassVar[bool] = False
    """Pages and kernels of other servers come with access tokens."""

    async def start(self) -> None:
        """Once the store has been opened."""
        await self.leaving.start()
        await self.stopping.start()

    async def close(self) -> None:
        await self.watch.close()
        await self.leaving.close()
        await self.stopping.close()
