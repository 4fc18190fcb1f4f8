"""How often things may be tried: by name and by address, counted in the store for all replicas."""

from __future__ import annotations

import hashlib
import ipaddress
from collections.abc import Iterable

from msgspec import Struct

from ..ids import new_id, now_ms
from ..store.interface import Store
from ..store.people import folded
from .errors import TooOften


class Limit(Struct, frozen=True):
    """So many attempts within so many seconds."""

    most: int
    seconds: float


class Counter(Struct, frozen=True):
    """What is counted; who tried is kept as a hash, for people mistype all sorts of things."""

    key: str
    limit: Limit


def by_name(what: str, name: str, limit: Limit) -> Counter:
    return Counter(_key(what, "name", folded(name)), limit)


def by_address(what: str, address: str, limit: Limit) -> Counter:
    return Counter(_key(what, "address", _network(address)), limit)


class Throttle:
    def __init__(self, store: Store) -> None:
        self._store = store

    async def enter(self, counters: Iterable[Counter]) -> Attempt:
        """Count an attempt, before it is carried out: those made at the same time count, too.
        Raises :class:`TooOften`, and does not count it, where there were too many."""
        attempt = Attempt(self._store, list(counters))
        await attempt.enter()
        return attempt


class Attempt:
    """One that has been counted."""

    def __init__(self, store: Store, counters: list[Counter]) -> None:
        self._store = store
        self._counters = counters
        self._id = new_id()

    async def enter(self) -> None:
        now = now_ms()
        for counter in self._counters:
            until = now + round(counter.limit.seconds * 1000)
            times = await self._store.add_attempt(counter.key, self._id, at=now, until=until)
            if len(times) > counter.limit.most:
                await self.take_back()
                raise TooOften((times[len(times) - 1 - counter.limit.most] - now) / 1000)

    async def take_back(self) -> None:
        """It was none of those that are limited."""
        for counter in self._counters:
            await self._store.remove_attempts(counter.key, self._id)


def _key(what: str, by: str, value: str) -> str:
    digest = hashlib.sha256(f"{what}\n{by}\n{value}".encode()).hexdigest()
    return f"{what}.{by}.{digest[:32]}"


def _network(address: str) -> str:
    """Who has an IPv6 address has 2⁶⁴ of them."""
    try:
        parsed = ipaddress.ip_address(address.split("%")[0])
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped is not None:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return str(parsed)
