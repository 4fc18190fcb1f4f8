"""What was said is found again: after a restart, a crash, and in the list."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from .chat import SECONDS, open_chat

SLOW = "[[chunks=400 size=10 delay=0.05]]"


@pytest.mark.parametrize("face", ["lab", "chat"])
def test_a_killed_server_loses_nothing(start, page: Page, face: str):
    jupyter = start(face)
    chat = open_chat(page, jupyter)
    chat.ask('What is kept? [[text="Everything."]]')
    chat.expect_answer(0, "Everything.")
    chat.expect_idle()
    chat.ask(f"And now? {SLOW}")
    chat.expect_answer(1, re.compile("You asked.{40}", re.DOTALL))
    page.wait_for_timeout(3000)  # what is older than half a second is kept
    seen = chat.text(1)[:40]

    jupyter.kill()
    expect(chat.root).to_contain_text(re.compile("[Cc]onnect"), timeout=SECONDS)
    jupyter.start()
    expect(chat.answers.nth(1)).to_contain_text("Interrupted", timeout=SECONDS)
    expect(chat.answers.nth(1)).to_contain_text(seen)
    expect(chat.answers.nth(1)).to_contain_text("GPT")  # who was answering
    expect(chat.answers.first).to_contain_text("Everything.")

    chat.ask('Still there? [[text="Yes."]]')
    chat.expect_answer(2, "Yes.")


def test_another_browser_and_a_new_token_show_the_same_history(start, page: Page, browser: Browser):
    jupyter = start("chat")
    chat = open_chat(page, jupyter)
    chat.ask("Who am I?")
    chat.expect_answer(0, "You asked")
    jupyter.stop()
    jupyter.token = "a-new-token"
    jupyter.start()
    other = browser.new_context()
    elsewhere = open_chat(other.new_page(), jupyter)
    elsewhere.conversation("Who am I").click()
    elsewhere.expect_answer(0, "You asked")
    other.close()


def test_conversations_are_listed_renamed_and_deleted_with_a_way_back(start, page: Page):
    chat = open_chat(page, start("chat"))
    for title in ("Alpha", "Beta"):
        chat.button("New conversation").first.click()
        chat.ask(title)
        chat.expect_answer(0, "You asked")
        chat.expect_idle()
    conversations = chat.root.get_by_role("group", name="Conversations").get_by_role("listitem")
    expect(conversations.first).to_contain_text("Beta")
    expect(conversations.nth(1)).to_contain_text("Alpha")

    alpha = conversations.nth(1).get_by_role("button").first
    alpha.click()
    expect(chat.questions.first).to_contain_text("Alpha")
    alpha.press("F2")
    box = chat.root.get_by_role("textbox", name="Title")
    box.fill("Gamma")
    box.press("Enter")
    expect(conversations.nth(1)).to_contain_text("Gamma")

    conversations.nth(1).get_by_role("button").first.press("Delete")
    expect(conversations).to_have_count(1)
    chat.button("Undo").click()
    expect(conversations).to_have_count(2)
    expect(conversations.nth(1)).to_contain_text("Gamma")


def test_two_windows_stay_in_step(start, page: Page):
    jupyter = start("chat")
    chat = open_chat(page, jupyter)
    chat.ask("One [[chunks=60 size=10 delay=0.05]]")
    chat.expect_answer(0, "You asked")
    other = open_chat(
        page.context.new_page(), jupyter, page.url.split("?")[0][len(jupyter.url) + 1 :]
    )
    other.expect_answer(0, "You asked")
    chat.expect_idle()
    other.expect_idle()
    assert chat.text(0) == other.text(0)
