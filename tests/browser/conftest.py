"""Chromium before real servers, which answer from the scripted upstream."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from tests.upstream import Upstream

from .chat import SECONDS
from .chromium import FLAGS, program
from .jupyter import Jupyter
from .notebook import Window

expect.set_options(timeout=SECONDS)  # Playwright's own five seconds are few on a busy machine


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    return {**browser_type_launch_args, "args": FLAGS, "executable_path": program()}


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict[str, Any]) -> dict[str, Any]:
    return {**browser_context_args, "viewport": {"width": 1280, "height": 800}}


@pytest.fixture
def start(tmp_path: Path, upstream: Upstream) -> Iterator[Callable[..., Jupyter]]:
    """Starts `jupyter FACE`; every server is stopped when the test is over."""
    with _starting(tmp_path, upstream) as start:
        yield start


@pytest.fixture(scope="module")
def start_shared(
    tmp_path_factory: pytest.TempPathFactory, upstream: Upstream
) -> Iterator[Callable[..., Jupyter]]:
    """The same for servers that the tests of a module share."""
    with _starting(tmp_path_factory.mktemp("shared"), upstream) as start:
        yield start


@pytest.fixture(scope="module")
def new_window(browser: Browser, browser_context_args: dict[str, Any]) -> Iterator[Any]:
    """Makes windows that the tests of a module share."""
    made: list[Window] = []

    def new_window(jupyter: Jupyter, **options: Any) -> Window:
        window = Window(jupyter, lambda: browser.new_context(**browser_context_args), **options)
        made.append(window)
        return window

    yield new_window
    for window in made:
        window.close()


@pytest.fixture
def lend(request: pytest.FixtureRequest) -> Iterator[Callable[[Window], Window]]:
    """Lends what is shared to a test; who fails may leave anything behind, so it is closed then."""
    lent: list[Window] = []

    def lend(window: Window) -> Window:
        lent.append(window)
        return window

    failed = request.session.testsfailed
    yield lend
    if request.session.testsfailed > failed:
        for window in lent:
            window.close()


@contextmanager
def _starting(parent: Path, upstream: Upstream) -> Iterator[Callable[..., Jupyter]]:
    started: list[Jupyter] = []

    def start(face: str, **environment: str) -> Jupyter:
        folder = parent / f"server-{len(started)}"
        folder.mkdir()
        answers = {"OPENAI_BASE_URL": upstream.url, "OPENAI_API_KEY": upstream.key}
        jupyter = Jupyter(face, folder, environment or answers)
        started.append(jupyter)
        jupyter.start()
        return jupyter

    try:
        yield start
    finally:
        for jupyter in started:
            jupyter.stop()
