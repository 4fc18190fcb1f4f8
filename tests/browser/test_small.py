"""In a narrow or low window nothing that one needs is cut off."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, expect

from .chat import Chat, open_chat

NARROW = {"width": 260, "height": 700}
LOW = {"width": 900, "height": 420}
SLOW = "A question with a title that is rather long [[chunks=200 delay=0.1]]"


@pytest.fixture(scope="module")
def jupyter(start_shared):
    return start_shared("chat")


@pytest.fixture
def show(jupyter, browser: Browser, browser_context_args):
    """Opens the chat in a window of this size."""
    contexts = []

    def show(size: dict[str, int]) -> Chat:
        context = browser.new_context(**{**browser_context_args, "viewport": size})
        contexts.append(context)
        return open_chat(context.new_page(), jupyter)

    yield show
    for context in contexts:
        context.close()


def test_the_hint_about_the_next_question_is_whole(show: Callable[..., Chat]):
    chat = show(NARROW)
    chat.ask(SLOW)
    expect(chat.button("Stop the answer")).to_be_visible()
    chat.question.fill("And then?")
    hint = chat.root.get_by_text("Will be asked after this answer")
    expect(hint).to_be_visible()
    box = chat.root.locator(".jc-Composer-hint")
    assert box.evaluate("box => box.scrollWidth <= box.clientWidth")
    chat.button("Stop the answer").click()


def test_the_title_has_room_and_the_menu_what_gave_way(show: Callable[..., Chat]):
    chat = show(NARROW)
    chat.ask("A question with a title that is rather long")
    expect(chat.root.locator(".jc-Header-title button")).to_be_visible()
    expect(chat.button("Export the conversation")).to_be_hidden()
    title = chat.root.locator(".jc-Header-title").bounding_box()
    assert title is not None
    assert title["width"] > 90
    chat.button("More for this conversation").click()
    chat.root.get_by_role("menuitem", name="Export").click()
    expect(chat.root.get_by_role("menuitem", name="Markdown")).to_be_visible()


def test_the_popover_of_the_model_ends_where_the_window_does(show: Callable[..., Chat]):
    chat = show(LOW)
    chat.question.fill("\n".join(["a line"] * 20))
    chat.root.locator(".jc-Chip").click()
    popover = chat.root.get_by_role("dialog", name="How to answer here").bounding_box()
    assert popover is not None
    assert popover["y"] >= 0
    assert popover["height"] > 100
    chat.button("Use for new conversations").scroll_into_view_if_needed()
    expect(chat.button("Use for new conversations")).to_be_in_viewport()
