"""Encrypting again, with the first of the keys, whatever an older one encrypts.

It may be stopped anywhere and begun again, and servers may run meanwhile: a secret is
replaced only where it is still the one that was read.
"""

from __future__ import annotations

from msgspec import Struct

from ...protocol import Code
from ...store.interface import Store
from ...store.types import StoredSecret
from ...store.vault import Vault, VaultError

_PAGE = 100
_MOST_ROUNDS = 20


class Reencryption(Struct):
    """What became of the secrets."""

    newest: int = 0
    """Encrypted by the first key now."""
    renewed: int = 0
    """Of these, so many have just been encrypted again."""
    older: int = 0
    """Encrypted by an older key still: all, where nothing was to be done, or what is entered
    all the time by a server that has not got the new key."""
    unreadable: list[StoredSecret] = []
    """No key opens these; they stay as they are."""


async def reencrypt(store: Store, vault: Vault, *, only_look: bool = False) -> Reencryption:
    """Raises :class:`VaultError` where there is no key at all to encrypt with."""
    renewed = 0
    for _ in range(_MOST_ROUNDS):
        done = await _round(store, vault, only_look=only_look)
        renewed += done.renewed
        if only_look or not (done.renewed or done.older):
            break  # else what was entered meanwhile is found by the next round
    done.renewed = renewed
    return done


async def _round(store: Store, vault: Vault, *, only_look: bool) -> Reencryption:
    done = Reencryption()
    after = None
    while True:
        page = await store.secrets(after=after, limit=_PAGE)
        if not page:
            return done
        for secret in page:
            await _renew(store, vault, secret, done, only_look=only_look)
        after = page[-1].user_id


async def _renew(
    store: Store, vault: Vault, secret: StoredSecret, done: Reencryption, *, only_look: bool
) -> None:
    try:
        renewed = await vault.renew(secret.sealed, user_id=secret.user_id, purpose=secret.purpose)
    except VaultError as error:
        if error.problem.code is not Code.NO_KEY:
            raise
        done.unreadable.append(secret)
        return
    if renewed is None:
        done.newest += 1
    elif only_look:
        done.older += 1
    elif await store.replace_secret(secret, renewed):
        done.newest += 1
        done.renewed += 1
    else:  # somebody has entered another one meanwhile
        done.older += 1
