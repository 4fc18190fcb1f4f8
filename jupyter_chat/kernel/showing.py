"""An answer on the screen while it comes, in notebooks, consoles and terminals."""

from __future__ import annotations

import sys
import time
from typing import Any, Literal, Protocol, TypeAlias

from .answers import Answer
from .plain import plain
from .safe_markdown import safe

Output: TypeAlias = Literal["auto", "rich", "plain"]

_EVERY_SECONDS = 0.05
_CHARACTERS_PER_SECOND = 2_000_000
"""An update sends the whole text again: of a long answer there are fewer."""
_REST = 10
"""So many times as long as the last update took, the next one waits."""


class Show(Protocol):
    """Where an answer is shown."""

    def add(self, piece: str) -> None: ...

    def end(self, answer: Answer) -> None: ...


class Quietly:
    def add(self, piece: str) -> None:
        pass

    def end(self, answer: Answer) -> None:
        pass


class Plainly:
    """As text, which nothing on screen can be taken back from."""

    def __init__(self) -> None:
        self._ends_line = True

    def add(self, piece: str) -> None:
        sys.stdout.write(plain(piece))
        sys.stdout.flush()
        self._ends_line = piece.endswith("\n")

    def end(self, answer: Answer) -> None:
        if not self._ends_line:
            sys.stdout.write("\n")
        if answer.note is not None:
            sys.stdout.write(f"({answer.note})\n")
        sys.stdout.flush()


class _SoFar:
    """What there is of an answer, for front ends of either kind."""

    def __init__(self, text: str) -> None:
        self._text = text

    def _repr_markdown_(self) -> str:
        return safe(self._text)

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(plain(self._text))


class Richly:
    """As Markdown in one output, which is replaced as the text grows."""

    def __init__(self) -> None:
        from IPython.display import display

        self._handle: Any = display(_SoFar("…"), display_id=True)  # type: ignore[no-untyped-call]
        self._pieces: list[str] = []
        self._length = 0
        self._shown_at = 0.0
        self._took = 0.0

    def add(self, piece: str) -> None:
        self._pieces.append(piece)
        self._length += len(piece)
        pause = max(_EVERY_SECONDS, self._length / _CHARACTERS_PER_SECOND, _REST * self._took)
        if time.monotonic() - self._shown_at > pause:
            self._pieces = ["".join(self._pieces)]
            begun = time.monotonic()
            self._handle.update(_SoFar(self._pieces[0]))
            self._shown_at = time.monotonic()
            self._took = self._shown_at - begun

    def end(self, answer: Answer) -> None:
        self._handle.update(answer)


def show(shell: Any, output: Output, *, quiet: bool) -> Show:
    """What fits the front end that the code came from."""
    if quiet:
        return Quietly()
    rich = output == "rich" or (output == "auto" and _replaces_outputs(shell))
    return Richly() if rich else Plainly()


def _replaces_outputs(shell: Any) -> bool:
    """Whether the front end shows Markdown and replaces an output when told so.

    Nothing in the protocol says that.  Terminals that speak to a kernel (jupyter console,
    Spyder, Qt) put the user's name into their requests and can be asked for input;
    notebooks leave the name empty, and what runs notebooks (nbclient, papermill) takes no
    input.
    """
    kernel = getattr(shell, "kernel", None)
    if kernel is None:
        return False
    parent = kernel.get_parent("shell") if hasattr(kernel, "get_parent") else {}
    header, content = parent.get("header", {}), parent.get("content", {})
    is_console = bool(header.get("username")) and bool(content.get("allow_stdin"))
    return not is_console or "cellId" in parent.get("metadata", {})
