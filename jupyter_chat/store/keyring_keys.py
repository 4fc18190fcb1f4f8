"""The vault's keys in the keyring of the operating system (package `keyring`).

A file beside the history names the entry.  It is written when the entry is there, whole
and once: of several processes that begin at the same time all use the entry that it
names.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from ..ids import new_id
from ..protocol import Code, Problem
from .vault import VaultError, create_private

SERVICE = "jupyter-chat"


def read(file: Path, new_key: str) -> str:
    """The keys; raises :class:`VaultError`, and `ValueError` where the entry is empty.

    Where there is no entry yet, one with `new_key` is made.
    """
    try:
        import keyring
        from keyring.errors import KeyringError
    except ImportError:
        raise _unusable(
            "The package `keyring` is not installed: install jupyter-chat[keyring], or set "
            "ChatApp.key_storage to `file`"
        ) from None
    try:
        if not file.exists():
            name = new_id()
            keyring.set_password(SERVICE, name, new_key)
            create_private(file, name)
            if _named(file) != name:  # another process was faster
                with suppress(KeyringError):
                    keyring.delete_password(SERVICE, name)
        keys = keyring.get_password(SERVICE, _named(file))
    except KeyringError as error:
        # Its words may be anything: which kind it is says enough.
        raise _unusable(
            "It is locked, or there is none for this account (as on most servers without a "
            "desktop). Unlock it, or set ChatApp.key_storage to `file`",
            type(error).__name__,
        ) from None
    return keys or ""


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
