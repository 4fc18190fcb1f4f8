"""A file as part of a question: its text, or the picture that it is."""

from __future__ import annotations

import base64
from pathlib import PurePosixPath
from typing import Literal, TypeAlias

from ...protocol import Attached, AttachmentKind, AttachmentPart, Code, ImagePart, Problem
from .encodings import decoded
from .notebook_text import notebook_text

MOST_BYTES = 200_000
"""Of a text; of a longer one the beginning is taken."""
MOST_FILE_BYTES = 16_000_000
"""What is read of a file at all."""
MOST_IMAGE_BYTES = 2_000_000
_LONGEST_NAME = 200

_MediaType: TypeAlias = Literal["image/png", "image/jpeg", "image/gif", "image/webp"]
_IMAGES: tuple[tuple[bytes, _MediaType], ...] = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
)
_OTHER_IMAGES = (
    (b"II*\0", "TIFF"),
    (b"MM\0*", "TIFF"),
    (b"BM", "BMP"),
)
_LANGUAGES = {
    ".bash": "bash", ".c": "c", ".cc": "cpp", ".cpp": "cpp", ".cs": "csharp", ".css": "css",
    ".diff": "diff", ".go": "go", ".h": "c", ".hpp": "cpp", ".htm": "html", ".html": "html",
    ".java": "java", ".jl": "julia", ".js": "javascript", ".json": "json", ".jsx": "jsx",
    ".kt": "kotlin", ".lua": "lua", ".m": "matlab", ".md": "markdown", ".php": "php",
    ".pl": "perl", ".py": "python", ".pyi": "python", ".r": "r", ".rb": "ruby", ".rs": "rust",
    ".scala": "scala", ".sh": "bash", ".sql": "sql", ".swift": "swift", ".toml": "toml",
    ".ts": "typescript", ".tsx": "tsx", ".xml": "xml", ".yaml": "yaml", ".yml": "yaml",
}  # fmt: skip


class Unreadable(Exception):
    """Of this file nothing can go with a question; `problem` says why, and what to do."""

    def __init__(self, message: str, code: Code = Code.INVALID, field: str | None = None) -> None:
        super().__init__(message)
        self.problem = Problem(code, message, field=field)


def attached(name: str, data: bytes, size: int | None = None) -> Attached:
    """A file as part of a question; raises :class:`Unreadable`.

    `size` is that of the whole file, where `data` is only its beginning.
    """
    size = len(data) if size is None else size
    if size == 0:
        raise Unreadable(f"“{name}” is empty: there is nothing in it to attach.")
    kind = _image_kind(data)
    if kind is not None:
        return Attached(_image(name, kind, data))
    ending = PurePosixPath(name).suffix.lower()
    if ending == ".ipynb":
        return _notebook(name, data, size)
    drawn = _other_image(data)
    if drawn is not None:
        raise Unreadable(
            f"“{name}” is a {drawn} picture, which models do not see. Save it as PNG or JPEG; or "
            "attach it from your own computer, if its browser can show it."
        )
    text, guessed = _decoded(name, data)
    notes = [] if guessed is None else [f"Read as {guessed}; signs may be wrong."]
    if size > len(data) or len(data) > MOST_BYTES:
        text = _beginning(text)
        taken = in_words(min(len(data), len(text.encode())))
        notes += [f"Only its beginning: {taken} of {in_words(size)}."]
        text += f"\n[… the file goes on: this is {taken} of {in_words(size)}]"
    if not text.strip():
        raise Unreadable(f"“{name}” holds nothing but blanks.")
    return Attached(_file(name, text, _LANGUAGES.get(ending)), notes)


def too_large(name: str, size: int) -> Unreadable:
    return Unreadable(
        f"“{name}” has {in_words(size)}; files of at most {in_words(MOST_FILE_BYTES)} are read. "
        "Attach a part of it: a smaller file, a variable, or the output of a cell.",
        Code.TOO_LARGE,
    )


def in_words(size: int) -> str:
    """A number of bytes."""
    if size >= 1_000_000:
        return f"{size / 1_000_000:.1f} MB"
    return f"{round(size / 1_000)} KB" if size >= 1_000 else f"{size} bytes"


def short(name: str) -> str:
    """A name or path that fits; its end says more than its middle."""
    if len(name) <= _LONGEST_NAME:
        return name
    tail = _LONGEST_NAME * 2 // 3
    return f"{name[: _LONGEST_NAME - tail - 1]}…{name[-tail:]}"


def _file(name: str, text: str, language: str | None = None) -> AttachmentPart:
    return AttachmentPart(AttachmentKind.FILE, short(name), text, language)


def _notebook(name: str, data: bytes, size: int) -> Attached:
    if size > len(data):
        raise too_large(name, size)
    try:
        text = notebook_text(data)
    except ValueError:
        raise Unreadable(
            f"“{name}” cannot be read as a notebook; open it in JupyterLab and save it anew."
        ) from None
    if not text:
        raise Unreadable(f"“{name}” has no cells: there is nothing in it to attach.")
    return Attached(_file(name, text))


def _image(name: str, kind: _MediaType, data: bytes) -> ImagePart:
    if len(data) > MOST_IMAGE_BYTES:
        raise Unreadable(
            f"The picture “{name}” has {in_words(len(data))}; of the server's pictures those of "
            f"at most {in_words(MOST_IMAGE_BYTES)} are taken. Save it smaller; or attach it from "
            "your own computer, which makes it smaller by itself.",
            Code.TOO_LARGE,
        )
    return ImagePart(kind, base64.b64encode(data).decode(), short(name))


def _image_kind(data: bytes) -> _MediaType | None:
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    return next((kind for mark, kind in _IMAGES if data.startswith(mark)), None)


def _other_image(data: bytes) -> str | None:
    kind = next((kind for mark, kind in _OTHER_IMAGES if data.startswith(mark)), None)
    return None if kind == "BMP" and b"\0" not in data[2:14] else kind


def _decoded(name: str, data: bytes) -> tuple[str, str | None]:
    """Its text, and the encoding that was guessed, if it was."""
    found = decoded(data[: MOST_BYTES + 4])  # of which the last character may be a half one
    if found is None:
        raise Unreadable(
            f"“{name}” is no text: it cannot go with a question. Attach what you know of it as "
            "text, such as the output of a cell that reads it."
        )
    text, guessed = found
    return text.replace("\r\n", "\n"), guessed


def _beginning(text: str) -> str:
    """Whole lines, unless there is only one."""
    text = text.encode()[:MOST_BYTES].decode(errors="ignore")
    whole = text.rfind("\n") + 1
    return text[:whole].rstrip("\n") if whole > len(text) // 2 else text
