"""The chat and the notebook that is open beside it, in JupyterLab and in Notebook 7."""

from __future__ import annotations

import base64
import json
import re
import struct
import zlib
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.upstream import Upstream

from .chat import SECONDS, Chat
from .notebook import Notebook, Window, code_cell

LAB, NOTEBOOK = (
    pytest.param(face, marks=pytest.mark.xdist_group(f"cells in {face}"))
    for face in ("lab", "notebook")
)
OLD = "total = 0\nfor n in range(10):\n    total += n\ntotal"
NAMES = "len(In), [name for name in sorted(dir()) if name[0] != '_']"
NEW = "total = sum(range(10))\ntotal"
TRACEBACK = [
    "\x1b[31m---------------------------------------\x1b[39m",
    "\x1b[31mNameError\x1b[39m: name 'pi' is not defined",
]


in_lab = pytest.mark.parametrize("jupyter", [LAB], indirect=True)


@pytest.fixture(scope="module", params=[LAB, NOTEBOOK])
def jupyter(request, start_shared):
    return start_shared(request.param)


@pytest.fixture(scope="module")
def shared_window(jupyter, new_window):
    return new_window(jupyter)


@pytest.fixture
def window(shared_window, lend):
    return lend(shared_window)


class NotebookWithChat(Notebook):
    """A notebook on the page, with the chat beside it."""

    def __init__(self, chat: Chat) -> None:
        super().__init__(chat.page)
        self.chat = chat

    def source(self, number: int) -> Locator:
        return self.cells.nth(number).locator(".cm-content")

    def expect_sources(self, *sources: str) -> None:
        expect(self.cells).to_have_count(len(sources), timeout=SECONDS)
        for number, source in enumerate(sources):
            lines = self.source(number).locator(".cm-line")
            expect(lines).to_have_text(source.split("\n"), timeout=SECONDS)

    def select(self, number: int) -> None:
        """Make a cell the active one, in command mode."""
        self.cells.nth(number).locator(".jp-InputPrompt").click()

    def answer_with(self, code: str, fence: str = "```python") -> Locator:
        """The block of an answer that holds this code."""
        text = json.dumps(f"{fence}\n{code}\n```")
        self.chat.ask(f"How? [[text={text}]]")
        block = self.chat.root.locator(".jc-Code").last
        expect(block).to_contain_text(code.split("\n")[-1], timeout=SECONDS)
        self.chat.expect_idle()
        return block

    def expect_asked(self, number: int, text: str) -> None:
        """Wait until a question was asked and answered."""
        expect(self.chat.questions.nth(number)).to_contain_text(text, timeout=SECONDS)
        self.chat.expect_answer(number, "this is the scripted answer")
        self.chat.expect_idle()

    def choose(self, block: Locator, item: str, *, off: bool = False) -> None:
        block.get_by_role("button", name="More for this code").click()
        self.chat.root.get_by_role("menuitem", name=item).click(force=off)


def test_a_failed_cell_offers_to_be_fixed(window: Window, upstream: Upstream):
    error = {
        "output_type": "error",
        "ename": "NameError",
        "evalue": "name 'pi' is not defined",
        "traceback": TRACEBACK,
    }
    notebook = _open(window, code_cell("pi", error), code_cell("1"))
    cell = notebook.cells.nth(0)
    bar = cell.get_by_role("toolbar", name="Ask the chat")
    fix = bar.get_by_role("button", name="Fix")
    expect(bar).to_have_css("opacity", "1")  # without pointing at it
    notebook.select(1)
    fix.click()
    notebook.expect_asked(0, "Fix this error.")
    asked = _last_asked(upstream)
    assert "Cell `[3] · notebook.ipynb`:\n\n```python\npi\n```" in asked
    assert "NameError: name 'pi' is not defined" in asked
    assert "\x1b" not in asked
    bar.get_by_role("button", name="Explain").click()
    notebook.expect_asked(1, "Explain this error")

    # the failed cell is the active one: the fix is to replace it
    notebook.source(0).click()
    notebook.page.keyboard.press("Control+a")
    notebook.page.keyboard.type("2 + 2")
    notebook.page.keyboard.press("Control+Enter")
    expect(cell.locator(".jp-OutputArea-output")).to_have_text("4", timeout=SECONDS)
    expect(fix).to_be_hidden()


