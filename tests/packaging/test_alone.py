"""`deploy/alone.py`: what runs already is not started again."""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from .conftest import ROOT


@pytest.fixture
def alone(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(ROOT / "deploy"))
    import alone

    return alone


def test_a_second_one_is_told_of_the_first_and_ends(
    alone: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with alone.hold(tmp_path, "This hub") as held:
        alone.note(held, "http://127.0.0.1:8000, started by process 7")
        with pytest.raises(SystemExit) as ended:
            alone.hold(tmp_path, "This hub")
    assert ended.value.code == 1
    said = capsys.readouterr().err
    assert "This hub runs already: http://127.0.0.1:8000, started by process 7." in said
    alone.hold(tmp_path, "This hub").close()  # that one has ended


def test_a_process_that_goes_on_keeps_it_running(alone: ModuleType, tmp_path: Path) -> None:
    with alone.hold(tmp_path, "This hub") as held:
        command = [sys.executable, "-c", "input()"]
        going_on = subprocess.Popen(command, stdin=subprocess.PIPE, pass_fds=[held.fileno()])
    with pytest.raises(SystemExit):
        alone.hold(tmp_path, "This hub")
    going_on.communicate(b"\n")
    alone.hold(tmp_path, "This hub").close()


def test_a_port_that_is_taken_is_named(
    alone: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(SystemExit):
            alone.check_port(port, "JUPYTER_CHAT_HUB_PORT")
    said = capsys.readouterr().err
    assert f"port {port}" in said
    assert "JUPYTER_CHAT_HUB_PORT" in said
    alone.check_port(port, "JUPYTER_CHAT_HUB_PORT")
