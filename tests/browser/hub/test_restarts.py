"""What goes on when parts of the hub do not: a replica is killed, or all is started again."""

from __future__ import annotations

import re
from contextlib import suppress

import pytest
from playwright.sync_api import TimeoutError as TookTooLong
from playwright.sync_api import expect

from ..chat import SECONDS
from .conftest import Work
from .hub import Hub
from .service import TOKEN_SECONDS

pytestmark = pytest.mark.xdist_group("hub")

SLOW = "[[chunks=150 size=10 delay=0.05]]"


def test_a_killed_replica_costs_neither_questions_nor_the_conversation(hub: Hub, at_work: Work):
    ada, chat = at_work("ada")
    chat.ask('What is kept? [[text="Everything."]]')
    chat.expect_answer(0, "Everything.")
    chat.expect_idle()
    chat.ask(f"And now? {SLOW}")
    chat.expect_answer(1, re.compile("You asked.{40}", re.DOTALL))
    ada.page.wait_for_timeout(600)  # what is older than half a second is kept
    seen = chat.text(1)[:40]

    before = ada.replica()
    hub.replica(before).kill()
    chat.expect_idle()
    expect(chat.answers.nth(1)).to_contain_text(seen)
    # whoever took it over has marked it
    expect(chat.answers.nth(1)).to_contain_text("Interrupted", timeout=SECONDS)
    expect(chat.answers.first).to_contain_text("Everything.")
    chat.ask('Still there? [[text="Yes."]]')
    chat.expect_answer(2, "Yes.")
    assert ada.replica() != before
    assert "Yes." in ada.rest("GET", "export").text()


def test_a_kernel_follows_to_another_replica(hub: Hub, at_work: Work):
    grace, _ = at_work("grace")
    code = (
        "import jupyter_chat\n"
        "client = jupyter_chat.Client()\n"
        "print(client.ask('Before? [[text=\"Here.\"]]'))\n"
    )
    before = grace.replica()
    hub.replica(before)  # is there
    assert "Here." in grace.run(code, keep=True)
    hub.replica(before).kill()
    again = code.replace("Before?", "After?")
    assert "Here." in grace.run(again)


def test_a_hub_that_is_started_again_interrupts_the_chat_only_for_so_long(hub: Hub, at_work: Work):
    ada, chat = at_work("ada")
    chat.ask('Before? [[text="As ever."]]')
    chat.expect_answer(0, "As ever.")
    chat.expect_idle()
    with hub.stopped():
        expect(chat.root).to_contain_text("does not answer", timeout=SECONDS)
        chat.question.fill('Meanwhile? [[text="Kept for later."]]')
        chat.question.press("Enter")
    with suppress(TookTooLong):  # it has come back by itself
        chat.button("Try now").click(timeout=2000)
    chat.expect_answer(1, "Kept for later.")
    chat.expect_idle()
    chat.question.fill('After? [[text="As before."]]')
    chat.button("Send").click()  # JupyterLab says that its server was away, and takes the keys
    chat.expect_answer(2, "As before.")
    expect(chat.questions).to_have_count(3)
    assert ada.rest("GET", "threads").ok


def test_a_server_of_ones_own_that_was_stopped_interrupts_the_chat_only_for_so_long(
    hub: Hub, newcomer
):
    hub.api("POST", "users/mary")
    hub.start_servers("mary")
    mary = newcomer("mary")
    chat = mary.open_lab()
    chat.ask('Before? [[text="As ever."]]')
    chat.expect_answer(0, "As ever.")
    chat.expect_idle()
    replica = mary.replica()
    hub.stop_server("mary")
    mary.page.wait_for_timeout(TOKEN_SECONDS * 1000)
    hub.replica(replica).kill()  # and now new access is needed
    expect(chat.root).to_contain_text("Your server on this hub is stopped", timeout=SECONDS)
    expect(chat.root).not_to_contain_text("signed out")
    hub.start_servers("mary")
    # nobody loads the page again, or signs in
    expect(chat.root).not_to_contain_text("Your server on this hub is stopped", timeout=SECONDS * 2)
    chat.question.fill('After? [[text="As before."]]')
    chat.button("Send").click()
    chat.expect_answer(1, "As before.")
