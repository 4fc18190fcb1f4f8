"""Encryption of what only this server may read: people's API keys.

AES-256-GCM; the ciphertext is bound to the user and the purpose, so that it is of no
use to anybody else.  The keys come from the environment variable JUPYTER_CHAT_KEYS
(base64 of 32 bytes each, separated by `;`; the first encrypts, all decrypt) or, without
it, from a key file that is made on first use and that only its owner may read, or from
the keyring of the operating system (`keyring_keys.py`).
"""

from __future__ import annotations

import asyncio
import base64
import os
import stat
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from ..protocol import Code, Problem

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

ENVIRONMENT = "JUPYTER_CHAT_KEYS"
KEY_FILE = "keys"
KEYRING_FILE = "keyring"

API_KEY = "api key"
SHARED_KEY = "shared key"
"""What secrets are encrypted for."""
EVERYBODY = ""
"""Whose a secret is that is nobody's own."""

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
    """`directory` holds the key file, unless the environment has keys; with `keyring`, it
    says which of the keyring's entries has them.

    Raises `ValueError`, which does not repeat them, if those are of the wrong form.
    """

    def __init__(
        self,
        directory: str | Path,
        environment: Mapping[str, str] = os.environ,
        *,
        keyring: bool = False,
    ) -> None:
        self._file = Path(directory) / (KEYRING_FILE if keyring else KEY_FILE)
        self._keyring = keyring
        given = environment.get(ENVIRONMENT, "")
        self._keys = _parse(given) if given.strip() else None
        self._ciphers: list[AESGCM] | None = None

    def check(self) -> None:
        """Make sure that there are keys, and that they can be read; raises :class:`VaultError`.
        For whoever could not go on without."""
        if self._keys is None:
            self._kept()

    async def encrypt(self, text: str, *, user_id: str, purpose: str) -> str:
        """The secret to be stored; raises :class:`VaultError`."""
        self._ciphers = None  # another process may have put a new key in front
        cipher = (await self._ready())[0]
        return _seal(cipher, text.encode(), _bound_to(user_id, purpose))

    async def decrypt(self, secret: str, *, user_id: str, purpose: str) -> str:
        """The text; raises :class:`VaultError` if none of the keys opens it."""
        bound_to = _bound_to(user_id, purpose)
        try:
            _, text = _opened(await self._ready(), secret, bound_to)
        except VaultError:
            if self._keys is not None:
                raise
            self._ciphers = None  # it may have been encrypted with a key that is new
            _, text = _opened(await self._ready(), secret, bound_to)
        return text.decode()

    async def renew(self, secret: str, *, user_id: str, purpose: str) -> str | None:
        """The same, encrypted with the first of the keys; `None`: it is already.  Raises
        :class:`VaultError` if none of the keys opens it."""
        ciphers = await self._ready()
        number, text = _opened(ciphers, secret, _bound_to(user_id, purpose))
        return _seal(ciphers[0], text, _bound_to(user_id, purpose)) if number else None

    async def rotate(self) -> None:
        """Put a new key in front of those that are kept on this machine.  It is used by
        whoever reads them from now on."""
        await asyncio.to_thread(lambda: self._keep([new_key(), *map(_written, self._own())]))

    async def forget_older(self) -> int:
        """Keep the first of the keys alone; how many others there were."""
        keys = await asyncio.to_thread(self._own)
        if len(keys) > 1:
            await asyncio.to_thread(self._keep, [_written(keys[0])])
        return len(keys) - 1

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
            for key in self._keys or self._kept()
        ]

    async def _ready(self) -> list[AESGCM]:
        if self._ciphers is None:
            self._ciphers = await asyncio.to_thread(self._load)
        return self._ciphers

    def _load(self) -> list[AESGCM]:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        return [AESGCM(key) for key in self._keys or self._kept()]

    def _kept(self) -> list[bytes]:
        """The keys that are kept on this machine; made, where there are none yet."""
        try:
            if self._keyring:
                from . import keyring_keys

                return _parse(keyring_keys.read(self._file, new_key()))
            if not self._file.exists():
                create_private(self._file, new_key())
            return _parse(read_private(self._file))
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
            where = "entry in the keyring" if self._keyring else "file"
            raise VaultError(
                Problem(
                    Code.INTERNAL,
                    f"The {where} with this server's encryption key ({self._file}) is damaged. "
                    "It was left as it is; put a backup in its place, or remove it and enter "
                    "the API key again.",
                )
            ) from None

    def _own(self) -> list[bytes]:
        if self._keys is not None:
            raise VaultError(
                Problem(
                    Code.INVALID,
                    f"The keys of this server are in {ENVIRONMENT}, and are changed there: a new "
                    "one goes in front of the others, separated by `;`. Nothing was changed.",
                )
            )
        return self._kept()

    def _keep(self, keys: list[str]) -> None:
        if self._keyring:
            from . import keyring_keys

            keyring_keys.write(self._file, ";".join(keys))
        else:
            _replace_private(self._file, ";".join(keys))


