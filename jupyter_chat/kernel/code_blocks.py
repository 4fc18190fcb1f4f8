"""The blocks of code in an answer that can run in an IPython kernel."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import mistune

_NAMES = frozenset({"python", "python3", "py", "py3", "ipython", "ipython3"})
"""What models call it; the front end knows the same (`cells.ts`)."""

_parse = mistune.create_markdown(renderer=None)


def python_in(text: str) -> str:
    """Its blocks of Python, one after the other; where it has none, those of no language."""
    blocks = list(_blocks(_parse(text)))
    for names in (_NAMES, {""}):
        found = [code.rstrip("\n") for language, code in blocks if language in names]
        if found:
            return "\n\n".join(found)
    return ""


def _blocks(tokens: Any) -> Iterator[tuple[str, str]]:
    """Language and code of each block between fences, in whatever it stands."""
    for token in tokens:
        if token["type"] == "block_code" and "marker" in token:
            info = token.get("attrs", {}).get("info", "")
            words = re.split(r"[\s,:{}]+", info.lower().lstrip("{. "))
            yield words[0], token["raw"]
        yield from _blocks(token.get("children") or ())
