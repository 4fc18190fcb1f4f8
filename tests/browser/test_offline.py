"""Questions asked without a connection, in several windows, and while the server dies."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.upstream import Upstream

from .chat import SECONDS, Chat, open_chat
from .jupyter import Jupyter

pytestmark = pytest.mark.xdist_group("offline")

SLOW = "[[chunks=400 size=10 delay=0.05]]"
WAITS = "Waiting for the connection"


@pytest.fixture(scope="module")
def shared(start_shared) -> Jupyter:
    return start_shared("chat")


@pytest.fixture
def jupyter(shared: Jupyter) -> Jupyter:
    """One server for all tests, which runs again whatever the one before has done to it."""
    if shared.process is None:
        shared.start()
    return shared


def asked(upstream: Upstream, text: str) -> int:
    """How often the model's server was asked this."""
    bodies = [request["body"] for request in upstream.requests() if request["method"] == "POST"]
    questions = [str((body.get("messages") or body.get("input"))[-1]["content"]) for body in bodies]
    return sum(text in question for question in questions)


def thread_path(page: Page, jupyter: Jupyter) -> str:
    """The path of the conversation that a page shows."""
    expect(page).to_have_url(re.compile("/t/"), timeout=SECONDS)
    return page.url.split("?")[0][len(jupyter.url) + 1 :]


def lose(chat: Chat, jupyter: Jupyter) -> None:
    """End the server, and wait until the page knows."""
    jupyter.kill()
    expect(chat.root).to_contain_text("No connection", timeout=SECONDS)


def test_questions_outlive_the_page_they_were_asked_on(
    jupyter: Jupyter, page: Page, upstream: Upstream
):
    chat = open_chat(page, jupyter)
    chat.ask('Zero [[text="Answer 0."]]')
    chat.expect_answer(0, "Answer 0.")
    chat.expect_idle()
    path = thread_path(page, jupyter)
    lose(chat, jupyter)
    for number in (1, 2, 3):
        chat.ask(f'Offline {number} [[text="Answer {number}."]]')
    expect(chat.root.get_by_text(WAITS)).to_have_count(3)
    chat.button("New conversation").first.click()
    chat.ask('Besides [[text="A new conversation."]]')
    expect(chat.root.get_by_text(WAITS)).to_have_count(1)
    expect(chat.root).to_contain_text("3 questions elsewhere")
    page.close()

    jupyter.start()
    again = open_chat(page.context.new_page(), jupyter, path)
    expect(again.questions).to_have_count(4, timeout=SECONDS)
    for number in range(4):
        again.expect_answer(number, f"Answer {number}.")
    again.expect_idle()
    texts = again.questions.locator(".jc-Question-text").all_inner_texts()
    assert [text.split(" [[")[0] for text in texts] == [
        "Zero",
        *(f"Offline {number}" for number in (1, 2, 3)),
    ]
    again.conversation("Besides").click()
    again.expect_answer(0, "A new conversation.")
    again.reload()
    again.expect_answer(0, "A new conversation.")
    for text in ("Offline 1", "Offline 2", "Offline 3", "Besides"):
        assert asked(upstream, text) == 1


def test_a_network_that_goes_is_noticed_at_once(jupyter: Jupyter, page: Page, upstream: Upstream):
    chat = open_chat(page, jupyter)
    chat.ask('First [[text="Answer 1."]]')
    chat.expect_answer(0, "Answer 1.")
    chat.expect_idle()
    page.context.set_offline(True)
    expect(chat.root).to_contain_text("No connection", timeout=3000)
    chat.ask('Asked without a network [[text="Answer 2."]]')
    expect(chat.root.get_by_text(WAITS)).to_have_count(1)
    expect(chat.button("Take back")).to_be_visible()
    page.context.set_offline(False)
    chat.expect_answer(1, "Answer 2.")
    chat.expect_idle()
    assert asked(upstream, "Asked without a network") == 1


def test_what_waits_can_be_changed_and_taken_back(jupyter: Jupyter, page: Page):
    chat = open_chat(page, jupyter)
    chat.ask('First [[text="Answer 1."]]')
    chat.expect_answer(0, "Answer 1.")
    lose(chat, jupyter)
    chat.ask("Second")
    chat.ask("Third")
    second, third = chat.questions.nth(1), chat.questions.nth(2)
    second.get_by_role("button", name="Edit").click()
    editor = second.get_by_role("textbox", name="Question")
    editor.fill('Changed [[text="Answer 2."]]')
    third.get_by_role("button", name="Take back").click()
    expect(chat.questions).to_have_count(2)
    expect(chat.root.locator(".jc-Composer").get_by_role("textbox")).to_have_value("Third")
    jupyter.start()
    expect(chat.root).not_to_contain_text("connection", timeout=SECONDS)
    expect(second).to_contain_text("Kept back")  # nothing is sent under one's hands
    editor.press("Enter")
    chat.expect_answer(1, "Answer 2.")


