"""The vault: people's API keys, readable by this server alone."""

from __future__ import annotations

import asyncio
import base64
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from jupyter_chat.protocol import Code
from jupyter_chat.store.vault import ENVIRONMENT, KEY_FILE, Vault, VaultError

from .builders import ADA, GRACE

SECRET = "sk-proj-ä-0123456789"
PURPOSE = "api key"
ZEROS = base64.b64encode(bytes(32)).decode()


def a_key() -> str:
    return base64.b64encode(os.urandom(32)).decode()


def vault_with(directory: Path, *keys: str) -> Vault:
    return Vault(directory, {ENVIRONMENT: ";".join(keys)} if keys else {})


async def encrypt(vault: Vault, text: str = SECRET) -> str:
    return await vault.encrypt(text, user_id=ADA, purpose=PURPOSE)


async def decrypt(vault: Vault, secret: str, user: str = ADA, purpose: str = PURPOSE) -> str:
    return await vault.decrypt(secret, user_id=user, purpose=purpose)


async def test_what_was_encrypted_is_read_again_also_by_the_next_process(tmp_path: Path) -> None:
    secret = await encrypt(vault_with(tmp_path))
    assert await decrypt(vault_with(tmp_path), secret) == SECRET


async def test_nothing_of_the_text_shows_and_no_two_secrets_are_alike(tmp_path: Path) -> None:
    vault = vault_with(tmp_path)
    one, two = await encrypt(vault), await encrypt(vault)
    assert one != two
    assert SECRET not in one
    assert SECRET.encode() not in base64.urlsafe_b64decode(one.split(".")[1])


@pytest.mark.parametrize(("user", "purpose"), [(GRACE, PURPOSE), (ADA, "password")])
async def test_a_secret_is_of_no_use_to_another_user_or_purpose(
    tmp_path: Path, user: str, purpose: str
) -> None:
    vault = vault_with(tmp_path)
    secret = await encrypt(vault)
    with pytest.raises(VaultError):
        await decrypt(vault, secret, user, purpose)


async def test_user_and_purpose_do_not_run_together(tmp_path: Path) -> None:
    vault = vault_with(tmp_path)
    secret = await vault.encrypt(SECRET, user_id='a","b', purpose="c")
    with pytest.raises(VaultError):
        await decrypt(vault, secret, "a", 'b","c')


@pytest.mark.parametrize("damage", ["", "1.", "1.AAAA", "1.é", "2.", "plain text", "cut", "turned"])
async def test_a_damaged_secret_asks_for_the_key_again(tmp_path: Path, damage: str) -> None:
    vault = vault_with(tmp_path)
    secret = await encrypt(vault)
    if damage == "cut":
        damage = secret[:-4]
    elif damage == "turned":
        middle = len(secret) // 2
        damage = secret[:middle] + ("A" if secret[middle] != "A" else "B") + secret[middle + 1 :]
    with pytest.raises(VaultError) as error:
        await decrypt(vault, damage)
    assert error.value.problem.code is Code.NO_KEY
    assert "enter the API key again" in error.value.problem.message


async def test_the_first_key_encrypts_and_all_decrypt(tmp_path: Path) -> None:
    old, new = a_key(), a_key()
    by_old = await encrypt(vault_with(tmp_path, old))
    rotated = vault_with(tmp_path, new, old)
    by_new = await encrypt(rotated)
    assert await decrypt(rotated, by_old) == await decrypt(rotated, by_new) == SECRET
    assert await decrypt(vault_with(tmp_path, new), by_new) == SECRET
    with pytest.raises(VaultError):
        await decrypt(vault_with(tmp_path, new), by_old)
    assert not list(tmp_path.iterdir()), "keys of the environment must not be written"


async def test_keys_may_be_base64_of_either_alphabet(tmp_path: Path) -> None:
    key = bytes(range(200, 232))
    standard = vault_with(tmp_path, base64.b64encode(key).decode())
    url_safe = vault_with(tmp_path, " " + base64.urlsafe_b64encode(key).decode() + " ;")
    assert await decrypt(url_safe, await encrypt(standard)) == SECRET


@pytest.mark.parametrize("keys", ["secret-passphrase", "c2hvcnQ=", f"{ZEROS};c2hvcnQ=", ";", "é"])
def test_keys_of_a_wrong_form_are_refused_and_not_repeated(tmp_path: Path, keys: str) -> None:
    with pytest.raises(ValueError, match=ENVIRONMENT) as error:
        Vault(tmp_path, {ENVIRONMENT: keys})
    assert not any(key in str(error.value) for key in keys.split(";") if key)


async def test_a_lost_key_file_asks_for_the_key_again(tmp_path: Path) -> None:
    secret = await encrypt(vault_with(tmp_path))
    (tmp_path / KEY_FILE).unlink()
    with pytest.raises(VaultError) as error:
        await decrypt(vault_with(tmp_path), secret)
    assert error.value.problem.code is Code.NO_KEY


@pytest.mark.parametrize("content", ["", "not a key\n"])
async def test_a_damaged_key_file_is_left_as_it_is(tmp_path: Path, content: str) -> None:
    file = tmp_path / KEY_FILE
    file.touch(0o600)
    file.write_text(content)
    with pytest.raises(VaultError, match="damaged") as error:
        await encrypt(vault_with(tmp_path))
    assert file.read_text() == content
    assert str(file) in error.value.problem.message


