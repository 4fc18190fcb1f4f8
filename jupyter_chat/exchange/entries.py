"""The entries of a large JSON document, one after the other, as they stand in it.

Only where an entry begins and ends is found out here: the nesting is counted, strings are
stepped over, and each entry is handed on as bytes for somebody else to decode.  So an
entry that makes no sense, or is too large, costs nothing but itself: a parser of the
whole document would end at the first thing it does not understand.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import msgspec
from msgspec import Struct

CHUNK = 256 * 1024
_HEAD_BYTES = 64 * 1024
_BEGINNING_BYTES = 1000
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"

_IN_ENTRY = re.compile(rb'["\[\]{}]')
_BETWEEN = re.compile(rb'["\[\]{},]')
_STRING = re.compile(rb'[^"\\]*(?:\\.[^"\\]*)*', re.DOTALL)


class Unreadable(Exception):
    """Not a document with a list of entries; the text says what it is."""


class Head(Struct, frozen=True):
    """What stands before the list: `None` where the document is the list."""

    fields: dict[str, object] | None


class Entry(Struct, frozen=True):
    """Entry `number` (from 1); without `data` it is too large to be looked at.

    `whole` is False where the document breaks off within it.  Of what has no `data` there
    is the `beginning`, which may say what it is.
    """

    number: int
    data: bytes | None
    whole: bool = True
    beginning: bytes = b""


def entries(read: Callable[[int], bytes], limit: int) -> Iterator[Head | Entry | None]:
    """The head, then every entry of at most `limit` bytes; `None` now and then, so
    that whoever asks can do something else.

    The document is a list, or an object whose first list is meant.  Raises
    :class:`Unreadable` where there is neither.
    """
    return _Scanner(limit).scan(read)


class _Scanner:
    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._pieces: list[bytes] = []
        self._size = 0
        self._number = 0
        self._depth = 0
        self._level = 0
        """The nesting within which the entries stand; 0: not known yet."""
        self._in_string = False
        self._escaped = False
        """The chunk before ended within an escape sequence."""
        self._ended = False

    def scan(self, read: Callable[[int], bytes]) -> Iterator[Head | Entry | None]:
        begun = False
        while not self._ended:
            chunk = read(CHUNK)
            if not chunk:
                break
            if not begun:
                chunk = chunk.removeprefix(_BYTE_ORDER_MARK).lstrip()
                begun = bool(chunk)
                if begun and chunk[:1] not in b"[{":
                    raise Unreadable("it is neither JSON nor a zip")
            yield from self._take(chunk)
            yield None
        if not self._level:
            raise Unreadable("it holds no list of conversations" if begun else "it is empty")
        if not self._ended:
            self._number += 1
            yield Entry(self._number, None, whole=False, beginning=self._beginning())

    def _take(self, chunk: bytes) -> Iterator[Head | Entry]:
        start = position = 0
        while position < len(chunk):
            if self._in_string:
                position = self._leave_string(chunk, position)
                continue
            pattern = _BETWEEN if self._depth == self._level else _IN_ENTRY
            found = pattern.search(chunk, position)
            if found is None:
                break
            position = found.end()
            mark = chunk[found.start()]
            if mark == 0x22:  # "
                self._in_string = True
            elif mark in b"[{":
                self._depth += 1
                if not self._level and mark == 0x5B and self._depth <= 2:
                    self._keep(chunk[start:position])
                    yield self._head()
                    start = position
            elif self._depth > self._level or not self._level:
                self._depth -= 1
                if self._depth <= 0:
                    raise Unreadable("it holds no list of conversations")
            else:  # a comma between two entries, or the end of the list
                self._keep(chunk[start : found.start()])
                last = mark != 0x2C
                yield from self._entry(last)
                start = position
                if last:
                    self._ended = True
                    return
        self._keep(chunk[start:])

    def _leave_string(self, chunk: bytes, position: int) -> int:
        if self._escaped:
            self._escaped = False
            position += 1
        found = _STRING.match(chunk, position)
        assert found is not None  # it also matches nothing
        position = found.end()
        if position < len(chunk):
            self._in_string = chunk[position] != 0x22
            self._escaped = self._in_string  # a backslash, the last byte
            position += 1
        return position

    def _keep(self, piece: bytes) -> None:
        self._size += len(piece)
        if not self._level and self._size > _HEAD_BYTES:
            raise Unreadable("it holds no list of conversations")
        if self._size <= self._limit or not self._level:
            self._pieces.append(piece)
        elif self._size - len(piece) <= self._limit:  # too large from this piece on
            self._pieces.append(piece)
            self._pieces = [self._beginning()]

    def _head(self) -> Head:
        self._level = self._depth
        text = b"".join(self._pieces)
        self._pieces, self._size = [], 0
        if self._level == 1:
            return Head(None)
        try:
            return Head(msgspec.json.decode(text + b"]}", type=dict[str, object]))
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            raise Unreadable("its beginning is no JSON") from None

    def _entry(self, last: bool) -> Iterator[Entry]:
        data = b"".join(self._pieces).strip()
        size, self._pieces, self._size = self._size, [], 0
        if last and not data and size <= self._limit:
            return  # an empty list, or a comma too many
        self._number += 1
        if size <= self._limit:
            yield Entry(self._number, data)
        else:
            yield Entry(self._number, None, beginning=data)

    def _beginning(self) -> bytes:
        return b"".join(self._pieces).lstrip()[:_BEGINNING_BYTES]
