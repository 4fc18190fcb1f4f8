"""Tests see nothing of the machine's Jupyter and of anybody's keys, and leave nothing."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.upstream import Upstream, start_upstream

if TYPE_CHECKING:
    from tests.store.mongod import Mongod

_PRIVATE = ("OPENAI_", "AZURE_", "JUPYTER_", "JUPYTERHUB_", "JUPYTERLAB_")
_KEPT = "JUPYTER_CHAT_TEST_"
_FOLDERS = (
    "JUPYTER_CONFIG_DIR",
    "JUPYTER_DATA_DIR",
    "JUPYTER_RUNTIME_DIR",
    "JUPYTERLAB_SETTINGS_DIR",
    "JUPYTERLAB_WORKSPACES_DIR",
    "IPYTHONDIR",
)


def pytest_configure(config: pytest.Config) -> None:
    """Set the environment before any test module, and so before Jupyter, is imported."""
    for name in list(os.environ):
        if name.startswith(_PRIVATE) and not name.startswith(_KEPT):
            del os.environ[name]
    home = Path(tempfile.mkdtemp(prefix="jupyter-chat-tests-"))
    config.add_cleanup(lambda: shutil.rmtree(home, ignore_errors=True))
    for name in _FOLDERS:
        folder = home / name.lower()
        folder.mkdir()
        os.environ[name] = str(folder)


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave the browser tests to a run of their own: `pytest -p playwright tests/browser`.

    Playwright's loop and that of the other tests cannot share a process.
    """
    if collection_path.name == "browser" and not config.pluginmanager.has_plugin("playwright"):
        return True
    return None


@pytest.fixture(scope="session")
def upstream() -> Iterator[Upstream]:
    """The scripted OpenAI-compatible server, one for each worker."""
    with start_upstream() as server:
        yield server


@pytest.fixture(scope="session")
def standing_mongod(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mongod]:
    """A MongoDB server that nobody kills, one for each worker; started by whoever needs it."""
    from tests.store.mongod import Mongod

    server = Mongod(tmp_path_factory.mktemp("mongod") / "data", durable=False)
    yield server
    server.kill()
