"""What somebody may do, as one word."""

from __future__ import annotations

from pathlib import Path

import pytest

from jupyter_chat.engine.roles import ADMINISTRATORS, OWNER, USER, Roles
from jupyter_chat.ids import new_id
from jupyter_chat.protocol import PersonRole
from jupyter_chat.store import open_store
from jupyter_chat.store.interface import Store
from jupyter_chat.store.people import Person


@pytest.fixture
async def store(tmp_path: Path):
    store = open_store(f"sqlite:///{tmp_path / 'history.sqlite'}")
    await store.open()
    yield store
    await store.close()


async def test_the_owner_of_a_server_administers_it(store: Store):
    assert await Roles(store).of(await store.owner_id()) == OWNER
    assert await Roles(store).of("somebody") == USER


async def test_with_accounts_the_account_says_it_and_nobody_is_the_owner(store: Store):
    ada = Person(new_id(), "Ada", "hash", made_at=1)
    grace = Person(new_id(), "Grace", "hash", made_at=1, role=PersonRole.ADMIN)
    for each in (ada, grace):
        await store.add_person(each)
    roles = Roles(store, accounts=True)
    assert await roles.of(ada.id) == USER
    assert await roles.of(grace.id) in ADMINISTRATORS
    assert await roles.of(await store.owner_id()) == USER
    assert await roles.of(new_id()) == USER


async def test_groups_stand_beside_the_role_and_never_give_its_rights(store: Store):
    ada = Person(new_id(), "Ada", "hash", made_at=1, groups=("staff", "admin", "owner"))
    await store.add_person(ada)
    roles = Roles(store, accounts=True)
    assert await roles.all_of(ada.id) == (USER, "staff")
    assert await roles.of(ada.id) == USER
