"""Ask, watch the answer come, stop it, come back to it: the same on every face."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from .chat import SECONDS, Chat, open_chat

SLOW = "[[chunks=100 size=10 delay=0.05]]"
_LEFT = """
() => {
  const log = document.querySelector('[role=log]');
  return log.scrollHeight - log.scrollTop - log.clientHeight;
}
"""
"""How far the view is from the end."""


FACES = [
    pytest.param(face, marks=pytest.mark.xdist_group(f"asking in {face}"))
    for face in ("lab", "notebook", "chat")
]
on_the_page = pytest.mark.parametrize("window", FACES[-1:], indirect=True)


@pytest.fixture(scope="module", params=FACES)
def window(request, start_shared, browser: Browser, browser_context_args) -> Iterator[Chat]:
    """The chat on one page for all tests of a face: starting it takes most of the time."""
    context = browser.new_context(**browser_context_args)
    yield open_chat(context.new_page(), start_shared(request.param))
    context.close()


@pytest.fixture
def chat(window: Chat) -> Chat:
    """A new conversation."""
    window.button("New conversation").first.click()
    expect(window.questions).to_have_count(0)
    return window


def test_a_conversation(chat: Chat):
    """Ask, stop, reload in mid-answer, ask while it still comes: nothing is lost."""
    chat.ask(f"First question {SLOW}")
    expect(chat.questions.first).to_contain_text("First question")
    expect(chat.button("Stop the answer")).to_be_visible()
    chat.expect_answer(0, re.compile("You asked"))
    partial = chat.answers.first.inner_text()
    expect(chat.answers.first).not_to_have_text(partial)  # it grows while one looks

    chat.button("Stop the answer").click()
    expect(chat.answers.first).to_contain_text("Stopped")
    chat.expect_idle()

    chat.ask("Second question [[chunks=6000 delay=0.05]]")  # longer than any reload
    chat.expect_answer(1, re.compile("You asked"))
    chat.reload()
    expect(chat.questions).to_have_count(2, timeout=SECONDS)
    expect(chat.answers.first).to_contain_text("Stopped")
    expect(chat.button("Stop the answer")).to_be_visible()

    chat.ask('Third question [[text="The third answer."]]')
    expect(chat.answers.nth(2)).to_contain_text("Queued")
    chat.button("Stop the answer").click()
    chat.expect_answer(2, "The third answer.")
    expect(chat.answers.nth(1)).to_contain_text("Stopped")
    chat.expect_idle()


def test_a_question_is_edited_with_the_mouse(chat: Chat):
    chat.ask('Frogs? [[text="About frogs."]]')
    chat.expect_answer(0, "About frogs.")
    chat.questions.first.hover()
    chat.button("Edit the question").click()
    editor = chat.questions.first.get_by_role("textbox")
    editor.fill('Toads? [[text="About toads."]]')
    editor.press("Enter")
    chat.expect_answer(0, "About toads.")
    chat.questions.first.hover()
    chat.button("Previous version").click()
    chat.expect_answer(0, "About frogs.")


def test_an_answer_is_rendered(chat: Chat):
    text = r'"# Title\n\n|a|b|\n|-|-|\n|1|2|\n\n```python\nprint(1)\n```\n\n\\(x^2\\) <b>raw</b>"'
    chat.ask(f"Render [[text={text}]]")
    answer = chat.answers.first
    expect(answer.get_by_role("heading", name="Title")).to_be_visible(timeout=SECONDS)
    expect(answer.get_by_role("table")).to_be_visible()
    expect(answer.locator("pre code")).to_have_text("print(1)\n")
    expect(answer.locator("math, .katex").first).to_be_visible()
    expect(answer).to_contain_text("<b>raw</b>")


def test_what_goes_wrong_is_said_where_it_happened(chat: Chat):
    chat.ask("Anything [[quota]]")
    chat.expect_answer(0, "no credit left")
    chat.ask("Again [[chunks=10 size=5 cut=4]]")
    chat.expect_answer(1, "broke off")
    expect(chat.answers.nth(1)).to_contain_text("You asked")
    chat.ask("Once more [[error=429 retry_after=1 times=1]]")
    chat.expect_answer(2, "You asked")


@on_the_page
def test_stop_ends_the_answer_that_comes_and_not_the_one_that_waits(chat: Chat):
    chat.ask(f"First {SLOW}")
    chat.expect_answer(0, "You asked")
    chat.ask('Second [[text="The second answer."]]')
    expect(chat.answers.nth(1)).to_contain_text("Queued")
    chat.button("Stop the answer").click()
    expect(chat.answers.first).to_contain_text("Stopped")
    chat.expect_answer(1, "The second answer.")


@on_the_page
def test_an_edited_question_whose_turn_had_not_come_is_followed_to_its_answer(chat: Chat):
    chat.ask(f"Before {'it ' * 2000} [[chunks=300 size=20 delay=0.03]]")
    chat.expect_answer(0, re.compile("You asked.{20}", re.DOTALL))
    chat.ask("Behind it")
    expect(chat.answers.nth(1)).to_contain_text("Queued")
    question = chat.questions.nth(1)
    question.get_by_role("button", name="Edit the question").click()
    chat.page.mouse.move(640, 300)
    chat.page.mouse.wheel(0, -150)
    chat.page.wait_for_function(f"() => ({_LEFT})() > 100")
    editor = question.get_by_role("textbox", name="Question")
    editor.fill("Edited [[chunks=100 size=20 delay=0.02]]")
    editor.press("Enter")
    expect(chat.answers.nth(1).get_by_role("button", name="Do not answer")).to_be_visible()
    chat.page.wait_for_function(f"() => ({_LEFT})() < 32")  # shown while it waits
    chat.expect_answer(1, re.compile("You asked.{1500}", re.DOTALL))
    chat.page.wait_for_function(f"() => ({_LEFT})() < 32")  # followed when it comes
