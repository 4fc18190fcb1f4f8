"""The chat in a cell's output, in JupyterLab."""

from __future__ import annotations

import json
import re
import urllib.request

import pytest
from playwright.sync_api import Page, expect

from .chat import SECONDS, Chat
from .ipykernels import add_ipykernel
from .notebook import PYTHON, Notebook, open_notebook

MADE = "from jupyter_chat import ChatWidget\nchat = ChatWidget(height=400)\nchat"
BUSY = "import time\ntime.sleep(600)"


@pytest.fixture(scope="module")
def jupyter(start_shared):
    return start_shared("lab")


def shown(notebook: Notebook, number: int = 0) -> Chat:
    """The widget in the output of a cell, once it is there."""
    chat = Chat(notebook.page, "widget")
    chat.root = notebook.cells.nth(number).locator(".jc-Chat")
    chat.question = chat.root.get_by_role("textbox", name="Question")
    chat.answers = chat.root.get_by_role("article", name=re.compile("^Answer by"))
    chat.questions = chat.root.get_by_role("article", name=re.compile("^Question by"))
    expect(chat.question).to_be_visible(timeout=SECONDS)
    return chat


def test_it_asks_and_python_hears_of_the_answer(jupyter, page: Page) -> None:
    notebook = open_notebook(
        page, jupyter, MADE, "print(chat.value, len(chat.messages))", path="ask.ipynb"
    )
    notebook.run(0)
    chat = shown(notebook)
    chat.ask('Say it [[text="It is said."]]')
    chat.expect_answer(0, "It is said.")
    expect(notebook.run(1)).to_contain_text("It is said. 2")


def test_what_python_asks_is_shown_in_the_widget_and_in_the_sidebar(jupyter, page: Page) -> None:
    notebook = open_notebook(
        page,
        jupyter,
        MADE,
        "chat.attach(limit=41)\nchat.send('Hello from Python [[text=\"Hello.\"]]')",
        "chat.draft = 'typed by Python'",
        path="python.ipynb",
    )
    notebook.run(0)
    chat = shown(notebook)
    notebook.run(1)
    chat.expect_answer(0, "Hello.")
    expect(chat.root.get_by_text("Variable limit")).to_be_visible()
    notebook.run(2)
    expect(chat.question).to_have_value("typed by Python")
    sidebar = page.locator("#jupyter-chat")
    sidebar.get_by_role("button", name="Show conversations").click()
    sidebar.get_by_role("button", name=re.compile("Hello from Python")).first.click()
    expect(sidebar.get_by_text("Hello.", exact=True)).to_be_visible()


def test_an_answer_streams_while_a_cell_is_running(jupyter, page: Page) -> None:
    notebook = open_notebook(page, jupyter, MADE, BUSY, path="busy.ipynb")
    notebook.run(0)
    chat = shown(notebook)
    notebook.run(1)
    expect(notebook.cells.nth(1)).to_contain_text("[*]")
    chat.ask("Count [[chunks=100 delay=0.02]]")
    chat.expect_answer(0, "You asked “Count”")
    chat.expect_idle()
    expect(notebook.cells.nth(1)).to_contain_text("[*]")


def test_its_code_can_be_put_into_the_notebook(jupyter, page: Page) -> None:
    notebook = open_notebook(page, jupyter, MADE, "1", path="code.ipynb")
    notebook.run(0)
    chat = shown(notebook)
    chat.ask('Code [[text="Here:\\n\\n```python\\nprint(42)\\n```"]]')
    chat.expect_answer(0, "print(42)")
    chat.expect_idle()
    block = chat.root.locator(".jc-Code")
    block.get_by_role("button", name=re.compile("^Insert below")).click()
    expect(notebook.cells.nth(1)).to_contain_text("print(42)")
    expect(notebook.cells.nth(2)).to_contain_text("1")


def test_a_restarted_kernel_leaves_the_answer_to_be_made(jupyter, page: Page) -> None:
    notebook = open_notebook(
        page, jupyter, MADE, "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)",
        path="restart.ipynb",
    )  # fmt: skip
    notebook.run(0)
    chat = shown(notebook)
    chat.ask('Take your time [[text="Here it is." size=1 delay=0.2]]')
    chat.expect_answer(0, "Here")
    notebook.run(1)
    restarting = page.get_by_role("dialog", name=re.compile("Kernel Restarting"))
    restarting.get_by_role("button", name="Ok").click(timeout=SECONDS)
    chat.expect_answer(0, "Here it is.")
    chat.ask('And again [[text="Again."]]')
    chat.expect_answer(1, "Again.")


