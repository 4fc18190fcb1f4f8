"""Settings that make no sense end the chat's own server, and leave JupyterLab alone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from jupyter_chat.store.vault import new_key
from tests.browser.jupyter import Jupyter

SECONDS = 20
HOOK = "--ChatApp.moderation_hook=nope:x"
NO_HOOK = "ChatApp.moderation_hook: There is no function `nope:x`"
NO_KEYS = "JUPYTER_CHAT_KEYS must hold keys of 32 bytes"
SHORT = {"JUPYTER_CHAT_KEYS": "short"}


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Any]:
    made: list[Jupyter] = []

    def server(face: str, *options: str, environment: dict[str, str], ready: str) -> Jupyter:
        made.append(Jupyter(face, tmp_path, environment, options, ready=ready))
        return made[-1]

    yield server
    for each in made:
        each.kill()


@pytest.mark.parametrize(
    ("options", "environment", "said"),
    [
        ([HOOK], {}, NO_HOOK),
        ([], SHORT, NO_KEYS),
        (["--accounts"], SHORT, NO_KEYS),
        (["--ChatApp.registration=maybe"], {}, "registration"),
    ],
)
def test_the_chats_own_server_says_what_is_wrong_and_ends(
    server: Any, options: list[str], environment: dict[str, str], said: str
):
    jupyter = server("chat", *options, environment=environment, ready="jupyter-chat/login")
    with pytest.raises(RuntimeError, match="ended at once") as ended:
        jupyter.start()
    assert jupyter.process.wait(SECONDS) == 1
    assert said in str(ended.value)
    assert "Traceback" not in str(ended.value)


def test_where_people_sign_in_the_key_must_be_nobody_elses_from_the_start(
    server: Any, tmp_path: Path
):
    keys = tmp_path / "data" / "keys"
    keys.parent.mkdir()
    keys.write_text(new_key())
    keys.chmod(0o644)
    options = ("--accounts", f"--ChatApp.data_dir={keys.parent}")
    jupyter = server("chat", *options, environment={}, ready="jupyter-chat/login")
    with pytest.raises(RuntimeError, match="ended at once") as ended:
        jupyter.start()
    assert jupyter.process.wait(SECONDS) == 1
    assert f"chmod 600 {keys}" in str(ended.value)
    keys.chmod(0o600)
    jupyter.start()


@pytest.mark.parametrize(
    ("options", "environment", "said"), [([HOOK], {}, NO_HOOK), ([], SHORT, NO_KEYS)]
)
def test_jupyterlab_goes_on_without_the_chat_and_can_be_stopped(
    server: Any, options: list[str], environment: dict[str, str], said: str
):
    jupyter = server("lab", *options, environment=environment, ready="api/status")
    jupyter.start()
    assert f"{said}" in jupyter.log()
    assert "There is no chat until this is mended." in jupyter.log()
    process = jupyter.process
    process.terminate()
    process.wait(SECONDS)
    assert process.returncode in (0, -15)
