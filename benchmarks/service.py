"""What serves a crowd: the product with accounts, in one process or several, or a bare relay."""

from __future__ import annotations

import asyncio
import logging
import secrets
import sys
import tempfile
from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from jupyter_chat.auth.access_tokens import AccessTokens, Claims
from jupyter_chat.auth.sessions import Sessions
from jupyter_chat.ids import new_id, now_ms
from jupyter_chat.protocol import Message, Role, Status, TextPart, Thread, ThreadSettings
from jupyter_chat.store import open_store, vault
from jupyter_chat.store.interface import Store
from jupyter_chat.store.people import Person
from tests.browser.jupyter import Jupyter
from tests.upstream import Upstream

from .crowd import Crowd, Place, xsrf

_DAYS = 1
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class Serving:
    """Processes, and the windows that are to be opened at each, person by person."""

    pids: list[int]
    places: list[list[Place]]


@dataclass(frozen=True)
class _Owner:
    """Somebody who is signed in: the access token, and two conversations with their leaves."""

    token: str
    threads: list[tuple[str, str]]


@asynccontextmanager
async def relay(upstream: Upstream, crowd: Crowd) -> AsyncIterator[Serving]:
    """See `relay.py`."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "benchmarks.relay", upstream.url, upstream.key),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        assert process.stdout is not None
        port = int(await process.stdout.readline())
        yield Serving([process.pid], [_strangers(port, crowd)])
    finally:
        process.kill()
        await process.wait()


def _strangers(port: int, crowd: Crowd) -> list[Place]:
    places = []
    for _ in range(crowd.people):
        threads = [new_id(), new_id()]
        places += [
            Place(port, "/", "", threads[each >= crowd.looking]) for each in range(crowd.windows)
        ]
    return places


@asynccontextmanager
async def service(
    upstream: Upstream, crowd: Crowd, replicas: int, store_url: str | None = None
) -> AsyncIterator[Serving]:
    """So many servers with accounts on one store, each with its share of the people."""
    with tempfile.TemporaryDirectory() as folder:
        url = store_url or f"sqlite:///{folder}/history.sqlite"
        async with _servers(upstream, crowd, replicas, url, Path(folder)) as serving:
            yield serving


@asynccontextmanager
async def _servers(
    upstream: Upstream, crowd: Crowd, replicas: int, url: str, folder: Path
) -> AsyncIterator[Serving]:
    key = b64encode(secrets.token_bytes(32)).decode()
    store = open_store(url)
    await store.open()
    tokens = AccessTokens(vault.Vault(folder, {vault.ENVIRONMENT: key}))
    owners = [await _sign_in(store, tokens, number) for number in range(crowd.people)]
    await store.close()
    environment = {
        "OPENAI_BASE_URL": upstream.url,
        "OPENAI_API_KEY": upstream.key,
        "JUPYTER_CHAT_MODEL": "scripted",
        vault.ENVIRONMENT: key,
    }
    options = ("--accounts", f"--ChatApp.store_url={url}")
    with ExitStack() as servers:
        pids, places = [], []
        for number in range(replicas):
            own = folder / f"replica-{number}"
            own.mkdir()
            jupyter = Jupyter("chat", own, environment, options, ready="jupyter-chat/login")
            servers.callback(jupyter.kill)
            jupyter.start()
            assert jupyter.process is not None
            pids.append(jupyter.process.pid)
            places.append(
                [
                    place
                    for owner in owners[number::replicas]
                    for place in _windows_of(owner, jupyter.port, crowd)
                ]
            )
        yield Serving(pids, places)


async def _sign_in(store: Store, tokens: AccessTokens, number: int) -> _Owner:
    """Somebody who has registered, signed in, and asked a question in each conversation."""
    person = Person(new_id(), f"Person {number}", "", made_at=now_ms())
    await store.add_person(person)
    renewal = await Sessions(store, _DAYS, _LOG).begin(person)
    token = await tokens.issue(Claims(person.id, renewal.session.id))
    threads = []
    for _ in range(2):
        thread_id, now = new_id(), now_ms()
        question = _message(thread_id, Role.USER, "What is a benchmark?", None)
        answer = _message(thread_id, Role.ASSISTANT, "A measured promise.", question.id)
        thread = Thread(
            id=thread_id,
            title="Benchmarks",
            settings=ThreadSettings(),
            created_at=now,
            updated_at=now,
            leaf_id=answer.id,
        )
        await store.add_thread(person.id, thread, [question, answer])
        threads.append((thread_id, answer.id))
    return _Owner(token, threads)


def _message(thread_id: str, role: Role, text: str, parent_id: str | None) -> Message:
    now = now_ms()
    return Message(
        id=new_id(),
        thread_id=thread_id,
        parent_id=parent_id,
        role=role,
        parts=[TextPart(text)],
        status=Status.COMPLETE,
        created_at=now,
        completed_at=now,
    )


def _windows_of(owner: _Owner, port: int, crowd: Crowd) -> list[Place]:
    token = xsrf()
    cookies = f"jupyter-chat-access-127-0-0-1-{port}={owner.token}; _xsrf={token}"
    path = f"/jupyter-chat/api/socket?_xsrf={token}"
    return [
        Place(port, path, cookies, *owner.threads[each >= crowd.looking])
        for each in range(crowd.windows)
    ]