def test_without_a_way_to_the_server_it_speaks_through_the_kernel(jupyter, page: Page) -> None:
    page.route(re.compile("/jupyter-chat/api/about"), lambda route: route.abort())
    notebook = open_notebook(page, jupyter, MADE, "1 + 1", path="relay.ipynb")
    direct: list[str] = []
    page.on("request", lambda request: direct.append(request.url))
    notebook.run(0)
    chat = shown(notebook)
    chat.ask('Through the kernel [[text="$x$ arrived" size=1 delay=0.02]]')
    chat.expect_answer(0, "arrived")
    chat.expect_idle()
    expect(chat.root.get_by_text("Loading…")).to_have_count(0)  # of the models, by REST
    assert not [url for url in direct if "widget.js" in url]


@pytest.mark.parametrize("version", ["7.3.0", "installed"])
def test_through_the_kernel_it_streams_while_a_cell_is_running(
    jupyter, page: Page, version: str
) -> None:
    page.route(re.compile("/jupyter-chat/api/about"), lambda route: route.abort())
    kernel = PYTHON if version == "installed" else add_ipykernel(jupyter, version)
    notebook = open_notebook(
        page, jupyter, MADE, BUSY, path=f"busy-{version[:1]}.ipynb", kernel=kernel
    )
    notebook.run(0)
    chat = shown(notebook)
    notebook.run(1)
    expect(notebook.cells.nth(1)).to_contain_text("[*]")
    chat.ask("Count [[chunks=100 delay=0.02]]")
    chat.expect_answer(0, "You asked “Count”")
    chat.expect_idle()
    expect(notebook.cells.nth(1)).to_contain_text("[*]")


def test_with_ipykernel_6_what_is_asked_through_the_kernel_waits_for_the_cell(
    jupyter, page: Page
) -> None:
    page.route(re.compile("/jupyter-chat/api/about"), lambda route: route.abort())
    kernel = add_ipykernel(jupyter, "6.31.0")
    waits = "import time\ntime.sleep(3)"
    notebook = open_notebook(page, jupyter, MADE, waits, path="busy-6.ipynb", kernel=kernel)
    notebook.run(0)
    chat = shown(notebook)
    chat.ask("Count on [[chunks=60 delay=0.1]]")
    chat.expect_answer(0, "You asked")
    notebook.run(1)
    expect(notebook.cells.nth(1)).to_contain_text("[*]")
    before = chat.text(0)
    page.wait_for_function(
        "([area, before]) => area.textContent.length > before.length + 20",
        arg=[chat.answers.first.element_handle(), before],
    )
    expect(notebook.cells.nth(1)).to_contain_text("[*]")
    chat.ask('Then this [[text="After the cell."]]')
    chat.expect_answer(1, "After the cell.")


def test_a_notebook_keeps_the_conversation_as_html_and_not_the_chat(jupyter, page: Page) -> None:
    notebook = open_notebook(page, jupyter, MADE, path="saved.ipynb")
    notebook.run(0)
    chat = shown(notebook)
    chat.ask('Keep this [[text="**kept** text"]]')
    chat.expect_answer(0, "kept text")
    page.wait_for_timeout(500)
    (output,) = notebook.save().cells[0].outputs
    assert "<strong>kept</strong> text" in output.data["text/html"]
    assert notebook.file.stat().st_size < 20_000


def test_a_notebook_that_is_opened_again_shows_the_conversation_as_it_was(
    jupyter, page: Page
) -> None:
    notebook = open_notebook(page, jupyter, MADE, path="again.ipynb")
    notebook.run(0)
    chat = shown(notebook)
    chat.ask('Keep this [[text="**kept** text"]]')
    chat.expect_answer(0, "kept text")
    page.wait_for_timeout(500)
    notebook.save()
    end_kernels(jupyter)
    notebook.open(jupyter)
    saved = notebook.cells.first.frame_locator("iframe[title=Conversation]")
    expect(saved.locator("strong")).to_have_text("kept")
    expect(notebook.cells.first.get_by_text("Error displaying widget")).to_have_count(0)
    notebook.run(0)
    shown(notebook)


def end_kernels(jupyter) -> None:
    """End all kernels of a server, as when it was stopped over night."""
    kernels = f"{jupyter.url}/api/sessions"
    token = {"Authorization": f"token {jupyter.token}"}
    request = urllib.request.Request(kernels, headers=token)
    with urllib.request.urlopen(request) as answer:
        sessions = json.loads(answer.read())
    for session in sessions:
        url = f"{kernels}/{session['id']}"
        with urllib.request.urlopen(urllib.request.Request(url, headers=token, method="DELETE")):
            pass
