"""Keeping conversations in order, as somebody does who looks at the screen."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page, expect

from .chat import SECONDS, Chat, open_chat
from .test_accessibility import violations


def _asked(chat: Chat, *titles: str) -> Locator:
    """Conversations with these titles; the items of the list."""
    for title in titles:
        chat.button("New conversation").first.click()
        chat.ask(title)
        chat.expect_answer(0, "You asked")
        chat.expect_idle()
    return chat.root.get_by_role("group", name="Conversations").locator("[data-thread]")


def _show(chat: Chat, name: str | re.Pattern[str]) -> None:
    which = chat.root.get_by_role("combobox", name="Which conversations")
    option = which.locator("option").filter(has_text=name)
    expect(option).to_have_count(1, timeout=SECONDS)
    which.select_option(value=option.get_attribute("value"))


def test_pinned_filed_and_tagged(start, page: Page):
    chat = open_chat(page, start("chat"))
    items = _asked(chat, "Alpha", "Beta", "Gamma")
    items.filter(has_text="Alpha").hover()
    items.filter(has_text="Alpha").get_by_role("button", name="Pin").click()
    expect(items.first).to_contain_text("Alpha")

    items.filter(has_text="Beta").hover()
    items.filter(has_text="Beta").get_by_role("button", name="More").click()
    assert violations(page) == []
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    assert violations(page) == []
    page.keyboard.type("frogs")
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    expect(items.filter(has_text="Beta")).to_contain_text("frogs")

    items.filter(has_text="Gamma").locator(".jc-ThreadItem-open").click()
    chat.button("More for this conversation").click()
    page.get_by_role("menuitem", name="Move to folder…").click()
    page.keyboard.type("Pond")
    page.keyboard.press("Enter")
    chat.reload()
    expect(items.first).to_contain_text("Alpha")
    _show(chat, re.compile("^Pond"))
    expect(items).to_have_count(1)
    expect(items).to_contain_text("Gamma")
    _show(chat, re.compile("^frogs"))
    expect(items).to_contain_text("Beta")


def test_many_at_once_and_the_trash(start, page: Page):
    jupyter = start("chat")
    chat = open_chat(page, jupyter)
    items = _asked(chat, "Alpha", "Beta", "Gamma")
    other = open_chat(page.context.new_page(), jupyter)
    elsewhere = other.root.get_by_role("group", name="Conversations").locator("[data-thread]")
    expect(elsewhere).to_have_count(3, timeout=SECONDS)

    items.filter(has_text="Gamma").locator(".jc-ThreadItem-open").click(modifiers=["Control"])
    items.filter(has_text="Beta").locator(".jc-ThreadItem-open").click(modifiers=["Shift"])
    assert violations(page) == []
    chat.button("Delete all chosen").click()
    expect(items).to_have_count(1)
    expect(elsewhere).to_have_count(1)
    chat.button("Undo").click()
    expect(items).to_have_count(3)
    expect(elsewhere).to_have_count(3)

    items.filter(has_text="Beta").locator(".jc-ThreadItem-open").press("Delete")
    _show(chat, "Trash")
    expect(items).to_contain_text("Beta")
    chat.button("Empty the trash").click()
    assert violations(page) == []
    chat.button("Delete all for good").click()
    expect(chat.root).to_contain_text("The trash is empty.")
    _show(chat, "All conversations")
    expect(items).to_have_count(2)
    expect(elsewhere).to_have_count(2)


def test_a_temporary_conversation(start, page: Page):
    chat = open_chat(page, start("chat"))
    note = "Temporary: deleted when you leave it."
    items = _asked(chat, "Alpha")
    chat.button("New conversation").first.click()
    chat.button("Temporary: not kept").click()
    expect(chat.root).to_contain_text(note)
    chat.ask("Psst")
    chat.expect_answer(0, "You asked")
    chat.expect_idle()
    chat.reload()
    chat.expect_answer(0, "You asked")
    expect(chat.root).to_contain_text(note)
    assert violations(page) == []
    expect(items).to_have_count(1)

    chat.button("New conversation").first.click()
    chat.button("Undo").click()
    chat.expect_answer(0, "Psst")
    address = page.url
    chat.button("New conversation").first.click()
    chat.button("Close").click()
    page.wait_for_timeout(17_000)  # a moment to come back, and the next round
    page.goto(address)
    expect(chat.root).to_contain_text("There is no such conversation.", timeout=SECONDS)

    chat.button("New conversation").first.click()
    chat.button("Temporary: not kept").click()
    chat.ask("Worth it")
    chat.expect_answer(0, "You asked")
    chat.expect_idle()
    chat.button("Keep").click()
    expect(chat.root).not_to_contain_text(note)
    expect(items.filter(has_text="Worth it")).to_have_count(1)