def read_private(path: Path) -> str:
    """What a file with a secret holds; raises :class:`VaultError` where others than its
    owner may read or change it: then it is no secret any more."""
    with path.open(encoding="utf-8") as file:
        mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
        if os.name == "posix" and mode & 0o077:
            raise VaultError(
                Problem(
                    Code.INTERNAL,
                    f"Others may read or change the file with a secret of this server ({path}; its "
                    f"mode is {mode:04o}). It was not used, and no API key was stored or changed. "
                    f"Let nobody else read it (chmod 600 {path}) and try again; if somebody "
                    "else may have read it, change the secret as well. Where files cannot be "
                    f"kept from others, give the server its key in {ENVIRONMENT}.",
                )
            )
        return file.read()


def create_private(path: Path, text: str) -> None:
    """Write a file that only its owner may read, unless another process is faster: whole or
    not at all."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _written_beside(path, text) as written:
        try:
            os.link(written, path)
        except FileExistsError:
            pass
        except OSError:  # a file system without hard links
            if not path.exists():
                written.rename(path)


def _replace_private(path: Path, text: str) -> None:
    with _written_beside(path, text) as written:
        written.replace(path)


@contextmanager
def _written_beside(path: Path, text: str) -> Iterator[Path]:
    """A file with the text, on disk, that only its owner may read."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")  # mode 0600
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text + "\n")
            file.flush()
            os.fsync(file.fileno())
        yield Path(name)
    finally:
        Path(name).unlink(missing_ok=True)


def new_key() -> str:
    """A key such as JUPYTER_CHAT_KEYS takes."""
    return _written(os.urandom(_KEY_BYTES))


def _written(key: bytes) -> str:
    return base64.b64encode(key).decode()


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


def _seal(cipher: AESGCM, text: bytes, bound_to: bytes) -> str:
    nonce = os.urandom(_NONCE_BYTES)
    sealed = nonce + cipher.encrypt(nonce, text, bound_to)
    return _VERSION + base64.urlsafe_b64encode(sealed).decode()


def _opened(ciphers: list[AESGCM], secret: str, bound_to: bytes) -> tuple[int, bytes]:
    """Which of the keys opens it, and what is in it."""
    from cryptography.exceptions import InvalidTag

    if not secret.startswith(_VERSION):
        raise _unreadable()
    try:
        sealed = base64.urlsafe_b64decode(secret.removeprefix(_VERSION))
    except ValueError:
        raise _unreadable() from None
    nonce, sealed = sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:]
    for number, cipher in enumerate(ciphers):
        with suppress(InvalidTag, ValueError):
            return number, cipher.decrypt(nonce, sealed, bound_to)
    raise _unreadable()


def _bound_to(user_id: str, purpose: str) -> bytes:
    return msgspec.json.encode(("jupyter-chat", user_id, purpose))


def _unreadable() -> VaultError:
    return VaultError(
        Problem(
            Code.NO_KEY,
            "The stored API key cannot be read with the encryption keys that this server has. "
            "Your conversations are kept. If the keys were changed just now, try again when "
            "all servers have the new ones; else enter the API key again.",
        )
    )
