"""Encryption of what only this server may read: people's API keys.

AES-256-GCM; the ciphertext is bound to the user and the purpose, so that it is of no
use to anybody else.  The keys come from the environment variable JUPYTER_CHAT_KEYS
(base64 of 32 bytes each, separated by `;`; the first encrypts, all decrypt) or, without
it, from a key file that is made on first use and that only its owner may read.
"""

from __future__ import annotations

import asyncio
import base64
import os
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from ..protocol import Code, Problem

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

ENVIRONMENT = "JUPYTER_CHAT_KEYS"
KEY_FILE = "keys"
_KEY_BYTES = 32
_NONCE_BYTES = 12
_VERSION = "1."
_TO_STANDARD = str.maketrans("-_", "+/")


class VaultError(Exception):
    """A secret cannot be read or written; `problem` says why."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem


class Vault:
    """`directory` holds the key file, unless the environment has keys.

    Raises `ValueError`, which does not repeat them, if those are of the wrong form.
    """

    def __init__(self, directory: str | Path, environment: Mapping[str, str] = os.environ) -> None:
        self._file = Path(directory) / KEY_FILE
        given = environment.get(ENVIRONMENT, "")
        self._keys = _parse(given) if given.strip() else None
        self._ciphers: list[AESGCM] | None = None

    async def encrypt(self, text: str, *, user_id: str, purpose: str) -> str:
        """The secret to be stored; raises :class:`VaultError`."""
        cipher = (await self._ready())[0]
        nonce = os.urandom(_NONCE_BYTES)
        sealed = cipher.encrypt(nonce, text.encode(), _bound_to(user_id, purpose))
        return _VERSION + base64.urlsafe_b64encode(nonce + sealed).decode()

    async def decrypt(self, secret: str, *, user_id: str, purpose: str) -> str:
        """The text; raises :class:`VaultError` if none of the keys opens it."""
        ciphers = await self._ready()
        from cryptography.exceptions import InvalidTag

        if not secret.startswith(_VERSION):
            raise _unreadable()
        try:
            sealed = base64.urlsafe_b64decode(secret.removeprefix(_VERSION))
        except ValueError:
            raise _unreadable() from None
        nonce, sealed = sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:]
        for cipher in ciphers:
            with suppress(InvalidTag, ValueError):
                return cipher.decrypt(nonce, sealed, _bound_to(user_id, purpose)).decode()
        raise _unreadable()

    async def derive(self, purpose: str) -> list[bytes]:
        """Keys for another purpose than encryption, one of each of the vault's, in their order;
        they say nothing of those.  Raises :class:`VaultError`."""
        return await asyncio.to_thread(self._derive, purpose)

    def _derive(self, purpose: str) -> list[bytes]:
        from cryptography.hazmat.primitives.hashes import SHA256
        from cryptography.hazmat.primitives.kdf.hkdf import HKDF

        info = msgspec.json.encode(("jupyter-chat", "derived", purpose))
        return [
            HKDF(SHA256(), _KEY_BYTES, salt=None, info=info).derive(key)
            for key in self._keys or self._from_file()
        ]

    async def _ready(self) -> list[AESGCM]:
        if self._ciphers is None:
            self._ciphers = await asyncio.to_thread(self._load)
        return self._ciphers

    def _load(self) -> list[AESGCM]:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        return [AESGCM(key) for key in self._keys or self._from_file()]

    def _from_file(self) -> list[bytes]:
        try:
            if not self._file.exists():
                _create(self._file)
            return _parse(self._file.read_text())
        except OSError as error:
            raise VaultError(
                Problem(
                    Code.INTERNAL,
                    f"The file with this server's encryption key ({self._file}) can be "
                    "neither read nor made. No API key was stored or changed; make its "
                    "directory writable for the server and try again.",
                    detail=error.strerror,
                )
            ) from error
        except ValueError:
            raise VaultError(
                Problem(
                    Code.INTERNAL,
                    f"The file with this server's encryption key ({self._file}) is damaged. "
                    "It was left as it is; put a backup in its place, or remove it and enter "
                    "the API key again.",
                )
            ) from None


def _parse(text: str) -> list[bytes]:
    keys = []
    for part in text.split(";"):
        if not part.strip():
            continue
        try:
            key = base64.b64decode(part.strip().translate(_TO_STANDARD), validate=True)
        except ValueError:
            key = b""
        if len(key) != _KEY_BYTES:
            break
        keys.append(key)
    else:
        if keys:
            return keys
    raise ValueError(
        f"{ENVIRONMENT} must hold keys of {_KEY_BYTES} bytes in base64, separated by `;`."
    )


def _create(path: Path) -> None:
    """Write a new key, unless another process is faster: whole or not at all."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".keys-")  # mode 0600
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(base64.b64encode(os.urandom(_KEY_BYTES)) + b"\n")
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(name, path)
        except FileExistsError:
            pass
        except OSError:  # a file system without hard links
            if not path.exists():
                Path(name).rename(path)
    finally:
        Path(name).unlink(missing_ok=True)


def _bound_to(user_id: str, purpose: str) -> bytes:
    return msgspec.json.encode(("jupyter-chat", user_id, purpose))


def _unreadable() -> VaultError:
    return VaultError(
        Problem(
            Code.NO_KEY,
            "The stored API key can no longer be read, because this server's encryption key "
            "has changed. Your conversations are kept; enter the API key again.",
        )
    )
