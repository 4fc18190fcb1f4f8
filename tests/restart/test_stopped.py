"""The end as a person, or the system, asks for it: SIGTERM."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from contextlib import closing, suppress

import aiohttp
import pytest

from jupyter_chat.ids import new_id
from tests.browser.jupyter import Jupyter
from tests.page import Broken, Page
from tests.store.mongod import running_mongod

from .conftest import kept, posts, said_first

SECONDS = 25
"""How long an end may take, on a machine that does much else; 8 at the very most when it is
left alone.  Who waited for MongoDB as long as its driver does by itself would need 30."""


async def stop(jupyter: Jupyter) -> float:
    """Seconds that it took."""
    began = time.monotonic()
    await asyncio.to_thread(jupyter.stop)
    return time.monotonic() - began


async def last_words(page: Page) -> list[str]:
    """What comes until the socket is closed."""
    try:
        while True:
            await asyncio.wait_for(page.event(), SECONDS)
    except (Broken, aiohttp.ClientError):
        return [event["type"] for event in page.events]


async def test_what_runs_is_kept_and_viewers_are_told(serve, open_page, upstream):
    jupyter = serve()
    page, thread_id = await open_page(jupyter), new_id()
    reply_id = await page.asked("Hang [[chunks=100 size=8 stall=30]]", thread_id)
    waiting_id = await page.asked("Second [[echo]]", thread_id, reply_id)
    await page.shown(thread_id, lambda view: len(view.text(reply_id)) == 240)
    stopping, words = await asyncio.gather(stop(jupyter), last_words(page))
    assert stopping < SECONDS
    assert words[-1] == "goodbye"
    assert page.views[thread_id].status(reply_id) == "interrupted"
    assert "Traceback" not in jupyter.log()
    await asyncio.to_thread(jupyter.start)
    page = await open_page(jupyter)
    await page.follow(thread_id)
    view = await page.shown(thread_id, lambda view: view.status(waiting_id) == "complete")
    assert view.text(reply_id) == said_first(upstream)
    assert view.status(reply_id) == "interrupted"
    assert len(posts(upstream)) == 2


async def test_whoever_asks_while_it_stops_is_told_so(serve, open_page):
    """Pages are loading, and an export is being taken."""
    jupyter = serve()
    await open_page(jupyter)
    going = True

    async def ask(session: aiohttp.ClientSession, path: str) -> None:
        with suppress(aiohttp.ClientError):
            while going:
                async with session.get(f"{jupyter.url}/jupyter-chat/api/{path}") as response:
                    assert response.status in (200, 503), await response.text()

    token = {"Authorization": f"token {jupyter.token}"}
    async with aiohttp.ClientSession(headers=token) as session:
        paths = ("models", "models", "models", "account", "threads", "export?format=json")
        asking = [asyncio.create_task(ask(session, path)) for path in paths]
        await asyncio.sleep(0.3)
        await stop(jupyter)
        going = False
        await asyncio.gather(*asking)
    assert "Traceback" not in jupyter.log()


async def test_a_durable_answer_goes_on_after_it(serve, open_page, upstream):
    jupyter = serve(durable=True)
    page, thread_id = await open_page(jupyter), new_id()
    reply_id = await page.asked("Go on [[chunks=150 size=8 delay=0.02]]", thread_id)
    await page.shown(thread_id, lambda view: len(view.text(reply_id)) > 100)
    _, words = await asyncio.gather(stop(jupyter), last_words(page))
    assert words[-1] == "goodbye"
    shown = page.views[thread_id].text(reply_id)
    await asyncio.to_thread(jupyter.start)
    page = await open_page(jupyter)
    await page.follow(thread_id)
    view = await page.shown(thread_id, lambda view: view.messages)
    assert view.text(reply_id).startswith(shown), "nothing of it was lost"
    view = await page.shown(thread_id, lambda view: view.status(reply_id) == "complete")
    assert view.text(reply_id) == said_first(upstream)
    assert len(posts(upstream)) == 1
    assert "Traceback" not in jupyter.log()


async def test_it_ends_although_the_file_is_locked(serve, open_page, tmp_path):
    jupyter = serve()
    page, thread_id = await open_page(jupyter), new_id()
    reply_id = await page.asked("Hang [[chunks=100 size=8 stall=30]]", thread_id)
    await page.shown(thread_id, lambda view: len(view.text(reply_id)) == 240)
    file = tmp_path / "history.sqlite"
    await asyncio.wait_for(kept(f"sqlite:///{file}", thread_id, reply_id, 240), SECONDS)
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        stopping, words = await asyncio.gather(stop(jupyter), last_words(page))
        assert stopping < SECONDS
        other.execute("ROLLBACK")
    assert words[-1] == "goodbye"
    assert "Traceback" not in jupyter.log()
    await asyncio.to_thread(jupyter.start)
    page = await open_page(jupyter)
    await page.follow(thread_id)
    view = await page.shown(thread_id, lambda view: view.status(reply_id) == "interrupted")
    assert len(view.text(reply_id)) == 240


@pytest.mark.parametrize("how", ["killed", "hangs"])
async def test_it_ends_although_mongodb_is_away(serve, open_page, tmp_path, how):
    with running_mongod(tmp_path / "mongod") as mongod:
        jupyter = serve(f"{mongod.url}/chat")
        page, thread_id = await open_page(jupyter), new_id()
        reply_id = await page.asked("Hang [[chunks=100 size=8 stall=30]]", thread_id)
        await page.shown(thread_id, lambda view: len(view.text(reply_id)) == 240)
        await asyncio.wait_for(kept(f"{mongod.url}/chat", thread_id, reply_id, 240), SECONDS)
        if how == "killed":
            mongod.kill()
        else:
            mongod.freeze()
        stopping, words = await asyncio.gather(stop(jupyter), last_words(page))
        assert stopping < SECONDS
        assert words[-1] == "goodbye"
        assert "Traceback" not in jupyter.log()
        if how == "killed":
            mongod.start()
        else:
            mongod.thaw()
        await asyncio.to_thread(jupyter.start)
        page = await open_page(jupyter)
        await page.follow(thread_id)
        view = await page.shown(thread_id, lambda view: view.status(reply_id) == "interrupted")
        assert len(view.text(reply_id)) == 240
        jupyter.kill()
