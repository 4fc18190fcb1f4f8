"""What is encrypted: found, replaced only where it is still the same, for whoever runs the
server; and the source for everybody."""

from __future__ import annotations

import asyncio

import msgspec
import pytest

from jupyter_chat.protocol import Api, Source
from jupyter_chat.store.interface import Store
from jupyter_chat.store.types import SharedSource, StoredSecret, UserSettings
from jupyter_chat.store.vault import API_KEY, EVERYBODY, SHARED_KEY

from .builders import ADA, GRACE
from .conftest import OpenStore

OLD, NEW = "1.old", "1.new"
OF_ADA = StoredSecret(ADA, API_KEY, OLD)
OF_ALL = StoredSecret(EVERYBODY, SHARED_KEY, OLD)
SHARED = SharedSource(Source.AZURE, "https://a.example", Api.CHAT, OLD, "wxyz")


async def all_secrets(store: Store, at_once: int = 2) -> list[StoredSecret]:
    found: list[StoredSecret] = []
    while page := await store.secrets(after=found[-1].user_id if found else None, limit=at_once):
        assert len(page) <= at_once
        found += page
    return found


async def test_there_is_no_shared_source_until_one_is_set(store: Store) -> None:
    assert await store.get_shared_source() is None
    await store.put_shared_source(SHARED)
    assert await store.get_shared_source() == SHARED
    other = SharedSource(Source.OPENAI)
    await store.put_shared_source(other)
    assert await store.get_shared_source() == other
    await store.put_shared_source(None)
    assert await store.get_shared_source() is None


@pytest.mark.parametrize("at_once", [1, 2, 100])
async def test_all_that_is_encrypted_is_found_page_by_page(store: Store, at_once: int) -> None:
    await store.put_shared_source(SHARED)
    people = ["a.b", ADA, GRACE, "ÄÖ 🐸"]
    for user_id in people:
        await store.put_settings(user_id, UserSettings(key=f"1.{user_id}"))
    await store.put_settings("nothing", UserSettings(base_url="http://localhost"))
    found = await all_secrets(store, at_once)
    assert found[0] == OF_ALL
    assert found[1:] == [StoredSecret(each, API_KEY, f"1.{each}") for each in sorted(people)]


async def test_a_secret_is_replaced_and_all_beside_it_stays(store: Store) -> None:
    settings = UserSettings(Source.OPENAI, key=OLD, key_hint="wxyz", notes=["Hi"])
    await store.put_settings(ADA, settings)
    await store.put_settings(GRACE, settings)
    await store.put_shared_source(SHARED)
    assert await store.replace_secret(OF_ADA, NEW)
    assert await store.get_settings(ADA) == msgspec.structs.replace(settings, key=NEW)
    assert await store.get_settings(GRACE) == settings
    assert await store.get_shared_source() == SHARED
    assert await store.replace_secret(OF_ALL, NEW)
    assert await store.get_shared_source() == msgspec.structs.replace(SHARED, key=NEW)


async def test_what_was_entered_meanwhile_is_not_overwritten(store: Store) -> None:
    entered = UserSettings(Source.OPENAI, key="1.entered")
    await store.put_settings(ADA, entered)
    assert not await store.replace_secret(OF_ADA, NEW)
    assert await store.get_settings(ADA) == entered
    await store.put_settings(ADA, UserSettings())
    assert not await store.replace_secret(OF_ADA, NEW), "it was removed meanwhile"
    assert await store.get_settings(ADA) == UserSettings()
    assert not await store.replace_secret(OF_ALL, NEW), "there never was one"
    assert await store.get_shared_source() is None


async def test_what_was_read_before_does_not_bring_back_an_older_key(store: Store) -> None:
    before = UserSettings(Source.OPENAI, key=OLD)
    await store.put_settings(ADA, before)
    await store.replace_secret(OF_ADA, NEW)
    changed = msgspec.structs.replace(before, notes=["Hi"])
    assert not await store.put_settings(ADA, changed, key_before=OLD)
    assert await store.get_settings(ADA) == msgspec.structs.replace(before, key=NEW)
    renewed = msgspec.structs.replace(changed, key=NEW)
    assert await store.put_settings(ADA, renewed, key_before=NEW)
    assert await store.get_settings(ADA) == renewed


async def test_what_was_deleted_meanwhile_is_not_brought_back(store: Store) -> None:
    assert not await store.put_settings(ADA, UserSettings(key=NEW), key_before=OLD)
    assert await store.get_settings(ADA) == UserSettings()
    assert await store.secrets(limit=5) == []


@pytest.mark.parametrize("there", [None, UserSettings(notes=["Hi"])])
async def test_a_first_key_is_set_where_there_is_none(
    store: Store, there: UserSettings | None
) -> None:
    if there is not None:
        await store.put_settings(ADA, there)
    with_key = UserSettings(Source.OPENAI, key=OLD)
    assert await store.put_settings(ADA, with_key, key_before=None)
    assert not await store.put_settings(ADA, UserSettings(key=NEW), key_before=None)
    assert await store.get_settings(ADA) == with_key


async def test_of_many_processes_one_sets_the_first_key(open_another: OpenStore) -> None:
    stores = [await open_another() for _ in range(4)]
    kept = await asyncio.gather(
        *(
            store.put_settings(ADA, UserSettings(key=f"1.{number}"), key_before=None)
            for number, store in enumerate(stores)
        )
    )
    assert sorted(kept) == [False, False, False, True]
    assert (await stores[0].get_settings(ADA)).key == f"1.{kept.index(True)}"
