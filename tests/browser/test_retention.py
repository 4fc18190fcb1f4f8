"""Conversations that go to the trash by themselves: people see it before, and can keep them."""

from __future__ import annotations

import sqlite3
import time

from playwright.sync_api import Page, expect

from .chat import open_chat
from .jupyter import Jupyter
from .test_accessibility import violations

DAY_MS = 24 * 3_600_000
NOTE = "Goes to the trash in 7 days, unless you ask something"


def set_time(jupyter: Jupyter, column: str, milliseconds: int) -> None:
    """Of all conversations, while the server is stopped."""
    path = jupyter.folder / "jupyter_data_dir" / "jupyter_chat" / "history.sqlite"
    db = sqlite3.connect(path)
    db.execute(
        f"UPDATE threads SET {column} = ?, body = json_set(body, '$.{column}', ?)",
        (milliseconds, milliseconds),
    )
    db.commit()
    db.close()


def test_it_is_told_a_week_before_and_a_question_keeps_it(start, page: Page):
    jupyter = start("chat")
    chat = open_chat(page, jupyter)
    chat.ask("Frogs")
    chat.expect_answer(0, "You asked")
    chat.expect_idle()
    jupyter.stop()
    now = round(time.time() * 1000)
    set_time(jupyter, "updated_at", now - 100 * DAY_MS)
    jupyter.options = ("--ChatApp.retention_days=90",)
    jupyter.start()
    chat.reload()
    items = chat.root.get_by_role("group", name="Conversations").locator("[data-thread]")
    expect(items).to_contain_text(NOTE)
    assert violations(page) == []
    chat.ask("And toads?")
    chat.expect_answer(1, "You asked")
    expect(items).not_to_contain_text("trash")

    chat.expect_idle()
    jupyter.stop()
    set_time(jupyter, "updated_at", now - 100 * DAY_MS)
    set_time(jupyter, "retire_at", now)
    jupyter.start()
    chat.reload()
    expect(items).to_have_count(0)
    which = chat.root.get_by_role("combobox", name="Which conversations")
    which.select_option(label="Trash")
    expect(items).to_contain_text("Frogs")
    expect(chat.root).to_contain_text("nothing was said for 90 days come here by themselves")
    items.hover()
    items.get_by_role("button", name="Restore").click()
    which.select_option(label="All conversations")
    expect(items).to_contain_text("Frogs")
