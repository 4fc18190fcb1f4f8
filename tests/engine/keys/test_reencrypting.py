"""Keys that encrypt can be changed while servers run, and nothing is lost over it."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from jupyter_chat.engine.accounts import Accounts
from jupyter_chat.engine.audit import Audit
from jupyter_chat.engine.keys.reencrypting import reencrypt
from jupyter_chat.engine.keys.shared import SharedSources
from jupyter_chat.protocol import AccountPatch, Source, User
from jupyter_chat.store.interface import Store
from jupyter_chat.store.types import StoredSecret
from jupyter_chat.store.vault import API_KEY, ENVIRONMENT, Vault, VaultError, new_key
from tests.engine.puppet import Puppet

ADA = User("ada", "Ada", "A")
PEOPLE = [User(f"user-{number}", "U", "U") for number in range(5)]


def key_of(user: User) -> str:
    return f"sk-of-{user.id}-0123456789"


class Server:
    """A server's settings of people, with the keys that it was given."""

    def __init__(self, store: Store, *keys: str) -> None:
        self.store = store
        self.vault = Vault("/nowhere", {ENVIRONMENT: ";".join(keys)})
        self.shared = SharedSources(store, self.vault)
        self.accounts = Accounts(
            store,
            self.vault,
            Puppet(),
            shared=self.shared,
            audit=Audit(store),
            default_model=None,
            local_available=lambda: False,
        )

    async def enter(self, user: User, key: str | None = None) -> None:
        patch = AccountPatch(source=Source.OPENAI, key=key or key_of(user))
        assert (await self.accounts.change(user, patch)).problem is None

    async def reads(self, user: User) -> str | None:
        settings = await self.accounts.settings(user.id)
        return (await self.accounts.endpoint(user.id, settings)).key


async def test_the_old_key_can_be_taken_away_after_all_was_encrypted_again(store: Store) -> None:
    old, new = new_key(), new_key()
    before = Server(store, old)
    for user in PEOPLE:
        await before.enter(user)
    await before.shared.put(Source.OPENAI, "sk-shared-0123456789")
    both = Server(store, new, old)
    for user in PEOPLE:
        assert await both.reads(user) == key_of(user)
    done = await reencrypt(store, both.vault)
    assert (done.newest, done.renewed, done.older, done.unreadable) == (6, 6, 0, [])
    after = Server(store, new)
    for user in PEOPLE:
        assert await after.reads(user) == key_of(user)
    shared = await after.shared.endpoint()
    assert shared is not None
    assert shared.key == "sk-shared-0123456789"
    with pytest.raises(VaultError):
        await Server(store, old).reads(PEOPLE[0])
    again = await reencrypt(store, after.vault)
    assert (again.newest, again.renewed) == (6, 0), "there is nothing left to do"


async def test_looking_changes_nothing(store: Store) -> None:
    old, new = new_key(), new_key()
    await Server(store, old).enter(ADA)
    secrets = await store.secrets(limit=9)
    seen = await reencrypt(store, Server(store, new, old).vault, only_look=True)
    assert (seen.newest, seen.renewed, seen.older) == (0, 0, 1)
    assert await store.secrets(limit=9) == secrets


async def test_what_no_key_opens_is_named_and_stays(store: Store) -> None:
    lost, old, new = new_key(), new_key(), new_key()
    await Server(store, lost).enter(ADA)
    await Server(store, old).enter(PEOPLE[0])
    before = (await store.get_settings(ADA.id)).key
    done = await reencrypt(store, Server(store, new, old).vault)
    assert [(each.user_id, each.purpose) for each in done.unreadable] == [(ADA.id, API_KEY)]
    assert done.renewed == 1
    assert (await store.get_settings(ADA.id)).key == before
    assert await Server(store, new).reads(PEOPLE[0]) == key_of(PEOPLE[0])


async def test_it_goes_on_where_it_was_stopped(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, new = new_key(), new_key()
    for user in PEOPLE:
        await Server(store, old).enter(user)
    both = Server(store, new, old)
    replace, done_before = store.replace_secret, 0

    async def stopped_after_two(secret: StoredSecret, sealed: str) -> bool:
        nonlocal done_before
        if done_before == 2:
            raise asyncio.CancelledError
        done_before += 1
        return await replace(secret, sealed)

    with monkeypatch.context() as patch:
        patch.setattr(store, "replace_secret", stopped_after_two)
        with pytest.raises(asyncio.CancelledError):
            await reencrypt(store, both.vault)
    for user in PEOPLE:
        assert await both.reads(user) == key_of(user), "half of it is no harm"
    done = await reencrypt(store, both.vault)
    assert (done.newest, done.renewed) == (5, 3)


async def test_a_key_entered_meanwhile_stays_and_is_found_by_the_next_round(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, new = new_key(), new_key()
    late = Server(store, old)  # a server that has not got the new key yet
    await late.enter(ADA)
    entered = "sk-entered-meanwhile-0123456789"
    renew, times = Vault.renew, 0

    async def renew_while_somebody_enters(
        self: Vault, secret: str, *, user_id: str, purpose: str
    ) -> str | None:
        nonlocal times
        times += 1
        renewed = await renew(self, secret, user_id=user_id, purpose=purpose)
        if times == 1:
            await late.enter(ADA, entered)
        return renewed

    monkeypatch.setattr(Vault, "renew", renew_while_somebody_enters)
    done = await reencrypt(store, Server(store, new, old).vault)
    assert (done.newest, done.renewed, done.older) == (1, 1, 0)
    assert await Server(store, new).reads(ADA) == entered


async def test_a_change_of_something_else_does_not_bring_the_old_ciphertext_back(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, new = new_key(), new_key()
    both = Server(store, new, old)
    await Server(store, old).enter(ADA)
    get, times = store.get_settings, 0

    async def read_and_then_all_is_encrypted_again(user_id: str):
        nonlocal times
        times += 1
        settings = await get(user_id)
        if times == 1:
            await reencrypt(store, both.vault)
        return settings

    monkeypatch.setattr(store, "get_settings", read_and_then_all_is_encrypted_again)
    await both.accounts.change(ADA, AccountPatch(notes=["I work with R."]))
    monkeypatch.undo()
    assert (await store.get_settings(ADA.id)).notes == ["I work with R."]
    assert await Server(store, new).reads(ADA) == key_of(ADA)


async def test_all_keep_reading_while_it_runs(store: Store) -> None:
    old, new = new_key(), new_key()
    both = Server(store, new, old)
    for user in PEOPLE:
        await Server(store, old).enter(user)
    going = asyncio.create_task(reencrypt(store, both.vault))
    while not going.done():
        for user in PEOPLE:
            assert await both.reads(user) == key_of(user)
    assert (await going).renewed == len(PEOPLE)


async def test_without_any_usable_key_nothing_is_touched(store: Store, tmp_path: Path) -> None:
    await Server(store, new_key()).enter(ADA)
    (tmp_path / "keys").write_text("damaged")
    (tmp_path / "keys").chmod(0o600)
    with pytest.raises(VaultError, match="damaged"):
        await reencrypt(store, Vault(tmp_path, {}))
