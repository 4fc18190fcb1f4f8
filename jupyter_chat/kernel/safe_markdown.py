"""Markdown that is shown by others, such as JupyterLab, and must load nothing from elsewhere.

They render HTML that stands in it, and fetch its pictures.  So pictures become links and HTML
becomes text, while code and formulas stay what they are.  What is code is not the same for all
who read Markdown, so only what can hardly be read otherwise is left as it was.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import mistune
from mistune.core import InlineState
from mistune.inline_parser import InlineParser
from mistune.plugins.math import math, math_in_list, math_in_quote
from mistune.plugins.table import table

# What may begin a tag (no address between angle brackets does) or a picture.
_ADDRESS = r"<(?:https?://|mailto:)[\w.~:/?#@&=+,;%-]+>"
_DANGER = re.compile(rf"(?<!\\)(\\*)((?!{_ADDRESS})<(?=[A-Za-z/!?])|!+\[)", re.ASCII)

# Each of these is numbered before the text is parsed, in characters that no text has.
_FIRST, _LAST, _ZERO = 0xFDD0, 0xFDEF, 0xFDD2
_BEGIN, _END = chr(_FIRST), chr(_FIRST + 1)
_DIGITS = {ord(str(digit)): chr(_ZERO + digit) for digit in range(10)}
_NOT_TEXT = re.compile(f"[{chr(_FIRST)}-{chr(_LAST)}]")
_MARK = re.compile(f"{_BEGIN}([^{_END}]*){_END}")
_MARKED = re.compile(rf"{_MARK.pattern}(?:!?\[)?")

_CODE = frozenset({"block_code", "codespan"})
_FORMULAS = frozenset({"block_math", "inline_math"})
# Before it in its line is nothing that takes backticks as its own, as addresses and links do.
_CERTAIN = re.compile(r"""(?!.*www)(?:[\w \t.,;:()"'*-]|`[^`|]+`(?!`))*""")
_FENCE = re.compile(r"((?:[ \t]|>)*)(`{3,}|~{3,})[^`\n]*")
_FENCE_SOMEWHERE = re.compile(r"(?:[ \t>*+-]|\d+[.)])*(?:`{3}|~{3})")
_BULLET = re.compile(r"^[ \t>]*(?:(?:[-*+]|\d+[.)])[ \t]+)?")
_LIST = re.compile(r"[ \t]*(?:[>*+-]|\d+[.)])")
_FORMULA = re.compile(r"\$|\\[\\b]")
_PUNCTUATION = re.compile(r"[!-/:-@\[-`{-~]")


# JupyterLab draws these, and fetches what pictures they name.
_DRAWN = re.compile(
    r"^((?:[ \t>]|[-*+]|\d+[.)])*(?:`{3,}|~{3,})[ \t]*)mermaid\b", re.IGNORECASE | re.MULTILINE
)
# Formulas that only the chat itself knows; code, which comes first, has none.
_BACKSLASHED = re.compile(
    r"""(?:^|(?<=\n))[ \t>]*(?P<fence>`{3,}|~{3,})[^\n]*\n(?:.*?\n[ \t>]*(?P=fence)|.*\Z)
    |(?<!`)(?P<ticks>`+)(?!`).*?(?<!`)(?P=ticks)(?!`)
    |(?<!\\)\\\((?P<inline>(?:(?!\\\()[^$\n])+?)\\\)
    |(?<!\\)\\\[(?P<display>(?:(?!\\\[)[^$])+?)\\\]""",
    re.DOTALL | re.VERBOSE,
)


@dataclass
class _Found:
    """One dangerous place, and what it turned out to be."""

    raw: str
    kind: str = "text"

    def __str__(self) -> str:
        if self.kind in _CODE:
            return self.raw
        if self.raw.endswith("<"):
            return "< " if self.kind in _FORMULAS else "&lt;"
        if self.kind in _FORMULAS:
            return f"{self.raw[:-1]} ["
        bangs = self.raw.count("!")
        if self.kind.startswith("image"):
            return "&#33;" * (bangs - 1) + ("[" if self.kind == "image" else "[image")
        return "&#33;" * bangs + "["


class _Inline(InlineParser):
    """Notes how pieces of code within a line are written."""

    def parse_codespan(self, m: re.Match[str], state: InlineState) -> int:
        tokens = len(state.tokens)
        end = super().parse_codespan(m, state)
        written = state.src[m.start() : end]
        if len(state.tokens) > tokens and _BEGIN in written:
            state.env.setdefault("code", []).append((written, m[0]))
        return end


_parser = mistune.Markdown(
    renderer=None,
    inline=_Inline(),
    plugins=[table, math, math_in_quote, math_in_list],
)


def safe(text: str) -> str:
    """Markdown that looks like `text`, without its pictures and its HTML.

    Of its formulas others know only those between dollars, so all are.
    """
    text = _DRAWN.sub(r"\1text", _BACKSLASHED.sub(_with_dollars, text))
    if _DANGER.search(text) is None:
        return text
    found: list[_Found] = []

    def mark(place: re.Match[str]) -> str:
        slashes, what = place.groups()
        is_escaped = len(slashes) % 2 == 1
        stands_for = "" if what == "<" else "[" if is_escaped else "!["
        number = str(len(found)).translate(_DIGITS)
        found.append(_Found(("\\" if is_escaped else "") + what))
        return f"{slashes[is_escaped:]}{_BEGIN}{number}{_END}{stands_for}"

    text = _NOT_TEXT.sub(
        "\N{REPLACEMENT CHARACTER}", text.replace("\r\n", "\n").replace("\r", "\n")
    )
    marked = _DANGER.sub(mark, text)
    tokens, state = _parser.parse(marked)
    certain = {_number(place) for line in _lines_of_code(marked) for place in _MARK.finditer(line)}
    for number, kind in _kinds(tokens):
        found[number].kind = kind if kind != "block_code" or number in certain else "text"

    def unmarked(text: str) -> str:
        return _MARKED.sub(lambda place: str(found[_number(place)]), text)

    for written, fence in state.env.get("code", ()):
        if written in marked:
            if _is_certainly_code(written, marked):
                continue
            marked = marked.replace(written, _as_html(unmarked(written), fence))
        else:  # it stands on several lines, of a list or a quotation
            for place in _MARK.finditer(written):
                found[_number(place)].kind = "text"
    return unmarked(marked)


def _with_dollars(place: re.Match[str]) -> str:
    inline, display = place["inline"], place["display"]
    if inline is not None:
        return f"${inline.strip()}$"
    return place[0] if display is None else f"$${display}$$"


def _number(place: re.Match[str]) -> int:
    return int("".join(chr(ord(char) - _ZERO + ord("0")) for char in place[1]))


def _kinds(tokens: Any) -> Iterator[tuple[int, str]]:
    """What each numbered place is a part of."""
    last: int | None = None
    for token in tokens:
        kind = token["type"]
        if kind == "image" and last is not None:
            yield last, "image" if token.get("children") else "image without words"
        texts = [token.get("raw", "")]
        if kind == "block_code":
            texts += _strings(token.get("attrs"))
        last = None
        for text in texts:
            for place in _MARK.finditer(text):
                yield _number(place), kind
                last = _number(place) if place.end() == len(text) else None
        yield from _kinds(token.get("children") or ())


def _lines_of_code(text: str) -> Iterator[str]:
    """The lines of blocks that everybody takes for code: each begins like the line with the
    fence, and no fence before was one for some only."""
    lines = text.split("\n")
    number = 0
    was_blank, was_code = True, False
    no_list = no_formula = True  # so far
    environments = 0
    while number < len(lines):
        begin = number
        number += 1
        line = lines[begin]
        fence = _FENCE.fullmatch(line)
        if fence is None:
            if _FENCE_SOMEWHERE.match(line):
                return
            was_code = line.startswith("    ") and (was_blank or was_code) and no_list
            was_blank = not line.strip(" ")
            no_formula = no_formula and not _FORMULA.search(line)
            no_list = no_list and no_formula and not _LIST.match(line)
            environments += line.count("\\begin") - line.count("\\end")
            if was_code:
                yield line
            continue
        if environments:
            return
        before, bar = fence.groups()
        end = re.compile(rf"{re.escape(before)} {{0,3}}{bar}([`~]*)[ \t]*")
        while number < len(lines) and (ended := end.fullmatch(lines[number])) is None:
            line = lines[number]
            if not line.startswith(before if line.strip(" \t>") else before.rstrip(" \t")):
                return
            number += 1
        if number == len(lines):
            if not no_formula or _FORMULA.search(lines[begin]):
                return
        elif ended is not None and ended[1].strip(bar[0]):
            return
        yield from lines[begin + 1 : number]
        number += 1
        was_blank, was_code = True, False


def _strings(attributes: Mapping[str, Any] | None) -> Iterator[str]:
    yield from (value for value in (attributes or {}).values() if isinstance(value, str))


def _is_certainly_code(written: str, text: str) -> bool:
    """Whether nothing before it in its paragraph can take its first backtick."""
    if re.search(r"[\n|]", written):
        return False
    place = text.index(written)
    paragraph = text[text.rfind("\n\n", 0, place) + 1 : place]
    *lines, last = (_BULLET.sub("", line) for line in paragraph.split("\n"))
    return _CERTAIN.fullmatch(last) is not None and all(
        "`" not in line or _CERTAIN.fullmatch(line) for line in lines
    )


def _as_html(written: str, fence: str) -> str:
    """A piece of code that nobody can read as anything else."""
    code = written[len(fence) : -len(fence)].strip().replace("\n", " ")
    return f"<code>{_PUNCTUATION.sub(lambda char: f'&#{ord(char[0])};', code)}</code>"
