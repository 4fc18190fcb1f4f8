"""The tree of a conversation: going on, trying again, forking, deleting, two who edit."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, expect

from .chat import SECONDS, Chat, open_chat
from .jupyter import Jupyter

SLOW = "[[chunks=200 size=10 delay=0.05]]"


pytestmark = pytest.mark.xdist_group("tree")


@pytest.fixture(scope="module")
def jupyter(start_shared) -> Jupyter:
    """One server for all tests: starting it takes most of the time."""
    return start_shared("chat")


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


def choose(chat: Chat, message: Locator, *labels: str) -> None:
    """Choose something from a message's menu."""
    message.hover()
    message.get_by_role("button", name="More").click()
    for label in labels:
        chat.root.get_by_role("menuitem", name=label, exact=True).click()


def answered(chat: Chat, number: int, question: str, answer: str) -> None:
    chat.ask(f'{question} [[text="{answer}"]]')
    chat.expect_answer(number, answer)
    chat.expect_idle()


def test_a_stopped_answer_goes_on_where_it_ended(chat: Chat):
    chat.ask(f"Tell me {SLOW}")
    chat.expect_answer(0, re.compile("You asked.{20}", re.DOTALL))
    chat.button("Stop the answer").click()
    answer = chat.answers.first
    expect(answer).to_contain_text("Stopped")
    chat.expect_idle()
    kept = chat.text(0)
    answer.get_by_role("button", name="Continue").click()
    expect(answer.get_by_role("group", name="Versions")).to_contain_text("2/2", timeout=SECONDS)
    chat.expect_idle()
    whole = chat.text(0)
    assert whole.startswith(kept)
    assert len(whole) > len(kept)
    answer.get_by_role("button", name="Previous version").click()
    expect(answer).to_contain_text("Stopped")
    assert chat.text(0) == kept
    chat.reload()
    expect(chat.answers.first).to_contain_text("Stopped", timeout=SECONDS)


def test_an_answer_that_failed_is_tried_again(chat: Chat):
    chat.ask('Try [[error=400 message="Not today." times=1 text="It works now."]]')
    answer = chat.answers.first
    expect(answer).to_contain_text("Not today", timeout=SECONDS)
    answer.get_by_role("button", name="Retry").first.click()
    chat.expect_answer(0, "It works now.")
    expect(answer.get_by_role("group", name="Versions")).to_contain_text("2/2")


def test_an_answer_is_made_again_by_another_model(chat: Chat):
    answered(chat, 0, "Who are you?", "A model.")
    name = chat.answers.first.locator(".jc-Message-name")
    before = name.inner_text()
    chat.answers.first.hover()
    more = chat.answers.first.get_by_role("button", name="More")
    more.focus()
    chat.page.keyboard.press("Enter")
    chat.page.keyboard.press("ArrowRight")
    models = chat.root.get_by_role("menuitem")
    other = next(
        text for text in models.locator(".jc-Menu-label").all_inner_texts()[1:] if text != before
    )
    models.get_by_text(other, exact=True).click()
    expect(chat.answers.first.get_by_role("group", name="Versions")).to_contain_text("2/2")
    expect(name).to_have_text(other, timeout=SECONDS)
    chat.expect_idle()
    expect(chat.root.locator(".jc-Composer-row")).to_contain_text(before)


def test_a_fork_goes_its_own_way_and_leads_back(chat: Chat):
    answered(chat, 0, "First?", "One.")
    answered(chat, 1, "Second?", "Two.")
    choose(chat, chat.answers.first, "Fork from here")
    back = chat.root.get_by_role("button", name=re.compile("^Forked from"))
    expect(back).to_be_visible(timeout=SECONDS)
    expect(chat.answers).to_have_count(1)
    answered(chat, 1, "Otherwise?", "Another two.")
    back.click()
    expect(chat.answers.nth(1)).to_contain_text("Two.", timeout=SECONDS)
    expect(chat.answers).to_have_count(2)
    expect(back).to_have_count(0)


