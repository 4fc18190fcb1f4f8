"""The source for everybody who has set nothing else: used by all, shown to nobody."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from jupyter_chat.engine.accounts import Accounts
from jupyter_chat.engine.audit import Audit
from jupyter_chat.engine.keys import shared as shared_module
from jupyter_chat.engine.keys.shared import SharedSources
from jupyter_chat.protocol import AccountPatch, Code, InvalidFrame, Source, User, encode
from jupyter_chat.providers.interface import Endpoint
from jupyter_chat.store.interface import Store
from jupyter_chat.store.types import StoredSecret
from jupyter_chat.store.vault import API_KEY, EVERYBODY, SHARED_KEY, Vault, VaultError
from tests.engine.puppet import Puppet

ADA = User("ada", "Ada", "A")
KEY = "sk-shared-canary-0123456789"
SERVER = Endpoint(Source.COMPATIBLE, base_url="http://gpu/v1", key="from the environment")
LOCAL = Endpoint(Source.LOCAL)


def sources(
    store: Store, tmp_path: Path, environment: Endpoint | None = None, file: Path | None = None
) -> SharedSources:
    return SharedSources(store, Vault(tmp_path, {}), environment, file)


def accounts_with(shared: SharedSources, store: Store, tmp_path: Path) -> Accounts:
    return Accounts(
        store,
        Vault(tmp_path, {}),
        Puppet(),
        shared=shared,
        audit=Audit(store),
        default_model=None,
        local_available=lambda: False,
    )


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    file = tmp_path / "shared-key"
    file.touch(0o600)
    file.write_text(f"{KEY}\n")
    return file


async def test_a_stored_key_answers_for_all_and_none_sees_it(store: Store, tmp_path: Path) -> None:
    shared = sources(store, tmp_path, SERVER)
    accounts = accounts_with(shared, store, tmp_path)
    await shared.put(Source.OPENAI, f" {KEY}\n")
    for user_id in ("ada", "eve"):
        used = await accounts.endpoint(user_id, await accounts.settings(user_id))
        assert (used.source, used.key, used.base_url) == (Source.OPENAI, KEY, None)
    account = await accounts.describe(ADA)
    assert account.from_environment
    assert account.key_hint is None
    for shown in (encode(account), encode(await accounts.models("ada"))):
        assert b"canary" not in shown
        assert KEY[-4:].encode() not in shown
    stored = await store.get_shared_source()
    assert stored is not None
    assert KEY not in str(stored.key)


async def test_ones_own_key_goes_before_it(store: Store, tmp_path: Path) -> None:
    shared = sources(store, tmp_path)
    accounts = accounts_with(shared, store, tmp_path)
    await shared.put(Source.OPENAI, KEY)
    await accounts.change(ADA, AccountPatch(source=Source.OPENAI, key="sk-own-0123456789"))
    used = await accounts.endpoint("ada", await accounts.settings("ada"))
    assert used.key == "sk-own-0123456789"


async def test_when_it_is_removed_the_environment_says_it_again(
    store: Store, tmp_path: Path
) -> None:
    shared = sources(store, tmp_path, SERVER)
    await shared.put(Source.AZURE, KEY, "https://name.openai.azure.com")
    assert (await shared.endpoint() or SERVER).source is Source.AZURE
    await shared.remove()
    assert await shared.endpoint() == SERVER


async def test_another_process_uses_a_new_one_after_a_while(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    command, server = sources(store, tmp_path), sources(store, tmp_path, SERVER)
    assert await server.endpoint() == SERVER
    await command.put(Source.OPENAI, KEY)
    assert await server.endpoint() == SERVER, "it does not ask each time"
    monkeypatch.setattr(shared_module, "_FRESH_SECONDS", 0)
    assert (await server.endpoint() or SERVER).key == KEY


@pytest.mark.parametrize("environment", [SERVER, LOCAL, None])
async def test_a_key_in_a_file_is_read_anew_and_goes_before_the_environments(
    store: Store,
    tmp_path: Path,
    key_file: Path,
    environment: Endpoint | None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(shared_module, "_FRESH_SECONDS", 0)
    shared = sources(store, tmp_path, environment, key_file)
    used = await shared.endpoint()
    assert used is not None
    assert used.key == KEY
    if environment is SERVER:
        assert (used.source, used.base_url) == (Source.COMPATIBLE, "http://gpu/v1")
    else:
        assert used.source is Source.OPENAI
    key_file.write_text("sk-another-0123456789")
    assert (await shared.endpoint() or SERVER).key == "sk-another-0123456789"
    await shared.put(Source.OPENAI, "sk-stored-0123456789")
    assert (await shared.endpoint() or SERVER).key == "sk-stored-0123456789"


@pytest.mark.skipif(os.name != "posix", reason="no such modes")
@pytest.mark.parametrize("trouble", ["readable", "missing", "empty"])
async def test_a_file_that_is_no_secret_is_not_used_and_people_are_not_shown_where_it_is(
    store: Store, tmp_path: Path, key_file: Path, trouble: str, caplog: pytest.LogCaptureFixture
) -> None:
    if trouble == "readable":
        key_file.chmod(0o640)
    elif trouble == "missing":
        key_file.unlink()
    else:
        key_file.write_text("\n")
    shared = sources(store, tmp_path, SERVER, key_file)
    for _ in range(3):
        with pytest.raises(VaultError) as refused:
            await shared.endpoint()
    (record,) = caplog.records
    assert "key for everybody cannot be read" in record.getMessage(), "it is said once"
    assert KEY not in record.getMessage()
    assert refused.value.problem.code is Code.NO_KEY
    assert str(tmp_path) not in str(refused.value.problem)
    account = await accounts_with(shared, store, tmp_path).describe(ADA)
    assert account.problem is not None
    assert "enter a key of your own" in account.problem.message


async def test_a_ciphertext_of_a_person_is_no_key_for_everybody(
    store: Store, tmp_path: Path
) -> None:
    shared = sources(store, tmp_path)
    vault = Vault(tmp_path, {})
    await shared.put(Source.OPENAI, KEY)
    (ours,) = await store.secrets(limit=5)
    assert (ours.user_id, ours.purpose) == (EVERYBODY, SHARED_KEY)
    of_ada = await vault.encrypt(KEY, user_id="ada", purpose=API_KEY)
    await store.replace_secret(StoredSecret(EVERYBODY, SHARED_KEY, ours.sealed), of_ada)
    with pytest.raises(VaultError):
        await sources(store, tmp_path).endpoint()


@pytest.mark.parametrize(("key", "address"), [("ä", None), (KEY, "gpu:80"), (KEY, "http://a:b@c")])
async def test_what_is_no_key_or_address_changes_nothing(
    store: Store, tmp_path: Path, key: str, address: str | None
) -> None:
    with pytest.raises(InvalidFrame):
        await sources(store, tmp_path).put(Source.COMPATIBLE, key, address)
    assert await store.get_shared_source() is None
