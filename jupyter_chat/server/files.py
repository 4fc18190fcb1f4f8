"""The server's files, by Jupyter's contents manager: its root, its rules, no other way."""

from __future__ import annotations

import asyncio
import base64
import time
from collections import deque
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
from jupyter_server.services.contents.fileio import FileManagerMixin
from jupyter_server.services.contents.manager import ContentsManager
from jupyter_server.utils import ensure_async
from msgspec import Struct
from tornado import web

from ..engine.attached.readable import MOST_FILE_BYTES, Unreadable, too_large
from ..protocol import Code, FoundFile, FoundFiles

_MOST_FOUND = 50
_MOST_FILES = 5_000
_MOST_FOLDERS = 300
_SECONDS = 2.0
_KEPT_SECONDS = 15.0
_KEPT_TIMES = 10
_KEPT_TIMES_FOR_NOTHING = 3
"""While somebody types, the folders are not looked through anew for each letter, but soon
where that is quick: as many times as long as it took, and less long where nothing is found."""
_PASSED_OVER = frozenset(("node_modules", "__pycache__", "site-packages"))


class _Listing(Struct, frozen=True):
    """The files of one or more folders, the newest first."""

    files: list[FoundFile]
    is_whole: bool
    made_at: float
    took: float


class ServerFiles:
    def __init__(self, manager: ContentsManager) -> None:
        self._manager = manager
        self._walked: _Listing | None = None
        self._walking = asyncio.Lock()
        register: Callable[..., None] = manager.register_post_save_hook
        register(self._saved)

    def _saved(self, model: dict[str, Any], **_: Any) -> None:
        """What is saved by Jupyter is found at once, however long the folders take."""
        path = str(model.get("path", "")).strip("/")
        walked = self._walked
        is_shown = model.get("type") != "directory" and not any(
            name.startswith(".") or name in _PASSED_OVER for name in path.split("/")
        )
        if walked is not None and path and is_shown:
            others = [file for file in walked.files if file.path != path]
            saved = FoundFile(path, model.get("size"))
            self._walked = msgspec.structs.replace(walked, files=[saved, *others])

    async def read(self, path: str) -> bytes:
        """What is in a file; raises :class:`Unreadable`."""
        path = path.strip("/")
        try:
            model = await self._get(path, content=False)
            if model["type"] == "directory":
                raise Unreadable(f"“{path}” is a folder: choose a file in it.", field="path")
            size = max(model.get("size") or 0, await asyncio.to_thread(self._size, path))
            if size > MOST_FILE_BYTES:
                raise too_large(path, size)
            model = await self._get(path, type="file", format="base64")
        except web.HTTPError as error:
            raise _unreadable(path, error) from None
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or "the server cannot open it"
            raise Unreadable(f"“{path}” cannot be read: {reason}.", field="path") from None
        return await asyncio.to_thread(base64.b64decode, model["content"])

    async def find(self, query: str) -> FoundFiles:
        """Files whose path has `query` in it, those whose name begins so first; the newest
        where it is empty.  Hidden ones are left out."""
        query = query.strip().lstrip("/").lower()
        walked = await self._listing(_KEPT_TIMES)
        found = _fitting(walked, query)
        if not found:
            walked = await self._listing(_KEPT_TIMES_FOR_NOTHING)
            found = _fitting(walked, query)
        folder, slash, _ = query.rpartition("/")
        if slash and not walked.is_whole:
            for file, _ in await self._folder(folder):
                if file is not None and query in file.path.lower():
                    found[file.path] = file
        best = sorted(found.values(), key=lambda file: _rank(file.path.lower(), query))
        return FoundFiles(best[:_MOST_FOUND], more=not walked.is_whole)

    async def _listing(self, times: int) -> _Listing:
        """The one that is kept, or a new one."""
        async with self._walking:
            walked = self._walked
            kept = 0.0 if walked is None else min(times * walked.took, _KEPT_SECONDS)
            if walked is None or time.monotonic() - walked.made_at > kept:
                walked = self._walked = await self._walk()
            return walked

    async def _walk(self) -> _Listing:
        """The root and the folders below, the nearest first, as far as there is time."""
        began = time.monotonic()
        files: list[tuple[FoundFile, float]] = []
        folders = deque([""])
        looked_through = 0
        while folders and looked_through < _MOST_FOLDERS and len(files) < _MOST_FILES:
            if time.monotonic() - began > _SECONDS:
                break
            folder = folders.popleft()
            looked_through += 1
            for entry in await self._entries(folder):
                if entry["type"] == "directory":
                    if entry["name"] not in _PASSED_OVER:
                        folders.append(entry["path"])
                else:
                    files.append(_file(entry))
            await asyncio.sleep(0)
        files.sort(key=lambda file: -file[1])
        now = time.monotonic()
        return _Listing([file for file, _ in files], not folders, now, now - began)

    async def _folder(self, folder: str) -> list[tuple[FoundFile | None, float]]:
        entries = await self._entries(folder)
        return [_file(entry) for entry in entries if entry["type"] != "directory"]

    async def _entries(self, folder: str) -> list[dict[str, Any]]:
        """What may be seen in a folder; nothing where it cannot be looked into."""
        try:
            model = await self._get(folder, type="directory")
        except (web.HTTPError, OSError, ValueError):
            return []
        return list(_seen(model.get("content") or []))

    async def _get(self, path: str, **options: Any) -> dict[str, Any]:
        get: Callable[..., Any] = self._manager.get  # of which some are asynchronous
        model: dict[str, Any] = await ensure_async(get(path, **options))
        return model

    def _size(self, path: str) -> int:
        """Of what a link leads to: the manager tells the size of the link."""
        if not isinstance(self._manager, FileManagerMixin):
            return 0
        try:
            return Path(self._manager.root_dir, *path.split("/")).stat().st_size
        except (OSError, ValueError):
            return 0


def _seen(entries: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    return (entry for entry in entries if not entry["name"].startswith("."))


def _file(entry: dict[str, Any]) -> tuple[FoundFile, float]:
    changed = entry.get("last_modified")
    return (
        FoundFile(entry["path"].strip("/"), entry.get("size")),
        changed.timestamp() if isinstance(changed, datetime) else 0,
    )


def _fitting(walked: _Listing, query: str) -> dict[str, FoundFile]:
    return {file.path: file for file in walked.files if query in file.path.lower()}


def _rank(path: str, query: str) -> int:
    """Names that begin so, names with it, paths with it; sorting keeps the newest first."""
    name = path.rpartition("/")[2]
    if name.startswith(query) or path.startswith(query):
        return 0
    return 1 if query in name else 2


def _unreadable(path: str, error: web.HTTPError) -> Unreadable:
    if error.status_code == 404:
        return Unreadable(
            f"There is no file “{path}” on the server: it was moved or deleted meanwhile, or the "
            "server does not show it.",
            Code.NOT_FOUND,
            "path",
        )
    if error.status_code == 403:
        return Unreadable(f"The server may not read “{path}”.", Code.FORBIDDEN, "path")
    return Unreadable(f"“{path}” cannot be read: it is no plain file.", field="path")
