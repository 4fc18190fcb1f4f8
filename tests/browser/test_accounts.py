"""A server with accounts, as people see it: registering, signing in, their account, others'."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.upstream import Upstream

from .chat import SECONDS, Chat
from .jupyter import Jupyter
from .test_accessibility import violations

PASSWORD = "correct horse"
OTHER = "another horse"


@pytest.fixture
def jupyter(tmp_path: Path, upstream: Upstream) -> Iterator[Jupyter]:
    environment = {"OPENAI_BASE_URL": upstream.url, "OPENAI_API_KEY": upstream.key}
    options = ("--accounts", "--ChatApp.registration=open")
    jupyter = Jupyter("chat", tmp_path, environment, options, ready="jupyter-chat/login")
    jupyter.start()
    yield jupyter
    jupyter.stop()


@pytest.fixture
def another(browser: Browser) -> Iterator[BrowserContext]:
    """A browser of somebody else."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    yield context
    context.close()


def fill(page: Page, button: str, **fields: str) -> None:
    for label, text in fields.items():
        page.get_by_label(label.replace("_", " ").capitalize(), exact=True).fill(text)
    page.get_by_role("button", name=button, exact=True).click()


def register(page: Page, jupyter: Jupyter, name: str) -> Chat:
    page.goto(f"{jupyter.url}/jupyter-chat/register")
    fill(page, "Register", name=name, password=PASSWORD)
    chat = Chat(page, "chat")
    chat.appear()
    return chat


def sign_in(page: Page, jupyter: Jupyter, name: str, password: str = PASSWORD) -> Chat:
    page.goto(f"{jupyter.url}/")
    fill(page, "Sign in", name=name, password=password)
    chat = Chat(page, "chat")
    chat.appear()
    return chat


def first_admin(page: Page, jupyter: Jupyter) -> Chat:
    until = time.monotonic() + 20
    while not (found := re.search(r"register\?code=(\S+)", jupyter.log())):
        assert time.monotonic() < until
        time.sleep(0.05)
    page.goto(f"{jupyter.url}/jupyter-chat/register?code={found[1]}")
    fill(page, "Register", name="root", password=PASSWORD)
    chat = Chat(page, "chat")
    chat.appear()
    return chat


def test_people_register_and_sign_in_without_script(browser: Browser, jupyter: Jupyter):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{jupyter.url}/")
    page.get_by_role("link", name="Register").click()
    fill(page, "Register", name="a b", password=PASSWORD)
    field = page.get_by_label("Name", exact=True)
    expect(field).to_have_value("a b")
    expect(field).to_have_accessible_description(re.compile("letters, digits"))
    fill(page, "Register", name="ada", password=PASSWORD)
    expect(page).to_have_title("Jupyter Chat")
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [280, 1280])
def test_the_forms_are_for_everybody(browser: Browser, jupyter: Jupyter, scheme, width):
    context = browser.new_context(
        viewport={"width": width, "height": 700}, color_scheme=scheme, bypass_csp=True
    )
    page = context.new_page()
    for path, button in (("login", "Sign in"), ("register", "Register")):
        page.goto(f"{jupyter.url}/jupyter-chat/{path}")
        expect(page.get_by_label("Name", exact=True)).to_be_focused()
        assert violations(page, "main") == []
        fill(page, button, name="no body", password="wrong pass")
        wrong = page.locator("[aria-invalid]")
        expect(wrong).to_be_focused()
        assert violations(page, "main") == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    context.close()


def test_each_person_has_their_own_history_and_comes_back_to_it(
    page: Page, another: BrowserContext, jupyter: Jupyter
):
    page.on("console", lambda message: said.append(message.text))
    said: list[str] = []
    ada = register(page, jupyter, "ada")
    ada.ask('Mine? [[text="Yours."]]')
    ada.expect_answer(0, "Yours.")
    address = page.url
    grace = register(another.new_page(), jupyter, "grace")
    grace.page.goto(address)
    expect(grace.page.get_by_text("There is no such conversation")).to_be_visible()
    ada.button("Settings").click()
    ada.button("Sign out").click()
    expect(page.get_by_role("heading", name="Sign in to Jupyter Chat")).to_be_visible()
    page.goto(address)
    fill(page, "Sign in", name="ada", password=PASSWORD)
    ada.expect_answer(0, "Yours.")
    assert page.url == address
    assert [text for text in said if "Content Security Policy" in text] == []


