"""Takes the pictures of the documentation: `python docs/images/take.py` in the clone.

The chats on them are real; their answers come from the tests' scripted server.
"""

from __future__ import annotations

import asyncio
import json
import random
import re
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parents[1]))

from jupyter_chat.engine.models import catalogue  # noqa: E402
from jupyter_chat.ids import new_id, now_ms  # noqa: E402
from jupyter_chat.protocol import (  # noqa: E402
    Message,
    Role,
    Status,
    TextPart,
    Thread,
    ThreadSettings,
    Usage,
)
from jupyter_chat.store import open_store  # noqa: E402
from jupyter_chat.store.types import LedgerEntry  # noqa: E402
from tests.browser.chat import Chat, open_chat  # noqa: E402
from tests.browser.chromium import FLAGS, program  # noqa: E402
from tests.browser.jupyter import Jupyter  # noqa: E402
from tests.upstream import start_upstream  # noqa: E402

WIDE, NARROW, HEIGHT = 1400, 260, 820
MARGIN = 12
THEMES = {"light": "JupyterLab Light", "dark": "JupyterLab Dark"}
QUESTION = "How do I add up my sales by month, and plot them?"
ANSWER = """Resample by month, then sum:

```python
monthly = (
    df.resample("ME", on="date")
    ["amount"].sum()
)
monthly.plot(kind="bar")
```

| Month | Sum | Share |
|:--|--:|:-:|
| January | 1,204.50 | 55 % |
| February | 998.10 | 45 % |

- [x] dates parsed
- [ ] gaps filled

The mean is $\\bar{x} = \\frac{1}{n}\\sum_{i=1}^n x_i$."""
TABLE = """        date  amount
0 2026-01-04  120.00
1 2026-01-09   84.50
2 2026-02-02  310.10"""
TITLES = (
    "Rename the columns of many files",
    "Outliers in the sensor data",
    "A talk about decorators",
    "Why is this join so slow?",
    "Colours for a map",
)
CODE = """import pandas as pd

df = pd.read_csv("sales.csv", parse_dates=["date"])
df.head()"""


def main() -> None:
    """Take all of them."""
    with tempfile.TemporaryDirectory() as folder, start_upstream() as upstream:
        environment = {
            "OPENAI_BASE_URL": upstream.url,
            "OPENAI_API_KEY": upstream.key,
            "LOGNAME": "ada",  # the name that is shown
        }
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=program(), args=FLAGS)
            for theme in THEMES:
                for face in ("lab", "chat"):
                    place = Path(folder) / f"{face}-{theme}"
                    place.mkdir()
                    jupyter = Jupyter(face, place, environment)
                    _prepare(jupyter, theme)
                    jupyter.start()
                    try:
                        _take(browser, jupyter, theme)
                    finally:
                        jupyter.stop()
            browser.close()


def _take(browser: Browser, jupyter: Jupyter, theme: str) -> None:
    if jupyter.face == "lab":
        chat = _chat(browser, jupyter, theme, WIDE, "lab/tree/sales.ipynb")
        chat.page.get_by_text("sales.csv").first.wait_for()
        _converse(chat)
        _shoot_mentions(chat, theme)
        chat.page.screenshot(path=HERE / f"sidebar-{theme}.png")
        chat.page.close()
        return
    _spend(jupyter)
    for name, width in (("page", WIDE), ("narrow", NARROW)):
        chat = _chat(browser, jupyter, theme, width)
        chat.button("New conversation").first.click()
        _converse(chat)
        if name == "page":
            _shoot_context(chat, theme)
        chat.page.screenshot(path=HERE / f"{name}-{theme}.png")
        if name == "page":
            _shoot_usage(chat, theme)
        chat.page.close()


def _shoot_mentions(chat: Chat, theme: str) -> None:
    """What can go with a question, while one types."""
    chat.question.fill("")
    chat.question.press_sequentially("@output:")
    chat.root.get_by_role("option").first.click()
    chat.root.get_by_role("list", name="Attached").wait_for()
    chat.question.press_sequentially("Why is the sum of January so low, see @")
    chat.root.get_by_role("listbox").wait_for()
    composer = chat.root.locator(".jc-Composer").bounding_box()
    listed = chat.root.get_by_role("listbox").bounding_box()
    assert composer is not None
    assert listed is not None
    top = min(listed["y"], composer["y"]) - MARGIN
    chat.page.screenshot(
        path=HERE / f"mentions-{theme}.png",
        clip={
            "x": composer["x"],
            "y": top,
            "width": composer["width"],
            "height": composer["y"] + composer["height"] - top,
        },
    )
    chat.page.keyboard.press("Escape")
    chat.question.fill("")
    removal = chat.root.get_by_role("list", name="Attached").get_by_role("button", name="Remove")
    while removal.count() > 0:
        removal.first.click()


