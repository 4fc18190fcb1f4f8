"""What a file is as part of a question, and why it cannot be one."""

from __future__ import annotations

import base64
import json
import struct

import pytest

from jupyter_chat.engine.attached.readable import MOST_BYTES, MOST_IMAGE_BYTES, Unreadable, attached
from jupyter_chat.protocol import AttachmentKind, AttachmentPart, Code, ImagePart

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


def text_of(name: str, data: bytes) -> str:
    part = attached(name, data).part
    assert isinstance(part, AttachmentPart)
    return part.text


def test_a_text_goes_as_it_is_with_its_language():
    found = attached("src/tool.py", b"print('hi')\n")
    assert found.part == AttachmentPart(
        AttachmentKind.FILE, "src/tool.py", "print('hi')\n", "python"
    )
    assert found.notes == []


@pytest.mark.parametrize(
    "data",
    [
        "Grüße, 東京".encode(),
        "Grüße, 東京".encode("utf-8-sig"),
        "Grüße, 東京".encode("utf-16"),
        "Grüße, 東京".encode("utf-32"),
    ],
)
def test_a_text_is_read_in_its_own_encoding(data):
    assert text_of("a.txt", data) == "Grüße, 東京"


_JAPANESE = "これは日本語の文章です。売上,数量\n東京,3\n"
_KOREAN = "이것은 한국어 문장입니다. 매출,수량\n서울,3\n"
_CHINESE = "这是一个中文的句子。我们在北京有三个人,数量\n"
_RUSSIAN = "Это русский текст, в котором есть несколько слов и предложений.\n"


@pytest.mark.parametrize(
    ("text", "encoding", "name"),
    [
        (_JAPANESE, "cp932", "Shift-JIS"),
        (_JAPANESE * 3_000, "cp932", "Shift-JIS"),
        (_JAPANESE, "euc_jp", "EUC-JP"),
        (_KOREAN, "euc_kr", "EUC-KR"),
        (_CHINESE, "gb2312", "GB 2312"),
        ("這是一個中文的句子，我們在台北有三個人。\n", "big5", "Big5"),
        ("Grüße aus Köln\n", "cp1252", "Windows-1252"),
        ("Été à la plage, où ça va déjà bien; naïveté, forêt, Noël\n", "cp1252", "Windows-1252"),
    ],
)
def test_what_an_encoding_was_guessed_from_is_read_and_that_is_said(text, encoding, name):
    found = attached("a.txt", text.encode(encoding))
    assert isinstance(found.part, AttachmentPart)
    assert found.part.text.startswith(text[:30])
    assert found.notes[0] == f"Read as {name}; signs may be wrong."


def test_another_encoding_is_told_where_the_package_is_there_that_can():
    assert text_of("a.txt", (_RUSSIAN * 20).encode("cp1251")) == _RUSSIAN * 20


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("text", ["a,b\n1,2\n", _JAPANESE, _RUSSIAN])
def test_utf_16_needs_no_mark(text, encoding):
    found = attached("a.csv", text.encode(encoding))
    assert isinstance(found.part, AttachmentPart)
    assert (found.part.text, found.notes or []) == (text, [])


@pytest.mark.parametrize("format_", ["<h", ">i", "<d", "<I"])
def test_numbers_in_bytes_are_no_text(format_):
    data = b"".join(struct.pack(format_, number) for number in range(2000))
    with pytest.raises(Unreadable, match="no text"):
        attached("a.bin", data)


@pytest.mark.parametrize("data", [b"II*\0\x08\0\0\0", b"BM\x46\0\0\0\0\0\0\0\x36\0\0\0"])
def test_of_a_picture_that_models_do_not_see_it_is_said_what_to_do(data):
    with pytest.raises(Unreadable, match="Save it as PNG or JPEG"):
        attached("a.img", data)


def test_a_text_that_begins_as_a_picture_does_is_read():
    assert text_of("a.txt", b"BMW and others: 12 cars") == "BMW and others: 12 cars"


def test_an_old_text_of_latin_letters_is_read():
    assert text_of("a.txt", "Grüße".encode("cp1252")) == "Grüße"


def test_of_a_long_text_the_beginning_goes_and_that_is_said():
    lines = "".join(f"{number},{number * 2}\n" for number in range(150_000))
    found = attached("big.csv", lines.encode())
    assert isinstance(found.part, AttachmentPart)
    taken, _, note = found.part.text.rpartition("\n")
    assert lines.startswith(taken + "\n")
    assert MOST_BYTES - 100 < len(taken) <= MOST_BYTES
    assert found.notes == [f"Only its beginning: 200 KB of {len(lines) / 1e6:.1f} MB."]
    assert note == f"[… the file goes on: this is 200 KB of {len(lines) / 1e6:.1f} MB]"


