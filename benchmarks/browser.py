"""What a person at the browser feels."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from playwright.sync_api import Page, expect, sync_playwright

from tests.browser.chat import Chat, open_chat
from tests.browser.chromium import FLAGS, program
from tests.browser.jupyter import Jupyter
from tests.upstream import start_upstream

from .figures import Figure

_ROUNDS = 3
_QUESTIONS = 15
_ANSWER = "Write a lot [[markdown chunks=2000 size=12 delay=0.02]]"
_ANSWER_MILLISECONDS = 120_000
_WATCH_TASKS = """
() => {
  window.tasks = [];
  new PerformanceObserver(list => {
    for (const entry of list.getEntries()) window.tasks.push(entry.duration);
  }).observe({type: 'longtask', buffered: false});
  window.gaps = 0;
  const channel = new MessageChannel();
  let last = performance.now();
  channel.port1.onmessage = () => {
    const now = performance.now();
    window.gaps = Math.max(window.gaps, now - last);
    last = now;
    setTimeout(() => { last = performance.now(); channel.port2.postMessage(0); }, 4);
  };
  channel.port2.postMessage(0);
}
"""
_WATCH_QUESTION = """
text => {
  window.shown = new Promise(resolve => {
    document.addEventListener('keydown', event => {
      if (event.key !== 'Enter') return;
      const pressed = event.timeStamp;
      const look = () => {
        const found = [...document.querySelectorAll('.jc-Chat [role=log] article')]
          .some(article => article.textContent.includes(text));
        if (!found) return requestAnimationFrame(look);
        requestAnimationFrame(() => {
          const channel = new MessageChannel();
          channel.port1.onmessage = () => resolve(performance.now() - pressed);
          channel.port2.postMessage(0);
        });
      };
      look();
    }, {once: true, capture: true});
  });
}
"""

_WATCH_ENTER = """
() => {
  document.addEventListener('keydown', event => {
    if (event.key === 'Enter') window.pressed = performance.timeOrigin + event.timeStamp;
  }, {once: true, capture: true});
}
"""
_WATCH_PAINT = """
text => {
  window.shown = new Promise(resolve => {
    const observer = new MutationObserver(() => {
      const found = [...document.querySelectorAll('.jc-Chat [role=log] article')]
        .some(article => article.textContent.includes(text));
      if (!found) return;
      observer.disconnect();
      requestAnimationFrame(() => {
        const channel = new MessageChannel();
        channel.port1.onmessage = () => resolve(performance.timeOrigin + performance.now());
        channel.port2.postMessage(0);
      });
    });
    observer.observe(document.body, {childList: true, subtree: true, characterData: true});
  });
}
"""


def longest_task() -> list[Figure]:
    """The longest task while a long answer of Markdown and code comes.

    The browser reports tasks from 50 ms on; where there was none, the longest time that
    the page did not get to answer a message is given, which is at least as long.
    """
    rounds, counts = [], []
    with _page() as (page, chat):
        for _ in range(_ROUNDS):
            chat.button("New conversation").first.click()
            page.evaluate(_WATCH_TASKS)
            chat.ask(_ANSWER)
            expect(chat.button("Stop the answer")).to_be_visible()
            expect(chat.button("Stop the answer")).to_have_count(0, timeout=_ANSWER_MILLISECONDS)
            tasks: list[float] = page.evaluate("window.tasks")
            rounds.append(max(tasks) if tasks else float(page.evaluate("window.gaps")))
            counts.append(len(tasks))
            page.reload()
            chat.appear()
    return [Figure("longest_task_ms", rounds, f"tasks over 50 ms in each round: {counts}")]


def own_message() -> list[Figure]:
    """From Enter to the frame in which the question is painted."""
    rounds = []
    with _page() as (page, chat):
        for number in range(_QUESTIONS + 1):
            text = f"Question number {number}."
            chat.question.fill(text)
            page.evaluate(_WATCH_QUESTION, text)
            chat.question.press("Enter")
            shown = float(page.evaluate("window.shown"))
            if number:
                rounds.append(shown)
            chat.expect_idle()
    return [Figure("own_message_visible_ms", rounds)]


def in_step() -> list[Figure]:
    """From Enter in one tab to the frame in which another tab paints the question.

    Both read the clock of the machine.
    """
    late = []
    with _page() as (page, chat):
        chat.ask("Hello")
        chat.expect_idle()
        page.wait_for_url("**/t/*")
        other = page.context.new_page()
        other.goto(page.url)
        Chat(other, "chat").appear()
        for number in range(_QUESTIONS + 1):
            text = f"Question number {number}."
            chat.question.fill(text)
            page.evaluate(_WATCH_ENTER)
            other.evaluate(_WATCH_PAINT, text)
            chat.question.press("Enter")
            painted = float(other.evaluate("window.shown"))
            if number:
                late.append(painted - float(page.evaluate("window.pressed")))
            chat.expect_idle()
    beside = f"median {median(late):.0f} ms"
    return [Figure("sync_painted_ms", late, beside, sorted(late)[int(len(late) * 0.95)])]


@contextmanager
def _page() -> Iterator[tuple[Page, Chat]]:
    """The chat's page in Chromium."""
    with tempfile.TemporaryDirectory() as folder, start_upstream() as upstream:
        environment = {"OPENAI_BASE_URL": upstream.url, "OPENAI_API_KEY": upstream.key}
        jupyter = Jupyter("chat", Path(folder), environment)
        jupyter.start()
        try:
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(executable_path=program(), args=FLAGS)
                context = browser.new_context(viewport={"width": 1280, "height": 800})
                page = context.new_page()
                yield page, open_chat(page, jupyter)
                browser.close()
        finally:
            jupyter.stop()
