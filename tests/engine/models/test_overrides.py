"""What a server's administrator says of models goes before what we know."""

from __future__ import annotations

import asyncio
import json
import logging
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from jupyter_chat.engine.models import catalogue, overrides
from jupyter_chat.engine.models.catalogue import Price
from jupyter_chat.engine.models.overrides import CONFIGURED, Overrides
from jupyter_chat.protocol import Effort, Model, Usage

CONFIGURATION = Path(__file__).parents[3] / "docs" / "configuration.md"
LOG = logging.getLogger("test")


@pytest.fixture(autouse=True)
def built_in() -> Iterator[None]:
    yield
    catalogue.use(None)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "models.json"


def read(file: Path, said: Any, **configured: Any) -> Overrides:
    file.write_text(said if isinstance(said, str) else json.dumps(said))
    return Overrides(file, configured, LOG)


def test_fields_that_are_named_change_and_the_others_stay(file: Path):
    before = catalogue.lookup("gpt-6-luna")
    read(file, {"models": {"gpt-6-luna": {"input_price": 0.2}}})
    after = catalogue.lookup("gpt-6-luna")
    assert after.input_price == 0.2
    assert (after.output_price, after.context_tokens) == (0.5, before.context_tokens)
    assert catalogue.price(catalogue.lookup("gpt-6-luna"), Usage(1_000_000)) == Price(0.4)


def test_a_field_that_is_null_is_taken_away(file: Path):
    read(file, {"models": {"gpt-5": {"shutdown_date": None, "input_price": None}}})
    assert catalogue.lookup("gpt-5").shutdown_date is None
    assert catalogue.price(catalogue.lookup("gpt-5"), Usage(9)) is None


def test_models_can_be_added_with_families_of_their_own_and_taken_away(file: Path):
    said = {
        "default": "house-large",
        "families": {"house": {"context_tokens": 32_768, "images": False}},
        "models": {
            "house-large": {"name": "House, large", "family": "house", "efforts": ["low"]},
            "house-small": {"family": "house", "context_tokens": 8_192},
            "gpt-5": None,
        },
    }
    assert read(file, said).problem is None
    large, small = catalogue.lookup("house-large"), catalogue.lookup("house-small")
    assert (large.name, large.context_tokens, large.images) == ("House, large", 32_768, False)
    assert (large.known, large.temperature, large.efforts) == (True, False, [Effort.LOW])
    assert small.context_tokens == 8_192
    assert not catalogue.lookup("gpt-5").known
    assert catalogue.default_model() == "house-large"


def test_the_example_in_the_documentation_is_understood(file: Path):
    (example,) = re.findall(r"```json\n(.*?)```", CONFIGURATION.read_text(), re.S)
    assert read(file, example).problem is None
    assert catalogue.lookup("house-large").name == "House model, large"
    fields = {name for name in Model.__struct_fields__ if f"`{name}`" in CONFIGURATION.read_text()}
    assert set(Model.__struct_fields__) - fields == {"id", "known", "default_effort"}


def test_the_configuration_goes_before_the_file(file: Path):
    said = {"models": {"house": {"context_tokens": 1_000, "max_output_tokens": 100}}}
    read(file, said, house={"context_tokens": 2_000})
    house = catalogue.lookup("house")
    assert (house.context_tokens, house.max_output_tokens) == (2_000, 100)


@pytest.mark.parametrize(
    ("said", "place", "what"),
    [
        ("{", None, "not JSON"),
        ("[]", None, "not an object"),
        ({"modles": {}}, "modles", "is `models` meant?"),
        ({"models": {"m": {"context_token": 3}}}, "models.m.context_token", "`context_tokens`"),
        ({"models": {"m": {"context_tokens": "3"}}}, "models.m.context_tokens", "got `str`"),
        ({"models": {"m": {"context_tokens": 0}}}, "models.m.context_tokens", ">= 1"),
        ({"models": {"m": {"efforts": ["hard"]}}}, "models.m.efforts[0]", "'hard'"),
        ({"models": {"m": {"input_price": -1}}}, "models.m.input_price", ">= 0"),
        ({"models": {"m": {"shutdown_date": "soon"}}}, "models.m.shutdown_date", "date"),
        ({"models": {"m": {"family": "none"}}}, "models.m.family", "no family `none`"),
        ({"models": {"m": {"long_context": {"over": 1}}}}, "models.m.long_context", "`over`"),
        ({"models": ["m"]}, "models", "not an object"),
        ({"models": {"m": 3}}, "models.m", "not an object"),
        ({"families": {"f": {"name": "F"}}}, "families.f.name", "no such field"),
        ({"default": 3}, "default", "not the name"),
    ],
)
def test_what_is_wrong_is_named_and_the_rest_goes_on(
    file: Path, caplog: pytest.LogCaptureFixture, said: Any, place: str | None, what: str
):
    problem = read(file, said).problem
    assert problem is not None
    assert problem.field == place
    assert what in str(problem.detail)
    assert str(file) in caplog.text
    assert str(problem.detail) in caplog.text
    assert catalogue.lookup("gpt-6-luna").known


def test_people_are_told_the_files_name_and_not_where_it_is(file: Path):
    problem = read(file, "{").problem
    assert problem is not None
    assert "“models.json”" in problem.message
    assert str(file.parent) not in problem.message + str(problem.detail)


def test_a_file_that_is_not_there_is_said_so(file: Path):
    problem = Overrides(file, {}, LOG).problem
    assert problem is not None
    assert "cannot be read" in str(problem.detail)


def test_what_is_wrong_in_the_configuration_leaves_the_file_in_use(file: Path):
    made = read(file, {"models": {"house": {"context_tokens": 9}}}, house={"context": 1})
    assert made.problem is not None
    assert CONFIGURED in made.problem.message
    assert catalogue.lookup("house").context_tokens == 9


async def test_a_file_that_changes_is_read_again(file: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(overrides, "LOOK_AGAIN_SECONDS", 0)
    made = read(file, {"models": {"house": {"context_tokens": 1_000}}})

    async def rewritten(content: str) -> tuple[int | None, bool]:
        file.write_text(content)
        return await refreshed()

    async def refreshed() -> tuple[int | None, bool]:
        """The window that is known now, and whether all is well."""
        await made.refresh()
        return catalogue.lookup("house").context_tokens, made.problem is None

    assert await rewritten('{"models": {"house": {"context_tokens": 20}}}') == (20, True)
    assert await rewritten('{"models": {"house": {"context_tokens": "many"}}}') == (20, False)
    assert await rewritten('{"models": {"house": {"context_tokens": 3000}}}') == (3_000, True)
    file.unlink()
    assert await refreshed() == (3_000, False)


async def test_whoever_asks_while_it_is_read_hears_what_it_says(
    file: Path, monkeypatch: pytest.MonkeyPatch
):
    made = read(file, {})
    file.write_text('{"models": {"house": {"context_tokens": "many"}}}')
    monkeypatch.setattr(made, "_looked_at", -1_000.0)

    async def problem() -> object:
        await made.refresh()
        return made.problem

    assert None not in await asyncio.gather(problem(), problem())


async def test_the_disk_is_asked_now_and_then_only(file: Path, monkeypatch: pytest.MonkeyPatch):
    made = read(file, {})
    asked: list[Path] = []
    monkeypatch.setattr(overrides, "_state", asked.append)
    for _ in range(5):
        await made.refresh()
    assert asked == []
    monkeypatch.setattr(overrides, "LOOK_AGAIN_SECONDS", 0)
    await made.refresh()
    assert asked == [file]
