"""Values of a notebook as parts of a question: what the model can read or see of them.

Nothing is run for this that the person did not ask for, beyond a value's own `repr`.
"""

from __future__ import annotations

import base64
import io
import sys
import traceback
from collections.abc import Mapping
from types import TracebackType
from typing import Any, TypeAlias, cast

from ..protocol import AttachmentKind, AttachmentPart, ImagePart

Attachment: TypeAlias = AttachmentPart | ImagePart

MOST_CHARACTERS = 20_000
"""Of one value.  A person who wants more of it passes it as text."""
_HEAD_ROWS = 10
_MOST_COLUMNS = 100
_LONGEST_NAME = 200
_IMAGE_BYTES = 2_000_000
_KINDS = {b"\x89PNG": "image/png", b"\xff\xd8\xff": "image/jpeg", b"GIF8": "image/gif"}


def attachments(values: Mapping[str, Any]) -> list[Attachment]:
    """One part for each value, under its name; raises :class:`ValueError` for a picture
    that is too large, and :class:`TypeError` where the values have no names."""
    if not isinstance(values, Mapping):
        raise TypeError("What goes with a question needs names, such as attach={'df': df}.")
    return [attachment(name, value) for name, value in values.items()]


def attachment(name: str, value: Any) -> Attachment:
    """A picture for what is one, an error's traceback, a table's columns and first rows,
    a text as it is, and of everything else its `repr`."""
    name = name[:_LONGEST_NAME]
    picture = _picture(value)
    if picture is not None:
        return _image(name, picture)
    if isinstance(value, BaseException):
        return error(name, value)
    if _is_frame(value):
        return _variable(name, _frame(value))
    if isinstance(value, str):
        return _variable(name, value)
    return _variable(f"{name}", f"{_type_of(value)}\n{_repr(value)}")


def error(name: str, raised: BaseException, trace: TracebackType | None = None) -> Attachment:
    """An exception with its traceback, from the cell on."""
    lines = traceback.format_exception(
        type(raised), raised, _from_the_cell(trace or raised.__traceback__)
    )
    return AttachmentPart(AttachmentKind.ERROR, name, _end("".join(lines)))


def cell(name: str, source: str, output: str = "", language: str = "python") -> Attachment:
    """A cell, and what it printed or returned."""
    text = source if not output else f"{source}\n\n# Output:\n{_commented(output)}"
    return AttachmentPart(AttachmentKind.CELL, name, _beginning(text), language)


def _from_the_cell(trace: TracebackType | None) -> TracebackType | None:
    """Without what IPython does before it runs a cell, which is everything where the cell
    cannot be read; all of it where there is no cell."""
    frame, is_cell = trace, False
    while frame is not None:
        code = frame.tb_frame.f_code
        if code.co_name == "run_code" and "IPython" in code.co_filename:
            return frame.tb_next
        is_cell = is_cell or (code.co_name == "run_cell_async" and "IPython" in code.co_filename)
        frame = frame.tb_next
    return None if is_cell else trace


def _variable(name: str, text: str) -> Attachment:
    return AttachmentPart(AttachmentKind.VARIABLE, name, _beginning(text))


def _image(name: str, data: bytes) -> Attachment:
    if len(data) > _IMAGE_BYTES:
        raise ValueError(
            f"The picture `{name}` has {len(data) / 2**20:.1f} MiB; at most "
            f"{_IMAGE_BYTES // 2**20} go with a question. Make it smaller, for instance with a "
            "lower dpi."
        )
    kind = next((kind for magic, kind in _KINDS.items() if data.startswith(magic)), "image/webp")
    return ImagePart(cast(Any, kind), base64.b64encode(data).decode(), name)


def _picture(value: Any) -> bytes | None:
    """The bytes of a figure of matplotlib, an image of Pillow or IPython, or of whatever
    shows itself as PNG."""
    figure = _figure(value)
    if figure is not None:
        buffer = io.BytesIO()
        figure.savefig(buffer, format="png", bbox_inches="tight")
        return buffer.getvalue()
    for name, kind in (("_repr_png_", bytes), ("_repr_jpeg_", bytes)):
        method = getattr(type(value), name, None)
        shown = method(value) if callable(method) else None
        if isinstance(shown, tuple):  # (data, metadata)
            shown = shown[0]
        if isinstance(shown, str):  # IPython's own classes encode it
            shown = base64.b64decode(shown)
        if isinstance(shown, kind) and shown:
            return shown
    return None


def _figure(value: Any) -> Any:
    """The figure of matplotlib that it is, or that it is drawn in, such as axes."""
    artists = sys.modules.get("matplotlib.artist")
    if artists is None or not isinstance(value, artists.Artist):
        return None
    figure = getattr(value, "figure", None)  # a part of a figure is in one itself
    figure = getattr(figure, "figure", None)
    return figure if hasattr(figure, "savefig") else None


def _is_frame(value: Any) -> bool:
    """A table of pandas or polars, or a column of one."""
    return all(hasattr(value, name) for name in ("head", "shape")) and (
        hasattr(value, "dtypes") or hasattr(value, "dtype")
    )


def _frame(value: Any) -> str:
    rows = value.shape[0]
    columns = value.shape[1] if len(value.shape) > 1 else 1
    lines = [f"{_type_of(value)}: {rows:,} rows, {columns:,} columns", ""]
    lines += _columns(value)
    head = value.head(_HEAD_ROWS)
    text = head.to_string() if hasattr(head, "to_string") else str(head)
    lines += ["", f"First {min(rows, _HEAD_ROWS)} rows:", text]
    return "\n".join(lines)


def _columns(value: Any) -> list[str]:
    names = getattr(value, "columns", None)
    if names is None:
        return [f"{getattr(value, 'name', None)}: {value.dtype}"]
    kinds = getattr(value, "dtypes", [])
    pairs = list(zip(names, kinds, strict=False))
    lines = [f"{name}: {kind}" for name, kind in pairs[:_MOST_COLUMNS]]
    if len(pairs) > _MOST_COLUMNS:
        lines.append(f"… and {len(pairs) - _MOST_COLUMNS} columns more")
    return lines


def _repr(value: Any) -> str:
    try:
        return repr(value)
    except Exception as failure:  # noqa: BLE001 - a value's own code
        return f"(its repr failed: {type(failure).__name__}: {failure})"


def _type_of(value: Any) -> str:
    kind = type(value)
    module = "" if kind.__module__ == "builtins" else f"{kind.__module__}."
    return module + kind.__qualname__


def _commented(text: str) -> str:
    return "\n".join(f"# {line}".rstrip() for line in text.splitlines())


def _beginning(text: str) -> str:
    """As much of it as goes with a question."""
    if len(text) <= MOST_CHARACTERS:
        return text
    return f"{text[:MOST_CHARACTERS]}\n… ({len(text) - MOST_CHARACTERS:,} characters more)"


def _end(text: str) -> str:
    """The same of a traceback, which says at its end what happened."""
    if len(text) <= MOST_CHARACTERS:
        return text
    return f"({len(text) - MOST_CHARACTERS:,} characters before)\n… {text[-MOST_CHARACTERS:]}"
