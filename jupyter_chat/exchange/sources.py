"""The threads in an uploaded file, found one after the other.

Nothing here trusts the file: sizes are counted while reading, names in a zip are only
compared, never used as paths, and an entry that makes no sense is a problem with a
place, after which the next one follows.  It runs in a thread of its own.
"""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Callable, Generator, Iterator
from pathlib import Path, PurePosixPath
from typing import IO

import msgspec
from msgspec import Struct

from ..protocol import ImportProblem
from . import chatgpt, own, problems
from .entries import Entry, Head, Unreadable, entries
from .found import Found, Refused

_NAMES = re.compile(r"(conversations|jupyter-chat|history).*\.json", re.IGNORECASE)
_MOST_FILES = 65_535
_MOST_CONTENTS_BYTES = 16 * 1024 * 1024
_MOST_NAMED = 1000
_END = b"PK\x05\x06"
_MOST_RATIO = 200
"""Text becomes 3 to 20 times smaller in a zip; more than this is made to hurt."""
_RATIO_FROM_BYTES = 16 * 1024 * 1024

_LONE_SURROGATE = re.compile(
    rb"\\(?:"
    rb"u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"  # a pair: right
    rb"|(u[dD][89a-fA-F][0-9a-fA-F]{2})"
    rb"|.)",
    re.DOTALL,
)


class Limits(Struct, frozen=True):
    """In bytes: of an upload, of what it holds unpacked, of one entry."""

    upload: int = 1024**3
    unpacked: int = 4 * 1024**3
    entry: int = 32 * 1024**2


class Stopped(Exception):
    """Nobody wants to know any more."""


class Progress:
    """How far reading has come; `stop` may be set from another thread."""

    def __init__(self, total: int) -> None:
        self.read = 0
        self.total = total
        self.stop = False


class _Reader:
    """Counts what is read, and ends what grows beyond all measure."""

    def __init__(self, file: IO[bytes], progress: Progress, limits: Limits, packed: int) -> None:
        self._file = file
        self._progress = progress
        self._limits = limits
        self._most = max(packed * _MOST_RATIO, _RATIO_FROM_BYTES)
        self._read = 0

    def read(self, size: int) -> bytes:
        if self._progress.stop:
            raise Stopped
        data = self._file.read(size)
        self._read += len(data)
        self._progress.read += len(data)
        if self._progress.read > self._limits.unpacked or self._read > self._most:
            raise Unreadable("unpacked it is so large that it was not read to its end")
        return data


def threads(
    path: Path, user_id: str, progress: Progress, limits: Limits
) -> Generator[Found | ImportProblem | None, None, None]:
    """What the file holds; `None` now and then.  Raises :class:`Unreadable` if it is
    no file that can be imported, :class:`Stopped`, or `OSError`."""
    with path.open("rb") as file:
        if file.read(4) == b"PK\x03\x04" or zipfile.is_zipfile(file):
            _check_contents(file)
            yield from _zip(file, user_id, progress, limits)
            return
        file.seek(0)
        yield from _document(_Reader(file, progress, limits, progress.total), user_id, limits)


def _check_contents(file: IO[bytes]) -> None:
    """Refuse a table of contents that would fill the memory, before it is read."""
    size = file.seek(0, 2)
    file.seek(max(size - 65_557, 0))
    tail = file.read()
    found = tail.rfind(_END)
    if found < 0 or len(tail) - found < 22:
        raise Unreadable("it is a zip that is cut off or damaged")
    count = int.from_bytes(tail[found + 10 : found + 12], "little")
    length = int.from_bytes(tail[found + 12 : found + 16], "little")
    if count == _MOST_FILES or length > _MOST_CONTENTS_BYTES:
        raise Unreadable("it is a zip of too many files; take out the JSON and import that")


