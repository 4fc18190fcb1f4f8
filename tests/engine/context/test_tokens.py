"""The ranks are loaded once, whoever counts first."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from jupyter_chat.engine.context import tokens


@pytest.fixture
def not_loaded() -> Iterator[None]:
    tokens._loaded.cache_clear()
    yield
    tokens._loaded.cache_clear()


def test_many_first_questions_at_once_load_the_ranks_once(
    not_loaded: None, monkeypatch: pytest.MonkeyPatch
):
    """Each time takes a quarter of a second and 75 MB."""
    loads = 0
    together = threading.Barrier(4)
    second = threading.Event()

    def ranks() -> dict[bytes, int]:
        nonlocal loads
        loads += 1
        if loads > 1:
            second.set()
        second.wait(0.2)  # room for others, if nothing keeps them out
        return {bytes((byte,)): byte for byte in range(256)}

    def count() -> int:
        together.wait()
        return tokens.count("four")

    monkeypatch.setattr(tokens, "_ranks", ranks)
    assert not tokens.is_loaded()
    with ThreadPoolExecutor(4) as threads:
        counted = [threads.submit(count) for _ in range(4)]
        assert [each.result() for each in counted] == [4, 4, 4, 4]
    assert loads == 1
    assert tokens.is_loaded()
