"""What an administrator says of models, in a running server."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest


@pytest.fixture
def said() -> str:
    return '{"models": {"gpt-6-luna": {"name": "Luna of the house"}}}'


@pytest.fixture
def jp_server_config(jp_server_config, said: str, tmp_path: Path, monkeypatch) -> dict[str, Any]:
    file = tmp_path / "models.json"
    file.write_text(said)
    monkeypatch.setenv("JUPYTER_CHAT_MODELS_FILE", str(file))
    jp_server_config["ChatApp"]["models"] = {"scripted": {"context_tokens": 4_000}}
    return jp_server_config


async def models(rest) -> tuple[dict[str, Any], dict[str, Any]]:
    _, listed = await rest("GET", "models")
    return listed, {model["id"]: model for model in listed["models"]}


async def test_the_file_and_the_configuration_are_used(rest):
    listed, by_id = await models(rest)
    assert by_id["gpt-6-luna"]["name"] == "Luna of the house"
    assert by_id["scripted"]["context_tokens"] == 4_000
    assert "ignored" not in listed


@pytest.mark.parametrize("said", ['{"models": {"gpt-6-luna": {"nam": "Luna"}}}'])
async def test_a_file_that_is_wrong_keeps_no_server_from_starting(rest, said: str):
    listed, by_id = await models(rest)
    assert by_id["gpt-6-luna"]["name"] == "GPT-6 Luna"
    assert by_id["scripted"]["context_tokens"] == 4_000
    assert listed["ignored"]["field"] == "models.gpt-6-luna.nam"


@pytest.mark.parametrize("said", ['{"models": {"of-the-house": {"name": "Of the house"}}}'])
async def test_what_is_described_and_not_listed_has_its_name_all_the_same(rest, said: str):
    listed, by_id = await models(rest)
    assert "of-the-house" not in by_id
    (model,) = [each for each in listed["unlisted"] if each["id"] == "of-the-house"]
    assert model["name"] == "Of the house"


async def test_notes_are_kept_and_shown_to_their_owner(rest):
    status, account = await rest("PATCH", "account", {"notes": ["I work with R."]})
    assert (status, account["notes"]) == (200, ["I work with R."])
    assert "use_notes" not in account
    _, account = await rest("PATCH", "account", {"use_notes": True})
    assert (account["notes"], account["use_notes"]) == (["I work with R."], True)
