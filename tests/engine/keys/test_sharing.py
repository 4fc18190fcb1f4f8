"""What administrators see and set of the source for everybody, while the server runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from jupyter_chat.engine.audit import Audit
from jupyter_chat.engine.errors import Invalid
from jupyter_chat.engine.keys.shared import SharedSources
from jupyter_chat.engine.keys.sharing import Sharing
from jupyter_chat.protocol import (
    Code,
    InvalidFrame,
    Problem,
    SharedSourceInfo,
    SharedSourceOffer,
    Source,
    encode,
)
from jupyter_chat.providers.errors import private
from jupyter_chat.providers.interface import Endpoint, ProviderError
from jupyter_chat.store.interface import Store
from jupyter_chat.store.vault import Vault
from tests.engine.puppet import Puppet

KEY = "sk-shared-canary-0123456789"
SERVER = Endpoint(Source.COMPATIBLE, base_url="http://gpu/v1", key="from the environment")


class Admin:
    """The parts that an administrator's page works with."""

    def __init__(
        self, store: Store, tmp_path: Path, environment: Endpoint | None, *, public_only: bool
    ) -> None:
        vault = Vault(tmp_path, {})
        self.store = store
        self.provider = Puppet()
        self.shared = SharedSources(store, vault, environment)
        self.sharing = Sharing(
            *(store, vault, self.shared, self.provider, Audit(store)), public_only=public_only
        )

    async def put(self, source: Source, **fields: Any) -> SharedSourceInfo:
        return await self.sharing.put("root", SharedSourceOffer(source, **fields))

    async def used(self) -> Endpoint | None:
        return await self.shared.endpoint()


@pytest.fixture
def admin(store: Store, tmp_path: Path) -> Admin:
    return Admin(store, tmp_path, SERVER, public_only=True)


async def test_of_what_the_environment_says_nothing_more_is_shown(admin: Admin) -> None:
    assert await admin.sharing.describe() == SharedSourceInfo(Source.COMPATIBLE)


async def test_a_key_that_is_set_is_used_and_only_its_end_is_shown(admin: Admin) -> None:
    found = await admin.put(Source.OPENAI, key=f" {KEY} ")
    assert found == SharedSourceInfo(Source.OPENAI, key_hint="6789", stored=True)
    assert KEY.encode() not in encode(found)
    assert KEY not in repr(SharedSourceOffer(Source.OPENAI, key=KEY))
    used = await admin.used()
    assert used == Endpoint(Source.OPENAI, key=KEY, public_only=True)
    assert await admin.sharing.remove("root") == SharedSourceInfo(Source.COMPATIBLE)
    assert await admin.used() == SERVER
    entries = await admin.store.audit_entries(limit=5)
    assert [(each.user_id, each.event, each.detail) for each in entries] == [
        ("root", "shared key set", ""),
        ("root", "shared key removed", ""),
    ]
    assert "6789" not in str(entries)


async def test_the_key_stays_for_the_same_server_and_goes_to_no_other(admin: Admin) -> None:
    await admin.put(Source.COMPATIBLE, base_url="https://a.example/v1", key=KEY)
    found = await admin.put(Source.COMPATIBLE, base_url="https://a.example/v1")
    assert found.key_hint == "6789"
    used = await admin.used()
    assert used is not None
    assert used.key == KEY
    for source, base_url in ((Source.COMPATIBLE, "https://b.example/v1"), (Source.OPENAI, None)):
        with pytest.raises(InvalidFrame) as refused:
            await admin.put(source, base_url=base_url)
        assert refused.value.problem.field == "key"
    assert await admin.used() == used


async def test_what_does_not_let_us_in_replaces_nothing(admin: Admin) -> None:
    await admin.put(Source.OPENAI, key=KEY)
    admin.provider.refusal = ProviderError(Problem(Code.WRONG_KEY, "Wrong."))
    with pytest.raises(ProviderError, match="Wrong"):
        await admin.put(Source.OPENAI, key="sk-another-0123456789-abcd")
    assert (await admin.sharing.describe()).key_hint == "6789"
    assert len(await admin.store.audit_entries(limit=5)) == 1


@pytest.mark.parametrize(
    ("offer", "field"),
    [
        (SharedSourceOffer(Source.LOCAL, key=None), "source"),
        (SharedSourceOffer(Source.COMPATIBLE, key=None), "base_url"),
        (SharedSourceOffer(Source.COMPATIBLE, "ftp://x", key=None), "base_url"),
        (SharedSourceOffer(Source.OPENAI, key="sk-…"), "key"),
    ],
)
async def test_what_makes_no_sense_is_refused_by_its_field(
    admin: Admin, offer: SharedSourceOffer, field: str
) -> None:
    with pytest.raises((Invalid, InvalidFrame)) as refused:
        await admin.sharing.put("root", offer)
    assert refused.value.problem.field == field  # type: ignore[attr-defined]
    assert await admin.used() == SERVER


async def test_who_may_allow_a_private_server_is_told_how(admin: Admin) -> None:
    endpoint = Endpoint(Source.COMPATIBLE, base_url="http://127.0.0.1/v1", public_only=True)
    admin.provider.refusal = private(endpoint)
    with pytest.raises(ProviderError) as refused:
        await admin.put(Source.COMPATIBLE, base_url="http://127.0.0.1/v1", key=KEY)
    problem = refused.value.problem
    assert "ChatApp.private_base_urls" in problem.message
    assert "administrator" not in problem.message
    assert problem.field == "base_url"
    assert await admin.used() == SERVER


async def test_where_it_is_allowed_the_server_may_be_a_private_one(
    store: Store, tmp_path: Path
) -> None:
    admin = Admin(store, tmp_path, None, public_only=False)
    await admin.put(Source.COMPATIBLE, base_url="http://gpu/v1", key=None)
    assert await admin.used() == Endpoint(Source.COMPATIBLE, base_url="http://gpu/v1")
