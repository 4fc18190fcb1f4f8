"""The export that is documented is the one that is made."""

from __future__ import annotations

import json
import re
from pathlib import Path

import jsonschema

from jupyter_chat.exchange.schema import schema
from jupyter_chat.store.interface import Store
from tests.store.builders import ADA, a_whole_thread

from .conftest import exported

DOCS = Path(__file__).parents[2] / "docs"


def test_the_documented_schema_is_that_of_the_types() -> None:
    """If not: python -m jupyter_chat.exchange.schema > docs/export-format.schema.json."""
    assert (DOCS / "export-format.schema.json").read_text() == schema()


async def test_an_export_fits_the_schema_and_a_wrong_one_does_not(store: Store) -> None:
    await store.add_thread(ADA, *a_whole_thread())
    document = json.loads(await exported(store))
    described = jsonschema.Draft202012Validator(json.loads(schema()))
    described.validate(document)
    document["threads"][0]["messages"][0]["id"] = "seven"
    assert list(described.iter_errors(document))


def test_the_example_in_the_documentation_fits_the_schema() -> None:
    (example,) = re.findall(r"```json\n(.*?)```", (DOCS / "export-format.md").read_text(), re.S)
    jsonschema.validate(json.loads(example), json.loads(schema()))
