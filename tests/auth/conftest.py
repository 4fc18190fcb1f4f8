"""Accounts on both stores, with hashes that cost little."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from jupyter_chat.auth.invitations import Invitations
from jupyter_chat.auth.passwords import Passwords
from jupyter_chat.auth.people import People, Registration
from jupyter_chat.auth.sessions import Sessions
from jupyter_chat.ids import new_id
from jupyter_chat.store.interface import Store
from jupyter_chat.store.people import Person
from tests.store.conftest import (  # noqa: F401
    mongodb_server,
    mongodb_url,
    open_another,
    sqlite_url,
    store,
    store_url,
)

CHEAP = {"time_cost": 1, "memory_cost": 64, "parallelism": 1}
LOG = logging.getLogger("tests.auth")


async def somebody(store: Store, name: str = "Ada") -> Person:  # noqa: F811
    """A person whom the store knows, without a password."""
    person = Person(new_id(), name, "", made_at=1)
    await store.add_person(person)
    return person


class Clock:
    """Time that passes when a test says so."""

    def __init__(self) -> None:
        self.now = 1_800_000_000_000

    def __call__(self) -> int:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += round(seconds * 1000)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    for name in ("sessions", "throttling", "people", "invitations", "errors"):
        monkeypatch.setattr(f"jupyter_chat.auth.{name}.now_ms", clock)
    return clock


@pytest.fixture
def passwords() -> Iterator[Passwords]:
    passwords = Passwords(**CHEAP)
    yield passwords
    passwords.close()


@pytest.fixture
def sessions(store: Store) -> Sessions:  # noqa: F811
    return Sessions(store, 30, LOG)


@pytest.fixture
def invitations(store: Store) -> Invitations:  # noqa: F811
    return Invitations(store)


@pytest.fixture
def people_with(
    store: Store,  # noqa: F811
    passwords: Passwords,
    sessions: Sessions,
    invitations: Invitations,
) -> Callable[..., Any]:
    def people_with(registration: Registration, per_hour: int = 30) -> People:
        return People(store, passwords, sessions, invitations, registration, per_hour)

    return people_with


@pytest.fixture
def people(people_with: Callable[..., People]) -> People:
    return people_with(Registration.OPEN)