def test_the_page_goes_on_when_its_access_token_has_run_out(page: Page, jupyter: Jupyter):
    chat = register(page, jupyter, "ada")
    page.context.clear_cookies(name=re.compile("^jupyter-chat-access"))
    chat.button("Settings").click()
    expect(chat.root.get_by_text("Your account")).to_be_visible()
    expect(chat.root.get_by_text("Name and colour")).to_be_visible()
    page.context.clear_cookies(name=re.compile("^jupyter-chat-access"))
    page.reload()
    chat.appear()


def test_another_password_signs_all_other_browsers_out(
    page: Page, another: BrowserContext, jupyter: Jupyter
):
    chat = register(page, jupyter, "ada")
    elsewhere = sign_in(another.new_page(), jupyter, "ada")
    chat.button("Settings").click()
    chat.root.get_by_text("Signed in in 2 browsers").click()
    expect(chat.root.get_by_text("This browser")).to_be_visible()
    chat.root.get_by_text("Password", exact=True).first.click()
    chat.root.get_by_label("Present password").fill(PASSWORD)
    chat.root.get_by_label("New password").fill(OTHER)
    chat.button("Change the password").click()
    expect(chat.root.get_by_text("Signed in in 1 browser")).to_be_visible()
    expect(elsewhere.root.get_by_text("You are signed out")).to_be_visible(timeout=SECONDS)
    page.keyboard.press("Escape")
    chat.ask('Still here? [[text="Yes."]]')
    chat.expect_answer(0, "Yes.")
    elsewhere.button("Reload").click()
    fill(elsewhere.page, "Sign in", name="ada", password=OTHER)
    elsewhere.appear()


def test_an_administrator_invites_disables_and_sees_what_is_used(
    page: Page, another: BrowserContext, jupyter: Jupyter
):
    chat = first_admin(page, jupyter)
    chat.button("Settings").click()
    chat.button("People and invitations").click()
    chat.button("Make an invitation").click()
    address = chat.root.locator(".jc-Made code").inner_text()
    window = another.new_page()
    window.goto(address)
    fill(window, "Register", name="ada", password=PASSWORD)
    ada = Chat(window, "chat")
    ada.appear()
    ada.ask('Hello [[text="Hi."]]')
    ada.expect_answer(0, "Hi.")
    ada.expect_idle()
    chat.button("Back to the settings").click()
    chat.button("People and invitations").click()
    row = chat.root.get_by_role("listitem").filter(has_text="ada")
    expect(row).to_contain_text("1 request this month")
    assert violations(page) == []
    chat.button("Disable: ada").click()
    expect(row).to_contain_text("disabled")
    expect(ada.root.get_by_text("You are signed out")).to_be_visible(timeout=SECONDS)


def test_the_account_is_for_everybody_in_both_themes(page: Page, jupyter: Jupyter):
    chat = register(page, jupyter, "ada")
    chat.button("Settings").click()
    parts = chat.root.locator(".jc-AccountPart > summary")
    expect(parts).to_have_count(4)
    for part in parts.all():
        part.click()
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme=theme, reduced_motion="reduce")
        assert violations(page) == []
    page.set_viewport_size({"width": 280, "height": 700})
    expect(chat.root.get_by_text("Name to sign in with")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 280


def test_who_deletes_their_account_is_led_out(page: Page, jupyter: Jupyter):
    chat = register(page, jupyter, "ada")
    chat.button("Settings").click()
    chat.root.get_by_text("Delete the account…").click()
    chat.root.get_by_label("Password", exact=True).fill(PASSWORD)
    chat.button("Delete my account and all its data").click()
    expect(page.get_by_role("heading", name="Sign in to Jupyter Chat")).to_be_visible()
    fill(page, "Sign in", name="ada", password=PASSWORD)
    expect(page.get_by_text("The name or the password is wrong.")).to_be_visible()