def test_code_is_inserted_and_the_notebook_s_undo_takes_it_out(window: Window):
    notebook = _open(window, code_cell("first"), code_cell("last"))
    notebook.select(0)
    block = notebook.answer_with(NEW)
    insert = block.get_by_role("button", name="Insert below in notebook.ipynb")
    insert.click()
    notebook.expect_sources("first", NEW, "last")
    notebook.chat.button("Undo").click()
    notebook.expect_sources("first", "last")

    notebook.select(1)
    notebook.choose(block, "Insert above")
    notebook.expect_sources("first", NEW, "last")
    insert.click()
    notebook.expect_sources("first", NEW, NEW, "last")
    notebook.select(3)
    for sources in [("first", NEW, "last"), ("first", "last")]:
        notebook.page.keyboard.press("z")
        notebook.expect_sources(*sources)


def test_a_cell_is_replaced_after_a_look_at_the_difference(window: Window):
    notebook = _open(window, code_cell("before = 1"), code_cell(OLD))
    notebook.select(1)
    block = notebook.answer_with(NEW)
    notebook.choose(block, "Replace cell…")
    question = block.get_by_role("group", name="Replace Cell 2 of notebook.ipynb?")
    expect(question.locator("[data-change=removed] code")).to_have_text(
        ["total = 0", "for n in range(10):", "    total += n"]
    )
    expect(question.locator("[data-change=added] code")).to_have_text([NEW.split("\n")[0]])
    notebook.expect_sources("before = 1", OLD)
    question.get_by_role("button", name="Replace").click()
    notebook.expect_sources("before = 1", NEW)
    notebook.chat.button("Undo").click()
    notebook.expect_sources("before = 1", OLD)

    notebook.source(1).click()
    notebook.page.keyboard.press("Control+End")
    notebook.page.keyboard.type("  # typed")
    notebook.choose(block, "Replace cell…")
    question.get_by_role("button", name="Replace").click()
    notebook.expect_sources("before = 1", NEW)
    notebook.source(1).click()
    notebook.page.keyboard.press("Control+z")
    notebook.expect_sources("before = 1", f"{OLD}  # typed")


def test_code_runs_only_when_that_was_approved(window: Window):
    notebook = _open(window, code_cell("1"))
    notebook.select(0)
    block = notebook.answer_with("print('ran', 6 * 7)")
    notebook.choose(block, "Run…")
    question = block.get_by_role("group", name="Run this in notebook.ipynb?")
    question.get_by_role("button", name="Cancel").click()
    notebook.expect_sources("1")
    notebook.choose(block, "Run…")
    question.get_by_role("button", name="Run").click()
    notebook.expect_sources("1", "print('ran', 6 * 7)")
    expect(notebook.cells.nth(1)).to_contain_text("ran 42", timeout=SECONDS)

    other = notebook.answer_with("ls", "```bash")
    notebook.choose(other, "Run…", off=True)
    expect(other).to_contain_text("This is bash, and notebook.ipynb runs python.")


def test_outputs_go_with_a_question(window: Window, upstream: Upstream):
    image = base64.b64encode(_png()).decode()
    notebook = _open(
        window,
        code_cell(
            "plot(df)",
            {"output_type": "stream", "name": "stdout", "text": "drawn in \x1b[32m3 s\x1b[0m\n"},
            {
                "output_type": "execute_result",
                "execution_count": 3,
                "metadata": {},
                "data": {
                    "text/html": "<table><tr><th>a</th></tr><tr><td>1</td></tr></table>",
                    "text/plain": "   a\n0  1",
                },
            },
            {
                "output_type": "display_data",
                "metadata": {},
                "data": {"image/png": image, "text/plain": "<Figure>"},
            },
        ),
    )
    cell = notebook.cells.nth(0)
    cell.locator(".jp-OutputArea").hover()
    cell.get_by_role("button", name="Ask about this").click()
    attached = notebook.chat.root.get_by_role("list", name="Attached").get_by_role("listitem")
    expect(attached).to_have_text([re.compile("Cell"), re.compile("Output"), re.compile("Image")])
    expect(notebook.chat.question).to_be_focused()
    notebook.chat.ask("What does it show?")
    notebook.expect_asked(0, "What does it show")
    expect(notebook.chat.root.get_by_role("list", name="Attached").last).to_be_visible()
    asked = _last_asked(upstream)
    assert "drawn in 3 s\\n   a\\n0  1" in asked.replace("\n", "\\n")
    body = json.dumps(upstream.requests()[-1]["body"])
    assert f"data:image/png;base64,{image}" in body


