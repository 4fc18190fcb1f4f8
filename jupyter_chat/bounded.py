"""Dictionaries that are remembered things only, and must not grow for ever."""

from __future__ import annotations

from typing import Any


def drop_oldest(remembered: dict[Any, Any], most: int) -> None:
    """Leave at most so many entries: those that were put in last."""
    while len(remembered) > most:
        del remembered[next(iter(remembered))]
