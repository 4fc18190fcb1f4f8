"""A notebook's file as the model reads it, trimmed as the front end trims an open one.

(`labextension/src/lab/notebookParts.ts` has the same rule for what is open there, which
need not be saved.)
"""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any

import msgspec

MOST = 60_000
"""Characters of a notebook."""
_MOST_OUTPUT = 1_000
_MOST_CELL = 20_000
_ANSI = re.compile(r"\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b\[[0-?]*[ -/]*[@-~]")
_OPAQUE = re.compile(r"<.*>", re.DOTALL)


def notebook_text(data: bytes) -> str:
    """Its cells in the percent format; raises :class:`ValueError` where it is no notebook.

    Of each text output only so much is taken; where the whole is still too long, all
    outputs are left out, and then the cells at the end.
    """
    try:
        found = msgspec.json.decode(data)
        cells = [cell for cell in found["cells"] if isinstance(cell, dict)]
    except (msgspec.DecodeError, LookupError, TypeError, RecursionError) as error:
        raise ValueError("no notebook of version 4") from error
    whole = [_percent(cell, index, with_outputs=True) for index, cell in enumerate(cells)]
    if sum(len(text) + 2 for text in whole) <= MOST:
        return "\n\n".join(whole)
    kept = ["[The outputs were left out because the notebook is long.]"]
    left = MOST
    for index, cell in enumerate(cells):
        text = cut(_percent(cell, index, with_outputs=False), _MOST_CELL)
        if len(text) + 2 > left and index > 0:
            rest = len(cells) - index
            kept.append(
                "[1 cell was left out after this]"
                if rest == 1
                else f"[{rest} cells were left out after this]"
            )
            break
        kept.append(text)
        left -= len(text) + 2
    return "\n\n".join(kept)


def cut(text: str, most: int) -> str:
    """A text that is no longer than `most`, without its middle if it was."""
    if len(text) <= most:
        return text
    head = int(most * 0.6)
    left_out = f"[… {len(text) - most} characters left out …]"
    return f"{text[:head]}\n{left_out}\n{text[len(text) - most + head :]}"


def _percent(cell: dict[str, Any], index: int, *, with_outputs: bool) -> str:
    kind = cell.get("cell_type")
    run = cell.get("execution_count")
    count = f", run as [{run}]" if isinstance(run, int) else ""
    mark = "" if kind == "code" else f" [{kind}]"
    lines = [f"# %% Cell {index + 1}{count}{mark}\n{_joined(cell.get('source'))}".rstrip()]
    outputs = cell.get("outputs") if with_outputs else None
    for output in outputs if isinstance(outputs, list) else ():
        text = _output(output).rstrip() if isinstance(output, dict) else ""
        if text:
            lines.append(f"# Output:\n{cut(text, _MOST_OUTPUT)}")
    return "\n".join(lines)


def _output(output: dict[str, Any]) -> str:
    """The best of its texts."""
    if output.get("output_type") == "error":
        trace = output.get("traceback")
        text = _plain("\n".join(map(str, trace if isinstance(trace, list) else ()))).rstrip()
        return text or f"{output.get('ename')}: {output.get('evalue')}"
    if output.get("output_type") == "stream":
        return _plain(_joined(output.get("text")))
    data = output.get("data")
    if not isinstance(data, dict) or not data:
        return ""
    if any(kind in data for kind in ("image/png", "image/jpeg", "image/gif", "image/webp")):
        return "[an image]"
    texts = {kind: _plain(_joined(data[kind])) for kind in data if kind.startswith("text/")}
    said = texts.get("text/plain")
    is_said = said is not None and _OPAQUE.fullmatch(said) is None
    html = texts.get("text/html")
    found = (
        texts.get("text/markdown")
        or (said if is_said else None)
        or texts.get("text/latex")
        or (_text_of_html(html) if html is not None else None)
    )
    if found is not None:
        return found
    if "application/json" in data:
        return msgspec.json.encode(data["application/json"]).decode()
    return said or f"[an output that cannot be attached: {', '.join(data)}]"


def _joined(text: object) -> str:
    """A text as notebooks hold it: whole, or by lines."""
    if isinstance(text, list):
        return "".join(map(str, text))
    return text if isinstance(text, str) else ""


def _plain(text: str) -> str:
    return _ANSI.sub("", text)


class _Reader(HTMLParser):
    _UNSEEN = frozenset(("script", "style", "head", "template", "title"))
    _ENDING_LINES = frozenset(("p", "div", "tr", "li", "br", "h1", "h2", "h3", "table", "pre"))

    def __init__(self) -> None:
        super().__init__()
        self.pieces: list[str] = []
        self._unseen = 0

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self._unseen += tag in self._UNSEEN
        if tag == "br":
            self.pieces.append("\n")

    def handle_endtag(self, tag: str) -> None:
        self._unseen -= tag in self._UNSEEN and self._unseen > 0
        if tag in self._ENDING_LINES:
            self.pieces.append("\n")
        elif tag in ("td", "th"):
            self.pieces.append(" | ")

    def handle_data(self, data: str) -> None:
        if not self._unseen:
            self.pieces.append(re.sub(r"\s+", " ", data))


def _text_of_html(html: str) -> str:
    reader = _Reader()
    reader.feed(html)
    lines = [re.sub(r"[ |]+$", "", line).strip() for line in "".join(reader.pieces).split("\n")]
    return "\n".join(line for line in lines if line)
