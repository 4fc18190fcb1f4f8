"""What the model gets to read, or to see, of a value."""

from __future__ import annotations

import base64
import struct
import zlib
from typing import Any

import pytest

from jupyter_chat.kernel.attaching import MOST_CHARACTERS, attachment, attachments, cell
from jupyter_chat.protocol import AttachmentKind, AttachmentPart, ImagePart


def png() -> bytes:
    """One red dot."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        check = struct.pack(">I", zlib.crc32(kind + data))
        return struct.pack(">I", len(data)) + kind + data + check

    head = struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0)
    pixels = zlib.compress(b"\x00\xff\x00\x00")
    parts = chunk(b"IHDR", head), chunk(b"IDAT", pixels), chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


class Picture:
    def _repr_png_(self) -> bytes:
        return png()


class Frame:
    """As much of pandas' as is looked at."""

    shape = (1234, 2)
    columns = ("name", "age")
    dtypes = ("object", "int64")

    def head(self, rows: int) -> Frame:
        return self

    def to_string(self) -> str:
        return "  name  age\n0  Ada   36"


class Broken:
    def __repr__(self) -> str:
        raise RuntimeError("no")


def text(name: str, value: Any) -> str:
    part = attachment(name, value)
    assert isinstance(part, AttachmentPart)
    assert part.kind is AttachmentKind.VARIABLE
    assert part.name == name
    return part.text


def test_a_table_shows_its_columns_and_its_first_rows() -> None:
    shown = text("df", Frame())
    assert "1,234 rows, 2 columns" in shown
    assert "age: int64" in shown
    assert "Ada   36" in shown


def test_a_text_is_taken_as_it_is() -> None:
    assert text("prompt", "line {x}\n  next") == "line {x}\n  next"


def test_anything_else_shows_its_repr() -> None:
    assert text("numbers", [1, 2]) == "list\n[1, 2]"


def test_a_value_that_cannot_show_itself_says_so() -> None:
    assert "its repr failed: RuntimeError: no" in text("it", Broken())


def test_a_long_value_is_cut_and_says_so() -> None:
    shown = text("much", "x" * (MOST_CHARACTERS + 5))
    assert len(shown) < MOST_CHARACTERS + 100
    assert "5 characters more" in shown


def test_a_picture_is_seen() -> None:
    part = attachment("fig", Picture())
    assert isinstance(part, ImagePart)
    assert part.media_type == "image/png"
    assert base64.b64decode(part.data) == png()
    assert part.name == "fig"


def test_axes_are_seen_as_their_figure() -> None:
    from matplotlib import figure as figures

    figure = figures.Figure()
    axes = figure.subplots()
    (line,) = axes.plot([1, 2])
    inner = figure.add_subfigure(figure.add_gridspec(1, 2)[0])
    for value in (figure, axes, line, inner, inner.subplots()):
        assert isinstance(attachment("it", value), ImagePart)
    assert isinstance(attachment("it", type(line)([0], [1])), AttachmentPart)


def test_a_picture_that_is_too_large_is_refused_by_name() -> None:
    class Large:
        def _repr_png_(self) -> bytes:
            return b"\x89PNG" + b"x" * 3 * 1024 * 1024

    with pytest.raises(ValueError, match=r"`fig` has 3\.0 MiB"):
        attachments({"fig": Large()})


def test_an_error_comes_with_its_traceback() -> None:
    try:
        dict[str, int]()["key"]
    except KeyError as raised:
        part = attachment("err", raised)
    assert isinstance(part, AttachmentPart)
    assert part.kind is AttachmentKind.ERROR
    assert part.text.rstrip().endswith("KeyError: 'key'")
    assert "test_attaching.py" in part.text


def test_what_has_no_name_does_not_go_along() -> None:
    with pytest.raises(TypeError, match="needs names"):
        attachments([1])  # type: ignore[arg-type]


def test_a_cell_shows_its_output_as_a_comment() -> None:
    part = cell("In [3]", "1 + 1", "2")
    assert isinstance(part, AttachmentPart)
    assert part.language == "python"
    assert part.text == "1 + 1\n\n# Output:\n# 2"
