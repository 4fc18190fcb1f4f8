"""A history brought from elsewhere, looked at, and taken along as a notebook."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import nbformat
from playwright.sync_api import Page, expect

from tests.exchange.conftest import as_json, conversation, node

from .chat import SECONDS, open_chat


def _export(tmp_path: Path) -> Path:
    answer = "Like this:\n\n```python\nprint(1 + 1)\n```\n"
    talk = conversation(
        [
            node("root", None, "system", ""),
            node("q", "root", "user", "How do I add?", 1_700_000_000),
            node("a", "q", "assistant", answer, 1_700_000_001),
        ],
        title="Sums",
    )
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr("conversations.json", as_json(talk, "no conversation"))
        archive.writestr("chat.html", "<html>")
    path = tmp_path / "chatgpt.zip"
    path.write_bytes(data.getvalue())
    return path


def test_a_chatgpt_export_is_imported_and_leaves_as_a_notebook(start, page: Page, tmp_path: Path):
    jupyter = start("lab")
    chat = open_chat(page, jupyter)
    chat.button("Settings").click()
    with page.expect_file_chooser() as chooser:
        chat.button("Choose a file or drop it here…").click()
    chooser.value.set_files(_export(tmp_path))
    expect(chat.root).to_contain_text("1 conversation added", timeout=SECONDS)
    expect(chat.root).to_contain_text("entry 2")

    chat.button("Back to the conversation").click()
    chat.button("Show conversations").click()
    chat.conversation("Sums").click()
    chat.expect_answer(0, "print(1 + 1)")

    # In a sidebar as narrow as at JupyterLab's start the header has no button for it.
    chat.button("More for this conversation").click()
    chat.root.get_by_role("menuitem", name="Export").click()
    with page.expect_download() as download:
        page.keyboard.press("ArrowDown")
        page.keyboard.press("Enter")
    assert download.value.suggested_filename == "2023-11-14 Sums.ipynb"
    text = download.value.path().read_text()
    nbformat.validate(nbformat.reads(text, as_version=4))
    (jupyter.folder / "work" / "Sums.ipynb").write_text(text)

    page.goto(jupyter.address("lab/tree/Sums.ipynb"))
    expect(page.locator(".jp-CodeCell").first).to_contain_text("print(1 + 1)", timeout=SECONDS)
    expect(page.locator(".jp-MarkdownCell").first).to_contain_text("Sums")
    assert json.loads(text)["metadata"]["title"] == "Sums"
    # Jupyter ends only after a kernel that is starting has started.
    idle = page.locator('.jp-Notebook-ExecutionIndicator[data-status="idle"]')
    expect(idle).to_be_visible(timeout=SECONDS)
