"""What people see of models, and what models are told of them."""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta, timezone
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.upstream import Upstream

from .chat import open_chat


def test_notes_go_with_every_question_once_they_are_switched_on(start, page: Page):
    chat = open_chat(page, start("chat"))
    chat.button("Settings").click()
    new = chat.root.get_by_role("textbox", name="New note")
    new.fill("I work with R.")
    new.press("Enter")
    expect(chat.root.get_by_role("list", name="Notes")).to_contain_text("I work with R.")
    page.keyboard.press("Escape")
    chat.ask("One? [[echo=all]]")
    chat.expect_answer(0, "One?")
    expect(chat.answers.nth(0)).not_to_contain_text("I work with R.")
    chat.button("Settings").click()
    switch = chat.root.get_by_label("Send my notes with every question")
    switch.click()
    expect(switch).to_be_checked()
    page.keyboard.press("Escape")
    chat.ask("Two? [[echo=all]]")
    chat.expect_answer(1, "I work with R.")
    chat.root.get_by_role("button", name=re.compile("^Context: ")).click()
    panel = chat.root.get_by_role("dialog", name="What the model will see")
    expect(panel.get_by_role("list", name="Tokens")).to_contain_text("Your notes")
    panel.get_by_label("Send my notes").uncheck()
    page.keyboard.press("Escape")
    chat.ask("Three? [[echo=all]]")
    chat.expect_answer(2, "Three?")
    expect(chat.answers.nth(2)).to_contain_text('{"model": "gpt-6-luna", "instructions": null')


def test_a_model_that_goes_says_so_until_another_one_is_chosen(
    start, upstream: Upstream, page: Page, tmp_path: Path
):
    soon = datetime.now(timezone.utc).date() + timedelta(days=10)
    file = tmp_path / "models.json"
    file.write_text(json.dumps({"models": {"gpt-6-luna": {"shutdown_date": soon.isoformat()}}}))
    jupyter = start(
        "chat",
        OPENAI_BASE_URL=upstream.url,
        OPENAI_API_KEY=upstream.key,
        JUPYTER_CHAT_MODELS_FILE=str(file),
    )
    chat = open_chat(page, jupyter)
    note = chat.root.get_by_text("GPT-6 Luna will be shut down on")
    expect(note).to_be_visible()
    chat.button("Choose another model").click()
    expect(chat.root.get_by_role("option", name=re.compile("^GPT-6 Luna until "))).to_be_visible()
    chat.root.get_by_role("option", name=re.compile("^GPT-6.1 Sol")).click()
    page.keyboard.press("Escape")
    expect(note).to_have_count(0)
