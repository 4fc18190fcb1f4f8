"""Access tokens: signed, short-lived, and rotated with the vault's keys."""

from __future__ import annotations

import base64
import os
from typing import Any

import jwt
import pytest
from msgspec.structs import replace

from jupyter_chat.auth import access_tokens
from jupyter_chat.auth.access_tokens import AccessTokens, Claims
from jupyter_chat.store.vault import ENVIRONMENT, Vault

ADA = Claims("ada-id", "session-id")


def says(claims: Claims | None, expected: Claims) -> bool:
    return (
        claims is not None
        and claims.user_id == expected.user_id
        and (claims.session_id == expected.session_id)
        and 0 < claims.seconds_left <= 15 * 60
    )


def a_key() -> str:
    return base64.b64encode(os.urandom(32)).decode()


def tokens_of(tmp_path, *keys: str) -> AccessTokens:
    return AccessTokens(Vault(tmp_path, {ENVIRONMENT: ";".join(keys)} if keys else {}))


async def test_a_token_says_who_and_which_session(tmp_path):
    tokens = tokens_of(tmp_path)
    assert says(await tokens.read(await tokens.issue(ADA)), ADA)


async def test_it_says_whether_it_is_for_kernels(tmp_path):
    tokens = tokens_of(tmp_path)
    page, kernel = await tokens.issue(ADA), await tokens.issue(replace(ADA, from_kernel=True))
    for token, expected in ((page, False), (kernel, True)):
        claims = await tokens.read(token)
        assert claims is not None
        assert claims.from_kernel is expected


async def test_it_is_good_for_a_quarter_of_an_hour_at_most(tmp_path, monkeypatch):
    tokens = tokens_of(tmp_path)
    token = await tokens.issue(ADA)
    payload = jwt.decode(token, options={"verify_signature": False})
    assert payload["exp"] - payload["iat"] <= 15 * 60
    monkeypatch.setattr(access_tokens, "SECONDS", -access_tokens._LEEWAY_SECONDS - 1)
    assert await tokens.read(await tokens.issue(ADA)) is None


async def test_the_first_key_signs_and_all_verify(tmp_path):
    old, new = a_key(), a_key()
    before = await tokens_of(tmp_path, old).issue(ADA)
    rotated = tokens_of(tmp_path, new, old)
    assert says(await rotated.read(before), ADA)
    after = await rotated.issue(ADA)
    assert says(await tokens_of(tmp_path, new).read(after), ADA)
    assert await tokens_of(tmp_path, old).read(after) is None
    kids = {jwt.get_unverified_header(token)["kid"] for token in (before, after)}
    assert len(kids) == 2


async def test_a_server_that_runs_knows_what_another_one_signs_with_a_new_key(
    tmp_path, monkeypatch
):
    monkeypatch.setattr(access_tokens, "_AGAIN_SECONDS", 0)
    runs, signs = AccessTokens(Vault(tmp_path, {})), AccessTokens(Vault(tmp_path, {}))
    await runs.issue(ADA)
    await Vault(tmp_path, {}).rotate()
    assert await runs.read(await signs.issue(ADA)) is not None


async def test_signing_keys_are_not_those_that_encrypt(tmp_path):
    key = a_key()
    token = await tokens_of(tmp_path, key).issue(ADA)
    with pytest.raises(jwt.InvalidSignatureError):
        jwt.decode(token, base64.b64decode(key), algorithms=["HS256"])
    vault = Vault(tmp_path, {ENVIRONMENT: key})
    assert await vault.derive("access tokens") != await vault.derive("something else")


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "é" * 50])
async def test_what_is_no_token_is_none(tmp_path, token):
    assert await tokens_of(tmp_path).read(token) is None


async def test_a_token_that_says_it_needs_no_signature_is_none(tmp_path):
    tokens = tokens_of(tmp_path)
    good = await tokens.issue(ADA)
    kid = jwt.get_unverified_header(good)["kid"]
    payload = jwt.decode(good, options={"verify_signature": False})
    unsigned = jwt.encode(payload, "", algorithm="none", headers={"kid": kid})
    assert await tokens.read(unsigned) is None
    (key,) = await Vault(tmp_path, {}).derive("access tokens")
    signed: Any = {"algorithm": "HS256", "headers": {"kid": kid}}
    assert says(await tokens.read(jwt.encode(payload, key, **signed)), ADA)
    for missing in ("exp", "sub", "sid", "iss"):
        less = {name: value for name, value in payload.items() if name != missing}
        assert await tokens.read(jwt.encode(less, key, **signed)) is None
