"""What this server's administrator says of models: in a file, and in the configuration.

It goes before what comes with the package, field by field, the configuration before the
file.  The file is read again when it has changed.  Where something in it is wrong, what it
said before stays, and the administrator and people are told.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ...protocol import Code, Problem
from . import catalogue
from .form import Said, WrongForm, catalogue_of, decoded, understood

LOOK_AGAIN_SECONDS = 2.0
CONFIGURED = "ChatApp.models"


class Overrides:
    """Makes the catalogue of this process.  `configured` is what the configuration says."""

    def __init__(
        self, path: Path | None, configured: Mapping[str, Any], log: logging.Logger
    ) -> None:
        self._path = path
        self._log = log
        self._said = {str(path): Said(), CONFIGURED: Said()}
        self._wrong: dict[str, Problem] = {}
        self._state = _state(path)
        self._looked_at = time.monotonic()
        self._looking = asyncio.Lock()
        catalogue.use(None)
        if path is not None:
            self._take(str(path), _read(path))
        if configured:
            self._take(CONFIGURED, _understood({"models": dict(configured)}))

    @property
    def problem(self) -> Problem | None:
        """What is wrong with either."""
        return next(iter(self._wrong.values()), None)

    @property
    def described(self) -> set[str]:
        """The models that either says something of."""
        return {name for said in self._said.values() for name in said.models}

    async def refresh(self) -> None:
        """Read the file again if it has changed; the disk is asked now and then only."""
        if self._path is None:
            return
        async with self._looking:  # who comes meanwhile waits for what is found
            now = time.monotonic()
            if now - self._looked_at < LOOK_AGAIN_SECONDS:
                return
            self._looked_at = now
            state = await asyncio.to_thread(_state, self._path)
            if state != self._state:
                self._state = state
                self._take(str(self._path), await asyncio.to_thread(_read, self._path))

    def _take(self, source: str, said: Said | WrongForm) -> None:
        if isinstance(said, Said):
            layers = {**self._said, source: said}
            try:
                catalogue.use(catalogue_of([catalogue.built_in(), *layers.values()]))
            except WrongForm as error:
                said = error
            else:
                self._said = layers
                self._wrong.pop(source, None)
                self._log.info("Models: %s is used.", source)
                return
        self._wrong[source] = _problem(source, said)
        self._log.error("Models: what %s says is left out. %s", source, said)


def _state(path: Path | None) -> tuple[int, int] | None:
    """What changes when the file does; `None`: there is none."""
    try:
        found = path.stat() if path is not None else None
    except OSError:
        return None
    return (found.st_mtime_ns, found.st_size) if found is not None else None


def _read(path: Path) -> Said | WrongForm:
    try:
        return decoded(path.read_bytes())
    except OSError as error:
        return WrongForm("", f"It cannot be read: {error.strerror or error}.")
    except WrongForm as error:
        return error


def _understood(said: dict[str, Any]) -> Said | WrongForm:
    try:
        return understood(said)
    except WrongForm as error:
        return error


def _problem(source: str, wrong: WrongForm) -> Problem:
    """Where the server's files are is not everybody's business: the log has the path."""
    name = source if source == CONFIGURED else Path(source).name
    return Problem(
        Code.INVALID,
        f"What “{name}” says of models on this server is left out, because something in it is "
        "wrong; all else works. Whoever runs the server can mend it: its log says where it is.",
        field=wrong.place or None,
        detail=str(wrong),
    )
