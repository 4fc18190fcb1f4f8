"""The vault's keys in the keyring of the operating system (package `keyring`).

A file beside the history names the entry.  It is written when the entry is there, whole
and once: of several processes that begin at the same time all use the entry that it
names.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ..ids import new_id
from ..protocol import Code, Problem
from .vault import VaultError, create_private

SERVICE = "jupyter-chat"


def read(file: Path, new_key: str) -> str:
    """The keys; raises :class:`VaultError`.  Empty: the entry that the file names is gone.

    Where there is no file yet, an entry with `new_key` is made.
    """
    with _keyring() as keyring:
        if not file.exists():
            name = new_id()
            keyring.set_password(SERVICE, name, new_key)
            create_private(file, name)
            if _named(file) != name:  # another process was faster
                keyring.delete_password(SERVICE, name)
        return keyring.get_password(SERVICE, _named(file)) or ""


def write(file: Path, keys: str) -> None:
    """Put others in the place of the keys that the file names; raises :class:`VaultError`."""
    with _keyring() as keyring:
        keyring.set_password(SERVICE, _named(file), keys)


@contextmanager
def _keyring() -> Iterator[Any]:
    try:
        import keyring
        from keyring.errors import KeyringError
    except ImportError:
        raise _unusable(
            "The package `keyring` is not installed: install jupyter-chat[keyring], or set "
            "ChatApp.key_storage to `file`"
        ) from None
    try:
        yield keyring
    except KeyringError as error:
        # Its words may be anything: which kind it is says enough.
        raise _unusable(
            "It is locked, or there is none for this account (as on most servers without a "
            "desktop). Unlock it, or set ChatApp.key_storage to `file`",
            type(error).__name__,
        ) from None


def _named(file: Path) -> str:
    return file.read_text(encoding="utf-8").strip()


def _unusable(why: str, detail: str | None = None) -> VaultError:
    return VaultError(
        Problem(
            Code.INTERNAL,
            "The keyring of the operating system, which is to hold this server's encryption "
            f"key, cannot be used. No API key was stored or changed. {why}, and start the "
            "server again.",
            detail=detail,
        )
    )
