"""`%chat` lines are taken as they stand, also where IPython would read them otherwise.

A question ends with a question mark, and IPython would show the help of its last word; a
backslash at the end (LaTeX) would join the next line to it.
"""

from __future__ import annotations

import re
import tokenize
from typing import Any

from IPython.core.inputtransformer2 import TokenTransformBase

_LINE = re.compile(r"%chat(?=\s|$)[ \t]*(.*)")
_HELP = re.compile(r"\?{1,2}\s*$")
_NO_CODE = {tokenize.INDENT, tokenize.DEDENT}


class ChatLine(TokenTransformBase):
    """Turns `%chat …` into a call, and behind `name =` into one that gives the answer."""

    priority = 1  # before the help, which begins where the line does

    def __init__(self, start: tuple[int, int], column: int) -> None:
        super().__init__(start)  # type: ignore[no-untyped-call]
        self._column = column

    @classmethod
    def find(cls, tokens_by_line: list[list[Any]]) -> ChatLine | None:
        for line in tokens_by_line:
            tokens = [token for token in line if token.type not in _NO_CODE]
            place = 2 if len(tokens) > 2 and tokens[1].string == "=" else 0
            for token in tokens[place : place + 1]:
                rest = token.line[token.start[1] :]
                if _LINE.match(rest) and not _HELP.fullmatch(rest[len("%chat") :]):
                    return cls(tokens[0].start, token.start[1])
        return None

    def transform(self, lines: list[str]) -> list[str]:
        line = lines[self.start_line]
        found = _LINE.match(line[self._column :])
        assert found is not None
        before, text = line[: self._column], found[1].rstrip()
        if before.strip():
            call = f"get_ipython().magics_manager.registry['ChatMagics'].value({text!r})"
        else:
            call = f"get_ipython().run_line_magic('chat', {text!r})"
        lines[self.start_line] = f"{before}{call}\n"
        return lines
