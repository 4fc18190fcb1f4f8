"""What `deploy/environment.py` writes into `.venv`."""

from __future__ import annotations

import json
from pathlib import Path
from types import ModuleType

import pytest

from .conftest import ROOT

NOTIFICATIONS = "@jupyterlab/apputils-extension:notification"


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(ROOT / "deploy"))
    import environment

    return environment


def test_the_question_for_news_is_answered_once(environment: ModuleType, tmp_path: Path) -> None:
    folder = tmp_path / "lab" / "settings"
    environment.silence_news(folder)
    written = (folder / "overrides.json").read_text()
    assert json.loads(written) == {NOTIFICATIONS: {"fetchNews": "false"}}
    environment.silence_news(folder)
    assert (folder / "overrides.json").read_text() == written


def test_other_overrides_stay(environment: ModuleType, tmp_path: Path) -> None:
    others = {"theme": {"theme": "Dark"}, NOTIFICATIONS: {"checkForUpdates": False}}
    file = tmp_path / "overrides.json"
    file.write_text(json.dumps(others))
    environment.silence_news(tmp_path)
    silent = {"checkForUpdates": False, "fetchNews": "false"}
    assert json.loads(file.read_text()) == {**others, NOTIFICATIONS: silent}


@pytest.mark.parametrize(
    "text", [json.dumps({NOTIFICATIONS: {"fetchNews": "true"}}), "{not JSON", "[]", '{"a": 1,}']
)
def test_what_somebody_wrote_is_not_touched(
    environment: ModuleType, tmp_path: Path, text: str
) -> None:
    file = tmp_path / "overrides.json"
    file.write_text(text)
    environment.silence_news(tmp_path)
    assert file.read_text() == text
