"""Who is asking: the owner on a default login, real people elsewhere."""

from __future__ import annotations

import pytest
from jupyter_server.auth.identity import IdentityProvider, PasswordIdentityProvider, User

from jupyter_chat.server.identity import Identities, initials
from jupyter_chat.store import open_store


class Company(IdentityProvider):
    """Some company's login, which knows its people."""


@pytest.fixture
async def store(tmp_path):
    store = open_store(f"sqlite:///{tmp_path / 'history.sqlite'}")
    await store.open()
    yield store
    await store.close()


@pytest.mark.parametrize("provider", [IdentityProvider, PasswordIdentityProvider])
async def test_everyone_let_in_by_the_default_login_is_the_owner(store, provider):
    first = await Identities(provider(), store).user(User("random-1", "Anonymous Io"))
    other = await Identities(provider(), store).user(User("random-2", "Anonymous Europa"))
    assert first.id == other.id
    assert "Anonymous" not in first.name


async def test_the_owner_is_the_same_after_a_restart(tmp_path):
    ids = []
    for _ in range(2):
        store = open_store(f"sqlite:///{tmp_path / 'history.sqlite'}")
        await store.open()
        ids.append((await Identities(IdentityProvider(), store).user(User("x"))).id)
        await store.close()
    assert ids[0] == ids[1]


async def test_people_with_names_are_themselves(store):
    identities = Identities(Company(), store)
    ada = await identities.user(User("ada", "Ada Lovelace", "Ada", avatar_url="https://a/b.png"))
    assert (ada.id, ada.name, ada.avatar_url) == ("ada", "Ada", "https://a/b.png")
    assert (await identities.user(User("eve"))).id == "eve"


@pytest.mark.parametrize(
    ("name", "letters"), [("Ada Lovelace", "AL"), ("ada", "A"), ("", ""), ("Ömer von Öst", "ÖÖ")]
)
def test_initials(name, letters):
    assert initials(name) == letters


@pytest.mark.parametrize("provider", [IdentityProvider, PasswordIdentityProvider])
def test_a_default_login_is_that_of_one_person(store, provider):
    assert Identities(provider(), store).personal
    assert not Identities(Company(), store).personal