def test_a_server_killed_in_mid_answer_keeps_what_was_queued(
    jupyter: Jupyter, page: Page, upstream: Upstream
):
    chat = open_chat(page, jupyter)
    chat.ask(f"Killed {SLOW}")
    chat.expect_answer(0, re.compile("You asked.{20}", re.DOTALL))
    chat.ask("Stored behind it")
    expect(chat.answers.nth(1)).to_contain_text("Queued")
    lose(chat, jupyter)
    chat.ask('Asked meanwhile [[text="All the same."]]')
    expect(chat.questions.nth(2)).to_contain_text(WAITS)
    jupyter.start()
    chat.expect_answer(2, "All the same.")
    expect(chat.answers.first).to_contain_text("Interrupted")
    expect(chat.questions).to_have_count(3)
    assert asked(upstream, "Asked meanwhile") == 1


def test_two_windows_edit_the_same_question(jupyter: Jupyter, page: Page):
    chat = open_chat(page, jupyter)
    chat.ask('Original [[text="Answer 0."]]')
    chat.expect_answer(0, "Answer 0.")
    chat.expect_idle()
    other = open_chat(page.context.new_page(), jupyter, thread_path(page, jupyter))
    other.expect_answer(0, "Answer 0.")
    editors = []
    for window, text in ((chat, "Left"), (other, "Right")):
        window.button("Edit the question").press("Enter")
        editor = window.questions.first.get_by_role("textbox", name="Question")
        editor.fill(f'{text} [[text="Answer {text}."]]')
        editors.append(editor)
    for editor in editors:
        editor.press("Enter")
    for window in (chat, other):
        expect(window.root.get_by_role("group", name="Versions").first).to_contain_text(
            "3/3", timeout=SECONDS
        )
    chat.expect_idle()
    other.expect_idle()
    assert chat.text(0) == other.text(0)  # the same branch on both
    seen = [chat.text(0)]
    for _ in range(2):
        other.button("Previous version").first.press("Enter")
        expect(other.answers.first).not_to_contain_text(seen[-1], timeout=SECONDS)
        seen.append(other.text(0))
        chat.expect_answer(0, seen[-1])  # in step
    assert sorted(seen) == ["Answer 0.", "Answer Left.", "Answer Right."]


def test_sidebar_and_page_are_in_step(start, page: Page):
    jupyter = start("lab")
    sidebar = open_chat(page, jupyter)
    sidebar.ask("One [[chunks=60 size=10 delay=0.05]]")
    sidebar.expect_answer(0, "You asked")
    window = page.context.new_page()
    window.goto(jupyter.address("jupyter-chat/"))
    whole = Chat(window, "chat")
    whole.appear()
    whole.conversation("One").click()
    whole.expect_answer(0, "You asked")
    whole.ask('Two [[text="From the page."]]')
    sidebar.expect_answer(1, "From the page.")
    sidebar.expect_idle()
    whole.expect_idle()
    for number in (0, 1):
        mine, theirs = [
            # also of what is not painted, because the tab is hidden
            chat.answers.nth(number).locator(".jc-Answer-text").text_content()
            for chat in (sidebar, whole)
        ]
        assert mine == theirs
        assert mine


def test_a_server_that_stops_says_so(jupyter: Jupyter, page: Page):
    chat = open_chat(page, jupyter)
    chat.ask(f"Stopped {SLOW}")
    chat.expect_answer(0, re.compile("You asked.{20}", re.DOTALL))
    jupyter.stop()
    expect(chat.root).to_contain_text("The chat server was stopped", timeout=SECONDS)
    expect(chat.answers.first).to_contain_text("Interrupted")
    chat.ask('After it [[text="Back again."]]')
    jupyter.start()
    chat.expect_answer(1, "Back again.")
    expect(chat.root).not_to_contain_text("The chat server was stopped")


def test_another_device_is_in_step(jupyter: Jupyter, page: Page, browser: Browser):
    chat = open_chat(page, jupyter)
    chat.ask('One [[text="Answer 1."]]')
    chat.expect_answer(0, "Answer 1.")
    chat.expect_idle()
    device = browser.new_context()
    other = open_chat(device.new_page(), jupyter, thread_path(page, jupyter))
    other.ask('Two [[text="Answer 2."]]')
    chat.expect_answer(1, "Answer 2.")
    device.close()