def _shoot_usage(chat: Chat, theme: str) -> None:
    chat.button("Settings").click()
    chat.button("Show usage").click()
    chat.root.get_by_role("img", name="Cost per day").wait_for()
    chat.page.wait_for_timeout(500)
    chat.page.screenshot(path=HERE / f"usage-{theme}.png")


def _spend(jupyter: Jupyter) -> None:
    """A month of asking, as the owner's history and ledger have it."""
    chance = random.Random(4)
    models = ["gpt-6-luna", "gpt-6-luna", "gpt-6-luna", "gpt-6.1-terra", "gpt-6.2-sol"]
    day = 24 * 60 * 60 * 1000
    threads, entries = [], []
    for age, title in enumerate(TITLES):
        at = now_ms() - (5 * age + 1) * day
        thread = Thread(new_id(), title, ThreadSettings(), at, at)
        question = Message(
            new_id(), thread.id, None, Role.USER, [TextPart(title)], Status.COMPLETE, at
        )
        thread.leaf_id = question.id
        threads.append((thread, question))
    for days in range(29):
        for _ in range(chance.choice((0, 2, 3, 5, 8))):
            model = catalogue.lookup(chance.choice(models))
            usage = Usage(chance.randint(2_000, 60_000), chance.randint(200, 4_000))
            thread, _ = chance.choice(threads)
            at, price = now_ms() - days * day, catalogue.price(model, usage)
            assert price is not None
            entries.append(LedgerEntry(new_id(), thread.id, at, model.id, usage, price.dollars))

    async def keep() -> None:
        history = jupyter.folder / "jupyter_data_dir" / "jupyter_chat" / "history.sqlite"
        store = open_store(f"sqlite:///{history}")
        await store.open()
        owner = await store.owner_id()
        for thread, question in threads:
            await store.add_thread(owner, thread, [question])
        for entry in entries:
            await store.add_usage(owner, entry)
        await store.close()

    with ThreadPoolExecutor(1) as pool:  # Playwright's loop runs in this thread
        pool.submit(lambda: asyncio.run(keep())).result()


def _shoot_context(chat: Chat, theme: str) -> None:
    """The ring in the composer, opened."""
    chat.question.fill("And how much was that in the first quarter?")
    chat.root.get_by_role("button", name=re.compile("^Context: ")).click()
    panel = chat.root.get_by_role("dialog", name="What the model will see")
    panel.get_by_text("2 sent").wait_for()
    composer = chat.root.locator(".jc-Composer").bounding_box()
    box = panel.bounding_box()
    assert composer is not None
    assert box is not None
    chat.page.screenshot(
        path=HERE / f"context-{theme}.png",
        clip={
            "x": composer["x"] - MARGIN,
            "y": box["y"] - MARGIN,
            "width": composer["width"] + 2 * MARGIN,
            "height": composer["y"] + composer["height"] - box["y"] + 2 * MARGIN,
        },
    )
    chat.page.keyboard.press("Escape")
    chat.question.fill("")


def _chat(
    browser: Browser, jupyter: Jupyter, theme: str, width: int, path: str | None = None
) -> Chat:
    page = browser.new_page(
        viewport={"width": width, "height": HEIGHT},
        color_scheme="dark" if theme == "dark" else "light",
        locale="en-US",
    )
    return open_chat(page, jupyter, path)


def _converse(chat: Chat) -> None:
    chat.ask(f"{QUESTION} [[text={json.dumps(ANSWER)}]]")
    chat.expect_answer(0, "gaps filled")
    chat.expect_idle()
    # The directive is the test server's business.
    chat.page.evaluate(
        "question => { document.querySelectorAll('.jc-Question-text, .jc-ThreadItem-title, "
        ".jc-Header-title button').forEach(e => { "
        "if (e.textContent.startsWith('How do I')) e.textContent = question; }); }",
        QUESTION,
    )
    chat.page.mouse.move(5, HEIGHT // 2)
    chat.page.wait_for_timeout(1500)


def _prepare(jupyter: Jupyter, theme: str) -> None:
    settings = jupyter.folder / "jupyterlab_settings_dir/@jupyterlab/apputils-extension"
    settings.mkdir(parents=True)
    (settings / "themes.jupyterlab-settings").write_text(json.dumps({"theme": THEMES[theme]}))
    work = jupyter.folder / "work"
    work.mkdir()
    cell = {"cell_type": "code", "id": "read", "metadata": {}, "execution_count": 1}
    table = {
        "output_type": "execute_result",
        "execution_count": 1,
        "metadata": {},
        "data": {
            "text/plain": TABLE,
        },
    }
    notebook = {
        "cells": [{**cell, "source": CODE, "outputs": [table]}],
        "metadata": {"kernelspec": {"name": "python3", "display_name": "Python 3"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    (work / "sales.ipynb").write_text(json.dumps(notebook))


if __name__ == "__main__":
    main()