def _zip(
    file: IO[bytes], user_id: str, progress: Progress, limits: Limits
) -> Iterator[Found | ImportProblem | None]:
    try:
        archive = zipfile.ZipFile(file)
    except (zipfile.BadZipFile, NotImplementedError, ValueError, UnicodeDecodeError):
        raise Unreadable("it is a zip that is cut off or damaged") from None
    with archive:
        members = [
            each
            for each in archive.infolist()
            if _NAMES.fullmatch(PurePosixPath(each.filename).name)
        ]
        if not members:
            raise Unreadable("it is a zip without a `conversations.json`")
        if len(members) > _MOST_NAMED:
            raise Unreadable("it is a zip of too many files; take out the JSON and import that")
        members.sort(key=lambda each: each.filename)
        progress.total = sum(each.file_size for each in members)
        for member in members:
            name = PurePosixPath(member.filename).name[:200]
            try:
                if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                    raise Unreadable("it is packed in a way that is not supported")
                with archive.open(member) as unpacked:
                    reader = _Reader(unpacked, progress, limits, member.compress_size)
                    for each in _document(reader, user_id, limits):
                        if isinstance(each, ImportProblem):
                            each = msgspec.structs.replace(each, file=name)
                        yield each
            except Unreadable as error:
                yield ImportProblem(
                    f"This file could not be read: {error}. What came before was kept.", file=name
                )
            except RuntimeError as error:
                if "password" not in str(error):
                    raise
                message = (
                    "This file is protected by a password and was not read. Unpack the zip, "
                    "and import the JSON in it."
                )
                yield ImportProblem(message, file=name)
            except (zipfile.BadZipFile, NotImplementedError, zlib.error, EOFError):
                message = (
                    "This file is damaged from some point on; what came before was kept. "
                    "Get the export once more and import that: nothing is added twice."
                )
                yield ImportProblem(message, file=name)


def _document(
    reader: _Reader, user_id: str, limits: Limits
) -> Iterator[Found | ImportProblem | None]:
    convert: Callable[[bytes], Found] = lambda data: chatgpt.convert(data, user_id)  # noqa: E731
    for each in entries(reader.read, limits.entry):
        if isinstance(each, Entry):
            yield _convert(each, convert, limits)
        elif isinstance(each, Head):
            convert = _converter(each, user_id) or convert
        else:
            yield None


def _converter(head: Head, user_id: str) -> Callable[[bytes], Found] | None:
    """How entries below this head are read; `None`: as ChatGPT's."""
    fields = head.fields
    if fields is None or "conversations" in fields:
        return None
    if fields.get("format") != own.FORMAT:
        raise Unreadable("it is no export of Jupyter Chat or ChatGPT")
    version = fields.get("version")
    if version != own.VERSION:
        raise Unreadable(
            "it was written by a newer version of Jupyter Chat; update the chat on this server"
        )
    return own.OwnThreads(user_id).convert


def _convert(
    entry: Entry, convert: Callable[[bytes], Found], limits: Limits
) -> Found | ImportProblem:
    def left_out(why: str, title: str | None) -> ImportProblem:
        return ImportProblem(f"{why} {problems.LEFT_OUT}", entry=entry.number, title=title)

    if not entry.whole:
        why = (
            "The file breaks off in the middle of this conversation, so it is not whole; what "
            "came before was kept."
        )
        return left_out(why, problems.title_in(entry.beginning))
    if entry.data is None:
        why = (
            f"It is larger than {problems.size(limits.entry)}, the most that this server takes "
            "for one conversation; whoever runs the server can allow more."
        )
        return left_out(why, problems.title_in(entry.beginning))
    data = entry.data
    try:
        try:
            found = convert(data)
        except (msgspec.DecodeError, UnicodeDecodeError):
            mended = _mended(data)
            if mended == data:
                raise
            found = convert(mended)
    except Refused as refusal:
        return left_out(str(refusal), refusal.title)
    except msgspec.ValidationError as error:
        return left_out(problems.of_form(error), problems.title_in(data))
    except (msgspec.DecodeError, UnicodeDecodeError):
        return left_out("It is damaged (no valid JSON).", problems.title_in(data))
    except RecursionError:
        return left_out("It is nested too deeply to be read.", problems.title_in(data))
    found.entry = entry.number
    return found


def _mended(data: bytes) -> bytes:
    """With what is no text replaced by U+FFFD: halves of characters, wrong UTF-8."""
    data = _LONE_SURROGATE.sub(
        lambda found: b"\\ufffd" if found.group(1) is not None else found.group(0), data
    )
    return data.decode("utf-8", "replace").encode()
