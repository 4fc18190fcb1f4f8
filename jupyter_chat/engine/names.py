"""The names of people, for whoever administers the server: logs and lists have their ids."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from ..store.errors import NotFound
from ..store.interface import Store

_AT_ONCE = 20


async def names_of(store: Store, user_ids: Iterable[str]) -> dict[str, str]:
    """Of those who have an account; where there are none the ids are names themselves."""
    wanted = sorted({each for each in user_ids if each})
    found: dict[str, str] = {}
    for start in range(0, len(wanted), _AT_ONCE):
        some = wanted[start : start + _AT_ONCE]
        names = await asyncio.gather(*(_name_of(store, each) for each in some))
        found |= {own: name for own, name in zip(some, names, strict=True) if name is not None}
    return found


async def id_of(store: Store, named: str) -> str:
    """The id of somebody who was named by what they sign in with, or by the id."""
    person = await store.find_person(named)
    return named if person is None else person.id


async def is_somebody(store: Store, named: str) -> bool:
    """Whether somebody has an account with this name or id."""
    found = await id_of(store, named)
    return found != named or await _name_of(store, found) is not None


async def _name_of(store: Store, user_id: str) -> str | None:
    try:
        return (await store.get_person(user_id)).name
    except NotFound:
        return None
