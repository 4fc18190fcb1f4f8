"""What long threads cost: opening them, scrolling through them, and a page of them."""

from __future__ import annotations

import asyncio
import json
import math
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import aiohttp
from playwright.sync_api import Browser, Page, sync_playwright

from jupyter_chat.ids import new_id
from tests.browser.chat import open_chat
from tests.browser.chromium import FLAGS, program
from tests.browser.jupyter import Jupyter
from tests.long_threads import keep_for_owner, long_thread

from .figures import Figure

_OPENED, _PAGED = 10_000, 100_000
_ROUNDS = 20
_PAGES = 200
_SCROLL_MILLISECONDS = 900_000
_WATCH_PAINT = """
window.painted = new Promise(resolve => {
  const isThere = () => {
    const number = new RegExp('/t/').test(location.pathname) ? NEWEST : null;
    if (number === null) return document.querySelector('.jc-Welcome') !== null;
    return [...document.querySelectorAll('[role=log] article')].some(article =>
      article.textContent.includes(`number ${number}`) &&
      article.getBoundingClientRect().top < innerHeight);
  };
  const look = () => {
    if (!isThere()) return requestAnimationFrame(look);
    requestAnimationFrame(() => {
      const channel = new MessageChannel();
      channel.port1.onmessage = () => resolve(performance.now());
      channel.port2.postMessage(0);
    });
  };
  requestAnimationFrame(look);
});
""".replace("NEWEST", str(_OPENED))
_CLICK = """
title => new Promise(resolve => {
  const button = [...document.querySelectorAll('.jc-ThreadItem-open')]
    .find(each => each.textContent.includes(title));
  const clicked = performance.now();
  button.click();
  const look = () => {
    const found = [...document.querySelectorAll('[role=log] article')]
      .some(article => article.textContent.includes('number NEWEST'));
    if (!found) return requestAnimationFrame(look);
    requestAnimationFrame(() => {
      const channel = new MessageChannel();
      channel.port1.onmessage = () => resolve(performance.now() - clicked);
      channel.port2.postMessage(0);
    });
  };
  look();
})
""".replace("NEWEST", str(_OPENED))
_SCROLL_UP = """
step => new Promise(resolve => {
  const log = document.querySelector('[role=log]');
  const frames = [], tasks = [];
  let nodes = 0, last = performance.now();
  new PerformanceObserver(list => {
    for (const entry of list.getEntries()) tasks.push(entry.duration);
  }).observe({type: 'longtask', buffered: false});
  const move = now => {
    frames.push(now - last);
    last = now;
    if (frames.length % 60 === 0) nodes = Math.max(nodes, document.querySelectorAll('*').length);
    const first = log.scrollTop < 500 && [...log.querySelectorAll('article')]
      .some(article => article.textContent.includes('number 1:'));
    if (first) return resolve({frames, tasks, nodes});
    log.scrollTop -= step;
    requestAnimationFrame(move);
  };
  requestAnimationFrame(move);
})
"""
_STEP = 600
"""Pixels scrolled in each frame: 36,000 a second, most of a screen in each frame."""


@dataclass
class _Served:
    jupyter: Jupyter
    thread_id: str
    first_id: str

    @property
    def path(self) -> str:
        return f"jupyter-chat/t/{self.thread_id}"


def opening() -> list[Figure]:
    """From the reload of its page to the paint of its newest messages, beyond the page of
    a new conversation; and what scrolling up through all of it is like."""
    with _serving(_OPENED) as served, sync_playwright() as playwright:
        flags = [*FLAGS, "--enable-precise-memory-info"]
        browser = playwright.chromium.launch(executable_path=program(), args=flags)
        empty, long = [], []
        for number in range(_ROUNDS + 1):
            # each in a tab of its own, in turns: neither finds what the other left
            one = _painted(browser, served.jupyter, "jupyter-chat/")
            other = _painted(browser, served.jupyter, served.path)
            if number:
                empty.append(one)
                long.append(other)
        added = [each - median(empty) for each in long]
        beside = (
            f"median {median(added):.0f} ms; empty page {median(empty):.0f} ms; "
            f"{_clicked(browser, served.jupyter):.0f} ms from a click in the list; "
            f"{_scrolled(browser, served)}"
        )
        browser.close()
    return [Figure("thread_open_ms", added, beside, value=_p95(added))]


def page() -> list[Figure]:
    """From asking to follow a thread to its newest messages, over the socket."""
    with _serving(_PAGED) as served:
        times, around, selected = asyncio.run(_pages(served))
    beside = (
        f"median {median(times):.1f} ms; around the first message {around:.0f} ms, "
        f"its branch found in {selected:.0f} ms"
    )
    return [Figure("page_ms", times, beside, value=_p95(times))]


