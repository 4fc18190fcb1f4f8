"""Presets, prompts, commands and mentions, by the keyboard alone."""

from __future__ import annotations

import json
import re
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from tests.upstream import Upstream

from .chat import SECONDS, Chat, open_chat
from .notebook import Notebook, Window, code_cell
from .test_accessibility import violations

_LIST = re.compile("^(Commands, presets and prompts|What to attach)$")


def _list(chat: Chat) -> Locator:
    return chat.root.get_by_role("listbox", name=_LIST)


def _type(chat: Chat, text: str) -> None:
    chat.question.focus()
    chat.page.keyboard.type(text)


def _selected(chat: Chat) -> str:
    return str(
        chat.question.evaluate("area => area.value.slice(area.selectionStart, area.selectionEnd)")
    )


def test_a_preset_and_a_prompt_from_making_them_to_sharing_them(
    start, page: Page, upstream: Upstream, tmp_path: Path
):
    jupyter = start("chat")
    chat = open_chat(page, jupyter)
    keyboard = page.keyboard
    page.emulate_media(reduced_motion="reduce")  # colours change at once

    # A preset is saved where the model is chosen.
    _type(chat, "/sys")
    expect(_list(chat).get_by_role("option")).to_have_count(1)
    keyboard.press("Enter")
    expect(chat.root.get_by_label("System prompt")).to_be_focused()
    keyboard.type("Speak like a pirate.")
    chat.button("Save as preset…").click()
    keyboard.type("Pirate talk")
    keyboard.press("Enter")
    expect(chat.button("Save as preset…")).to_be_focused()
    keyboard.press("Escape")

    # A prompt is written in the settings.
    _type(chat, "/settings")
    keyboard.press("Enter")
    chat.button("New prompt").click()
    keyboard.type("Explain it")
    chat.root.get_by_label("Text").fill("Explain {{topic}} to {{whom}}.")
    for theme in ("light", "dark"):
        assert violations(page) == [], f"prompt, {theme}"
        if theme == "light":
            page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    form = chat.root.get_by_role("form", name="Prompt")
    form.get_by_role("button", name="Save").click()
    expect(chat.button("Edit Explain it")).to_be_focused()
    chat.button("Edit Pirate talk").click()
    assert violations(page) == [], "preset, dark"
    keyboard.press("Escape")
    with page.expect_download() as download:
        chat.button("Share all as a file").click()
    shared = tmp_path / download.value.suggested_filename
    download.value.save_as(shared)
    assert shared.name == "presets and prompts.json"
    keyboard.press("Escape")

    # Both are there in another window, and are used by their names.
    other = open_chat(page.context.new_page(), jupyter)
    other.page.emulate_media(color_scheme="dark")
    _type(other, "/")
    expect(_list(other).get_by_role("option", name=re.compile("^Pirate talk"))).to_be_visible()
    assert violations(other.page) == [], "list, dark"
    other.page.keyboard.type("pir")
    other.page.keyboard.press("Tab")
    expect(other.question).to_have_value("")
    expect(other.question).to_be_focused()
    _type(other, "/expl")
    other.page.keyboard.press("Enter")
    assert _selected(other) == "{{topic}}"
    other.page.keyboard.type("trees")
    other.page.keyboard.press("Enter")
    expect(other.root.get_by_role("alert")).to_have_text("Not filled in yet: whom")
    assert violations(other.page) == [], "blanks, dark"
    assert _selected(other) == "{{whom}}"
    other.page.keyboard.type("me")
    other.page.keyboard.press("Enter")
    other.expect_answer(0, "this is the scripted answer")
    body = json.dumps(upstream.requests()[-1]["body"])
    assert "Explain trees to me." in body
    assert "Speak like a pirate." in body

    # Deleted here, it is gone there; the file brings it back.
    _type(chat, "/settings")
    keyboard.press("Enter")
    chat.button("Delete Explain it").click()
    expect(chat.button("Undo")).to_be_visible()
    _type(other, "/expl")
    expect(_list(other)).to_have_count(0)
    with page.expect_file_chooser() as chooser:
        chat.button("Add from a file…").click()
    chooser.value.set_files(shared)
    expect(chat.root.get_by_text("1 prompt added")).to_be_visible()
    other.page.keyboard.press("Backspace")
    expect(_list(other).get_by_role("option", name=re.compile("^Explain it"))).to_be_visible()
    other.page.close()


def test_what_is_no_command_is_sent_as_it_is(start, page: Page, upstream: Upstream):
    chat = open_chat(page, start("chat"))
    for number, text in enumerate(("/etc/hosts", "/model", "@property", "ada@example.org")):
        _type(chat, text)
        if text == "/model":
            expect(_list(chat)).to_be_visible()
            page.keyboard.press("Escape")
        expect(_list(chat)).to_have_count(0)
        page.keyboard.press("Enter")
        expect(chat.questions.nth(number)).to_contain_text(text, timeout=SECONDS)
        chat.expect_answer(number, "this is the scripted answer")
        chat.expect_idle()


def test_what_is_in_the_notebook_goes_with_a_question(start_shared, new_window, upstream: Upstream):
    window: Window = new_window(start_shared("lab"))
    error = {
        "output_type": "error",
        "ename": "NameError",
        "evalue": "name 'pi' is not defined",
        "traceback": ["NameError: name 'pi' is not defined"],
    }
    stream = {"output_type": "stream", "name": "stdout", "text": "said\n"}
    chat = window.show(
        code_cell("first = 1\nsecond = 2"),
        code_cell("print('said')", stream),
        code_cell("pi", error),
    )
    keyboard = chat.page.keyboard
    notebook = Notebook(chat.page)
    notebook.cells.nth(0).locator(".cm-line").nth(1).click()
    keyboard.press("Shift+Home")
    _type(chat, "See @")
    for kind in ("cell", "selection", "notebook", "output", "error"):
        group = _list(chat).get_by_role("group", name=re.compile(f"@{kind}$"))
        expect(group).to_be_visible()
    assert violations(chat.page) == []
    keyboard.type("sel")
    keyboard.press("Enter")
    attached = chat.root.get_by_role("list", name="Attached").get_by_role("listitem")
    expect(attached).to_have_count(1)
    expect(chat.question).to_have_value("See ")
    expect(chat.question).to_be_focused()
    for typed, count in (("@err", 3), ("@out", 5), ("@note", 6), ("@cell:1", 7)):
        keyboard.type(typed)
        expect(_list(chat)).to_be_visible()
        keyboard.press("Enter")
        expect(attached).to_have_count(count)
        expect(chat.question).to_have_value("See ")
    keyboard.type("please")
    keyboard.press("Enter")
    chat.expect_answer(0, "this is the scripted answer")
    asked = json.dumps(upstream.requests()[-1]["body"], ensure_ascii=False)
    assert "Selection `cell 1 · notebook.ipynb`" in asked
    assert "NameError: name 'pi' is not defined" in asked
    assert "# %% Cell 2" in asked

    chat = window.show_none()
    expect(chat.page.locator(".jp-Launcher")).to_be_visible()  # it takes the focus
    _type(chat, "@cell")
    option = _list(chat).get_by_role("option", name=re.compile("Open a notebook first"))
    expect(option).to_be_visible()
    expect(option).to_have_attribute("aria-disabled", "true")
