"""Limits, as somebody sees them who comes near one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.upstream import Upstream

from .chat import Chat, open_chat
from .jupyter import Jupyter
from .test_accessibility import violations

LIMITS = {
    "roles": {
        "owner": {"tokens_per_day": 8_000, "max_output_tokens": 2_000, "models": ["gpt-6-*"]}
    },
    "together": {"concurrent_replies": 2, "dollars_per_month": 100},
}


@pytest.fixture
def jupyter(start, upstream: Upstream, tmp_path: Path) -> Jupyter:
    file = tmp_path / "limits.json"
    file.write_text(json.dumps(LIMITS))
    return start(
        "chat",
        OPENAI_BASE_URL=upstream.url,
        OPENAI_API_KEY=upstream.key,
        JUPYTER_CHAT_LIMITS_FILE=str(file),
    )


def question(words: int) -> str:
    """One that takes about as many tokens."""
    return f"{'word ' * words}\n" + '[[text="So."]]'


def used_up(chat: Chat) -> None:
    chat.ask(question(3_300))
    chat.expect_answer(0, "So.")
    chat.expect_idle()


def test_what_is_left_is_shown_and_what_is_too_much_is_kept(page: Page, jupyter: Jupyter):
    chat = open_chat(page, jupyter)
    used_up(chat)
    chat.root.get_by_role("button", name="Context:").click()
    expect(chat.root.get_by_text("Left of your limits")).to_be_visible()
    expect(chat.root.get_by_role("dialog").get_by_text("Tokens today")).to_be_visible()
    assert violations(page) == []
    page.keyboard.press("Escape")

    chat.ask("And now?")
    refusal = chat.root.get_by_role("log").get_by_text("Your limit of 8,000 tokens a day")
    expect(refusal).to_contain_text("Your question is kept")
    expect(chat.button("Retry")).to_be_visible()

    chat.button("Settings").click()
    chat.button("Show usage").click()
    expect(chat.root.get_by_role("heading", name="Limits on this server")).to_be_visible()
    expect(chat.root.get_by_role("meter", name="Tokens today")).to_be_visible()
    expect(chat.root.get_by_text("These models may be used: gpt-6-*")).to_be_visible()
    assert violations(page) == []
