"""`jupyter chat keys`: keys are changed, and the one for everybody is set."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from jupyter_chat.engine.keys.shared import SharedSources
from jupyter_chat.protocol import Source
from jupyter_chat.store.interface import Store
from jupyter_chat.store.types import UserSettings
from jupyter_chat.store.vault import API_KEY, ENVIRONMENT, Vault, new_key

from .conftest import Run

PEOPLE = ("ada", "grace", "ÄÖ 🐸")
SECRET = "sk-canary-0123456789-wxyz"


def vault(*keys: str) -> Vault:
    return Vault("/nowhere", {ENVIRONMENT: ";".join(keys)})


async def enter(store: Store, keys: list[str]) -> None:
    for user_id in PEOPLE:
        sealed = await vault(*keys).encrypt(SECRET, user_id=user_id, purpose=API_KEY)
        await store.put_settings(user_id, UserSettings(Source.OPENAI, key=sealed))


async def test_a_new_key_in_front_then_reencrypt_then_without_the_old_one(
    store: Store, run: Run, keys: list[str]
) -> None:
    await enter(store, keys)
    keys.insert(0, new_key())
    looked = run("keys", "reencrypt", "--only-look")
    assert (looked.returncode, looked.stderr) == (1, "")
    assert "an older key still: 3" in looked.stdout
    done = run("keys", "reencrypt")
    assert (done.returncode, done.stderr) == (0, "")
    assert "first key: 3, of these just now: 3" in done.stdout
    assert "Nothing needs any other key." in done.stdout
    keys.pop()
    assert run("keys", "reencrypt", "--only-look").returncode == 0
    for user_id in PEOPLE:
        sealed = str((await store.get_settings(user_id)).key)
        opened = await vault(*keys).decrypt(sealed, user_id=user_id, purpose=API_KEY)
        assert opened == SECRET
    events = [entry.event for entry in await store.audit_entries(limit=9)]
    assert events == ["secrets encrypted again"], "looking is no change"


@pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
async def test_a_key_file_is_changed_by_commands(
    store: Store, run: Run, keys: list[str], tmp_path: Path
) -> None:
    assert "JUPYTER_CHAT_KEYS" in run("keys", "rotate").stderr
    keys.clear()  # so the file has them
    sealed = await Vault(tmp_path / "chat", {}).encrypt(SECRET, user_id="ada", purpose=API_KEY)
    await store.put_settings("ada", UserSettings(Source.OPENAI, key=sealed))
    before = (tmp_path / "chat" / "keys").read_text().strip()
    rotated = run("keys", "rotate")
    assert (rotated.returncode, rotated.stderr) == (0, "")
    refused = run("keys", "forget-old")
    assert refused.returncode == 1
    assert "need an older key still: 1." in refused.stderr
    assert run("keys", "reencrypt").returncode == 0
    assert run("keys", "forget-old").stdout == "Forgotten: 1.\n"
    after = (tmp_path / "chat" / "keys").read_text().strip()
    assert ";" not in after
    assert after != before
    sealed = str((await store.get_settings("ada")).key)
    opened = await Vault(tmp_path / "chat", {}).decrypt(sealed, user_id="ada", purpose=API_KEY)
    assert opened == SECRET


async def test_it_says_which_records_no_key_opens(store: Store, run: Run, keys: list[str]) -> None:
    await enter(store, keys)
    keys[0] = new_key()
    done = run("keys", "reencrypt")
    assert done.returncode == 1
    assert "No key opens these 3. They were left as they are" in done.stdout
    for user_id in PEOPLE:
        assert f"api key: {user_id}" in done.stdout
    assert SECRET not in done.stdout + done.stderr


async def test_the_key_for_everybody_is_read_and_never_written(
    store: Store, run: Run, keys: list[str]
) -> None:
    stored = run("keys", "share", "--source=compatible", "--base-url=http://gpu/v1", typed=SECRET)
    assert stored.returncode == 0
    shared = await SharedSources(store, vault(*keys)).endpoint()
    assert shared is not None
    assert (shared.source, shared.base_url, shared.key) == (
        Source.COMPATIBLE,
        "http://gpu/v1",
        SECRET,
    )
    assert run("keys", "unshare").returncode == 0
    assert await store.get_shared_source() is None
    shown = run("audit", "show").stdout
    assert shown.count("\n") == 2
    assert SECRET not in shown + stored.stdout + stored.stderr
    assert SECRET[-4:] not in shown + stored.stdout + stored.stderr


@pytest.mark.parametrize(
    ("options", "typed", "said"),
    [
        (["--source=local"], SECRET, "--source is"),
        (["--source=azure"], SECRET, "--base-url must say"),
        ([], "", "This is no API key"),
        (["--base-url=http://a:canary-b@gpu"], SECRET, "holds a name or password"),
    ],
)
@pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
async def test_what_makes_no_sense_changes_nothing(
    store: Store, run: Run, options: list[str], typed: str, said: str
) -> None:
    refused = run("keys", "share", *options, typed=typed)
    assert refused.returncode == 1
    assert said in refused.stderr
    assert "Traceback" not in refused.stderr
    assert "canary" not in refused.stderr
    assert await store.get_shared_source() is None


@pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
async def test_a_generated_key_is_one(run: Run) -> None:
    made = {run("keys", "generate", anew=True).stdout.strip() for _ in range(2)}
    assert len(made) == 2
    assert all(len(base64.b64decode(each)) == 32 for each in made)


@pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
async def test_troubles_are_said_in_a_sentence(store: Store, run: Run, tmp_path: Path) -> None:
    for url in ("frog", "mongodb://canary:canary@127.0.0.1:1/x?serverSelectionTimeoutMS=200"):
        for command in (["keys", "reencrypt"], ["audit", "verify"]):
            failed = run(*command, f"--ChatApp.store_url={url}")
            assert failed.returncode == 1
            assert "Traceback" not in failed.stderr
            assert "history" in failed.stderr
            assert "canary" not in failed.stdout + failed.stderr


@pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("command", ["keys", "audit"])
async def test_without_a_word_more_it_says_what_there_is(run: Run, command: str) -> None:
    helped = run(command)
    assert helped.returncode == 2
    assert "Subcommands" in helped.stdout
