"""PDF and Office files as parts of a question, where the extra `documents` is installed.

A process of its own reads each: what somebody sends may be made to take all memory or never
to end, and even an honest one keeps Python busy for seconds.
"""

from __future__ import annotations

import asyncio
import importlib.util
import json
import subprocess
import sys
from pathlib import Path, PurePosixPath

import jupyter_chat

from ...protocol import Attached, AttachmentKind, AttachmentPart
from . import readable
from .extracting import WORKBOOKS
from .readable import Unreadable, short

_PACKAGES = {
    "pdf": "pypdf",
    "docx": "docx",
    "pptx": "pptx",
    **dict.fromkeys(WORKBOOKS, "python_calamine"),
}
_OTHERS = ("doc", "odt", "ppt", "odp", "rtf")
_SECONDS = 30.0
_AT_ONCE = 2


class Documents:
    def __init__(self) -> None:
        self._turn = asyncio.Semaphore(_AT_ONCE)

    async def attached(self, name: str, data: bytes, size: int | None = None) -> Attached:
        """Any file as part of a question; raises :class:`Unreadable`."""
        kind = PurePosixPath(name).suffix.lower().lstrip(".")
        _refuse_others(name, kind, data)
        if kind not in _PACKAGES or not data:
            return await asyncio.to_thread(readable.attached, name, data, size)
        if importlib.util.find_spec(_PACKAGES[kind]) is None:
            raise Unreadable(
                f"“{name}” cannot be read: this server lacks what reads {kind.upper()} files. "
                'Have it installed with pip install "jupyter-chat[documents]", or attach its text.'
            )
        async with self._turn:
            answer = await asyncio.to_thread(_extract, kind, name, data)
        if "refusal" in answer:
            raise Unreadable(f"“{name}” cannot be read: {answer['refusal']}.")
        return _part(name, answer)


def _refuse_others(name: str, kind: str, data: bytes) -> None:
    if kind in _OTHERS and _is_packed(data):
        raise Unreadable(f"“{name}” is of a kind that is not read here. Save it as PDF.")


def _is_packed(data: bytes) -> bool:
    return data.startswith((b"PK", b"\xd0\xcf\x11\xe0", b"{\\rtf"))


def _part(name: str, answer: dict[str, object]) -> Attached:
    text, read, number = str(answer["text"]), answer.get("read"), answer.get("of")
    units = answer.get("units")
    notes = []
    if len(text) > readable.MOST_BYTES:
        notes.append(f"Only its beginning: {readable.MOST_BYTES:,} of {len(text):,} characters.")
        text = text[: readable.MOST_BYTES] + "\n[… the document goes on]"
    elif read != number:
        notes.append(f"Only its first {read:,} of {number:,} {units}.")
        text += f"\n\n[… the document goes on: these are {read:,} of {number:,} {units}]"
    return Attached(AttachmentPart(AttachmentKind.FILE, short(name), text), notes)


def _extract(kind: str, name: str, data: bytes) -> dict[str, object]:
    try:
        done = subprocess.run(
            [sys.executable, "-m", "jupyter_chat.engine.attached.extracting", kind],
            input=data,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            # not where people's own files are, of which Python would take some for modules
            cwd=Path(jupyter_chat.__file__).parent.parent,
            timeout=_SECONDS,
            check=False,
        )
        return dict(json.loads(done.stdout))
    except subprocess.TimeoutExpired:
        reason = "takes too long to be read. Attach a part of it, or its text."
    except ValueError:  # it ended without an answer
        reason = "cannot be read: it is damaged, or takes too much memory."
    raise Unreadable(f"“{name}” {reason}")
