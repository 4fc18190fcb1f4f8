"""What administrators look after, on the page: limits, usage, what was flagged, the audit log, the
key for everybody."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.upstream import Upstream
from tests.upstream.moderations import VIOLENT

from .chat import Chat, open_chat
from .jupyter import Jupyter
from .test_accessibility import violations
from .test_accounts import another, first_admin, register

__all__ = ["another"]
PAGES = ("Limits", "What everybody uses", "What was flagged", "Audit log", "Key for everybody")


@pytest.fixture
def jupyter(tmp_path: Path, upstream: Upstream) -> Iterator[Jupyter]:
    environment = {"OPENAI_BASE_URL": upstream.url, "OPENAI_API_KEY": upstream.key}
    options = (
        *("--accounts", "--ChatApp.registration=open", "--ChatApp.private_base_urls=True"),
        "--ChatApp.moderate_questions=flag",
        "--ChatApp.limits={'everyone': {'requests_per_minute': 1000}}",
    )
    jupyter = Jupyter("chat", tmp_path, environment, options, ready="jupyter-chat/login")
    jupyter.start()
    yield jupyter
    jupyter.stop()


def show(chat: Chat, name: str) -> None:
    chat.button(name).click()
    expect(chat.root.get_by_role("heading", name=name)).to_be_focused()
    expect(chat.root.get_by_text("Loading…")).to_have_count(0)


def back(chat: Chat) -> None:
    chat.page.keyboard.press("Escape")
    expect(chat.root.get_by_role("heading", name="Administration")).to_be_visible()


def test_an_administrator_looks_after_what_all_share(
    page: Page, another: BrowserContext, jupyter: Jupyter, upstream: Upstream
):
    chat = first_admin(page, jupyter)
    ada = register(another.new_page(), jupyter, "ada")
    ada.ask(f'About {VIOLENT} [[text="Hi."]]')
    ada.expect_answer(0, "Hi.")
    ada.button("Settings").click()
    expect(ada.root.get_by_text("Your account")).to_be_visible()
    expect(ada.root.get_by_text("Administration")).to_have_count(0)
    ada.page.keyboard.press("Escape")
    chat.button("Settings").click()

    show(chat, "Limits")
    expect(chat.root.get_by_label("Requests a minute")).to_be_disabled()
    chat.root.get_by_label("Whose limits").select_option(label="Another person…")
    chat.root.get_by_label("Name", exact=True).fill("ada")
    chat.root.get_by_label("Tokens a day").fill("1")
    chat.button("Save").click()
    expect(chat.root.get_by_role("option", name="ada")).to_be_attached()
    ada.ask('More? [[text="No."]]')
    refused = ada.root.get_by_role("log").get_by_text("Your limit of 1 token a day")
    expect(refused).to_be_visible()
    back(chat)

    show(chat, "What everybody uses")
    row = chat.root.get_by_role("listitem").filter(has_text="ada")
    expect(row).to_contain_text("1 request")
    row.get_by_text("Limits: 100% taken").click()
    back(chat)

    show(chat, "What was flagged")
    chat.root.get_by_role("button", name="Mark as seen: ada").first.click()
    seen = chat.root.get_by_role("listitem").filter(has_text="ada").get_by_text("seen ")
    expect(seen.first).to_be_visible()
    back(chat)

    show(chat, "Audit log")
    chat.root.get_by_label("Person, by name").fill("ada")
    expect(chat.root.get_by_text("limits changed", exact=False).nth(1)).to_be_visible()
    chat.button("Verify the log").click()
    expect(chat.root.get_by_text("entries is whole")).to_be_visible()
    back(chat)

    show(chat, "Key for everybody")
    chat.root.get_by_label("Server", exact=True).select_option(label="A compatible server")
    chat.root.get_by_label("Address").fill(upstream.url)
    chat.root.get_by_label("API key").fill("sk-wrong-0123456789")
    chat.button("Use this for everybody").click()
    expect(chat.root.locator(".jc-Admin .jc-Problem[data-code=wrong_key]")).to_be_visible()
    chat.root.get_by_label("API key").fill(upstream.key)
    chat.button("Use this for everybody").click()
    expect(chat.root.get_by_text("Set here: A compatible server")).to_be_visible()


def test_it_is_for_everybody_in_both_themes_and_where_there_is_little_room(
    page: Page, jupyter: Jupyter
):
    chat = first_admin(page, jupyter)
    chat.ask(f'About {VIOLENT} [[text="Hi."]]')
    chat.expect_answer(0, "Hi.")
    chat.button("Settings").click()
    for name in PAGES:
        page.set_viewport_size({"width": 1280, "height": 800})
        show(chat, name)
        for theme in ("light", "dark"):
            page.emulate_media(color_scheme=theme, reduced_motion="reduce")
            assert violations(page) == [], name
        page.set_viewport_size({"width": 280, "height": 700})
        assert page.evaluate("document.documentElement.scrollWidth") <= 280, name
        back(chat)


def test_the_owner_of_a_server_finds_it_as_well(start, page: Page):
    chat = open_chat(page, start("chat"))
    chat.button("Settings").click()
    show(chat, "Audit log")
    expect(chat.root.get_by_text("There is nothing of that kind.")).to_be_visible()


def test_the_interface_is_described_for_everybody(start, page: Page):
    jupyter = start("chat")
    page.goto(jupyter.address("jupyter-chat/reference"))
    expect(page.get_by_role("heading", name="The interface of Jupyter Chat")).to_be_visible()
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme=theme, reduced_motion="reduce")
        assert violations(page, "html") == []
    page.set_viewport_size({"width": 280, "height": 700})
    assert page.evaluate("document.documentElement.scrollWidth") <= 280
