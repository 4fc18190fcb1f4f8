"""In JupyterLab, too, which shows its sidebar late, a question is seen while it is typed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, expect

from .chat import Chat, open_chat

LINES = "One line\nand another\nand a third"
LONG = "A question for one line of a wide sidebar, two of a narrow one"


pytestmark = pytest.mark.xdist_group("composer")


@pytest.fixture(scope="module")
def window(start_shared, browser: Browser, browser_context_args) -> Iterator[Chat]:
    context = browser.new_context(**browser_context_args)
    yield open_chat(context.new_page(), start_shared("lab"))
    context.close()


@pytest.fixture
def chat(window: Chat) -> Chat:
    """A new conversation, without a draft."""
    window.button("New conversation").click()
    expect(window.questions).to_have_count(0)
    window.question.fill("")
    return window


def test_it_has_the_height_of_a_line_when_jupyterlab_has_loaded(chat: Chat):
    chat.reload()
    _expect_whole(chat.question, lines=1)


def test_it_shows_all_of_a_draft_that_was_kept(chat: Chat):
    chat.question.fill(LINES)
    _expect_whole(chat.question, lines=3)
    chat.reload()
    expect(chat.question).to_have_value(LINES)
    _expect_whole(chat.question, lines=3)


def test_it_grows_where_the_sidebar_becomes_narrower(chat: Chat):
    _widen_to(chat, 600)
    chat.question.fill(LONG)
    _expect_whole(chat.question, lines=1)
    _widen_to(chat, 300)
    _expect_whole(chat.question, lines=2)


def test_so_does_a_question_that_is_changed(chat: Chat):
    _widen_to(chat, 600)
    chat.ask(LONG)
    chat.expect_answer(0, "You asked")
    chat.expect_idle()
    chat.questions.first.hover()
    chat.button("Edit the question").click()
    editor = chat.questions.first.get_by_role("textbox", name="Question")
    _expect_whole(editor, lines=1)
    _widen_to(chat, 300)
    _expect_whole(editor, lines=2)


def _expect_whole(area: Locator, lines: int) -> None:
    """All of the text is there to be seen, and no more room than it needs."""
    area.page.wait_for_function(
        """([area, lines]) => {
            const { lineHeight, paddingTop, paddingBottom } = getComputedStyle(area);
            const needed = [paddingTop, paddingBottom].reduce(
                (sum, padding) => sum + parseFloat(padding), lines * parseFloat(lineHeight)
            );
            return Math.abs(area.clientHeight - needed) < 2;
        }""",
        arg=[area.element_handle(), lines],
    )


def _widen_to(chat: Chat, width: int) -> None:
    """Draw the edge of the sidebar to where it is this wide."""
    box = chat.root.bounding_box()
    assert box is not None
    page = chat.page
    page.mouse.move(box["x"] - 2, box["y"] + 200)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] - width, box["y"] + 200, steps=4)
    page.mouse.up()
