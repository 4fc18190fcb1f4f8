"""No face breaks the rules that axe checks (WCAG 2.1 A and AA), in either theme."""

from __future__ import annotations

import json
from pathlib import Path

from playwright.sync_api import Page, expect

from .chat import SECONDS, Chat, open_chat

_AXE = Path(__file__).parents[2] / "labextension/node_modules/axe-core/axe.min.js"
_OPTIONS = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"],
    "rules": {"heading-order": {"enabled": False}},  # the model's text decides
}
RICH = json.dumps(
    "## Title\n\n- [x] done\n- [ ] open\n\n|a|b|\n|-|-|\n|1|2|\n\n"
    "```python\nprint('hi')  # hm\n```\n"
    "\n> quoted [link](https://example.org) and `code`\n\n![remote](https://example.org/x.png)\n"
)


def violations(page: Page, within: str = ".jc-Chat") -> list[str]:
    """What axe finds wrong within the chat, one line each."""
    if not page.evaluate("typeof window.axe === 'object'"):
        page.evaluate(_AXE.read_text())
    found = page.evaluate(
        """([within, options]) =>
            window.axe.run(within, options).then(result => result.violations)""",
        [within, _OPTIONS],
    )
    return [
        f"{rule['id']}: {node['html'][:200]} {node['failureSummary']}"
        for rule in found
        for node in rule["nodes"]
    ]


def test_every_state_of_the_page(start, page: Page):
    """Empty, answering, answered, failed, attaching, the settings, the model's popover; both
    themes."""
    jupyter = start("chat")
    (jupyter.folder / "work" / "seen.txt").write_text("words")
    chat = open_chat(page, jupyter)
    for theme in ("light", "dark"):
        if theme == "dark":
            chat.button("New conversation").first.click()
            chat.button("Use the dark theme").click()
        assert violations(page) == [], f"empty, {theme}"
        chat.ask("Think [[reasoning=40 chunks=40 delay=0.1]]")
        expect(chat.button("Stop the answer")).to_be_visible(timeout=SECONDS)
        assert violations(page) == [], f"answering, {theme}"
        chat.button("Stop the answer").click()
        chat.expect_idle()
        chat.ask(f"Rich [[text={RICH}]]")
        chat.expect_answer(1, "quoted")
        chat.expect_idle()
        chat.ask("Fails [[quota]]")
        chat.expect_answer(2, "no credit left")
        assert violations(page) == [], f"answered, {theme}"
        chat.answers.last.get_by_role("button", name="More").click()
        assert violations(page) == [], f"menu of an answer, {theme}"
        page.keyboard.press("Escape")
        _open_model_settings(chat)
        assert violations(page) == [], f"model settings, {theme}"
        page.keyboard.press("Escape")
        _attach_secret(chat)
        assert violations(page) == [], f"a secret is attached, {theme}"
        chat.button("Remove").click()
        chat.button("Attach").click()
        chat.root.get_by_role("menuitem", name="File from the server…").click()
        expect(chat.root.get_by_role("option", name="seen.txt")).to_be_visible(timeout=SECONDS)
        assert violations(page) == [], f"files of the server, {theme}"
        page.keyboard.press("Escape")
        chat.button("Settings").click()
        assert violations(page) == [], f"settings, {theme}"
        chat.button("Back to the conversation").click()


def test_the_sidebar(start, page: Page):
    chat = open_chat(page, start("lab"))
    chat.ask(f"Rich [[text={RICH}]]")
    chat.expect_answer(0, "quoted")
    chat.expect_idle()
    for theme in ("JupyterLab Light", "JupyterLab Dark"):
        _use_theme(page, theme)
        assert violations(page) == [], theme
    chat.button("Show conversations").click()
    expect(chat.root.get_by_role("group", name="Conversations")).to_be_visible(timeout=SECONDS)
    for theme in ("JupyterLab Dark", "JupyterLab Light"):
        _use_theme(page, theme)
        assert violations(page) == [], f"conversations, {theme}"


def _attach_secret(chat: Chat) -> None:
    chat.root.get_by_label("Files to attach").set_input_files(
        {"name": ".env", "mimeType": "text/plain", "buffer": b"LEVEL=debug"}
    )
    chat.root.get_by_role("list", name="Attached").get_by_text(".env").click()  # folds open
    chat.ask("Why?")
    expect(chat.root.get_by_role("alertdialog")).to_be_visible(timeout=SECONDS)


def _use_theme(page: Page, theme: str) -> None:
    change = "theme => window.jupyterapp.commands.execute('apputils:change-theme', { theme })"
    page.evaluate(change, theme)
    expect(page.locator(f"body[data-jp-theme-name='{theme}']")).to_be_attached(timeout=SECONDS)


def _open_model_settings(chat: Chat) -> None:
    chat.root.locator("[aria-haspopup=dialog]").last.click()
    expect(chat.root.get_by_role("dialog")).to_be_visible()
