"""In a narrow or low window nothing that one needs is cut off."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import (
    Browser,
    FloatRect,
    Locator,
    Page,
    ViewportSize,
    WebSocketRoute,
    expect,
)

from .chat import Chat, open_chat

NARROW: ViewportSize = {"width": 260, "height": 700}
LOW: ViewportSize = {"width": 900, "height": 420}
SLOW = "A question with a title that is rather long [[chunks=200 delay=0.1]]"


pytestmark = pytest.mark.xdist_group("small")


@pytest.fixture(scope="module")
def jupyter(start_shared):
    return start_shared("chat")


@pytest.fixture(scope="module")
def window(jupyter, browser: Browser) -> Iterator[Chat]:
    context = browser.new_context(viewport=NARROW)
    yield open_chat(context.new_page(), jupyter)
    context.close()


@pytest.fixture
def chat(window: Chat) -> Chat:
    """A new conversation in a narrow window."""
    window.button("New conversation").click()
    expect(window.questions).to_have_count(0)
    return window


def test_the_hint_about_the_next_question_is_whole(chat: Chat):
    chat.ask(SLOW)
    expect(chat.button("Stop the answer")).to_be_visible()
    chat.question.fill("And then?")
    hint = chat.root.get_by_text("Will be asked after this answer")
    expect(hint).to_be_visible()
    box = chat.root.locator(".jc-Composer-hint")
    assert box.evaluate("box => box.scrollWidth <= box.clientWidth")
    chat.button("Stop the answer").click()


def test_the_title_has_room_and_the_menu_what_gave_way(chat: Chat):
    chat.ask("A question with a title that is rather long")
    expect(chat.root.locator(".jc-Header-title button")).to_be_visible()
    expect(chat.button("Export the conversation")).to_be_hidden()
    title = chat.root.locator(".jc-Header-title").bounding_box()
    assert title is not None
    assert title["width"] > 90
    chat.button("More for this conversation").click()
    chat.root.get_by_role("menuitem", name="Export").click()
    expect(chat.root.get_by_role("menuitem", name="Markdown")).to_be_visible()


def test_a_title_that_is_changed_has_the_whole_line(chat: Chat):
    chat.ask("A question with a title that is rather long")
    chat.expect_idle()
    chat.root.locator(".jc-Header-title button").click()
    field = chat.root.get_by_role("textbox", name="Title")
    expect(field).to_be_focused()
    box = field.bounding_box()
    assert box is not None
    assert box["width"] > 220
    field.press("Escape")
    expect(chat.button("New conversation")).to_be_visible()


def test_where_a_question_stands_is_said_whole(jupyter, page: Page):
    page.set_viewport_size(NARROW)
    sockets: list[WebSocketRoute] = []

    def connect(socket: WebSocketRoute) -> None:
        """Once; and when the question comes, it is lost with the connection."""
        if sockets:
            socket.close()
            return
        sockets.append(socket)
        server = socket.connect_to_server()
        socket.on_message(
            lambda frame: socket.close() if '"send"' in str(frame) else server.send(frame)
        )

    page.route_web_socket("**/*", connect)
    chat = open_chat(page, jupyter)
    chat.ask("A question")
    phase = chat.root.get_by_text("Sent; whether it has arrived shows when connected")
    expect(phase).to_be_visible()
    assert phase.evaluate("phase => phase.scrollWidth <= phase.clientWidth")


def _settled(item: Locator) -> FloatRect | None:
    """Where it is once the list, which is being loaded, stands still."""
    before = None
    while (now := item.bounding_box()) != before:
        before = now
        item.page.wait_for_timeout(300)
    return now


def test_nothing_moves_in_the_list_while_a_title_is_changed(chat: Chat):
    chat.ask("A question")
    chat.expect_idle()
    chat.button("Show conversations").click()
    item = chat.root.get_by_role("listitem").first
    before = _settled(item)
    item.get_by_role("button").first.press("F2")
    expect(chat.root.get_by_role("textbox", name="Title")).to_be_focused()
    assert item.bounding_box() == before


def test_the_popover_of_the_model_ends_where_the_window_does(jupyter, page: Page):
    page.set_viewport_size(LOW)
    chat = open_chat(page, jupyter)
    chat.question.fill("\n".join(["a line"] * 20))
    chat.root.locator(".jc-ModelChip .jc-Chip").click()
    popover = chat.root.get_by_role("dialog", name="How to answer here").bounding_box()
    assert popover is not None
    assert popover["y"] >= 0
    assert popover["height"] > 100
    chat.button("Use for new conversations").scroll_into_view_if_needed()
    expect(chat.button("Use for new conversations")).to_be_in_viewport()
