"""A thread as a Jupyter notebook (nbformat 4.5): prose as Markdown cells, Python between
fences as code cells that can be run."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from ..protocol import TextPart, Thread
from . import markdown
from .fences import Prose, PythonCode, split
from .reading import Step

BETWEEN_CELLS = ",\n"


def beginning(thread: Thread) -> str:
    """Everything up to the first message; the first cell is the title."""
    cell = _cell(f"thread-{thread.id}", "markdown", f"# {markdown.title(thread)}")
    return f'{{"cells": [\n{cell}'


def cells(step: Step, person: str) -> Iterator[str]:
    """A message: who says it, and what."""
    prose = [f"**{markdown.heading(step, person)}**"]
    number = 0
    for piece in _pieces(step):
        if isinstance(piece, Prose):
            prose.append(piece.text)
            continue
        if prose:
            yield _cell(f"{step.message.id}-{number}", "markdown", "\n\n".join(prose))
            prose, number = [], number + 1
        yield _cell(f"{step.message.id}-{number}", "code", piece.text)
        number += 1
    if prose:
        yield _cell(f"{step.message.id}-{number}", "markdown", "\n\n".join(prose))


def ending(thread: Thread) -> str:
    metadata = {
        "title": markdown.title(thread),
        "jupyter_chat": {"thread_id": thread.id},
        "kernelspec": {
            "name": "python3",
            "display_name": "Python 3 (ipykernel)",
            "language": "python",
        },
        "language_info": {"name": "python"},
    }
    encoded = json.dumps(metadata, ensure_ascii=False)
    return f'\n], "metadata": {encoded}, "nbformat": 4, "nbformat_minor": 5}}\n'


def _pieces(step: Step) -> Iterator[Prose | PythonCode]:
    for part in step.message.parts:
        if isinstance(part, TextPart):
            yield from split(part.text)
        else:
            yield Prose(markdown.written(part))
    ended = markdown.ending(step.message)
    if ended is not None:
        yield Prose(ended)


def _cell(cell_id: str, kind: str, text: str) -> str:
    cell: dict[str, Any] = {
        "cell_type": kind,
        "id": cell_id,
        "metadata": {},
        "source": text.splitlines(keepends=True),
    }
    if kind == "code":
        cell |= {"execution_count": None, "outputs": []}
    return json.dumps(cell, ensure_ascii=False)