def test_a_selection_is_explained(window: Window, upstream: Upstream):
    notebook = _open(window, code_cell("1"), code_cell("first = 1\nsecond = 2"))
    notebook.source(1).locator(".cm-line").nth(1).click()
    notebook.page.keyboard.press("Shift+Home")
    notebook.source(1).locator(".cm-line").nth(1).click(button="right")
    _ask_in_menu(notebook.page, "Explain")
    notebook.expect_asked(0, "Explain what this does.")
    asked = _last_asked(upstream)
    assert "Selection `cell 2 · notebook.ipynb`:" in asked
    assert "second" in asked
    assert "first" not in asked


def test_a_cell_is_asked_about(window: Window, upstream: Upstream):
    notebook = _open(window, code_cell("1"), code_cell("second = 2"))
    notebook.cells.nth(1).locator(".jp-InputPrompt").click(button="right")
    _ask_in_menu(notebook.page, "Translate…")
    expect(notebook.chat.question).to_have_value("Translate this to ")
    expect(notebook.chat.question).to_be_focused()
    expect(notebook.chat.root.get_by_role("list", name="Attached")).to_contain_text(
        "Cell 2 · notebook.ipynb"
    )
    notebook.page.keyboard.type("Rust")
    notebook.page.keyboard.press("Enter")
    notebook.expect_asked(0, "Translate this to Rust")
    assert "second = 2" in _last_asked(upstream)


def test_a_notebook_goes_with_a_question(window: Window, upstream: Upstream):
    stream = {"output_type": "stream", "name": "stdout", "text": "said\n"}
    notebook = _open(window, code_cell("print('said')", stream), code_cell("last"))
    notebook.cells.nth(1).locator(".jp-InputPrompt").click(button="right")
    _ask_in_menu(notebook.page, "Attach the Notebook")
    notebook.chat.ask("What is it about?")
    notebook.expect_asked(0, "What is it about")
    asked = _last_asked(upstream)
    assert "File `notebook.ipynb`" in asked
    assert "# %% Cell 1, run as [3]\nprint('said')\n# Output:\nsaid" in asked
    assert "# %% Cell 2" in asked


@in_lab
def test_a_conversation_becomes_a_notebook(window: Window):
    notebook = _open(window, code_cell("1"))
    before = set(window.file.parent.glob("*.ipynb"))
    notebook.answer_with("print('kept')")
    notebook.chat.button("More for this conversation").click()
    for item in ("Export", "Open as a notebook"):
        notebook.chat.root.get_by_role("menuitem", name=item).click()
    expect(notebook.cells.filter(has_text="kept").last).to_be_visible(timeout=SECONDS)
    assert len(set(window.file.parent.glob("*.ipynb")) - before) == 1


def test_without_a_notebook_the_actions_say_why_they_are_off(window: Window):
    notebook = NotebookWithChat(window.show_none())
    block = notebook.answer_with("x = 1")
    insert = block.get_by_role("button", name="Insert below: Open a notebook first.")
    expect(insert).to_have_attribute("aria-disabled", "true")
    insert.click(force=True)
    expect(block.get_by_role("group", name="Open a notebook first.")).to_be_visible()


