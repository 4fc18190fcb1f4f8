"""How many tokens a text has, counted without network.

The ranks of `o200k_base`, the encoding of OpenAI's models since GPT-4o, come with the
package (`ranks/`, made by the build).  For models of others the count is an estimate, and
for all of them the usage that the API reports corrects it.
"""

from __future__ import annotations

import base64
import hashlib
import math
import threading
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import tiktoken

_RANKS = Path(__file__).with_name("ranks") / "o200k_base.tiktoken"
_SHA256 = "446a9538cb6c348e3516120d7c08b09f57c36495e2acfffe59a5bf8b0cfb1a2d"
"""As tiktoken registers it (`tiktoken_ext/openai_public.py`)."""
_LETTERS_PER_TOKEN = 4
"""Of English."""
_loading = threading.Lock()


class RanksMissing(RuntimeError):
    """The file of the ranks is not there, or is another one."""


def count(text: str) -> int:
    """The tokens of a text; what looks like a special token is text like any other.

    The first call loads the ranks (a quarter of a second, 75 MB): off the event loop.
    """
    return len(encoding().encode_ordinary(text))


def estimate(text: str) -> int:
    """The same, roughly where tokens cannot be counted: for what must come to an end all the
    same."""
    try:
        return count(text)
    except RanksMissing:
        return math.ceil(len(text) / _LETTERS_PER_TOKEN)


def is_loaded() -> bool:
    """Whether the ranks are there already."""
    return _loaded.cache_info().currsize > 0


def encoding() -> tiktoken.Encoding:
    """The encoding, loaded at the first call.  Raises :class:`RanksMissing`."""
    if is_loaded():
        return _loaded()
    with _loading:  # once, however many ask their first question at the same time
        return _loaded()


@cache
def _loaded() -> tiktoken.Encoding:
    import tiktoken

    return tiktoken.Encoding(
        "o200k_base",
        pat_str=_RANKS.with_suffix(".pattern").read_text(encoding="utf-8"),
        mergeable_ranks=_ranks(),
        special_tokens={},
    )


def _ranks() -> dict[bytes, int]:
    try:
        content = _RANKS.read_bytes()
    except OSError as error:
        raise RanksMissing(f"Tokens cannot be counted: {error}.") from error
    if hashlib.sha256(content).hexdigest() != _SHA256:
        raise RanksMissing(f"Tokens cannot be counted: {_RANKS} is damaged.")
    pairs = (line.split() for line in content.splitlines())
    return {base64.b64decode(token): int(rank) for token, rank in pairs}
