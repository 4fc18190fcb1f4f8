"""Passwords are kept as argon2id hashes, and nothing tells who is known."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest

from jupyter_chat.auth import passwords as module
from jupyter_chat.auth.errors import TooOften
from jupyter_chat.auth.passwords import Passwords

from .conftest import CHEAP


async def test_a_password_is_right_or_wrong(passwords: Passwords):
    hashed = await passwords.hash("correct horse")
    assert hashed.startswith("$argon2id$")
    assert "correct" not in hashed
    assert hashed != await passwords.hash("correct horse")
    assert await passwords.is_right("correct horse", hashed)
    assert not await passwords.is_right("Correct horse", hashed)
    assert not await passwords.is_right("correct horse", "no hash at all")


async def test_the_parameters_are_those_of_the_library():
    passwords = Passwords()
    hashed = await passwords.hash("correct horse")
    assert "m=65536,t=3,p=4" in hashed
    passwords.close()


async def test_it_does_not_matter_how_a_letter_was_typed(passwords: Passwords):
    hashed = await passwords.hash("cafe\u0301 au lait")
    assert await passwords.is_right("caf\u00e9 au lait", hashed)


async def test_of_nobody_no_password_is_right_and_a_hash_is_made_all_the_same(
    passwords: Passwords, monkeypatch
):
    await passwords.prepare()
    verified = []
    hasher: Any = type(passwords._hasher)
    verify = hasher.verify

    def noting(self, hashed, password):
        verified.append(hashed)
        return verify(self, hashed, password)

    monkeypatch.setattr(hasher, "verify", noting)
    known = await passwords.hash("correct horse")
    assert not await passwords.is_right("x", known)
    assert not await passwords.is_right("x", None)
    assert len(verified) == 2
    assert verified[0] == known
    parameters = [hashed.split("$")[2:4] for hashed in verified]
    assert parameters[0] == parameters[1]  # so it takes as long


async def test_a_hash_of_other_parameters_is_outdated(passwords: Passwords):
    other = Passwords(**{**CHEAP, "time_cost": 2})
    assert not passwords.is_outdated(await passwords.hash("x"))
    assert other.is_outdated(await passwords.hash("x"))
    assert await other.is_right("x", await passwords.hash("x"))
    other.close()


async def test_a_few_at_a_time_are_made_and_never_on_the_loop(passwords: Passwords, monkeypatch):
    running, most, threads = 0, 0, set()
    lock = threading.Lock()
    done = threading.Barrier(2, timeout=20)

    def slow(password, hashed):
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
            threads.add(threading.current_thread())
        done.wait()
        with lock:
            running -= 1
        return True

    monkeypatch.setattr(passwords, "_verify", slow)
    await asyncio.gather(*(passwords.is_right("x", "y") for _ in range(6)))
    assert most == 2
    assert threading.main_thread() not in threads


async def test_where_too_many_wait_the_next_is_asked_to_come_back(passwords, monkeypatch):
    monkeypatch.setattr(module, "_MOST_WAITING", 3)
    free = threading.Event()
    monkeypatch.setattr(passwords, "_verify", lambda *_: free.wait(20))
    waiting = [asyncio.create_task(passwords.is_right("x", "y")) for _ in range(3)]
    await asyncio.sleep(0)
    with pytest.raises(TooOften):
        await passwords.is_right("x", "y")
    free.set()
    assert await asyncio.gather(*waiting) == [True] * 3
    assert await passwords.is_right("x", "y")
