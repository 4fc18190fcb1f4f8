"""The text of a document, found by a process of its own (see `documents.py`).

    python -m jupyter_chat.engine.attached.extracting pdf < FILE

answers JSON: `text`, and where that may be a part of it how much was `read` `of` how many of its
`units`; or a `refusal`.
"""

from __future__ import annotations

import contextlib
import csv
import io
import json
import sys
import time
import zipfile
from collections.abc import Callable, Iterator
from typing import Any

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
            raise Refused(_LOCKED)
        number = len(reader.pages)
        found = _within_limits(page.extract_text() for page in reader.pages)
        texts = [text.strip() for text in found]
    except (PyPdfError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise Refused(_DAMAGED) from error
    if not any(texts):
        raise Refused("it has no text, only pictures (a scan). Attach pictures of its pages")
    numbered = [f"[Page {page}]\n{text}" for page, text in enumerate(texts, 1) if text]
    return _partly("\n\n".join(numbered), len(texts), number, "pages")


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


def pptx(data: bytes) -> Answer:
    from pptx import Presentation

    _refuse_bombs(data)
    try:
        slides = Presentation(io.BytesIO(data)).slides
        number = len(slides)
        texts = list(_within_limits("\n".join(_on_slide(slide)) for slide in slides))
    except (ValueError, KeyError, TypeError, SyntaxError, zipfile.BadZipFile) as error:
        raise Refused(_DAMAGED) from error
    if not any(texts):
        raise Refused("it has no text, only pictures. Attach pictures of its slides")
    numbered = [f"[Slide {place}]\n{text}" for place, text in enumerate(texts, 1) if text]
    return _partly("\n\n".join(numbered), len(texts), number, "slides")


def _on_slide(slide: Any) -> Iterator[str]:
    yield from _in_shapes(slide.shapes)
    if slide.has_notes_slide and slide.notes_slide.notes_text_frame is not None:
        notes = slide.notes_slide.notes_text_frame.text.strip()
        if notes:
            yield f"(Notes: {notes})"


def _in_shapes(shapes: Any) -> Iterator[str]:
    for shape in shapes:
        if hasattr(shape, "shapes"):  # a group
            yield from _in_shapes(shape.shapes)
        elif shape.has_text_frame and shape.text_frame.text.strip():
            yield shape.text_frame.text.strip()
        elif shape.has_table:
            for row in shape.table.rows:
                yield " | ".join(" ".join(cell.text.split()) for cell in row.cells)


def workbook(data: bytes) -> Answer:
    """Of Excel and OpenDocument: the sheets that are shown, as CSV."""
    from python_calamine import CalamineError, CalamineWorkbook, SheetVisibleEnum

    if zipfile.is_zipfile(io.BytesIO(data)):
        _refuse_bombs(data)
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(data))
        shown = [
            book.get_sheet_by_name(sheet.name)
            for sheet in book.sheets_metadata
            if sheet.visible is SheetVisibleEnum.Visible
        ]
        text, read = _rows(shown)
    except CalamineError as error:
        locked = type(error).__name__ == "PasswordError"
        raise Refused(_LOCKED if locked else _DAMAGED) from error
    if not read:
        raise Refused("its sheets are empty")
    return _partly(text, read, sum(sheet.height for sheet in shown), "rows")


def _rows(sheets: list[Any]) -> tuple[str, int]:
    """The rows as far as there is room, and how many."""
    file, read = io.StringIO(), 0
    writer = csv.writer(file, lineterminator="\n")
    for sheet in sheets:
        if sheet.height:
            file.write(f"{chr(10) * bool(read)}[Sheet {sheet.name}]\n")
        for row in sheet.to_python():
            before = file.tell()
            writer.writerow(map(_plain, row))
            if file.tell() > MOST_CHARACTERS and read:
                file.seek(before)
                file.truncate()
                return file.getvalue().rstrip("\n"), read
            read += 1
    return file.getvalue().rstrip("\n"), read


def _plain(value: object) -> object:
    """Whole numbers without their point: a workbook knows no others."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _partly(text: str, read: int, of: int, units: str) -> Answer:
    return {"text": text, "read": read, "of": of, "units": units}


_LOCKED = "it is locked with a password. Save it without one"
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


WORKBOOKS = ("xlsx", "xls", "xlsb", "ods")
KINDS: dict[str, Callable[[bytes], Answer]] = {
    "pdf": pdf,
    "docx": docx,
    "pptx": pptx,
    **dict.fromkeys(WORKBOOKS, workbook),
}


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
