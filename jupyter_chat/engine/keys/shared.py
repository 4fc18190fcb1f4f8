"""The source for everybody who has set nothing else: its key is the server's own.

What an administrator has stored goes before a key in a file, and that before the server's
environment.
"""

from __future__ import annotations

import asyncio
import logging
import time
from pathlib import Path

import msgspec

from ...protocol import Api, Code, InvalidFrame, Problem, Source
from ...providers.interface import KEPT, Endpoint
from ...store.interface import Store
from ...store.types import SharedSource
from ...store.vault import EVERYBODY, SHARED_KEY, Vault, VaultError, read_private
from .entered import address, api_key, hint_of

_log = logging.getLogger(__name__)
_FRESH_SECONDS = 5.0
"""For so long a process goes on with what it has read of the store."""


class SharedSources:
    """`environment` is what the server's environment names; `key_file` holds a key that goes
    before the one that is named there."""

    def __init__(
        self,
        store: Store,
        vault: Vault,
        environment: Endpoint | None = None,
        key_file: Path | None = None,
        log: logging.Logger = _log,
    ) -> None:
        self._store = store
        self._vault = vault
        self._environment = environment
        self._key_file = key_file
        self._log = log
        self._logged = ""
        self._endpoint: Endpoint | None = None
        self._read_at: float | None = None

    async def endpoint(self) -> Endpoint | None:
        """Where replies come from for those who have set nothing; `None`: nowhere.

        Raises :class:`VaultError` where its key cannot be read.
        """
        now = time.monotonic()
        if self._read_at is None or now - self._read_at >= _FRESH_SECONDS:
            self._endpoint = await self._now()
            self._read_at = now
        return self._endpoint

    async def put(
        self,
        source: Source,
        key: str | None,
        base_url: str | None = None,
        api: Api = Api.AUTO,
        *,
        public_only: bool = False,
    ) -> None:
        """Store a source with its key, in place of what is stored; raises
        :class:`InvalidFrame`."""
        sealed = hint = None
        if key is not None:
            key = api_key(key)
            sealed = await self._vault.encrypt(key, user_id=EVERYBODY, purpose=SHARED_KEY)
            hint = hint_of(key)
        base_url = None if base_url is None else address(base_url)
        await self._store.put_shared_source(
            SharedSource(source, base_url, api, sealed, hint, public_only)
        )
        self._read_at = None

    async def remove(self) -> None:
        """Forget what is stored; a file or the environment then says it again."""
        await self._store.put_shared_source(None)
        self._read_at = None

    async def _now(self) -> Endpoint | None:
        stored = await self._store.get_shared_source()
        try:
            if stored is not None:
                key = None
                if stored.key is not None:
                    key = await self._vault.decrypt(
                        stored.key, user_id=EVERYBODY, purpose=SHARED_KEY
                    )
                return Endpoint(
                    stored.source,
                    stored.api,
                    stored.base_url,
                    key,
                    public_only=stored.public_only,
                )
            if self._key_file is not None:
                return self._with(api_key(await asyncio.to_thread(read_private, self._key_file)))
        except (VaultError, InvalidFrame, OSError, ValueError) as error:
            if str(error) != self._logged:  # for whoever administers it, and once
                self._logged = str(error)
                self._log.error("The API key for everybody cannot be read: %s", error)
            raise _unreadable(error) from None
        return self._environment

    def _with(self, key: str) -> Endpoint:
        """What the environment names, with another key."""
        named = self._environment
        if named is None or named.source is Source.LOCAL:
            return Endpoint(Source.OPENAI, key=key)
        return msgspec.structs.replace(named, key=key)


def _unreadable(error: Exception) -> VaultError:
    """People are not shown where this server keeps its secrets."""
    return VaultError(
        Problem(
            Code.NO_KEY,
            f"The API key that this server has for everybody cannot be read. {KEPT}: tell "
            "whoever administers it, or enter a key of your own, and retry.",
            detail=type(error).__name__,
        )
    )
