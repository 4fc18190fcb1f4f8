"""The JSON Schema of an export: `python -m jupyter_chat.exchange.schema`.

It is made from the types on the wire, and a test holds docs/export-format.schema.json
against it.
"""

from __future__ import annotations

import json
import sys

import msgspec

from ..protocol import History


def schema() -> str:
    """As the file holds it."""
    described = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Jupyter Chat export",
        **msgspec.json.schema(History),
    }
    return json.dumps(described, indent=2) + "\n"


if __name__ == "__main__":
    sys.stdout.write(schema())
