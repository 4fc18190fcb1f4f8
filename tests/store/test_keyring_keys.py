"""The vault's keys in the keyring of the operating system."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from types import ModuleType

import pytest

from jupyter_chat.protocol import Code
from jupyter_chat.store.vault import ENVIRONMENT, KEYRING_FILE, Vault, VaultError, new_key

from .builders import ADA

SECRET = "sk-canary-0123456789"


class KeyringError(Exception):
    """As the package's own."""


class Keyring(ModuleType):
    """Stands for the package `keyring`, with a keyring that may be locked."""

    def __init__(self) -> None:
        super().__init__("keyring")
        self.entries: dict[tuple[str, str], str] = {}
        self.locked = False

    def get_password(self, service: str, name: str) -> str | None:
        self._look()
        return self.entries.get((service, name))

    def set_password(self, service: str, name: str, password: str) -> None:
        self._look()
        self.entries[service, name] = password

    def delete_password(self, service: str, name: str) -> None:
        self._look()
        del self.entries[service, name]

    def _look(self) -> None:
        if self.locked:
            raise KeyringError("canary words of whatever keyring it is")


@pytest.fixture
def keyring(monkeypatch: pytest.MonkeyPatch) -> Keyring:
    keyring, errors = Keyring(), ModuleType("keyring.errors")
    vars(errors)["KeyringError"] = KeyringError
    monkeypatch.setitem(sys.modules, "keyring", keyring)
    monkeypatch.setitem(sys.modules, "keyring.errors", errors)
    return keyring


def vault_in(directory: Path, **environment: str) -> Vault:
    return Vault(directory, environment, keyring=True)


async def encrypt(vault: Vault) -> str:
    return await vault.encrypt(SECRET, user_id=ADA, purpose="api key")


async def decrypt(vault: Vault, secret: str) -> str:
    return await vault.decrypt(secret, user_id=ADA, purpose="api key")


async def test_the_key_is_in_the_keyring_and_in_no_file(tmp_path: Path, keyring: Keyring) -> None:
    secret = await encrypt(vault_in(tmp_path))
    assert await decrypt(vault_in(tmp_path), secret) == SECRET
    ((service, _), key) = next(iter(keyring.entries.items()))
    assert service == "jupyter-chat"
    (file,) = tmp_path.iterdir()
    assert file.name == KEYRING_FILE
    assert key not in file.read_text()


async def test_each_history_has_a_key_of_its_own(tmp_path: Path, keyring: Keyring) -> None:
    secret = await encrypt(vault_in(tmp_path / "one"))
    with pytest.raises(VaultError):
        await decrypt(vault_in(tmp_path / "two"), secret)
    assert len(keyring.entries) == 2


async def test_all_who_start_at_once_use_the_same_key(tmp_path: Path, keyring: Keyring) -> None:
    secrets = await asyncio.gather(*(encrypt(vault_in(tmp_path / "data")) for _ in range(20)))
    last = vault_in(tmp_path / "data")
    assert {await decrypt(last, secret) for secret in secrets} == {SECRET}
    assert len(keyring.entries) == 1, "keys that nobody uses are not left behind"


async def test_the_entry_gets_a_new_key_in_front_and_loses_the_old_one(
    tmp_path: Path, keyring: Keyring
) -> None:
    old = await encrypt(vault_in(tmp_path))
    await vault_in(tmp_path).rotate()
    both = vault_in(tmp_path)
    new = await encrypt(both)
    assert await decrypt(both, old) == SECRET
    assert await both.forget_older() == 1
    assert await decrypt(vault_in(tmp_path), new) == SECRET
    with pytest.raises(VaultError):
        await decrypt(vault_in(tmp_path), old)
    assert len(keyring.entries) == 1


async def test_keys_of_the_environment_go_before_it(tmp_path: Path, keyring: Keyring) -> None:
    await encrypt(vault_in(tmp_path, **{ENVIRONMENT: new_key()}))
    assert not keyring.entries


async def test_a_locked_keyring_is_said_so_and_works_once_it_is_open(
    tmp_path: Path, keyring: Keyring
) -> None:
    vault = vault_in(tmp_path)
    keyring.locked = True
    with pytest.raises(VaultError) as refused:
        await encrypt(vault)
    problem = refused.value.problem
    assert problem.code is Code.INTERNAL
    assert "ChatApp.key_storage" in problem.message
    assert "canary" not in str(problem)
    keyring.locked = False
    assert await decrypt(vault, await encrypt(vault)) == SECRET


async def test_an_entry_that_is_gone_is_not_made_anew(tmp_path: Path, keyring: Keyring) -> None:
    await encrypt(vault_in(tmp_path))
    keyring.entries.clear()
    with pytest.raises(VaultError, match="entry in the keyring"):
        await encrypt(vault_in(tmp_path))
    assert not keyring.entries


async def test_without_the_package_it_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "keyring", None)
    with pytest.raises(VaultError, match=r"jupyter-chat\[keyring\]"):
        await encrypt(vault_in(tmp_path))