def _painted(browser: Browser, jupyter: Jupyter, path: str) -> float:
    page = _tab(browser)
    page.add_init_script(_WATCH_PAINT)
    page.goto(jupyter.address(path))
    page.wait_for_function("window.painted")
    page.reload()
    painted = float(page.evaluate("window.painted"))
    page.close()
    return painted


def _clicked(browser: Browser, jupyter: Jupyter) -> float:
    page = _tab(browser)
    times = []
    for _ in range(5):
        open_chat(page, jupyter)
        page.locator(".jc-ThreadItem-open").first.wait_for()
        times.append(float(page.evaluate(_CLICK, "A long")))
    page.close()
    return median(times)


def _scrolled(browser: Browser, served: _Served) -> str:
    """What was seen while scrolling up from the newest to the first message."""
    page = _tab(browser)
    page.set_default_timeout(_SCROLL_MILLISECONDS)
    open_chat(page, served.jupyter, served.path)
    page.get_by_text(f"number {_OPENED}").wait_for()
    page.wait_for_timeout(1000)
    before = _heap(page)
    seen: dict[str, Any] = page.evaluate(_SCROLL_UP, _STEP)
    after = _heap(page)
    frames, tasks = seen["frames"][1:], seen["tasks"]
    per_second = 1000 * len(frames) / sum(frames)
    late = sum(each > 34 for each in frames) / len(frames)
    page.close()
    return (
        f"scrolling up through all of it, {_STEP} pixels a frame: {per_second:.0f} frames/s, "
        f"{late:.1%} of them over 34 ms, longest task {max(tasks, default=0):.0f} ms "
        f"({len(tasks)} over 50 ms), at most {seen['nodes']} DOM nodes, "
        f"heap {before:.0f} MB before and {after:.0f} MB after"
    )


def _heap(page: Page) -> float:
    session = page.context.new_cdp_session(page)
    session.send("HeapProfiler.collectGarbage")
    return float(page.evaluate("performance.memory.usedJSHeapSize")) / 2**20


def _tab(browser: Browser) -> Page:
    return browser.new_page(viewport={"width": 1280, "height": 800})


async def _pages(served: _Served) -> tuple[list[float], float, float]:
    jupyter, thread_id = served.jupyter, served.thread_id
    headers = {"Authorization": f"token {jupyter.token}"}
    api = f"{jupyter.url}/jupyter-chat/api"
    times = []
    async with (
        aiohttp.ClientSession(headers=headers) as session,
        session.ws_connect(f"{api}/socket", max_msg_size=0) as socket,
    ):
        await socket.receive()  # the welcome

        async def command(**fields: Any) -> dict[str, Any]:
            """Carry one out; the snapshot that came with it."""
            command_id, snapshot = new_id(), {}
            await socket.send_json({**fields, "id": command_id, "thread_id": thread_id})
            while True:
                event = json.loads(await socket.receive_str())
                if event["type"] == "snapshot":
                    snapshot = event
                if event.get("id") == command_id:
                    return snapshot

        for number in range(_PAGES + 5):
            started = time.perf_counter()
            snapshot = await command(type="subscribe")
            taken = time.perf_counter() - started
            if len(snapshot["messages"]) != 50 or not snapshot["more"]:
                raise RuntimeError("The snapshot is not the newest page.")
            if number >= 5:
                times.append(taken * 1000)
            await command(type="unsubscribe")
        first = served.first_id
        started = time.perf_counter()
        async with session.get(
            f"{api}/threads/{thread_id}/messages", params={"around": first}
        ) as response:
            found = await response.json()
        around = (time.perf_counter() - started) * 1000
        if found["messages"][0]["id"] != first or found["elsewhere"]:
            raise RuntimeError("The page is not around the first message.")
        started = time.perf_counter()
        await command(type="select", message_id=first)
        selected = (time.perf_counter() - started) * 1000
    return times, around, selected


@contextmanager
def _serving(count: int) -> Iterator[_Served]:
    """A server with a thread of so many messages."""
    with tempfile.TemporaryDirectory() as folder:
        store_url = f"sqlite:///{Path(folder) / 'history.sqlite'}"
        thread, messages = long_thread(count)
        keep_for_owner(store_url, thread, messages)
        environment = {"OPENAI_API_KEY": "sk-none", "JUPYTER_CHAT_STORE_URL": store_url}
        jupyter = Jupyter("chat", Path(folder), environment)
        jupyter.start()
        try:
            yield _Served(jupyter, thread.id, messages[0].id)
        finally:
            jupyter.stop()


def _p95(values: list[float]) -> float:
    return sorted(values)[math.ceil(len(values) * 0.95) - 1]
