"""Every promise of `Store` is tested on both stores.

JUPYTER_CHAT_TEST_MONGODB names a MongoDB server to test against; without it the tests
start one of their own.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import TypeAlias

import pytest

from jupyter_chat.store import open_store
from jupyter_chat.store.interface import Store

from .mongod import (
    Mongod,
    begin_anew_now_and_then,
    drop_database,
    give_back,
    new_database,
    take_database,
)

OpenStore: TypeAlias = Callable[[], Awaitable[Store]]


@pytest.fixture(scope="session")
def mongodb_server(standing_mongod: Mongod) -> str:
    """The URL of a MongoDB server: wherever this is imported, it is the same one."""
    given = os.environ.get("JUPYTER_CHAT_TEST_MONGODB")
    if given:
        return given
    if standing_mongod.process is None:
        standing_mongod.start()
    return standing_mongod.url


@pytest.fixture
def mongodb_url(
    request: pytest.FixtureRequest, mongodb_server: str, standing_mongod: Mongod
) -> Iterator[str]:
    """The URL of an empty database; for who is marked `new_database` without any index."""
    begin_anew_now_and_then(standing_mongod)
    anew = request.node.get_closest_marker("new_database") is not None
    url = new_database(mongodb_server) if anew else take_database(mongodb_server)
    failed = request.session.testsfailed
    yield url
    # A server in this process ends later, and who failed may leave anything behind.
    used = "jp_serverapp" in request.fixturenames or request.session.testsfailed > failed
    if anew or used:
        drop_database(url)
    else:
        give_back(url)


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """The URL of a file that does not exist yet."""
    return f"sqlite:///{tmp_path / 'history.sqlite'}"


@pytest.fixture(params=["sqlite", "mongodb"])
def store_url(request: pytest.FixtureRequest) -> str:
    url = request.getfixturevalue(f"{request.param}_url")
    assert isinstance(url, str)
    return url


@pytest.fixture
async def open_another(store_url: str) -> AsyncIterator[OpenStore]:
    """Open the same store once more, as another process would."""
    opened: list[Store] = []

    async def open_one() -> Store:
        store = open_store(store_url)
        opened.append(store)
        await store.open()
        return store

    yield open_one
    for store in opened:
        await store.close()


@pytest.fixture
async def store(open_another: OpenStore) -> Store:
    return await open_another()
