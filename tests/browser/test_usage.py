"""What was asked and cost, as somebody sees it who looks for it."""

from __future__ import annotations

import csv
from pathlib import Path

from playwright.sync_api import Page, expect

from .chat import open_chat
from .test_accessibility import violations


def test_usage_is_shown_and_saved_and_leads_to_the_conversation(page: Page, start):
    chat = open_chat(page, start("chat"))
    chat.ask('How do frogs leap? [[text="Far."]]')
    chat.expect_answer(0, "Far.")
    chat.expect_idle()
    chat.ask("A long answer [[chunks=200 delay=0.1]]")
    chat.expect_answer(1, "scripted answer")
    chat.button("Stop the answer").click()
    chat.expect_idle()

    chat.button("Settings").click()
    chat.button("Show usage").click()
    expect(chat.root.get_by_role("img", name="Cost per day")).to_be_visible()
    expect(chat.root.get_by_text("1 request broke off")).to_be_visible()
    assert violations(page) == []
    expect(chat.button('How do frogs leap? [[text="Far."]]')).to_be_visible()
    with page.expect_download() as saving:
        chat.button("Export as CSV").click()
    rows = list(csv.DictReader(Path(saving.value.path()).read_text().splitlines()))
    assert [row["estimated"] for row in rows if row["kind"] == "reply"] == ["no", "yes"]
    chat.button('How do frogs leap? [[text="Far."]]').click()
    expect(chat.answers).to_have_count(2)
