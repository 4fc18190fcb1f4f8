"""Clients in this process, and a real chat server that answers from the scripted upstream."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeAlias

import pytest

from jupyter_chat import Client
from tests.browser.jupyter import Jupyter
from tests.upstream import Upstream

Connect: TypeAlias = Callable[[], Client]


@pytest.fixture(scope="module")
def jupyter(tmp_path_factory: pytest.TempPathFactory, upstream: Upstream) -> Iterator[Jupyter]:
    """One server for all tests of a file."""
    environment = {
        "OPENAI_BASE_URL": upstream.url,
        "OPENAI_API_KEY": upstream.key,
        "JUPYTER_CHAT_MODEL": "any-model",
    }
    folder: Path = tmp_path_factory.mktemp("server")
    server = Jupyter("chat", folder, environment)
    server.start()
    yield server
    server.kill()


@pytest.fixture
def connect(jupyter: Jupyter) -> Iterator[Connect]:
    """Makes clients of that server."""
    clients: list[Client] = []

    def connect() -> Client:
        clients.append(Client(jupyter.url, jupyter.token))
        return clients[-1]

    yield connect
    for client in clients:
        client.close()


@pytest.fixture
def chat(connect: Connect) -> Client:
    return connect()
