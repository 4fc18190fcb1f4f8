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
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parents[1]))

from jupyter_chat.engine.models import catalogue  # noqa: E402
from jupyter_chat.ids import new_id, now_ms  # noqa: E402
from jupyter_chat.protocol import (  # noqa: E402
    MemoryPolicy,
    Message,
    Role,
    Status,
    Summary,
    TextPart,
    Thread,
    ThreadSettings,
    Usage,
)
from jupyter_chat.store import open_store  # noqa: E402
from jupyter_chat.store.interface import Store  # noqa: E402
from jupyter_chat.store.types import LedgerEntry  # noqa: E402
from tests.browser.chat import Chat, open_chat  # noqa: E402
from tests.browser.chromium import FLAGS, program  # noqa: E402
from tests.browser.jupyter import Jupyter  # noqa: E402
from tests.upstream import start_upstream  # noqa: E402

WIDE, NARROW, HEIGHT = 1400, 260, 820
NARROW_PAGE, TALL = 700, 1200
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

MODELS = {
    "house": {"name": "House model", "context_tokens": 512, "max_output_tokens": 128},
}
"""A window that a short conversation fills."""
TALK = """\
I have a log of the temperature of each of our forty sensors, one value a minute. How do I find
the sensors that are off?

Compare each sensor with those around it, not with a limit: on a hot day all are high, and only
one that differs from its neighbours is suspect. Take the median of all sensors for each minute,
subtract it, and look at what is left. A sensor whose rest is mostly above or below zero has
drifted; one whose rest jumps has a loose contact. Begin with a week of data, so that day and
night even out, and plot the rest of each sensor as a line.

Only sensors 7 and 31 stand out. How do I say by how much?

Use the median absolute deviation: it is what the standard deviation would be without the
outliers. Divide the median of each sensor's rest by it. Sensor 7 is then 4.1 deviations too
high and sensor 31 is 6.8 too low, which no one would call chance. Between 2 and 3 look again
after another week; above 3 have the sensor checked.

Keep to this in all that follows: never drop rows, mark them in a column `suspect`.

I will: every step adds or changes the column `suspect`, and the number of rows stays as it is.
At the end, one filter on that column leaves what is to be trusted.

Wait, did the building have a power cut that week?

I cannot know that. If it had, all sensors will have gaps at the same minute, and you see them
at once when you count the values of each minute.

There is no gap. Then write the code that marks the suspects.

Put the sensors side by side, subtract the median of each row, and compare the median of each
column with the deviation of them all. The result is one number per sensor; all rows of those
beyond 3 get `suspect = True`, all others `False`. Since nothing is dropped, you can run it
again after each new week, and see whether a sensor that was checked is well again."""
"""Question and answer in turn."""
SENSORS = "Sensors that are off"
SUMMARY = """\
They look for broken ones among forty temperature sensors (one value a minute) by each sensor's
difference from the median of all. Sensors 7 (4.1 deviations too high) and 31 (6.8 too low)
stand out; from 3 on a sensor is to be checked."""


def main() -> None:
    """Take all of them."""
    with tempfile.TemporaryDirectory() as folder, start_upstream() as upstream:
        models = Path(folder) / "models.json"
        models.write_text(json.dumps({"models": MODELS}))
        environment = {
            "OPENAI_BASE_URL": upstream.url,
            "OPENAI_API_KEY": upstream.key,
            "LOGNAME": "ada",  # the name that is shown
            "JUPYTER_CHAT_MODELS_FILE": str(models),
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
    _shoot_memory(browser, jupyter, theme, _remember(jupyter))
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

    async def keep(store: Store, owner: str) -> None:
        for thread, question in threads:
            await store.add_thread(owner, thread, [question])
        for entry in entries:
            await store.add_usage(owner, entry)

    _with_history(jupyter, keep)


def _remember(jupyter: Jupyter) -> str:
    """A conversation that no longer fits, with a summary, a pin and an exclusion; its title."""
    at = now_ms() - 60_000
    settings = ThreadSettings(
        model="house", memory=MemoryPolicy.SUMMARISE, system_prompt="Answer in a few sentences."
    )
    thread = Thread(new_id(), SENSORS, settings, at, at)
    messages: list[Message] = []
    for place, text in enumerate(TALK.split("\n\n")):
        role = Role.ASSISTANT if place % 2 else Role.USER
        parent = messages[-1].id if messages else None
        said = _unwrapped(text)
        message = Message(new_id(), thread.id, parent, role, [TextPart(said)], Status.COMPLETE, at)
        message.model = "house" if role is Role.ASSISTANT else None
        messages.append(message)
    thread.leaf_id = messages[-1].id
    thread.pinned_messages = [messages[4].id]
    thread.excluded_messages = [messages[6].id, messages[7].id]
    summary = Summary(thread.id, messages[3].id, _unwrapped(SUMMARY), at, model="house")

    async def keep(store: Store, owner: str) -> None:
        await store.add_thread(owner, thread, messages)
        await store.put_summary(owner, summary)

    _with_history(jupyter, keep)
    return SENSORS


def _unwrapped(text: str) -> str:
    return text.replace("\n", " ")


def _with_history(jupyter: Jupyter, keep: Callable[[Store, str], Awaitable[None]]) -> None:
    """Add something to the owner's history."""

    async def run() -> None:
        history = jupyter.folder / "jupyter_data_dir" / "jupyter_chat" / "history.sqlite"
        store = open_store(f"sqlite:///{history}")
        await store.open()
        await keep(store, await store.owner_id())
        await store.close()

    with ThreadPoolExecutor(1) as pool:  # Playwright's loop runs in this thread
        pool.submit(lambda: asyncio.run(run())).result()


def _shoot_memory(browser: Browser, jupyter: Jupyter, theme: str, title: str) -> None:
    """A summary in the conversation, and what of it all is sent."""
    chat = _chat(browser, jupyter, theme, NARROW_PAGE)
    chat.page.set_viewport_size({"width": NARROW_PAGE, "height": TALL})
    chat.button("Show conversations").click()
    chat.conversation(title).click()
    chat.root.get_by_text("The model sees a summary of what stands above").click()
    chat.root.get_by_role("button", name="Make anew").wait_for()
    chat.root.get_by_role("button", name=re.compile("^Context: ")).click()
    panel = chat.root.get_by_role("dialog", name="What the model will see")
    panel.get_by_text("sent: pinned").wait_for()
    panel.get_by_text("Instructions").click()
    panel.get_by_text("Answer in a few sentences.").scroll_into_view_if_needed()
    heading = panel.get_by_role("heading", name=re.compile("^Messages: "))
    heading.evaluate("heading => heading.scrollIntoView({ block: 'start' })")
    chat.page.wait_for_timeout(500)
    chat.page.screenshot(path=HERE / f"memory-{theme}.png")
    chat.page.close()


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
