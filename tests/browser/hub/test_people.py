"""Whose history it is follows from who somebody is at the hub, not from a name."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from ..chat import SECONDS
from .hub import Hub

pytestmark = pytest.mark.xdist_group("hub")


def test_who_is_renamed_at_the_hub_keeps_the_history(hub: Hub, newcomer):
    chat = newcomer("emmy").open_page()
    chat.ask('Whose theorem? [[text="Yours."]]')
    chat.expect_answer(0, "Yours.")
    chat.expect_idle()
    hub.api("PATCH", "users/emmy", {"name": "noether"})
    chat = newcomer("noether").open_page("chat-2")
    chat.conversation("Whose theorem").click()
    chat.expect_answer(0, "Yours.")
    chat.ask('And now? [[text="Still yours."]]')
    chat.expect_answer(1, "Still yours.")


def test_nobody_inherits_a_history_by_a_name(hub: Hub, newcomer):
    old = newcomer("alan")
    chat = old.open_page()
    chat.ask('Can machines think? [[text="I believe so."]]')
    chat.expect_answer(0, "I believe so.")
    chat.expect_idle()
    address = old.page.url
    hub.api("DELETE", "users/alan")
    expect(old.page.get_by_text("You are signed out")).to_be_visible(timeout=SECONDS)

    other = newcomer("alan")
    chat = other.open_page()
    expect(chat.conversation("Can machines")).to_have_count(0)
    other.page.goto(address)
    expect(other.page.get_by_text("There is no such conversation")).to_be_visible(timeout=SECONDS)
    exported = other.context.request.get(f"{hub.url}/services/chat-2/jupyter-chat/api/export")
    assert exported.status in (200, 403)
    assert "I believe so." not in exported.text()