def test_what_is_deleted_can_be_brought_back(chat: Chat):
    answered(chat, 0, "First?", "One.")
    answered(chat, 1, "Second?", "Two.")
    choose(chat, chat.questions.nth(1), "Delete from here on")
    expect(chat.questions).to_have_count(1)
    expect(chat.answers).to_have_count(1)
    chat.button("Undo").click()
    expect(chat.answers.nth(1)).to_contain_text("Two.", timeout=SECONDS)
    choose(chat, chat.answers.nth(1), "Delete")
    expect(chat.answers).to_have_count(1)
    chat.questions.nth(1).get_by_role("button", name="Answer", exact=True).click()
    chat.expect_answer(1, "Two.")
    chat.expect_idle()
    choose(chat, chat.questions.first, "Delete from here on")
    expect(chat.questions).to_have_count(0)
    answered(chat, 0, "Anew?", "As if nothing had been.")
    chat.reload()
    expect(chat.questions).to_have_count(1, timeout=SECONDS)


def test_two_windows_that_edit_the_same_question_both_keep_their_branch(
    chat: Chat, jupyter: Jupyter
):
    answered(chat, 0, "Draft?", "Drafted.")
    other = open_chat(
        chat.page.context.new_page(),
        jupyter,
        chat.page.url.split("?")[0].split("/", 3)[3],
    )
    other.expect_answer(0, "Drafted.")
    for tab, text in ((chat, "One edit?"), (other, "Other edit?")):
        tab.questions.first.hover()
        tab.questions.first.get_by_role("button", name="Edit the question").click()
        tab.questions.first.get_by_role("textbox").fill(f'{text} [[text="To {text}"]]')
    for tab in (chat, other):
        tab.questions.first.get_by_role("button", name="Ask").click()
    for tab in (chat, other):
        versions = tab.questions.first.get_by_role("group", name="Versions")
        expect(versions).to_contain_text("/3", timeout=SECONDS)
    seen = set()
    first = chat.questions.first
    while (now := _version(chat)) > 1:
        first.get_by_role("button", name="Previous version").click()
        expect(first.get_by_role("group", name="Versions")).to_contain_text(f"{now - 1}/3")
    for number in (1, 2, 3):
        for tab in (chat, other):
            versions = tab.questions.first.get_by_role("group", name="Versions")
            expect(versions).to_contain_text(f"{number}/3", timeout=SECONDS)
        text = first.locator(".jc-Question-text").text_content() or ""
        seen.add(text.split("?")[0])
        if number < 3:
            first.get_by_role("button", name="Next version").click()
    assert seen == {"Draft", "One edit", "Other edit"}
    other.page.close()


def test_what_is_shown_stays_while_a_question_is_edited(chat: Chat, jupyter: Jupyter):
    """Whatever another window chooses meanwhile; that is shown when the edit is dropped."""
    answered(chat, 0, "Which", "The first.")
    question, answer = chat.questions.first, chat.answers.first
    question.get_by_role("button", name="Edit the question").click()
    question.get_by_role("textbox", name="Question").fill('Other [[text="The second."]]')
    question.get_by_role("button", name="Ask").click()
    chat.expect_answer(0, "The second.")
    chat.expect_idle()
    path = chat.page.url.split("?")[0][len(jupyter.url) + 1 :]
    other = open_chat(chat.page.context.new_page(), jupyter, path)
    other.expect_answer(0, "The second.")

    question.get_by_role("button", name="Edit the question").click()
    editor = question.get_by_role("textbox", name="Question")
    editor.fill("Not yet")
    other.button("Previous version").click()
    other.expect_answer(0, "The first.")
    answered(other, 1, "And more", "At the first.")
    chat.page.wait_for_timeout(300)
    expect(answer).to_contain_text("The second.")
    expect(chat.answers).to_have_count(1)
    expect(editor).to_have_value("Not yet")
    expect(editor).to_be_focused()
    editor.press("Escape")
    chat.expect_answer(0, "The first.")
    chat.expect_answer(1, "At the first.")

    question.get_by_role("button", name="Edit the question").click()
    editor.fill('Third [[text="The third."]]')
    other.button("Next version").click()
    other.expect_answer(0, "The second.")
    expect(chat.answers).to_have_count(2)
    editor.press("Enter")
    for window in (chat, other):
        window.expect_answer(0, "The third.")
    other.page.close()


def _version(chat: Chat) -> int:
    versions = chat.questions.first.get_by_role("group", name="Versions")
    return int((versions.text_content() or "").split("/")[0])
