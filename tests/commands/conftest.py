"""`jupyter chat …` in processes of its own, on stores of both kinds."""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

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

from . import process

_SECONDS = 120

Run: TypeAlias = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def keys() -> list[str]:
    """What JUPYTER_CHAT_KEYS has; a test may change it."""
    return [new_key()]


@pytest.fixture(scope="session")
def forking() -> Any:
    """Starts processes that have the program loaded already; `None` where none can be forked."""
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return None
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(list(process.PRELOADED))
    return context


@pytest.fixture
def run(tmp_path: Path, store_url: str, keys: list[str], forking: Any) -> Run:
    """Gives a command; its options may say another store, `typed` is its standard input.
    `anew`: in an interpreter of its own, as people do."""
    directory = tmp_path / "settings"
    directory.mkdir()
    settings = directory / "jupyter_chat_config.py"
    settings.write_text(
        f"c.ChatApp.store_url = {store_url!r}\nc.ChatApp.data_dir = {str(tmp_path / 'chat')!r}\n"
    )

    def run(*command: str, typed: str = "", anew: bool = False) -> subprocess.CompletedProcess[str]:
        environment = {
            **os.environ,
            "JUPYTER_CONFIG_DIR": str(directory),
            ENVIRONMENT: ";".join(keys),
        }
        if forking is not None and not anew:
            return _forked(forking, command, tmp_path, environment, typed)
        return subprocess.run(
            [sys.executable, "-m", "jupyter_chat", *command],
            check=False,
            input=typed,
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            cwd=tmp_path,
            env=environment,
        )

    return run


def _forked(
    context: Any, command: tuple[str, ...], directory: Path, environment: dict[str, str], typed: str
) -> subprocess.CompletedProcess[str]:
    streams = Path(tempfile.mkdtemp(dir=directory))
    (streams / "0").write_text(typed, encoding="utf-8")
    does = context.Process(
        target=process.carry_out, args=(command, directory, environment, streams)
    )
    does.start()
    does.join(_SECONDS)
    if does.exitcode is None:
        does.kill()
        raise subprocess.TimeoutExpired(command, _SECONDS)
    said, failed = ((streams / name).read_text(encoding="utf-8") for name in "12")
    return subprocess.CompletedProcess(command, does.exitcode, said, failed)
