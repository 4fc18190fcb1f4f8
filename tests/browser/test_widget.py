"""The chat in a cell's output, in JupyterLab."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from .chat import SECONDS, Chat
from .ipykernels import add_ipykernel
from .notebook import PYTHON, Notebook, Window, code_cell

MADE = "from jupyter_chat import ChatWidget\nchat = ChatWidget(height=400)\nchat"
BUSY = "import pathlib, time\nwhile not pathlib.Path('enough').exists():\n    time.sleep(0.05)"
"""Runs until `end_busy`: what follows an interrupt may be dropped with it."""


pytestmark = pytest.mark.xdist_group("widget")


@pytest.fixture(scope="module")
def jupyter(start_shared):
    return start_shared("lab")


@pytest.fixture(scope="module")
def shared_window(jupyter, new_window):
    return new_window(jupyter)


@pytest.fixture(scope="module")
def shared_window_cut_off(jupyter, new_window):
    return new_window(jupyter, name="cut-off", cut_off=re.compile("/jupyter-chat/api/about"))


@pytest.fixture
def window(shared_window, lend):
    return lend(shared_window)


@pytest.fixture
def window_cut_off(shared_window_cut_off, lend):
    """Where the widget has no way to the server but through the kernel."""
    return lend(shared_window_cut_off)


def opened(window: Window, *cells: str, kernel: str = PYTHON) -> Notebook:
    """A notebook with these cells, whose kernel is ready."""
    window.show(*map(code_cell, cells), kernel=kernel)
    expect_ready(window)
    return Notebook(window.page)


def expect_ready(window: Window) -> None:
    """Wait until the kernel is there and has nothing to do."""
    idle = window.page.locator(".jp-StatusBar-Widget").get_by_text(re.compile(r"\| Idle"))
    expect(idle).to_be_visible(timeout=SECONDS)


def end_busy(notebook: Notebook, window: Window) -> None:
    """Let the cell `BUSY`, the second one, come to its end; the kernel is said to be idle
    before that, where comms have a thread of their own."""
    enough = window.file.parent / "enough"
    enough.touch()
    expect(notebook.cells.nth(1)).not_to_contain_text("[*]")
    enough.unlink()


def shown(notebook: Notebook, number: int = 0) -> Chat:
    """The widget in the output of a cell, once it is there."""
    chat = Chat(notebook.page, "widget")
    chat.root = notebook.cells.nth(number).locator(".jc-Chat")
    chat.question = chat.root.get_by_role("textbox", name="Question")
    chat.answers = chat.root.get_by_role("article", name=re.compile("^Answer by"))
    chat.questions = chat.root.get_by_role("article", name=re.compile("^Question by"))
    expect(chat.question).to_be_visible(timeout=SECONDS)
    return chat


def test_it_asks_and_python_hears_of_the_answer(window: Window) -> None:
    notebook = opened(window, MADE, "print(chat.value, len(chat.messages))")
    notebook.run(0)
    chat = shown(notebook)
    chat.ask('Say it [[text="It is said."]]')
    chat.expect_answer(0, "It is said.")
    expect(notebook.run(1)).to_contain_text("It is said. 2")


def test_what_python_asks_is_shown_in_the_widget_and_in_the_sidebar(window: Window) -> None:
    notebook = opened(
        window,
        MADE,
        "chat.attach(limit=41)\nchat.send('Hello from Python [[text=\"Hello.\"]]')",
        "chat.draft = 'typed by Python'",
    )
    notebook.run(0)
    chat = shown(notebook)
    notebook.run(1)
    chat.expect_answer(0, "Hello.")
    expect(chat.root.get_by_text("Variable limit")).to_be_visible()
    notebook.run(2)
    expect(chat.question).to_have_value("typed by Python")
    sidebar = notebook.page.locator("#jupyter-chat")
    sidebar.get_by_role("button", name="Show conversations").click()
    conversations = sidebar.get_by_role("group", name="Conversations")
    conversations.get_by_role("button", name=re.compile("Hello from Python")).first.click()
    expect(sidebar.get_by_text("Hello.", exact=True)).to_be_visible()


def test_an_answer_streams_while_a_cell_is_running(window: Window) -> None:
    notebook = opened(window, MADE, BUSY)
    notebook.run(0)
    chat = shown(notebook)
    notebook.run(1)
    expect(notebook.cells.nth(1)).to_contain_text("[*]")
    chat.ask("Count [[chunks=100 delay=0.02]]")
    chat.expect_answer(0, "You asked “Count”")
    chat.expect_idle()
    expect(notebook.cells.nth(1)).to_contain_text("[*]")
    end_busy(notebook, window)


def test_its_code_can_be_put_into_the_notebook(window: Window) -> None:
    notebook = opened(window, MADE, "1")
    notebook.run(0)
    chat = shown(notebook)
    chat.ask('Code [[text="Here:\\n\\n```python\\nprint(42)\\n```"]]')
    chat.expect_answer(0, "print(42)")
    chat.expect_idle()
    block = chat.root.locator(".jc-Code")
    block.get_by_role("button", name=re.compile("^Insert below")).click()
    expect(notebook.cells.nth(1)).to_contain_text("print(42)")
    expect(notebook.cells.nth(2)).to_contain_text("1")


def test_without_a_way_to_the_server_it_speaks_through_the_kernel(window_cut_off: Window) -> None:
    notebook = opened(window_cut_off, MADE, "1 + 1")
    direct: list[str] = []
    window_cut_off.page.on("request", lambda request: direct.append(request.url))
    notebook.run(0)
    chat = shown(notebook)
    chat.ask('Through the kernel [[text="$x$ arrived" size=1 delay=0.02]]')
    chat.expect_answer(0, "arrived")
    chat.expect_idle()
    expect(chat.root.get_by_text("Loading…")).to_have_count(0)  # of the models, by REST
    assert not [url for url in direct if "widget.js" in url]
    window_cut_off.page.evaluate(
        "() => window.jupyterapp.shell.currentWidget.sessionContext.restartKernel()"
    )
    expect(chat.root.get_by_text('to go on with it: ChatWidget(thread="')).to_be_visible()
    expect_ready(window_cut_off)


@pytest.mark.parametrize("version", ["installed", "7.3.0"])
def test_through_the_kernel_it_streams_while_a_cell_is_running(
    jupyter, window_cut_off: Window, version: str
) -> None:
    kernel = PYTHON if version == "installed" else add_ipykernel(jupyter, version)
    notebook = opened(window_cut_off, MADE, BUSY, kernel=kernel)
    notebook.run(0)
    chat = shown(notebook)
    notebook.run(1)
    expect(notebook.cells.nth(1)).to_contain_text("[*]")
    chat.ask("Count [[chunks=100 delay=0.02]]")
    chat.expect_answer(0, "You asked “Count”")
    chat.expect_idle()
    expect(notebook.cells.nth(1)).to_contain_text("[*]")
    end_busy(notebook, window_cut_off)


def test_with_ipykernel_6_what_is_asked_through_the_kernel_waits_for_the_cell(
    jupyter, window_cut_off: Window
) -> None:
    kernel = add_ipykernel(jupyter, "6.31.0")
    waits = "import time\ntime.sleep(3)"
    notebook = opened(window_cut_off, MADE, waits, kernel=kernel)
    notebook.run(0)
    chat = shown(notebook)
    chat.ask("Count on [[chunks=60 delay=0.1]]")
    chat.expect_answer(0, "You asked")
    notebook.run(1)
    expect(notebook.cells.nth(1)).to_contain_text("[*]")
    before = chat.text(0)
    notebook.page.wait_for_function(
        "([area, before]) => area.textContent.length > before.length + 20",
        arg=[chat.answers.first.element_handle(), before],
    )
    expect(notebook.cells.nth(1)).to_contain_text("[*]")
    chat.ask('Then this [[text="After the cell."]]')
    chat.expect_answer(1, "After the cell.")


def test_it_goes_on_after_a_reload_of_the_page(window: Window) -> None:
    notebook = opened(window, MADE)
    goes_on_after_a_reload(window, notebook)


def test_it_does_so_in_notebook_7_too(start_shared, new_window) -> None:
    window = new_window(start_shared("notebook"))
    window.show(code_cell(MADE))
    goes_on_after_a_reload(window, Notebook(window.page))


def goes_on_after_a_reload(window: Window, notebook: Notebook) -> None:
    notebook.run(0)
    chat = shown(notebook)
    chat.ask('Once [[text="Said once."]]')
    chat.expect_answer(0, "Said once.")
    window.save()
    window.page.reload()
    chat = shown(notebook)
    chat.expect_answer(0, "Said once.")  # before that, nothing can be sent
    chat.ask('Twice [[text="Said twice."]]')
    chat.expect_answer(1, "Said twice.")
    save_with(window, "Said twice.")


def save_with(window: Window, html: str) -> None:
    """Save the notebook until the conversation is in it so far: a moment after it is shown."""
    for _ in range(100):
        (output,) = window.save().cells[0].outputs
        if html in output.data["text/html"]:
            return
    pytest.fail("the notebook does not have it")


def test_it_has_room_beside_others_and_where_it_is_narrow(window: Window) -> None:
    notebook = opened(
        window,
        MADE,
        "import ipywidgets\nipywidgets.HBox([ipywidgets.Button(description='b'), chat])",
        "ipywidgets.VBox([chat], layout=ipywidgets.Layout(width='330px'))",
    )
    for number in range(3):
        notebook.run(number)
        chat = shown(notebook, number)
        width = chat.root.evaluate("chat => chat.clientWidth")
        assert width >= 300
        assert chat.root.evaluate("chat => chat.scrollWidth") <= width
        for button in chat.root.get_by_role("button").all():
            box = button.bounding_box()
            assert box is None or box["width"] > 0


def test_a_notebook_keeps_the_conversation_as_html_and_not_the_chat(window: Window) -> None:
    notebook = opened(window, MADE)
    notebook.run(0)
    chat = shown(notebook)
    chat.ask('Keep this [[text="**kept** text"]]')
    chat.expect_answer(0, "kept text")
    save_with(window, "<strong>kept</strong> text")
    assert window.file.stat().st_size < 20_000


def test_a_notebook_that_is_opened_again_shows_the_conversation_as_it_was(window: Window) -> None:
    notebook = opened(window, MADE)
    notebook.run(0)
    chat = shown(notebook)
    chat.ask('Keep this [[text="**kept** text"]]')
    chat.expect_answer(0, "kept text")
    save_with(window, "<strong>kept</strong> text")
    window.end_kernel()
    with window.slow_kernels(4):  # which is no sign that it has the widget
        window.reload()
        expect_ready(window)
    saved = notebook.cells.first.frame_locator("iframe[title=Conversation]")
    expect(saved.locator("strong")).to_have_text("kept")
    note = notebook.cells.first.get_by_text("To go on with it: ChatWidget(thread=")
    expect(note).to_be_visible()
    expect(notebook.cells.first.get_by_text("Error displaying widget")).to_have_count(0)
    notebook.run(0)
    shown(notebook)


def test_a_reload_while_a_cell_runs_shows_what_was_saved_until_the_kernel_answers(
    window: Window,
) -> None:
    notebook = opened(window, MADE, BUSY)
    notebook.run(0)
    chat = shown(notebook)
    chat.ask('Before [[text="It was asked before."]]')
    chat.expect_answer(0, "asked before")
    save_with(window, "It was asked before.")
    notebook.run(1)
    expect(notebook.cells.nth(1)).to_contain_text("[*]")
    window.page.reload()
    saved = notebook.cells.first.frame_locator("iframe[title=Conversation]")
    expect(saved.get_by_text("It was asked before.", exact=True)).to_be_visible()
    expect(notebook.cells.first.get_by_text("the kernel has not answered yet")).to_be_visible()
    expect(notebook.cells.first.get_by_text("To go on with it")).to_have_count(0)
    (window.file.parent / "enough").touch()
    chat = shown(notebook)
    chat.expect_answer(0, "asked before")
    (window.file.parent / "enough").unlink()


def test_a_question_is_in_the_file_when_the_kernel_dies_over_its_answer(window: Window) -> None:
    notebook = opened(window, MADE)
    notebook.run(0)
    chat = shown(notebook)
    chat.ask('Take your time [[text="Here it is." size=1 delay=0.3]]')
    chat.expect_answer(0, "H")
    window.end_kernel()
    (output,) = window.save().cells[0].outputs
    assert "Take your time" in output.data["text/html"]
    window.close()


def test_a_restarted_kernel_leaves_the_answer_to_be_made(window: Window) -> None:
    notebook = opened(window, MADE, "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)")
    notebook.run(0)
    chat = shown(notebook)
    chat.ask('Take your time [[text="Here it is." size=1 delay=0.2]]')
    chat.expect_answer(0, "Here")
    notebook.run(1)
    restarting = notebook.page.get_by_role("dialog", name=re.compile("Kernel Restarting"))
    restarting.get_by_role("button", name="Ok").click(timeout=SECONDS)
    chat.expect_answer(0, "Here it is.")
    chat.ask('And again [[text="Again."]]')
    chat.expect_answer(1, "Again.")
    window.close()  # the new kernel is starting still, perhaps
