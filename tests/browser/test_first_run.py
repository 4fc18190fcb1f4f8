"""A newcomer without a key gets an answer in one step."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from jupyter_chat.providers import local_model_available
from tests.upstream import Upstream

from .chat import SECONDS, open_chat
from .jupyter import Jupyter

ROOT = Path(__file__).resolve().parents[2]
NO_LOCAL_MODEL = {"JUPYTER_CHAT_LOCAL_MODEL": "/nowhere/model.gguf"}


def test_a_compatible_server_is_one_step(start, page: Page, upstream: Upstream):
    chat = open_chat(page, start("chat", **NO_LOCAL_MODEL))
    expect(chat.root.get_by_role("heading", name="Who should answer?")).to_be_visible()
    chat.root.get_by_role("textbox", name="Address").fill(upstream.url)
    chat.root.get_by_role("textbox", name="API key, if it needs one").fill("sk-wrong")
    chat.button("Use this server").click()
    expect(chat.root).to_contain_text("refused the API key", timeout=SECONDS)
    chat.root.get_by_role("textbox", name="API key, if it needs one").fill(upstream.key)
    chat.button("Use this server").click()
    expect(chat.root.get_by_role("heading", name="What would you like to know?")).to_be_visible(
        timeout=SECONDS
    )
    chat.ask("Hello")
    chat.expect_answer(0, "You asked")


@pytest.fixture
def as_set_up(
    tmp_path: Path, upstream: Upstream, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Jupyter]:
    """JupyterLab with the settings that the set-up writes, for somebody who has none."""
    monkeypatch.syspath_prepend(str(ROOT / "deploy"))
    import environment

    settings = tmp_path / "lab-settings"
    environment.silence_news(settings)
    folder = tmp_path / "server"
    folder.mkdir()
    answers = {"OPENAI_BASE_URL": upstream.url, "OPENAI_API_KEY": upstream.key}
    option = f"--LabApp.app_settings_dir={settings}"
    jupyter = Jupyter("lab", folder, answers, (option,), news=True)
    jupyter.start()
    try:
        yield jupyter
    finally:
        jupyter.stop()


def test_nothing_covers_the_chat_at_the_first_start(as_set_up: Jupyter, page: Page):
    chat = open_chat(page, as_set_up)
    chat.ask("Hello")
    chat.expect_answer(0, "You asked")
    page.wait_for_timeout(3000)  # JupyterLab asks when all else is there
    expect(page.get_by_text("official Jupyter news")).to_have_count(0)
    chat.question.click(timeout=SECONDS)  # waits in vain where something lies above it


@pytest.mark.local
@pytest.mark.skipif(not local_model_available(), reason="no local model is installed")
def test_the_local_model_answers_without_any_setting(start, page: Page):
    chat = open_chat(page, start("lab", OPENAI_API_KEY=""))
    chat.ask("Say hello.")
    # A model on a processor that others use as well takes its time.
    expect(chat.answers.first).to_contain_text("token", timeout=4 * SECONDS)
    assert chat.text(0).strip()
