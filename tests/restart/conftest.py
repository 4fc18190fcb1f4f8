"""Real servers that are killed, stopped and started again, with pages that look on."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any, TypeAlias

import aiohttp
import pytest

from tests.browser.jupyter import Jupyter
from tests.page import Page
from tests.upstream import Upstream

OpenPage: TypeAlias = Callable[[], Awaitable[Page]]
Serve: TypeAlias = Callable[..., Jupyter]


@pytest.fixture
def serve(tmp_path: Path, upstream: Upstream) -> Iterator[Serve]:
    """Starts a chat server that answers from the scripted upstream."""
    upstream.clear()
    started: list[Jupyter] = []

    def serve(store_url: str | None = None, *, durable: bool = False) -> Jupyter:
        url = store_url or f"sqlite:///{tmp_path / 'history.sqlite'}"
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
