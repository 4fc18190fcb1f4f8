"""A thread of thousands of messages: opened, read, left and found again."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from jupyter_chat.protocol import Message, Thread
from tests.long_threads import keep_for_owner, long_thread
from tests.upstream import Upstream

from .chat import SECONDS, Chat, open_chat
from .jupyter import Jupyter

pytestmark = pytest.mark.xdist_group("long threads")

COUNT = 2000
MOST_DRAWN = 60
"""Messages in the document at most, whatever has been scrolled through."""

_READING = """
() => {
  const log = document.querySelector('[role=log]');
  const top = log.getBoundingClientRect().top;
  const articles = [...log.querySelectorAll('article')];
  const read = articles.find(each => each.getBoundingClientRect().bottom > top + 150);
  return [read.innerText.match(/number (\\d+)/)?.[1] ?? '', read.getBoundingClientRect().top];
}
"""
"""The number of the message that is being read, and where it stands."""
_WATCH = """
() => {
  const log = document.querySelector('[role=log]');
  const places = new Map();
  window.jumps = [];
  window.read = 0;
  const look = () => {
    const moved = log.scrollTop;
    for (const article of log.querySelectorAll('article')) {
      const name = article.innerText.slice(0, 40);
      const place = article.getBoundingClientRect().top;
      if (place < 0 || place > innerHeight) { places.delete(name); continue; }
      const before = places.get(name);
      if (before !== undefined) {
        window.read += 1;
        if (Math.abs(place - before) > 2) window.jumps.push([name, place - before]);
      }
      places.set(name, place);
    }
    window.watching = requestAnimationFrame(look);
  };
  look();
}
"""
"""Notes what moves on the screen from frame to frame, while nobody scrolls."""


@dataclass
class Long:
    jupyter: Jupyter
    store_url: str
    thread: Thread
    messages: list[Message]

    def address(self, number: int | None = None) -> str:
        """The path of the thread, or of one of its messages (from 1)."""
        path = f"jupyter-chat/t/{self.thread.id}"
        return path if number is None else f"{path}/{self.messages[number - 1].id}"


@pytest.fixture(scope="module")
def long(start_shared, upstream: Upstream, tmp_path_factory: pytest.TempPathFactory) -> Long:
    store_url = f"sqlite:///{tmp_path_factory.mktemp('history') / 'history.sqlite'}"
    thread, messages = long_thread(COUNT)
    keep_for_owner(store_url, thread, messages)
    jupyter = start_shared(
        "chat",
        OPENAI_BASE_URL=upstream.url,
        OPENAI_API_KEY=upstream.key,
        JUPYTER_CHAT_STORE_URL=store_url,
    )
    return Long(jupyter, store_url, thread, messages)


def test_it_opens_at_the_newest_and_older_messages_come_without_a_jump(long: Long, page: Page):
    chat = open_chat(page, long.jupyter, long.address())
    expect(message(chat, COUNT)).to_be_in_viewport(timeout=SECONDS)
    expect_at_the_end(chat)
    assert drawn(chat) <= MOST_DRAWN
    seen = scroll(chat, -700, lambda number: number < COUNT - 100)
    number, place = standing(page)
    assert page.evaluate(_READING) == [number, pytest.approx(place, abs=1)]
    assert seen == sorted(seen, reverse=True), "the reader was thrown back"
    assert drawn(chat) <= MOST_DRAWN


def test_what_is_read_stays_in_its_place_while_a_page_comes(long: Long, page: Page):
    held: list[Any] = []
    page.route(re.compile("messages.before="), lambda route: held.append(route))
    chat = open_chat(page, long.jupyter, long.address())
    expect(message(chat, COUNT)).to_be_in_viewport(timeout=SECONDS)
    log(chat).evaluate("log => log.scrollTop = 300")
    number, place = standing(page)
    while not held:  # the page before is asked for
        page.wait_for_timeout(50)
    height = log(chat).evaluate("log => log.scrollHeight")
    page.evaluate(_WATCH)
    held[0].continue_()
    page.wait_for_function(
        "height => document.querySelector('[role=log]').scrollHeight > height + 1000", arg=height
    )
    page.wait_for_timeout(500)
    page.wait_for_function("() => window.read > 10")
    assert page.evaluate(_READING) == [number, pytest.approx(place, abs=2)]
    assert page.evaluate("window.jumps") == []


def test_jump_to_the_newest(long: Long, page: Page):
    chat = open_chat(page, long.jupyter, long.address(17))
    expect(message(chat, 17)).to_be_in_viewport(timeout=SECONDS)
    chat.button("Jump to the newest").click()
    expect(message(chat, COUNT)).to_be_in_viewport(timeout=SECONDS)
    expect(chat.button("Jump to the newest")).to_have_count(0)
    expect_at_the_end(chat)
    expect(page).to_have_url(re.compile(f"{long.thread.id}$"))


def test_a_link_to_a_message_shows_it_points_it_out_and_takes_the_focus(long: Long, page: Page):
    chat = open_chat(page, long.jupyter, long.address(17))
    linked = message(chat, 17)
    expect(linked).to_be_in_viewport(timeout=SECONDS)
    expect(linked).to_be_focused()
    asked = linked.locator(".jc-Message-body")
    assert asked.evaluate("element => getComputedStyle(element).outlineStyle") == "solid"
    expect(chat.root.locator("[data-opened]")).to_have_count(0, timeout=SECONDS)
    expect(message(chat, 16)).to_be_attached()
    expect(message(chat, 19)).to_be_attached()

    scroll(chat, 700, lambda number: number > 50)  # and one can read on from there
    assert 50 < int(standing(page)[0]) < COUNT / 2
    expect(chat.button("Jump to the newest")).to_be_visible()


def test_the_back_button_leads_from_a_message_to_where_one_was(long: Long, page: Page):
    chat = open_chat(page, long.jupyter, long.address())
    expect(message(chat, COUNT)).to_be_in_viewport(timeout=SECONDS)
    page.goto(long.jupyter.address(long.address(17)))
    chat.appear()
    expect(message(chat, 17)).to_be_in_viewport(timeout=SECONDS)
    page.go_back()
    expect(message(chat, COUNT)).to_be_in_viewport(timeout=SECONDS)
    page.go_forward()
    expect(message(chat, 17)).to_be_in_viewport(timeout=SECONDS)


def test_an_unknown_message_is_said_and_the_thread_shown(long: Long, page: Page):
    chat = open_chat(page, long.jupyter, f"{long.address()}/019a0000-0000-7000-8000-000000000000")
    expect(message(chat, COUNT)).to_be_in_viewport(timeout=SECONDS)
    expect(chat.root.locator(".jc-Banners")).to_contain_text("not in this conversation")


def test_the_link_of_a_message_can_be_copied(long: Long, browser: Browser):
    context = browser.new_context(permissions=["clipboard-read", "clipboard-write"])
    page = context.new_page()
    chat = open_chat(page, long.jupyter, long.address())
    newest = message(chat, COUNT)
    expect(newest).to_be_in_viewport(timeout=SECONDS)
    newest.get_by_role("button", name="Copy link to this message").click()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == f"{long.jupyter.url}/{long.address(COUNT)}"
    context.close()


def test_home_and_end_lead_to_both_ends(long: Long, page: Page):
    count = 10_000
    thread, messages = long_thread(count, "The longest one")
    keep_for_owner(long.store_url, thread, messages)
    fetched = []
    page.on("request", lambda sent: fetched.append(sent.url) if "/messages?" in sent.url else None)
    chat = open_chat(page, long.jupyter, f"jupyter-chat/t/{thread.id}")
    expect(message(chat, count)).to_be_in_viewport(timeout=SECONDS)
    log(chat).focus()
    for key in ("Home", "Control+Home"):
        page.keyboard.press(key)
        expect(message(chat, 1)).to_be_in_viewport(timeout=SECONDS)
        page.wait_for_timeout(500)
        page.wait_for_function("() => document.querySelector('[role=log]').scrollTop === 0")
        expect(log(chat)).to_be_focused()
        assert drawn(chat) <= MOST_DRAWN
        page.keyboard.press("End")
        expect(message(chat, count)).to_be_in_viewport(timeout=SECONDS)
        page.wait_for_timeout(300)
        expect_at_the_end(chat)
    assert len(fetched) < 12, "the pages between are not fetched"
    page.keyboard.press("Home")
    expect(message(chat, 1)).to_be_in_viewport(timeout=SECONDS)
    scroll(chat, 700, lambda number: number > 50)
    assert 50 < int(standing(page)[0]) < 1000, "one reads on from there"


def test_who_reads_is_not_moved_by_an_answer_that_comes(long: Long, page: Page):
    thread, messages = long_thread(300, "Another long one")
    keep_for_owner(long.store_url, thread, messages)
    chat = open_chat(page, long.jupyter, f"jupyter-chat/t/{thread.id}")
    expect(message(chat, 300)).to_be_in_viewport(timeout=SECONDS)
    chat.ask("Tell me [[markdown chunks=5000 size=20 delay=0.03]]")
    chat.expect_answer(-1, "")
    expect(chat.button("Stop the answer")).to_be_visible(timeout=SECONDS)
    page.wait_for_timeout(1500)
    expect_at_the_end(chat)  # the answer is followed while one is there
    log(chat).hover()
    for _ in range(8):
        page.mouse.wheel(0, -700)
        page.wait_for_timeout(60)
    number, place = standing(page)
    page.evaluate(_WATCH)
    page.wait_for_timeout(1500)
    expect(chat.button("Stop the answer")).to_be_visible()
    assert page.evaluate(_READING) == [number, pytest.approx(place, abs=1)]
    assert page.evaluate("window.jumps") == []
    chat.button("Stop the answer").click()
    chat.expect_idle()
    assert page.evaluate(_READING) == [number, pytest.approx(place, abs=1)]
    chat.root.get_by_role("button", name=re.compile("^Jump to the newest")).click()
    page.wait_for_timeout(300)
    expect_at_the_end(chat)


def test_the_end_stays_in_sight_while_a_long_question_is_typed(long: Long, page: Page):
    page.set_viewport_size({"width": 420, "height": 700})
    thread, messages = long_thread(20, "One to type in")
    keep_for_owner(long.store_url, thread, messages)
    chat = open_chat(page, long.jupyter, f"jupyter-chat/t/{thread.id}")
    expect(message(chat, 20)).to_be_in_viewport(timeout=SECONDS)
    page.wait_for_timeout(300)
    expect_at_the_end(chat)
    type_lines(chat, 10)
    expect_at_the_end(chat)
    chat.question.fill("")
    page.wait_for_timeout(300)
    expect_at_the_end(chat)

    chat.ask("Tell me [[markdown chunks=5000 size=20 delay=0.03]]")
    expect(chat.button("Stop the answer")).to_be_visible(timeout=SECONDS)
    page.wait_for_timeout(1500)
    type_lines(chat, 8)
    page.wait_for_timeout(1000)
    expect(chat.button("Stop the answer")).to_be_visible()
    expect_at_the_end(chat)  # the answer is followed still
    chat.button("Stop the answer").click()
    chat.expect_idle()
    page.wait_for_timeout(300)
    expect_at_the_end(chat)


def test_typing_does_not_move_who_reads(long: Long, page: Page):
    page.set_viewport_size({"width": 420, "height": 700})
    chat = open_chat(page, long.jupyter, long.address())
    expect(message(chat, COUNT)).to_be_in_viewport(timeout=SECONDS)
    log(chat).hover()
    page.mouse.wheel(0, -700)
    reading = standing(page)
    type_lines(chat, 10)
    assert page.evaluate(_READING) == [reading[0], pytest.approx(reading[1], abs=1)]


def test_who_has_left_the_end_a_little_is_shown_the_way_back(long: Long, page: Page):
    thread, messages = long_thread(20, "One to leave a little")
    keep_for_owner(long.store_url, thread, messages)
    chat = open_chat(page, long.jupyter, f"jupyter-chat/t/{thread.id}")
    expect(message(chat, 20)).to_be_in_viewport(timeout=SECONDS)
    chat.ask("Tell me [[markdown chunks=1000 size=20 delay=0.03]]")
    expect(chat.button("Stop the answer")).to_be_visible(timeout=SECONDS)
    page.wait_for_timeout(1500)
    expect_at_the_end(chat)
    log(chat).hover()
    page.mouse.wheel(0, -20)
    expect(chat.root.get_by_role("button", name=re.compile("^Jump to the newest"))).to_be_visible()
    place = log(chat).evaluate("log => log.scrollTop")
    page.wait_for_timeout(300)
    expect(chat.button("Stop the answer")).to_be_visible()
    assert log(chat).evaluate("log => log.scrollTop") == pytest.approx(place, abs=1)


def test_a_draft_in_a_message_outlives_being_out_of_sight(long: Long, page: Page):
    chat = open_chat(page, long.jupyter, long.address())
    question = message(chat, COUNT - 1)
    expect(question).to_be_in_viewport(timeout=SECONDS)
    question.hover()
    question.get_by_role("button", name="Edit the question").click()
    page.keyboard.type(" And a draft")
    chat.root.get_by_placeholder("Ask a follow-up").click()
    log(chat).hover()
    for _ in range(12):
        page.mouse.wheel(0, -1500)
        page.wait_for_timeout(60)
    expect(question).to_be_attached()
    expect(question).not_to_be_in_viewport()
    expect(question.get_by_role("textbox")).to_have_value(re.compile("And a draft$"))


@pytest.mark.parametrize("count", [40, 400])
def test_a_branch_in_the_middle_is_seen_and_compared_where_it_begins(
    long: Long, page: Page, count: int
):
    """However far from the newest: what was asked is seen, and the arrows stay in place."""
    thread, messages = long_thread(count, f"One of {count} to branch off")
    keep_for_owner(long.store_url, thread, messages)
    number = count // 2 + 1
    chat = open_chat(page, long.jupyter, f"jupyter-chat/t/{thread.id}/{messages[number - 1].id}")
    question = message(chat, number)
    expect(question).to_be_in_viewport(timeout=SECONDS)
    question.hover()
    question.get_by_role("button", name="Edit the question").click()
    page.keyboard.press("Control+A")
    page.keyboard.type('Otherwise [[text="Elsewhere."]]')
    page.keyboard.press("Enter")
    versions = chat.root.get_by_role("group", name="Versions")
    expect(versions).to_contain_text("2/2", timeout=SECONDS)
    chat.expect_idle()
    expect(chat.root.get_by_text("Elsewhere.", exact=True)).to_be_in_viewport()
    page.wait_for_timeout(500)
    place = _top(versions)
    previous, following = chat.button("Previous version"), chat.button("Next version")
    previous.focus()
    for _ in range(2):
        page.keyboard.press("Enter")
        expect(versions).to_contain_text("1/2", timeout=SECONDS)
        expect(following).to_be_focused()
        page.wait_for_timeout(500)
        assert _top(versions) == pytest.approx(place, abs=2)
        page.keyboard.press("Enter")
        expect(versions).to_contain_text("2/2", timeout=SECONDS)
        expect(previous).to_be_focused()
        page.wait_for_timeout(500)
        assert _top(versions) == pytest.approx(place, abs=2)


@pytest.mark.parametrize("count", [40, 400])
def test_the_version_that_is_left_stands_where_the_deleted_one_did(
    long: Long, page: Page, browser: Browser, count: int
):
    """In the window where it is deleted, and in another one that reads there."""
    thread, messages = long_thread(count, f"One of {count} to delete a version of")
    keep_for_owner(long.store_url, thread, messages)
    number = count // 4 + 1
    address = f"jupyter-chat/t/{thread.id}/{messages[number - 1].id}"
    chat = open_chat(page, long.jupyter, address)
    question = message(chat, number)
    expect(question).to_be_in_viewport(timeout=SECONDS)
    question.hover()
    question.get_by_role("button", name="Edit the question").click()
    page.keyboard.press("Control+A")
    page.keyboard.type('Otherwise [[text="Elsewhere."]]')
    page.keyboard.press("Enter")
    expect(chat.root.get_by_text("Elsewhere.", exact=True)).to_be_in_viewport(timeout=SECONDS)
    chat.expect_idle()
    with browser.new_context() as context:
        other = open_chat(context.new_page(), long.jupyter, f"jupyter-chat/t/{thread.id}")
        expect(other.root.get_by_text("Elsewhere.", exact=True)).to_be_in_viewport()
        page.wait_for_timeout(500)
        edited = chat.questions.filter(has_text="Otherwise")
        place = _top(edited)
        there = _top(other.questions.filter(has_text="Otherwise"))
        edited.hover()
        edited.get_by_role("button", name="More").click()
        chat.root.get_by_role("menuitem", name="Delete from here on").click()
        expect(edited).to_have_count(0, timeout=SECONDS)
        page.wait_for_timeout(1500)
        assert _top(question) == pytest.approx(place, abs=2)
        assert _top(message(other, number)) == pytest.approx(there, abs=2)


def test_a_deletion_keeps_the_place_and_its_undo_shows_what_is_back(long: Long, page: Page):
    count, number = 10_000, 7001
    thread, messages = long_thread(count, "One to delete from")
    keep_for_owner(long.store_url, thread, messages)
    chat = open_chat(page, long.jupyter, f"jupyter-chat/t/{thread.id}/{messages[number - 1].id}")
    question = message(chat, number)
    expect(question).to_be_in_viewport(timeout=SECONDS)
    question.hover()
    question.get_by_role("button", name="More").click()
    chat.root.get_by_role("menuitem", name="Delete from here on").click()
    expect(question).to_have_count(0, timeout=SECONDS)
    page.wait_for_timeout(1500)
    expect(message(chat, number - 1)).to_be_in_viewport()
    chat.button("Undo").click()
    expect(question).to_be_in_viewport(timeout=SECONDS)
    expect(question).to_be_focused()


def test_a_command_of_jupyterlab_goes_to_a_message(long: Long, page: Page, tmp_path: Path):
    environment = {"OPENAI_API_KEY": "sk-none", "JUPYTER_CHAT_STORE_URL": long.store_url}
    jupyter = Jupyter("lab", tmp_path, environment)
    jupyter.start()
    try:
        chat = open_chat(page, jupyter)
        # the launcher takes the cursor when it comes, at the end of JupyterLab's start
        expect(page.locator(".jp-Launcher")).to_be_focused(timeout=SECONDS)
        place = {"threadId": long.thread.id, "messageId": long.messages[16].id}
        page.evaluate(
            "place => window.jupyterapp.commands.execute('jupyter-chat:open', place)", place
        )
        expect(message(chat, 17)).to_be_in_viewport(timeout=SECONDS)
        expect(message(chat, 17)).to_be_focused()
        del place["messageId"]
        page.evaluate(
            "place => window.jupyterapp.commands.execute('jupyter-chat:open', place)", place
        )
        expect(message(chat, COUNT)).to_be_in_viewport(timeout=SECONDS)
        expect(chat.question).to_be_focused()
    finally:
        jupyter.stop()


def message(chat: Chat, number: int) -> Locator:
    return chat.root.get_by_role("article").filter(
        has_text=re.compile(rf"(Question|Answer) number {number}\b")
    )


def _top(element: Locator) -> float:
    box = element.bounding_box()
    assert box is not None
    return box["y"]


def log(chat: Chat) -> Locator:
    return chat.root.get_by_role("log")


def type_lines(chat: Chat, count: int) -> None:
    """Type a question of so many lines, as one does: with Shift+Enter."""
    chat.question.click()
    for number in range(count):
        chat.page.keyboard.type(f"Line {number}")
        chat.page.keyboard.press("Shift+Enter")
        chat.page.wait_for_timeout(60)
    chat.page.wait_for_timeout(300)


def drawn(chat: Chat) -> int:
    return chat.root.get_by_role("article").count()


def expect_at_the_end(chat: Chat) -> None:
    """Wait until the newest is seen to its end."""
    chat.page.wait_for_function(
        "() => {"
        " const log = document.querySelector('[role=log]');"
        " return log.scrollHeight - log.scrollTop - log.clientHeight <= 2;"
        "}"
    )


def standing(page: Page) -> list[Any]:
    """What is read and where it stands, once it stands still."""
    before = None
    while (now := page.evaluate(_READING)) != before:
        before = now
        page.wait_for_timeout(500)
    return list(now)


def scroll(chat: Chat, step: int, enough: Callable[[int], bool]) -> list[int]:
    """Turn the wheel until messages of such numbers are read; those that were on the way."""
    seen: list[int] = []
    log(chat).hover()
    while not (seen and enough(seen[-1])):
        number, _ = chat.page.evaluate(_READING)
        seen += [int(number)] if number else []
        chat.page.mouse.wheel(0, step)
        chat.page.wait_for_timeout(60)
    return seen