@pytest.mark.skipif(os.name != "posix", reason="no such modes")
@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o620, 0o602, 0o610])
async def test_a_key_file_that_others_may_read_is_refused_with_how_to_mend_it(
    tmp_path: Path, mode: int
) -> None:
    secret = await encrypt(vault_with(tmp_path))
    file = tmp_path / KEY_FILE
    key = file.read_text()
    file.chmod(mode)
    for use in (encrypt(vault_with(tmp_path)), decrypt(vault_with(tmp_path), secret)):
        with pytest.raises(VaultError) as error:
            await use
        message = error.value.problem.message
        assert f"chmod 600 {file}" in message
        assert f"{mode:04o}" in message
        assert key.strip() not in str(error.value.problem)
    file.chmod(0o600)
    assert await decrypt(vault_with(tmp_path), secret) == SECRET


@pytest.mark.parametrize("place", [0, 1, 2])
async def test_what_the_first_key_encrypts_needs_not_be_renewed(tmp_path: Path, place: int) -> None:
    keys = [a_key(), a_key(), a_key()]
    secret = await encrypt(vault_with(tmp_path, keys[place]))
    renewed = await vault_with(tmp_path, *keys).renew(secret, user_id=ADA, purpose=PURPOSE)
    assert (renewed is None) == (place == 0)
    assert await decrypt(vault_with(tmp_path, keys[0]), renewed or secret) == SECRET


@pytest.mark.parametrize(("user", "purpose"), [(GRACE, PURPOSE), (ADA, "password")])
async def test_what_is_somebody_elses_is_not_renewed(
    tmp_path: Path, user: str, purpose: str
) -> None:
    old = a_key()
    secret = await encrypt(vault_with(tmp_path, old))
    with pytest.raises(VaultError):
        await vault_with(tmp_path, a_key(), old).renew(secret, user_id=user, purpose=purpose)


async def test_a_directory_that_cannot_be_made_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(VaultError) as error:
        await encrypt(vault_with(tmp_path / "file" / "directory"))
    assert "No API key was stored" in error.value.problem.message


@pytest.mark.skipif(os.name != "posix", reason="no such modes")
async def test_only_its_owner_may_read_the_key_file(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        await encrypt(vault_with(tmp_path / "data"))
    finally:
        os.umask(before)
    file = tmp_path / "data" / KEY_FILE
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700


async def test_the_key_file_is_made_on_first_use_only(tmp_path: Path) -> None:
    vault = vault_with(tmp_path)
    assert not list(tmp_path.iterdir())
    await encrypt(vault)
    assert [file.name for file in tmp_path.iterdir()] == [KEY_FILE]


async def test_all_who_start_at_once_use_the_same_key(tmp_path: Path) -> None:
    vaults = [vault_with(tmp_path / "data") for _ in range(20)]
    secrets = await asyncio.gather(*(encrypt(vault) for vault in vaults))
    last = vault_with(tmp_path / "data")
    assert {await decrypt(last, secret) for secret in secrets} == {SECRET}
    assert [file.name for file in (tmp_path / "data").iterdir()] == [KEY_FILE]


async def test_a_key_file_gets_a_new_key_in_front_and_loses_the_old_one(tmp_path: Path) -> None:
    old = await encrypt(vault_with(tmp_path))
    await vault_with(tmp_path).rotate()
    both = vault_with(tmp_path)
    new = await encrypt(both)
    assert await decrypt(both, old) == await decrypt(both, new) == SECRET
    assert stat.S_IMODE((tmp_path / KEY_FILE).stat().st_mode) == 0o600
    assert await both.forget_older() == 1
    last = vault_with(tmp_path)
    assert await decrypt(last, new) == SECRET
    with pytest.raises(VaultError):
        await decrypt(last, old)
    assert await last.forget_older() == 0
    assert [file.name for file in tmp_path.iterdir()] == [KEY_FILE]


async def test_a_process_that_runs_takes_up_the_keys_that_another_one_has_made(
    tmp_path: Path,
) -> None:
    runs, rotates = Vault(tmp_path, {}), Vault(tmp_path, {})
    before = await runs.encrypt("first", user_id=ADA, purpose=PURPOSE)
    await rotates.rotate()
    by_the_new = await rotates.encrypt("second", user_id=ADA, purpose=PURPOSE)
    assert await runs.decrypt(by_the_new, user_id=ADA, purpose=PURPOSE) == "second"
    assert await runs.decrypt(before, user_id=ADA, purpose=PURPOSE) == "first"
    written = await runs.encrypt("third", user_id=ADA, purpose=PURPOSE)
    assert await rotates.renew(written, user_id=ADA, purpose=PURPOSE) is None, "with the new one"


async def test_what_is_encrypted_after_a_rotation_is_so_with_the_new_key(tmp_path: Path) -> None:
    runs, rotates = Vault(tmp_path, {}), Vault(tmp_path, {})
    await runs.encrypt("first", user_id=ADA, purpose=PURPOSE)
    await rotates.rotate()
    written = await runs.encrypt("second", user_id=ADA, purpose=PURPOSE)
    await rotates.forget_older()
    assert await Vault(tmp_path, {}).decrypt(written, user_id=ADA, purpose=PURPOSE) == "second"


async def test_keys_of_the_environment_are_not_changed(tmp_path: Path) -> None:
    vault = vault_with(tmp_path, a_key(), a_key())
    for change in (vault.rotate(), vault.forget_older()):
        with pytest.raises(VaultError, match=ENVIRONMENT):
            await change
    assert not list(tmp_path.iterdir())


async def test_a_vault_shows_no_key(tmp_path: Path) -> None:
    key = a_key()
    assert key not in repr(vault_with(tmp_path, key))


def test_importing_the_vault_is_cheap() -> None:
    check = "import sys, jupyter_chat.store.vault; sys.exit('cryptography' in sys.modules)"
    subprocess.run([sys.executable, "-c", check], check=True, cwd=Path(__file__).parents[2])