def test_a_variable_goes_with_a_question_and_leaves_no_trace(window: Window, upstream: Upstream):
    notebook = _open(window, code_cell("df_size = [1, 2, 3]"), code_cell(NAMES))
    notebook.run(0)
    notebook.run(1)
    output = notebook.cells.nth(1).locator(".jp-OutputArea-output")
    expect(output).to_contain_text("df_size", timeout=SECONDS)
    numbers, _, names = output.inner_text().partition(",")
    chat = notebook.chat
    chat.button("Attach").click()
    chat.root.get_by_role("menuitem", name="Variable of the kernel…").click()
    field = chat.root.get_by_role("combobox", name="Part of its name")
    field.fill("df_s")
    expect(chat.root.get_by_role("option", name="df_size")).to_contain_text("list, 3 items")
    field.press("Enter")
    chips = chat.root.get_by_role("list", name="Attached")
    expect(chips).to_contain_text("Variable df_size")
    chat.ask("How many?")
    notebook.expect_asked(0, "How many?")
    assert "Variable `df_size`:\n\n```\nlist, 3 items\n[1, 2, 3]\n```" in _last_asked(upstream)
    notebook.run(1)
    expect(output).to_contain_text(f"({int(numbers.strip('( ')) + 1},", timeout=SECONDS)
    assert output.inner_text().partition(",")[2] == names


def test_a_kernel_that_is_busy_is_not_waited_for(window: Window):
    notebook = _open(window, code_cell("import time; time.sleep(8)"))
    notebook.run(0)
    expect(notebook.cells.nth(0).locator(".jp-InputPrompt")).to_contain_text("[*]")
    root = notebook.chat.root
    notebook.chat.button("Attach").click()
    root.get_by_role("menuitem", name="Variable of the kernel…").click()
    expect(root.get_by_text("The kernel is busy.")).to_be_visible(timeout=SECONDS)
    notebook.page.keyboard.press("Escape")
    expect(root.get_by_role("combobox", name="Part of its name")).to_have_count(0)


@in_lab
def test_a_file_is_dragged_from_the_file_browser(window: Window):
    notebook = _open(window, code_cell("1"))
    file = window.file.parents[1] / "dragged.csv"
    file.write_text("a,b\n")
    item = notebook.page.locator(".jp-DirListing-item", has_text=file.name)
    notebook.page.evaluate("window.jupyterapp.commands.execute('filebrowser:refresh')")
    start, end = item.bounding_box(), notebook.chat.question.bounding_box()
    assert start is not None
    assert end is not None
    mouse = notebook.page.mouse
    mouse.move(start["x"] + 20, start["y"] + 5)
    mouse.down()
    mouse.move(start["x"] + 60, start["y"] + 20, steps=3)
    mouse.move(end["x"] + 20, end["y"] + 5, steps=5)
    mouse.up()
    chips = notebook.chat.root.get_by_role("list", name="Attached")
    expect(chips).to_contain_text("dragged.csv")
    assert file.exists()


def test_what_the_notebook_lacks_is_said_in_the_menu(window: Window):
    notebook = NotebookWithChat(window.show_none())
    notebook.chat.button("Attach").click()
    item = notebook.chat.root.get_by_role("menuitem", name="Whole notebook")
    expect(item).to_be_disabled()
    expect(item).to_have_attribute("title", "Open a notebook first.")


@in_lab
def test_code_becomes_a_new_notebook(window: Window):
    notebook = NotebookWithChat(window.show_none())
    block = notebook.answer_with("x = 'new'")
    notebook.choose(block, "New notebook")
    notebook.expect_sources("x = 'new'")
    expect(notebook.page.get_by_role("dialog")).to_have_count(0)
    expect(block.get_by_role("button", name=re.compile("^Insert below in "))).to_be_visible()


def _open(window: Window, *cells: dict[str, Any]) -> NotebookWithChat:
    return NotebookWithChat(window.show(*cells))


def _ask_in_menu(page: Page, item: str) -> None:
    menu = page.locator(".lm-Menu")
    menu.get_by_text("Ask the Chat", exact=True).hover()
    menu.last.get_by_text(item, exact=True).click()


def _last_asked(upstream: Upstream) -> str:
    """What the model reads of the last question, with what is attached to it."""
    body = upstream.requests()[-1]["body"]
    messages = body.get("input") or body["messages"]
    content = messages[-1]["content"]
    if isinstance(content, str):
        return content
    return "".join(part.get("text", "") for part in content)


def _png() -> bytes:
    """A small picture in red."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    size = 60
    rows = (b"\0" + b"\xff\0\0" * size) * size
    header = struct.pack(">IIBBBBB", size, size, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )
