"""The real extension in a real server, with several people on it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.server.conftest import *  # noqa: F403
from tests.store.conftest import (
    mongodb_server,
    mongodb_url,
    sqlite_url,
    store_url,
)

from .people import Person

__all__ = ["mongodb_server", "mongodb_url", "sqlite_url", "store_url"]


@pytest.fixture
def people_config(jp_server_config) -> dict[str, Any]:
    """A server whose login is that of `people.py`."""
    jp_server_config["ServerApp"]["identity_provider_class"] = "tests.attacks.people.People"
    return jp_server_config


@pytest.fixture
async def ada(rest, connect) -> Person:
    ada = Person("ada", rest, connect)
    await ada.settle()
    return ada


@pytest.fixture
async def bob(rest, connect) -> Person:
    bob = Person("bob", rest, connect)
    await bob.settle()
    return bob
