"""Access tokens: signed statements of who is asking, good for a quarter of an hour.

They are JSON Web Tokens, signed with keys that are derived from the vault's: the first one
signs, all verify (`kid` says which), so whoever rotates JUPYTER_CHAT_KEYS rotates both.
"""

from __future__ import annotations

import hashlib
import logging
import time
from time import monotonic

from msgspec import Struct

from ..store.vault import Vault, VaultError
from .errors import CannotLetIn

SECONDS = 15 * 60

_PURPOSE = "access tokens"
_ISSUER = "jupyter-chat"
_ALGORITHM = "HS256"
_AGAIN_SECONDS = 2.0
_LEEWAY_SECONDS = 5
"""The clocks of several servers need not agree to the second."""


class Claims(Struct, frozen=True):
    """What an access token says; whether the session has ended is not in it."""

    user_id: str
    session_id: str
    seconds_left: float = SECONDS
    from_kernel: bool = False
    """It is for kernels, which may do less than pages (`server/kernels.py`)."""


class AccessTokens:
    def __init__(self, vault: Vault, log: logging.Logger | None = None) -> None:
        self._vault = vault
        self._log = log or logging.getLogger(__name__)
        self._keys: dict[str, bytes] | None = None
        self._read_at = 0.0

    async def issue(self, claims: Claims) -> str:
        import jwt

        kid, key = next(iter((await self._ready()).items()))
        now = int(time.time())
        payload: dict[str, object] = {
            "iss": _ISSUER,
            "sub": claims.user_id,
            "sid": claims.session_id,
            "iat": now,
            "exp": now + SECONDS,
        }
        if claims.from_kernel:
            payload["kernel"] = True
        return jwt.encode(payload, key, algorithm=_ALGORITHM, headers={"kid": kid})

    async def read(self, token: str) -> Claims | None:
        """What it says; `None` if it is not one of ours, or no longer good."""
        import jwt

        try:
            key = await self._key(str(jwt.get_unverified_header(token).get("kid", "")))
            if key is None:
                return None
            payload = jwt.decode(
                token,
                key,
                algorithms=[_ALGORITHM],
                issuer=_ISSUER,
                leeway=_LEEWAY_SECONDS,
                options={"require": ["exp", "iat", "sub", "sid"]},
            )
        except jwt.InvalidTokenError:
            return None
        left = float(payload["exp"]) - time.time()
        from_kernel = bool(payload.get("kernel", False))
        return Claims(str(payload["sub"]), str(payload["sid"]), left, from_kernel)

    async def _key(self, kid: str) -> bytes | None:
        """The key of this name; the keys are looked for again where there is none, for another
        server of the store may sign with a new one already."""
        key = (await self._ready()).get(kid)
        if key is None and monotonic() - self._read_at > _AGAIN_SECONDS:
            self._keys = None
            key = (await self._ready()).get(kid)
        return key

    async def _ready(self) -> dict[str, bytes]:
        if self._keys is None:
            keys = await self._derived()
            self._read_at = monotonic()
            self._keys = {hashlib.sha256(b"kid" + key).hexdigest()[:16]: key for key in keys}
        return self._keys

    async def _derived(self) -> list[bytes]:
        """Raises :class:`CannotLetIn`."""
        try:
            return await self._vault.derive(_PURPOSE)
        except VaultError as error:
            self._log.error("Nobody can sign in. %s", error)
            raise CannotLetIn from None
