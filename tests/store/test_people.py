"""What people have set."""

from __future__ import annotations

from jupyter_chat.protocol import Api, Effort, Source, ThreadSettings
from jupyter_chat.store.interface import Store
from jupyter_chat.store.types import ThreadChanges, UserSettings

from .builders import ADA, GRACE, a_thread, a_turn


async def test_nobody_has_set_anything_at_first(store: Store) -> None:
    assert await store.get_settings(ADA) == UserSettings()


async def test_settings_are_replaced_as_a_whole_and_each_persons_own(store: Store) -> None:
    first = UserSettings(
        source=Source.COMPATIBLE,
        base_url="http://localhost:1/v1",
        api=Api.CHAT,
        key="1.secret",
        key_hint="cret",
        defaults=ThreadSettings(model="m", temperature=0, effort=Effort.LOW),
        notes=["I work with R.", "Be brief.\nPlease. 🐸"],
        use_notes=True,
    )
    await store.put_settings(ADA, first)
    assert await store.get_settings(ADA) == first
    assert await store.get_settings(GRACE) == UserSettings()
    second = UserSettings(source=Source.LOCAL)
    await store.put_settings(ADA, second)
    assert await store.get_settings(ADA) == second


async def test_user_ids_may_be_of_any_form(store: Store) -> None:
    for user_id in ("a.b", "$set", "ÄÖ 🐸", "x" * 500, "user@example.org"):
        settings = UserSettings(key_hint=user_id[:4])
        await store.put_settings(user_id, settings)
        assert await store.get_settings(user_id) == settings


async def test_the_names_in_a_json_schema_may_be_any(store: Store) -> None:
    """Also such as a database gives a meaning to."""
    names = ("$gt", "$where", "a.b", ".", "", "x\x00y", "_id", "🐸")
    schema = {"properties": {name: {name: [{name: 1}]} for name in names}}
    settings = UserSettings(defaults=ThreadSettings(json_schema=schema))
    await store.put_settings(ADA, settings)
    assert await store.get_settings(ADA) == settings
    thread = (await store.add_turn(ADA, a_turn(a_thread()))).thread
    changes = ThreadChanges(settings=ThreadSettings(model="m", json_schema=schema))
    assert (await store.update_thread(ADA, thread.id, changes)).settings == changes.settings
    assert (await store.get_thread(ADA, thread.id)).settings == changes.settings
