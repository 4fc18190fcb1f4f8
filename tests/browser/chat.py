"""The chat as somebody sees it who reads the screen and uses the keyboard."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page, expect

from .jupyter import Jupyter

SECONDS = 30_000
"""How long anything may take on a busy machine (milliseconds, as Playwright counts)."""


class Chat:
    """One chat on one page."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.root = page.locator(".jc-Chat")
        self.question = self.root.get_by_role("textbox", name="Question")
        self.answers = self.root.get_by_role("article", name=re.compile("^Answer by"))
        self.questions = self.root.get_by_role("article", name=re.compile("^Question by"))

    def ask(self, text: str) -> None:
        """Type a question and send it with Enter."""
        self.question.fill(text)
        self.question.press("Enter")

    def button(self, name: str) -> Locator:
        """The chat's button of this name."""
        return self.root.get_by_role("button", name=name, exact=True)

    def expect_answer(self, number: int, text: str | re.Pattern[str]) -> None:
        """Wait until answer `number` (from 0) holds this text."""
        expect(self.answers.nth(number)).to_contain_text(text, timeout=SECONDS)

    def expect_idle(self) -> None:
        """Wait until nothing runs any more."""
        expect(self.button("Stop the answer")).to_have_count(0, timeout=SECONDS)


def open_chat(page: Page, jupyter: Jupyter, path: str | None = None) -> Chat:
    """Open the face that this server has, and wait for the chat."""
    paths = {"lab": "lab", "notebook": "tree", "chat": "jupyter-chat/"}
    page.goto(jupyter.address(path or paths[jupyter.face]))
    if jupyter.face == "notebook":
        _show_right_sidebar(page)
    chat = Chat(page)
    expect(chat.question).to_be_visible(timeout=SECONDS)
    return chat


def _show_right_sidebar(page: Page) -> None:
    """Notebook 7 has it closed until it is asked for."""
    page.get_by_role("menuitem", name="View", exact=True).click(timeout=SECONDS)
    page.get_by_role("menuitem", name="Right Sidebar").hover()
    page.get_by_role("menuitem", name="Show Chat").click()
