"""From one key to the next, with a real server that people use all the time."""

from __future__ import annotations

import json
import threading
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from jupyter_chat import Client
from jupyter_chat.store.vault import ENVIRONMENT, new_key
from tests.browser.jupyter import Jupyter
from tests.upstream import Upstream

from .conftest import Run

KEY = "sk-test-of-a-person-0123456789"
LATER = "sk-test-entered-later-0123456789"


@pytest.fixture
def jupyter(tmp_path: Path, store_url: str) -> Iterator[Jupyter]:
    folder = tmp_path / "server"
    folder.mkdir()
    jupyter = Jupyter("chat", folder, {}, (f"--ChatApp.store_url={store_url}",))
    yield jupyter
    jupyter.kill()


def change(jupyter: Jupyter, **fields: Any) -> dict[str, Any]:
    request = urllib.request.Request(
        f"{jupyter.url}/jupyter-chat/api/account",
        method="PATCH",
        data=json.dumps(fields).encode(),
        headers={"Authorization": f"token {jupyter.token}"},
    )
    with urllib.request.urlopen(request, timeout=30) as response:
        account: dict[str, Any] = json.load(response)
    assert "problem" not in account
    return account


def answers(jupyter: Jupyter, upstream: Upstream, key: str) -> None:
    """A question is answered, and asked with this key."""
    upstream.clear()
    with Client(jupyter.url, jupyter.token) as chat:
        assert chat.ask("Hi [[text=Here]]", model="any-model").text == "Here"
    assert upstream.requests()[-1]["headers"]["authorization"] == f"Bearer {key}"


def start(jupyter: Jupyter, keys: list[str]) -> None:
    jupyter.stop()
    jupyter.environment = {ENVIRONMENT: ";".join(keys)}
    jupyter.start()


def test_a_person_notices_nothing(
    jupyter: Jupyter, run: Run, keys: list[str], upstream: Upstream
) -> None:
    jupyter.environment = {ENVIRONMENT: ";".join(keys)}
    jupyter.start()
    change(jupyter, source="compatible", base_url=upstream.url, key=KEY)
    answers(jupyter, upstream, KEY)

    keys.insert(0, new_key())
    start(jupyter, keys)
    answers(jupyter, upstream, KEY)
    going = threading.Event()
    changing = threading.Thread(target=_change_all_the_time, args=(jupyter, going))
    changing.start()
    try:
        done = run("keys", "reencrypt")
    finally:
        going.set()
        changing.join()
    assert done.returncode == 0, done.stdout + done.stderr
    answers(jupyter, upstream, KEY)
    change(jupyter, key=LATER)

    keys.pop()
    start(jupyter, keys)
    answers(jupyter, upstream, LATER)
    assert run("audit", "verify").returncode == 0
    assert KEY not in jupyter.log()
    assert LATER not in jupyter.log()


def _change_all_the_time(jupyter: Jupyter, enough: threading.Event) -> None:
    number = 0
    while not enough.is_set():
        number += 1
        change(jupyter, notes=[f"Note {number}"])
