"""What this server's administrator says of limits: read again, and never misread as nothing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from jupyter_chat.engine import watched_file
from jupyter_chat.engine.limits.policy import CONFIGURED, Policy
from jupyter_chat.engine.roles import USER, Roles, Standing
from jupyter_chat.protocol import Code
from jupyter_chat.providers.interface import ProviderError


class _Users(Roles):
    def __init__(self) -> None:
        self._accounts = False

    async def standing(self, user_id: str) -> Standing:
        return Standing(USER)


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(watched_file, "LOOK_AGAIN_SECONDS", 0)
    return tmp_path / "limits.json"


def write(file: Path, tokens: int | None) -> None:
    said = {"everyone": {} if tokens is None else {"max_output_tokens": tokens}}
    file.write_text(json.dumps(said))


async def tokens(policy: Policy) -> int | None:
    return (await policy.of("ada")).max_output_tokens


async def test_the_file_is_read_again_when_it_has_changed(file: Path) -> None:
    write(file, 10)
    policy = Policy(_Users(), file)
    assert await tokens(policy) == 10
    write(file, 200)
    assert await tokens(policy) == 200


async def test_what_is_wrong_later_leaves_what_was_said_before(file: Path) -> None:
    write(file, 10)
    policy = Policy(_Users(), file)
    file.write_text("{")
    assert await tokens(policy) == 10
    assert policy.problem is not None
    assert "limits.json" in policy.problem.message
    assert str(file.parent) not in policy.problem.message
    write(file, None)
    assert await tokens(policy) is None
    assert policy.problem is None


@pytest.mark.parametrize("content", ["{", '{"everyone": {"models": 3}}', None])
async def test_what_is_wrong_from_the_beginning_lets_nobody_ask(
    file: Path, content: str | None
) -> None:
    if content is not None:
        file.write_text(content)
    policy = Policy(_Users(), file)
    with pytest.raises(ProviderError) as caught:
        await policy.of("ada")
    assert caught.value.problem.code is Code.LIMIT_REACHED
    assert "Your question is kept" in caught.value.problem.message
    write(file, 10)
    assert await tokens(policy) == 10


async def test_the_configuration_goes_before_the_file_also_when_that_changes(file: Path) -> None:
    write(file, 10)
    policy = Policy(_Users(), file, {"everyone": {"max_output_tokens": 5}})
    assert await tokens(policy) == 5
    write(file, 200)
    assert await tokens(policy) == 5


async def test_a_wrong_configuration_is_named() -> None:
    policy = Policy(_Users(), configured={"everyone": {"model": []}})
    with pytest.raises(ProviderError):
        await policy.of("ada")
    assert policy.problem is not None
    assert CONFIGURED in policy.problem.message
    assert policy.problem.field == "everyone.model"
