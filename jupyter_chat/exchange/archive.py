"""A zip file written from front to back, nothing of it kept but its table of contents."""

from __future__ import annotations

import io
import time
import zipfile
from typing import IO

from ..protocol import Milliseconds

_EARLIEST = (1980, 1, 1, 0, 0, 0)


class _Outlet(io.RawIOBase):
    """Takes what the zip writes; it cannot be sought in, as the network cannot."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override]
        self._pieces.append(bytes(data))
        return len(data)

    def take(self) -> bytes:
        taken = b"".join(self._pieces)
        self._pieces.clear()
        return taken


class Archive:
    """Files are added one after the other; each call returns what can be sent by then."""

    def __init__(self) -> None:
        self._outlet = _Outlet()
        self._zip = zipfile.ZipFile(self._outlet, "w", zipfile.ZIP_DEFLATED)
        self._file: IO[bytes] | None = None

    def begin(self, name: str, changed_at: Milliseconds) -> None:
        changed = time.gmtime(min(max(changed_at, 0) / 1000, 2**32))[:6]
        entry = zipfile.ZipInfo(name, max(changed, _EARLIEST))
        entry.compress_type = zipfile.ZIP_DEFLATED
        entry.external_attr = 0o600 << 16
        self._file = self._zip.open(entry, "w", force_zip64=True)

    def add(self, data: bytes) -> bytes:
        assert self._file is not None
        self._file.write(data)
        return self._outlet.take()

    def end(self) -> bytes:
        assert self._file is not None
        self._file.close()
        return self._outlet.take()

    def close(self) -> bytes:
        self._zip.close()
        return self._outlet.take()
