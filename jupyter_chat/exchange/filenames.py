"""Names of files made from the titles of threads: safe on every system."""

from __future__ import annotations

import re
import unicodedata
from datetime import datetime, timezone
from urllib.parse import quote

from ..protocol import Thread

_LONGEST = 80
_FORBIDDEN = re.compile(r'[<>:"/\\|?*]+')
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\.|$)", re.IGNORECASE)


def file_name(thread: Thread, ending: str) -> str:
    """The day the thread began, its title, and the ending (with its dot)."""
    day = datetime.fromtimestamp(thread.created_at / 1000, timezone.utc).date().isoformat()
    return f"{day} {safe(thread.title or '') or 'Untitled'}{ending}"


def safe(title: str) -> str:
    """The title without what a file system, a shell or a reader could stumble over:
    no separators, no control or invisible characters, no reserved names."""
    text = _FORBIDDEN.sub(" ", unicodedata.normalize("NFC", title))
    text = "".join(
        " " if char.isspace() else char
        for char in text
        if char.isspace() or unicodedata.category(char)[0] != "C"
    )
    text = " ".join(text.split())[:_LONGEST].strip(" .")
    return f"_{text}" if _RESERVED.match(text) else text


class UniqueNames:
    """Keeps the names within one folder apart, also where case does not count."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def take(self, name: str) -> str:
        stem, dot, ending = name.rpartition(".")
        number = 1
        while name.casefold() in self._taken:
            number += 1
            name = f"{stem} ({number}){dot}{ending}"
        self._taken.add(name.casefold())
        return name


def disposition(name: str) -> str:
    """The value of `Content-Disposition` that saves an answer under this name."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    plain = re.sub(r"[^\w .()-]", "", plain)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
