"""The chat as somebody sees it who reads the screen and uses the keyboard."""

from __future__ import annotations

import re
import time

from playwright.sync_api import Locator, Page, expect
from playwright.sync_api import TimeoutError as TookTooLong

from .jupyter import Jupyter

SECONDS = 30_000
"""How long anything may take on a busy machine (milliseconds, as Playwright counts)."""


class Chat:
    """One chat on one page."""

    def __init__(self, page: Page, face: str) -> None:
        self.page = page
        self._face = face
        self.root = page.locator(".jc-Chat")
        self.question = self.root.get_by_role("textbox", name="Question")
        self.answers = self.root.get_by_role("article", name=re.compile("^Answer by"))
        self.questions = self.root.get_by_role("article", name=re.compile("^Question by"))
        # JupyterLab's own, when the server is away; it takes every key
        page.add_locator_handler(
            page.get_by_role("dialog").filter(has_text="Server Connection Error"),
            lambda dialog: dialog.get_by_role("button", name="Close").click(),
        )

    def appear(self) -> None:
        """Wait until the chat is there; Notebook hides its sidebar until asked."""
        if self._face == "notebook":
            self._show_sidebar()
        expect(self.question).to_be_visible(timeout=SECONDS)

    def _show_sidebar(self) -> None:
        """By the menu, which closes by itself whenever Notebook, which is still starting, adds to
        it: then it is opened again."""
        menu = self.page.get_by_role("menuitem", name="View", exact=True)
        until = time.monotonic() + SECONDS / 1000
        menu.wait_for(timeout=SECONDS)
        while True:
            menu.click()
            try:
                self.page.get_by_text("Right Sidebar", exact=True).click(timeout=1000)
                self.page.get_by_role("menuitem", name="Show Chat").click(timeout=1000)
                return
            except TookTooLong:
                assert time.monotonic() < until, "the menu does not stay open"
                self.page.keyboard.press("Escape")
                self.page.keyboard.press("Escape")

    def reload(self) -> None:
        """Reload the browser's page."""
        self.page.reload()
        self.appear()

    def ask(self, text: str) -> None:
        """Type a question and send it with Enter, once the conversation is there."""
        self.question.fill(text)
        send = self.root.get_by_role("button", name=re.compile("^(Send|Ask next)$"))
        expect(send).to_be_enabled(timeout=SECONDS)
        self.question.press("Enter")

    def text(self, number: int) -> str:
        """The text of answer `number` as it is now."""
        return self.answers.nth(number).locator(".jc-Answer-text").inner_text()

    def conversation(self, title: str) -> Locator:
        """One in the list, also while its name begins with *Unread* or *Fork*, say."""
        return self.root.get_by_role(
            "button", name=re.compile(rf"^((Unread|Answering|Fork) )*{title}")
        )

    def button(self, name: str) -> Locator:
        """The chat's button of this name."""
        return self.root.get_by_role("button", name=name, exact=True)

    def expect_answer(self, number: int, text: str | re.Pattern[str]) -> None:
        """Wait until answer `number` (from 0) holds this text."""
        expect(self.answers.nth(number)).to_contain_text(text, timeout=SECONDS)

    def expect_idle(self) -> None:
        """Wait until nothing runs any more."""
        stop = self.root.get_by_role(
            "button", name=re.compile("^Stop (the answer|it when connected)")
        )
        expect(stop).to_have_count(0, timeout=SECONDS)


def open_chat(page: Page, jupyter: Jupyter, path: str | None = None) -> Chat:
    """Open the face that this server has, and wait for the chat."""
    paths = {"lab": "lab", "notebook": "tree", "chat": "jupyter-chat/"}
    page.goto(jupyter.address(path or paths[jupyter.face]))
    chat = Chat(page, jupyter.face)
    chat.appear()
    if jupyter.face == "lab" and path is None:
        # What comes there takes the focus, perhaps between a question and its Enter.
        main = page.locator("#jp-main-dock-panel > .lm-Widget:visible")
        expect(main.first).to_be_visible(timeout=SECONDS)
    return chat
