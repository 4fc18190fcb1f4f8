"""`jupyter chat …` in processes of its own, on stores of both kinds."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import pytest

from jupyter_chat.store.vault import ENVIRONMENT, new_key
from tests.store.conftest import (  # noqa: F401
    mongodb_server,
    mongodb_url,
    open_another,
    sqlite_url,
    store,
    store_url,
)

Run: TypeAlias = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def keys() -> list[str]:
    """What JUPYTER_CHAT_KEYS has; a test may change it."""
    return [new_key()]


@pytest.fixture
def run(tmp_path: Path, store_url: str, keys: list[str]) -> Run:
    """Gives a command; its options may say another store, `typed` is its standard input."""
    directory = tmp_path / "settings"
    directory.mkdir()
    settings = directory / "jupyter_chat_config.py"
    settings.write_text(
        f"c.ChatApp.store_url = {store_url!r}\nc.ChatApp.data_dir = {str(tmp_path / 'chat')!r}\n"
    )

    def run(*command: str, typed: str = "") -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "jupyter_chat", *command],
            check=False,
            input=typed,
            capture_output=True,
            text=True,
            timeout=120,
            cwd=tmp_path,
            env={
                **os.environ,
                "JUPYTER_CONFIG_DIR": str(directory),
                ENVIRONMENT: ";".join(keys),
            },
        )

    return run
