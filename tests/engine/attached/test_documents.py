"""PDF and Office files go as their text, and none of them harms the server."""

from __future__ import annotations

import importlib.util
import io
import zipfile

import pytest

from jupyter_chat.engine.attached import documents, extracting
from jupyter_chat.engine.attached.documents import Documents
from jupyter_chat.engine.attached.readable import MOST_BYTES, Unreadable
from jupyter_chat.protocol import AttachmentPart


def a_pdf(*texts: str) -> bytes:
    """One with these pages."""
    kids = " ".join(f"{4 + 2 * page} 0 R" for page in range(len(texts)))
    objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(texts)} >>",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    for page, text in enumerate(texts):
        drawn = f"BT /F1 12 Tf 72 700 Td ({text}) Tj ET"
        font = "/Resources << /Font << /F1 3 0 R >> >>"
        size = "/MediaBox [0 0 612 792]"
        objects += [
            f"<< /Type /Page /Parent 2 0 R {size} /Contents {5 + 2 * page} 0 R {font} >>",
            f"<< /Length {len(drawn)} >>\nstream\n{drawn}\nendstream",
        ]
    file, places = "%PDF-1.4\n", []
    for number, content in enumerate(objects, 1):
        places.append(len(file))
        file += f"{number} 0 obj\n{content}\nendobj\n"
    table = "".join(f"{place:010} 00000 n \n" for place in places)
    count = len(objects) + 1
    return (
        f"{file}xref\n0 {count}\n0000000000 65535 f \n{table}"
        f"trailer << /Size {count} /Root 1 0 R >>\nstartxref\n{len(file)}\n%%EOF"
    ).encode()


async def text_of(name: str, data: bytes) -> str:
    part = (await Documents().attached(name, data)).part
    assert isinstance(part, AttachmentPart)
    return part.text


async def test_a_pdf_goes_as_the_text_of_its_pages():
    assert await text_of("a.pdf", a_pdf("One", "", "Three")) == ("[Page 1]\nOne\n\n[Page 3]\nThree")


async def test_a_word_file_goes_with_its_headings_and_tables():
    from docx import Document

    document, file = Document(), io.BytesIO()
    document.add_heading("Results", 2)
    document.add_paragraph("They are good.")
    table = document.add_table(1, 2)
    table.rows[0].cells[0].text, table.rows[0].cells[1].text = "a", "b"
    document.save(file)
    assert await text_of("a.docx", file.getvalue()) == "## Results\n\nThey are good.\n\na | b"


@pytest.mark.parametrize(
    ("data", "words"), [(a_pdf(""), "no text, only pictures"), (b"nonsense", "is damaged")]
)
async def test_a_pdf_that_cannot_be_read_is_refused_with_its_reason(data, words):
    with pytest.raises(Unreadable, match=words):
        await text_of("a.pdf", data)


async def test_of_a_long_pdf_the_first_pages_go_and_that_is_said(monkeypatch):
    monkeypatch.setattr(extracting, "MOST_PAGES", 2)
    answer = extracting.pdf(a_pdf("One", "Two", "Three"))
    monkeypatch.setattr(documents, "_extract", lambda *_: answer)
    found = await Documents().attached("a.pdf", b"%PDF")
    assert isinstance(found.part, AttachmentPart)
    assert found.notes == ["Only its first 2 of 3 pages."]
    assert found.part.text.endswith("[… the document goes on: these are 2 of 3 pages]")


async def test_of_a_long_document_the_beginning_goes(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: True)
    monkeypatch.setattr(documents, "_extract", lambda *_: {"text": "x" * (MOST_BYTES + 5)})
    found = await Documents().attached("a.docx", b"PK")
    assert found.notes == ["Only its beginning: 200,000 of 200,005 characters."]


async def test_a_bomb_is_not_unpacked():
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(10):
            archive.writestr(f"word/{number}.xml", bytes(25 * 1024 * 1024))
    with pytest.raises(Unreadable, match="far too large when unpacked"):
        await text_of("bomb.docx", file.getvalue())


async def test_what_takes_too_long_is_ended(monkeypatch):
    monkeypatch.setattr(documents, "_SECONDS", 0.01)
    with pytest.raises(Unreadable, match="takes too long"):
        await text_of("a.pdf", a_pdf("One"))


async def test_without_the_extra_it_is_said_how_to_install_it(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(Unreadable, match=r'pip install "jupyter-chat\[documents\]"'):
        await text_of("a.pdf", b"%PDF-1.4")


async def test_slides_go_with_their_tables_and_notes():
    from pptx import Presentation
    from pptx.util import Inches

    show, file = Presentation(), io.BytesIO()
    slide = show.slides.add_slide(show.slide_layouts[5])
    slide.shapes.title.text = "Results"
    table = slide.shapes.add_table(1, 2, *[Inches(1)] * 4).table
    table.cell(0, 0).text, table.cell(0, 1).text = "a", "b"
    slide.notes_slide.notes_text_frame.text = "Smile."
    show.slides.add_slide(show.slide_layouts[6])
    grouped = show.slides.add_slide(show.slide_layouts[6]).shapes.add_group_shape()
    grouped.shapes.add_textbox(*[Inches(1)] * 4).text_frame.text = "Within a group"
    show.save(file)
    assert await text_of("a.pptx", file.getvalue()) == (
        "[Slide 1]\nResults\na | b\n(Notes: Smile.)\n\n[Slide 3]\nWithin a group"
    )


def a_workbook(**sheets: list[list[object]]) -> bytes:
    """One with these sheets; those whose names end with an underscore are hidden."""
    from xlsxwriter import Workbook

    file = io.BytesIO()
    with Workbook(file, {"in_memory": True}) as book:
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name.rstrip("_"))
            if name.endswith("_"):
                sheet.hide()
            for place, row in enumerate(rows):
                sheet.write_row(place, 0, row)
    return file.getvalue()


async def test_the_sheets_of_a_workbook_go_as_csv_but_for_hidden_ones():
    book = a_workbook(
        Sales=[["city", "n"], ["Rome, IT", 3], ["Oslo", 4.5]], Drafts_=[["?"]], More=[["x"]]
    )
    assert await text_of("a.xlsx", book) == (
        '[Sheet Sales]\ncity,n\n"Rome, IT",3\nOslo,4.5\n\n[Sheet More]\nx'
    )


async def test_of_a_long_workbook_the_first_rows_go_and_that_is_said():
    rows: list[list[object]] = [["x" * 99, number] for number in range(3_000)]
    found = await Documents().attached("a.xlsx", a_workbook(Long=rows))
    (note,) = found.notes
    assert note == "Only its first 1,915 of 3,000 rows."
    assert isinstance(found.part, AttachmentPart)
    assert found.part.text.endswith("[… the document goes on: these are 1,915 of 3,000 rows]")


@pytest.mark.parametrize("name", ["a.xlsx", "a.xls", "a.ods", "a.pptx"])
async def test_damaged_and_empty_office_files_are_refused_with_their_reason(name):
    with pytest.raises(Unreadable, match="is damaged"):
        await text_of(name, b"PK\x03\x04 nonsense")
    with pytest.raises(Unreadable, match="its sheets are empty"):
        await text_of("a.xlsx", a_workbook(Empty=[]))


async def test_other_kinds_are_refused_with_what_to_do():
    with pytest.raises(Unreadable, match="Save it as PDF"):
        await text_of("a.odp", b"PK\x03\x04")


async def test_other_files_are_read_as_ever():
    assert await text_of("a.txt", b"words") == "words"
