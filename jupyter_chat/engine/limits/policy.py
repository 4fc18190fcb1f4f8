"""What this server's administrator says of limits: in a file, and in the configuration.

The configuration goes before the file, and that before what administrators have stored, field
by field; file and store are read again, so that all replicas follow within seconds.  Where
something in it is wrong, what it said before stays.  If it was wrong from the beginning nothing
may be asked: a limit that nobody can read is not one that nobody has set.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ...protocol import Code, LimitRules, Problem
from ...providers.interface import KEPT, ProviderError
from ...store.errors import StoreError
from ...store.interface import Store
from ...store.reserving import Share
from ..models.form import WrongForm
from ..roles import Roles
from ..watched_file import WatchedFile
from . import rules
from .rules import Allowed, Said

CONFIGURED = "ChatApp.limits"
LOOK_AGAIN_SECONDS = 2.0


class Policy:
    """The limits of this server.  `configured` is what the configuration says; `store` has what
    administrators have set."""

    def __init__(
        self,
        roles: Roles,
        path: Path | None = None,
        configured: Mapping[str, Any] | None = None,
        log: logging.Logger | None = None,
        store: Store | None = None,
    ) -> None:
        self._roles = roles
        self._store = store
        self._stored: Said | None = None
        self._stored_revision = 0
        self._stored_at: float | None = None
        self._path = path
        self._log = log or logging.getLogger(__name__)
        self._watched = WatchedFile(path)
        self._said: dict[str, Said] = {}
        self._wrong: dict[str, Problem] = {}
        self._sources: set[str] = set()
        self._unchecked: dict[str, Said] = {}
        """What was read anew, whose names have not been looked for."""
        if path is not None:
            self._take(str(path), lambda: rules.decoded(path.read_bytes()))
        if configured:
            self._take(CONFIGURED, lambda: rules.understood(configured))

    @property
    def problem(self) -> Problem | None:
        """What is wrong with either."""
        return next(iter(self._wrong.values()), None)

    async def of(self, user_id: str) -> Allowed:
        """What somebody may ask.  Raises :class:`ProviderError` where nobody can tell."""
        await self._refresh()
        unknown = next((each for each in self._sources if each not in self._said), None)
        if unknown is not None:
            raise ProviderError(_unreadable(self._wrong[unknown]))
        standing = await self._roles.standing(user_id)
        return rules.allowed(
            *(self._layers(), user_id, standing.role, standing.groups, standing.name)
        )

    async def shared(self) -> list[Share]:
        """The limits of roles, and of all together."""
        await self._refresh()
        return rules.shared(self._layers())

    async def fixed(self) -> LimitRules:
        """What the configuration and the file say."""
        await self._refresh()
        return rules.as_rules(self._said.values())

    def take_stored(self, stored: LimitRules) -> None:
        """Use what has just been read of the store, or written to it."""
        self._stored_at = time.monotonic()
        if self._stored is None or stored.revision != self._stored_revision:
            self._stored = rules.of_rules(stored)
            self._stored_revision = stored.revision

    def _layers(self) -> list[Said]:
        stored = [] if self._stored is None else [self._stored]
        return [*stored, *self._said.values()]

    async def _refresh(self) -> None:
        await self._refresh_stored()
        await self._refresh_file()
        while self._unchecked:
            await self._warn_of_strangers(*self._unchecked.popitem())

    async def _warn_of_strangers(self, source: str, said: Said) -> None:
        """A limit for a name that nobody has limits nobody."""
        strangers = await self._roles.strangers(said.users)
        if strangers:
            names = ", ".join(f"“{each}”" for each in strangers)
            self._log.warning("Limits: %s names people whom nobody knows here: %s.", source, names)

    async def _refresh_stored(self) -> None:
        """Who comes while somebody looks goes on with what is known."""
        now = time.monotonic()
        fresh = self._stored_at is not None and now - self._stored_at < LOOK_AGAIN_SECONDS
        if self._store is None or fresh:
            return
        known = self._stored is not None
        self._stored_at = now if known else None
        try:
            self.take_stored(await self._store.get_limit_rules())
        except StoreError:
            if not known:
                raise

    async def _refresh_file(self) -> None:
        path = self._path
        if path is None:
            return
        async with self._watched.looking:
            if await self._watched.has_changed():
                content = await asyncio.to_thread(_read, path)
                self._take(str(path), lambda: rules.decoded(_or_raise(content)))

    def _take(self, source: str, read: Callable[[], Said]) -> None:
        self._sources.add(source)
        try:
            said = read()
        except (WrongForm, OSError) as error:
            self._wrong[source] = _problem(source, error)
            self._log.error("Limits: what %s says cannot be used. %s", source, error)
            return
        self._said[source] = self._unchecked[source] = said
        if CONFIGURED in self._said:  # goes before, whenever the file was read
            self._said[CONFIGURED] = self._said.pop(CONFIGURED)
        self._wrong.pop(source, None)
        self._log.info("Limits: %s is used.", source)


def _read(path: Path) -> bytes | OSError:
    try:
        return path.read_bytes()
    except OSError as error:
        return error


def _or_raise(content: bytes | OSError) -> bytes:
    if isinstance(content, OSError):
        raise content
    return content


def _problem(source: str, wrong: Exception) -> Problem:
    """Where the server's files are is not everybody's business: the log has the path."""
    name = source if source == CONFIGURED else Path(source).name
    return Problem(
        Code.INVALID,
        f"What “{name}” says of limits on this server cannot be used, because something in it "
        "is wrong. Whoever runs the server can mend it: its log says where it is.",
        field=(wrong.place or None) if isinstance(wrong, WrongForm) else None,
        detail=str(wrong) if isinstance(wrong, WrongForm) else None,
    )


def _unreadable(problem: Problem) -> Problem:
    return Problem(
        Code.LIMIT_REACHED,
        f"The limits of this server cannot be read, so nothing is asked. {KEPT}: whoever runs "
        "the server can mend it (its log says what is wrong); then retry.",
        detail=problem.detail,
    )
