"""Real servers that are killed, stopped and started again, with pages that look on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any, TypeAlias

import aiohttp
import pytest

from jupyter_chat.protocol import text_of
from jupyter_chat.store import open_store
from tests.browser.jupyter import Jupyter
from tests.page import Page
from tests.upstream import Upstream

OpenPage: TypeAlias = Callable[[], Awaitable[Page]]
Serve: TypeAlias = Callable[..., Jupyter]


@pytest.fixture
def store_url(tmp_path: Path) -> str:
    """Where servers keep their history that are told nothing else."""
    return f"sqlite:///{tmp_path / 'history.sqlite'}"


@pytest.fixture
def serve(tmp_path: Path, store_url: str, upstream: Upstream) -> Iterator[Serve]:
    """Starts a chat server that answers from the scripted upstream."""
    upstream.clear()
    started: list[Jupyter] = []

    def serve(url: str = store_url, *, durable: bool = False) -> Jupyter:
        options: tuple[str, ...] = (f"--ChatApp.store_url={url}",)
        environment = {"OPENAI_BASE_URL": upstream.url, "OPENAI_API_KEY": upstream.key}
        if durable:
            # Azure speaks the Responses API wherever it is.
            environment = {
                "AZURE_OPENAI_ENDPOINT": upstream.origin,
                "AZURE_OPENAI_API_KEY": upstream.key,
            }
            options += ("--ChatApp.durable_replies=True",)
        environment["JUPYTER_CHAT_MODEL"] = "any-model"
        jupyter = Jupyter("chat", tmp_path, environment, options)
        started.append(jupyter)
        jupyter.start()
        return jupyter

    yield serve
    for jupyter in started:
        jupyter.kill()


@pytest.fixture
async def open_page() -> AsyncIterator[Callable[[Jupyter], Awaitable[Page]]]:
    async with aiohttp.ClientSession() as session:
        opened: list[Page] = []

        async def open_one(jupyter: Jupyter) -> Page:
            page = Page(jupyter, session)
            await page.connect()
            opened.append(page)
            return page

        yield open_one
        for page in opened:
            await page.close()


async def kept(store_url: str, thread_id: str, reply_id: str, characters: int) -> str:
    """What is on the disk of an answer, as soon as that is so much."""
    store = open_store(store_url)
    await store.open()
    try:
        user_id = await store.owner_id()
        text = ""
        while len(text) < characters:
            text = text_of(await store.get_message(user_id, thread_id, reply_id))
            await asyncio.sleep(0.02)
        return text
    finally:
        await store.close()


def posts(upstream: Upstream) -> list[str]:
    """The questions that the upstream was asked."""
    return [
        (request["body"].get("messages") or request["body"].get("input"))[-1]["content"]
        for request in _asked(upstream)
    ]


def said_first(upstream: Upstream) -> str:
    """What the upstream has answered to the first of them so far."""
    said: str = _asked(upstream)[0]["said"]
    return said


def _asked(upstream: Upstream) -> list[dict[str, Any]]:
    return [
        request
        for request in upstream.requests()
        if request["method"] == "POST" and not request["path"].endswith("/cancel")
    ]
