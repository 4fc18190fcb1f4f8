"""Changing what the store knows of a person."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from msgspec.structs import replace

from ..protocol import Code, Problem
from ..store.errors import StoreError
from ..store.interface import Store
from ..store.people import Person

_TRIES = 20


async def change_person(store: Store, user_id: str, change: Callable[[Person], Person]) -> Person:
    """Change what there is now, also where another process does so too."""
    for _ in range(_TRIES):
        person = await store.get_person(user_id)
        after = change(person)
        if after == person:
            return person
        after = replace(after, revision=person.revision + 1)
        if await store.put_person(after):
            return after
    raise StoreError(
        Problem(
            Code.CONFLICT,
            "This account is being changed elsewhere. Nothing was changed here; try again.",
        )
    )


def signed_out(person: Person, **fields: Any) -> Person:
    """The person after a change that ends all sessions: that is written before they are ended,
    so that none is begun meanwhile by what was good before (see `Sessions.begin`)."""
    return replace(person, signed_out=person.signed_out + 1, **fields)
