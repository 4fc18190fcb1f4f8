"""Server-sent events: from bytes, cut anywhere, to the data of each event.

The format is that of the HTML standard, section 9.2; event names, ids and retry times
are of no use here and skipped.
"""

from __future__ import annotations

_BOM = b"\xef\xbb\xbf"
LARGEST_EVENT_BYTES = 16 * 1024 * 1024


class TooLarge(ValueError):
    """An event grew beyond every measure."""


class EventReader:
    """Feed it the body as it comes; get the data of the events that are whole."""

    __slots__ = ("_begun", "_rest")

    def __init__(self) -> None:
        self._rest = b""
        self._begun = False

    def feed(self, chunk: bytes) -> list[bytes]:
        """The data of every event that ends in this chunk."""
        body = self._rest + chunk
        if not self._begun:
            if len(body) < len(_BOM) and _BOM.startswith(body):
                self._rest = body
                return []
            body = body.removeprefix(_BOM)
            self._begun = True
        held = b""
        if b"\r" in body:
            if body.endswith(b"\r"):  # perhaps the first half of a line end
                body, held = body[:-1], b"\r"
            body = body.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        events = body.split(b"\n\n")
        self._rest = events.pop() + held
        if len(self._rest) > LARGEST_EVENT_BYTES:
            raise TooLarge
        return [data for event in events if (data := _data(event))]

    def end(self) -> list[bytes]:
        """The data of a last event that only lacks its blank line."""
        rest, self._rest = self._rest.rstrip(b"\r\n"), b""
        data = _data(rest)
        return [data] if data else []


def _data(event: bytes) -> bytes:
    if event.startswith(b"data: ") and b"\n" not in event:  # nearly all of them
        return event[6:]
    lines = [line for line in event.split(b"\n") if line.startswith(b"data:")]
    return b"\n".join(line[6:] if line.startswith(b"data: ") else line[5:] for line in lines)
