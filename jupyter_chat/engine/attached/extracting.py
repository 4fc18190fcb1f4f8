"""The text of a document, found by a process of its own (see `documents.py`).

    python -m jupyter_chat.engine.attached.extracting pdf < FILE

answers JSON: `text`, and of a PDF `pages` that it is of, `of` so many; or a `refusal`.
"""

from __future__ import annotations

import contextlib
import io
import json
import sys
import time
import zipfile
from collections.abc import Callable, Iterator

MOST_CHARACTERS = 200_000
MOST_PAGES = 500
_MOST_SECONDS = 15.0
"""After which what there is is answered."""
_MOST_UNPACKED = 200 * 1024 * 1024
_MOST_MEMORY = 2 * 1024**3

Answer = dict[str, object]


class Refused(Exception):
    """Why there is no text, for the person."""


def pdf(data: bytes) -> Answer:
    from pypdf import PdfReader
    from pypdf.errors import PyPdfError

    try:
        reader = PdfReader(io.BytesIO(data))
        if reader.is_encrypted and not reader.decrypt(""):
            raise Refused("it is locked with a password. Save it without one")
        number = len(reader.pages)
        found = _within_limits(page.extract_text() for page in reader.pages)
        texts = [text.strip() for text in found]
    except (PyPdfError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise Refused(_DAMAGED) from error
    if not any(texts):
        raise Refused("it has no text, only pictures (a scan). Attach pictures of its pages")
    numbered = [f"[Page {page}]\n{text}" for page, text in enumerate(texts, 1) if text]
    return {"text": "\n\n".join(numbered), "pages": len(texts), "of": number}


def docx(data: bytes) -> Answer:
    from docx import Document
    from docx.table import Table

    _refuse_bombs(data)
    try:
        pieces: list[str] = []
        document = Document(io.BytesIO(data))
        for block in document.iter_inner_content():
            if isinstance(block, Table):
                rows = [" | ".join(_cells(row)) for row in block.rows]
                pieces.append("\n".join(rows))
            elif block.text.strip():
                pieces.append(_mark(block.style.name if block.style else "") + block.text)
    except (ValueError, KeyError, TypeError, SyntaxError, zipfile.BadZipFile) as error:
        raise Refused(_DAMAGED) from error
    if not pieces:
        raise Refused("it has no text")
    return {"text": "\n\n".join(pieces)}


_DAMAGED = "it is damaged, or of another kind than its name says"


def _cells(row: object) -> Iterator[str]:
    """Cells that are joined are there several times."""
    before = None
    for cell in row.cells:  # type: ignore[attr-defined]
        if cell._tc is not before:  # noqa: SLF001
            yield " ".join(cell.text.split())
        before = cell._tc  # noqa: SLF001


def _mark(style: str | None) -> str:
    """Headings as in Markdown."""
    level = (style or "").removeprefix("Heading ")
    return f"{'#' * int(level)} " if level.isdigit() and len(level) == 1 else ""


def _within_limits(texts: Iterator[str]) -> Iterator[str]:
    began, length = time.monotonic(), 0
    for page, text in enumerate(texts, 1):
        yield text
        length += len(text)
        if (
            page >= MOST_PAGES
            or length >= MOST_CHARACTERS
            or time.monotonic() - began > _MOST_SECONDS
        ):
            return


def _refuse_bombs(data: bytes) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            size = sum(entry.file_size for entry in archive.infolist())
    except zipfile.BadZipFile as error:
        raise Refused(_DAMAGED) from error
    if size > _MOST_UNPACKED:
        raise Refused("it would be far too large when unpacked")


KINDS: dict[str, Callable[[bytes], Answer]] = {"pdf": pdf, "docx": docx}


def main() -> None:
    _limit_memory()
    try:
        answer = KINDS[sys.argv[1]](sys.stdin.buffer.read())
    except Refused as refused:
        answer = {"refusal": str(refused)}
    except MemoryError:
        answer = {"refusal": "it takes too much memory. Attach a part of it"}
    sys.stdout.write(json.dumps(answer))


def _limit_memory() -> None:
    """Where the system can do that: Windows cannot, and some limits cannot be set."""
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (_MOST_MEMORY, _MOST_MEMORY))


if __name__ == "__main__":
    main()
