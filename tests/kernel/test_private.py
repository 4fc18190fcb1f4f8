"""Where no server is running, kernels start one and share it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.upstream import Upstream

_ASK = """
import sys
from jupyter_chat import Client

with Client() as chat:
    print(chat.ask('Hello [[text="Here."]]'), chat.chat.session.server.url)
"""


@pytest.fixture
def alone(tmp_path: Path, upstream: Upstream) -> Iterator[dict[str, str]]:
    """The environment of somebody who has no server running."""
    environment = {
        **os.environ,
        "OPENAI_BASE_URL": upstream.url,
        "OPENAI_API_KEY": upstream.key,
        "JUPYTER_CHAT_MODEL": "any-model",
    }
    for name in ("HOME", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR"):
        environment[name] = str(tmp_path / name.lower())
        Path(environment[name]).mkdir()
    yield environment
    for process in servers(environment):
        os.kill(process, signal.SIGKILL)


def servers(environment: dict[str, str]) -> list[int]:
    """Process ids of the servers of that person."""
    files = Path(environment["JUPYTER_RUNTIME_DIR"]).glob("jpserver-*.json")
    return [json.loads(file.read_text())["pid"] for file in files]


def start(environment: dict[str, str]) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", _ASK]
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)


def said(process: subprocess.Popen[str]) -> str:
    output, _ = process.communicate(timeout=90)
    assert process.returncode == 0
    return output.strip()


def test_scripts_that_begin_at_once_share_one_server(alone: dict[str, str]) -> None:
    answers = {said(process) for process in [start(alone) for _ in range(3)]}
    assert len(answers) == 1
    assert answers.pop().startswith("Here. http://127.0.0.1:")
    until = time.monotonic() + 20
    while len(servers(alone)) > 1 and time.monotonic() < until:
        time.sleep(0.1)
    assert len(servers(alone)) == 1


def test_a_later_script_finds_it_again(alone: dict[str, str]) -> None:
    first = said(start(alone))
    assert said(start(alone)) == first
    assert len(servers(alone)) == 1


def test_one_that_cannot_start_says_where_its_log_is(alone: dict[str, str]) -> None:
    config = Path(alone["JUPYTER_CONFIG_DIR"]) / "jupyter_server_config.py"
    config.write_text("raise SystemExit('This configuration is broken.')")
    process = subprocess.run(
        [sys.executable, "-c", _ASK], env=alone, capture_output=True, text=True, check=False
    )
    assert "NoServer" in process.stderr
    assert "jupyter-chat-private.log" in process.stderr