def test_a_beginning_that_was_sent_alone_is_named_as_one():
    found = attached("big.csv", b"1,2\n" * 100, size=5_000_000)
    assert found.notes == ["Only its beginning: 399 bytes of 5.0 MB."]


def test_a_letter_that_is_cut_in_two_is_left_out():
    found = attached("a.txt", "東".encode() * 100_000)
    assert isinstance(found.part, AttachmentPart)
    assert "\ufffd" not in found.part.text


def test_a_picture_goes_as_one():
    found = attached("plots/a.png", PNG)
    assert found.part == ImagePart("image/png", base64.b64encode(PNG).decode(), "plots/a.png")


def test_a_picture_that_is_too_large_is_refused_with_what_to_do():
    with pytest.raises(Unreadable, match=r"photo\.png.*3\.0 MB.*Save it smaller") as refused:
        attached("photo.png", PNG + bytes(MOST_IMAGE_BYTES + 1_000_000))
    assert refused.value.problem.code is Code.TOO_LARGE


@pytest.mark.parametrize(
    "data", [b"\x7fELF\x02\x01\0\0", bytes(range(32)) * 9, b"word " * 99 + b"\0"]
)
def test_what_is_no_text_is_refused_by_its_name(data):
    with pytest.raises(Unreadable, match=r"“model\.bin” is no text"):
        attached("model.bin", data)


@pytest.mark.parametrize(("data", "words"), [(b"", "is empty"), (b" \n\n", "nothing but blanks")])
def test_what_says_nothing_is_refused(data, words):
    with pytest.raises(Unreadable, match=words):
        attached("a.txt", data)


def test_a_long_path_keeps_its_end():
    name = attached("folder/" * 40 + "data.csv", b"1").part.name
    assert name is not None
    assert len(name) == 200
    assert name.endswith("folder/data.csv")


def a_notebook(*cells: dict[str, object]) -> bytes:
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells}).encode()


def a_cell(source: str, *outputs: object, run: int | None = None):
    return {
        "cell_type": "code",
        "source": source.splitlines(keepends=True),
        "execution_count": run,
        "outputs": outputs,
        "metadata": {},
    }


def test_a_notebook_goes_as_its_cells_and_their_texts():
    stream = {"output_type": "stream", "name": "stdout", "text": ["\x1b[31mred\x1b[0m\n"]}
    image = {"output_type": "display_data", "data": {"image/png": "AAAA", "text/plain": "<F>"}}
    html = "<table><tr><th>a</th><td>1</td></tr></table><script>x()</script>"
    table = {"output_type": "execute_result", "data": {"text/html": [html], "text/plain": "<T>"}}
    error = {"output_type": "error", "ename": "E", "evalue": "no", "traceback": []}
    data = a_notebook(
        {"cell_type": "markdown", "source": "# Title", "metadata": {}},
        a_cell("x = 1\nx", stream, image, table, error, run=3),
    )
    assert text_of("a.ipynb", data) == (
        "# %% Cell 1 [markdown]\n# Title\n\n"
        "# %% Cell 2, run as [3]\nx = 1\nx\n"
        "# Output:\nred\n# Output:\n[an image]\n# Output:\na | 1\n# Output:\nE: no"
    )


def test_a_long_notebook_goes_without_its_outputs_and_then_without_its_end():
    output = {"output_type": "stream", "text": "word " * 150}
    data = a_notebook(*(a_cell(f"n = {number}", output) for number in range(100)))
    text = text_of("a.ipynb", data)
    assert text.startswith("[The outputs were left out because the notebook is long.]")
    assert "n = 99" in text
    data = a_notebook(*(a_cell(f"n = {number}\n" + "#" * 10_000) for number in range(10)))
    text = text_of("a.ipynb", data)
    assert len(text) < 60_500
    assert text.endswith("[5 cells were left out after this]")


def test_of_each_output_only_so_much_goes():
    text = text_of(
        "a.ipynb", a_notebook(a_cell("x", {"output_type": "stream", "text": "y" * 5000}))
    )
    assert "[… 4000 characters left out …]" in text


@pytest.mark.parametrize("data", [b"{}", b"nonsense", b"[1]", b'{"worksheets": []}'])
def test_what_only_calls_itself_a_notebook_is_refused(data):
    with pytest.raises(Unreadable, match="cannot be read as a notebook"):
        attached("a.ipynb", data)


def test_a_notebook_without_cells_has_nothing_to_attach():
    with pytest.raises(Unreadable, match="no cells"):
        attached("a.ipynb", a_notebook())
