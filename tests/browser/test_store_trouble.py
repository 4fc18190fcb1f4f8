"""A history that cannot be used is said in the chat, and used again when it can be."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.store.mongod import Mongod
from tests.upstream import Upstream

from .chat import SECONDS, open_chat

DOWN = "does not answer"


def test_a_database_that_comes_late_and_goes_away(
    start, page: Page, upstream: Upstream, tmp_path: Path
):
    mongod = Mongod(tmp_path / "mongod")
    jupyter = start(
        "chat",
        OPENAI_BASE_URL=upstream.url,
        OPENAI_API_KEY=upstream.key,
        JUPYTER_CHAT_STORE_URL=f"{mongod.url}/chat",
    )
    try:
        chat = open_chat(page, jupyter)
        trouble = chat.root.locator(".jc-Banners").get_by_text(DOWN)
        expect(trouble).to_be_visible(timeout=SECONDS)

        mongod.start()
        expect(trouble).to_have_count(0, timeout=SECONDS)
        chat.ask('What is kept? [[text="Everything."]]')
        chat.expect_answer(0, "Everything.")

        mongod.kill()
        chat.ask('And now? [[text="This too."]]')
        expect(trouble).to_be_visible(timeout=SECONDS)
        expect(chat.root).to_contain_text("And now?")
        assert DOWN in jupyter.log()

        mongod.start()
        expect(trouble).to_have_count(0, timeout=SECONDS)
        chat.expect_answer(1, "This too.")
        chat.reload()
        chat.expect_answer(1, "This too.")
    finally:
        mongod.stop()


def test_a_history_of_a_newer_version_is_left_alone(
    start, page: Page, upstream: Upstream, tmp_path: Path
):
    history = tmp_path / "history.sqlite"
    with sqlite3.connect(history) as database:
        database.execute("PRAGMA user_version = 999")
    database.close()
    before = history.read_bytes()
    jupyter = start(
        "chat",
        OPENAI_BASE_URL=upstream.url,
        OPENAI_API_KEY=upstream.key,
        JUPYTER_CHAT_STORE_URL=f"sqlite:///{history}",
    )
    chat = open_chat(page, jupyter)
    expect(chat.root.locator(".jc-Banners")).to_contain_text("newer", timeout=SECONDS)
    assert history.read_bytes() == before
