"""The ring in the composer, and what it opens into."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, expect

from tests.upstream import Upstream

from .chat import Chat, open_chat
from .jupyter import Jupyter
from .test_accessibility import violations

pytestmark = pytest.mark.xdist_group("context")

LONG = "some words of a long question " * 700


@pytest.fixture(scope="module")
def jupyter(start_shared, upstream: Upstream) -> Jupyter:
    """With a model whose window four long questions fill."""
    return start_shared(
        "chat",
        OPENAI_BASE_URL=upstream.url,
        OPENAI_API_KEY=upstream.key,
        JUPYTER_CHAT_MODEL="gpt-4o-mini",
    )


@pytest.fixture(scope="module")
def window(jupyter: Jupyter, browser: Browser, browser_context_args) -> Iterator[Chat]:
    context = browser.new_context(**browser_context_args)
    yield open_chat(context.new_page(), jupyter)
    context.close()


@pytest.fixture
def chat(window: Chat) -> Chat:
    """A new conversation."""
    window.button("New conversation").first.click()
    expect(window.questions).to_have_count(0)
    return window


def ring(chat: Chat) -> Locator:
    return chat.root.get_by_role("button", name=re.compile("^Context: "))


def opened(chat: Chat) -> Locator:
    ring(chat).click()
    return chat.root.get_by_role("dialog", name="What the model will see")


def parts_of(panel: Locator) -> Locator:
    """What the window is spent on, by name."""
    return panel.get_by_role("list", name="Tokens").get_by_role("listitem")


def tokens_of(panel: Locator, part: str) -> int:
    text = parts_of(panel).filter(has_text=part).inner_text()
    return int(re.sub(r"\D", "", text))


def answered(chat: Chat, number: int, question: str, answer: str) -> None:
    chat.ask(f'{question} [[text="{answer}"]]')
    chat.expect_answer(number, answer)
    chat.expect_idle()


def test_the_ring_follows_what_is_typed(chat: Chat):
    panel = opened(chat)
    expect(panel.get_by_text("This question")).to_have_count(0)
    chat.page.keyboard.press("Escape")
    chat.question.fill(LONG)
    panel = opened(chat)
    expect(parts_of(panel).filter(has_text="This question")).to_be_visible()
    assert tokens_of(panel, "This question") > 4_000
    chat.page.keyboard.press("Escape")
    expect(ring(chat)).to_be_focused()
    chat.question.fill("")


def test_messages_are_listed_excluded_and_gone_to(chat: Chat):
    answered(chat, 0, "First", "One.")
    answered(chat, 1, "Second", "Two.")
    panel = opened(chat)
    expect(panel.get_by_text("Messages: 4 sent, 0 left out")).to_be_visible()
    first = panel.get_by_role("listitem").filter(has_text="First")
    first.get_by_role("button", name="Never send").click()
    expect(panel.get_by_text("Messages: 3 sent, 1 left out")).to_be_visible()
    expect(first).to_contain_text("left out: you said so")
    first.get_by_role("button", name="Always send").click()
    expect(first).to_contain_text("sent: pinned")
    assert violations(chat.page) == []
    first.get_by_role("button", name="Go to the message").click()
    expect(panel).to_have_count(0)
    expect(chat.questions.first).to_be_focused()


def test_a_conversation_that_no_longer_fits_is_summed_up_and_the_summary_can_be_edited(
    chat: Chat,
):
    answered(chat, 0, f"Begin {LONG * 8}", "Well begun.")
    panel = opened(chat)
    panel.get_by_role("combobox", name="When it no longer fits").select_option("summarise")
    chat.page.keyboard.press("Escape")
    for number in (1, 2):
        answered(chat, number, f"Go on {LONG * 8}", f"Number {number}.")
    panel = opened(chat)
    expect(parts_of(panel).filter(has_text="Summary")).to_be_visible()
    first = panel.get_by_role("listitem").filter(has_text="Begin")
    expect(first).to_contain_text("left out: summed up")
    first.get_by_role("button", name="Go to the message").click()
    card = chat.root.get_by_role("group").filter(has_text="The model sees a summary")
    card.get_by_text("The model sees a summary of what stands above").first.click()
    card.get_by_role("button", name="Edit").first.click()
    card.get_by_role("textbox", name="Summary").fill("They began.")
    card.get_by_role("button", name="Save").click()
    expect(card.get_by_text("They began.")).to_be_visible()
    assert violations(chat.page) == []


def test_a_narrow_sidebar_has_room_for_it(chat: Chat):
    answered(chat, 0, "Narrow", "Fits.")
    chat.page.set_viewport_size({"width": 280, "height": 640})
    try:
        panel = opened(chat)
        expect(panel.get_by_text("Messages: 2 sent, 0 left out")).to_be_visible()
        box = panel.bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 280
        chat.page.keyboard.press("Escape")
    finally:
        chat.page.set_viewport_size({"width": 1280, "height": 800})
