"""One hub for all of these tests, and two people who work in its JupyterLab."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser

from tests.store.mongod import drop_database, url_of_database
from tests.upstream import Upstream

from ..chat import Chat
from .hub import Hub
from .person import Person


@pytest.fixture(scope="session")
def hub(tmp_path_factory: pytest.TempPathFactory, upstream: Upstream) -> Iterator[Hub]:
    """The example hub, where ada's and grace's servers run."""
    folder = tmp_path_factory.mktemp("hub")
    name = f"test_{secrets.token_hex(8)}"
    history = f"sqlite:///{folder / name}.sqlite"
    if mongodb := os.environ.get("JUPYTER_CHAT_TEST_MONGODB"):
        history = url_of_database(mongodb, name)
    hub = Hub(
        folder,
        {
            "OPENAI_BASE_URL": upstream.url,
            "OPENAI_API_KEY": f"sk-test-{secrets.token_hex(16)}",
            "JUPYTER_CHAT_STORE_URL": history,
        },
    )
    try:
        hub.start()
        hub.start_servers("ada", "grace")
        yield hub
    finally:
        hub.kill()
        if mongodb:
            drop_database(history)


@pytest.fixture(scope="session")
def _people(hub: Hub, browser: Browser, browser_context_args: dict[str, Any]) -> dict[str, Person]:
    return {
        name: Person(hub, name, browser.new_context(**browser_context_args))
        for name in ("ada", "grace")
    }


Work = Callable[[str], "tuple[Person, Chat]"]


@pytest.fixture
def at_work(_people: dict[str, Person], request: pytest.FixtureRequest) -> Work:
    """Somebody in their JupyterLab, with a new conversation beside it.

    The page is loaded once for all tests, and again where one has failed."""

    def at_work(name: str) -> tuple[Person, Chat]:
        person = _people[name]
        failed = request.session.testsfailed
        if person.loaded_after != failed:
            person.loaded_after = failed
            chat = person.open_lab()
        else:
            chat = Chat(person.page, "lab")
        chat.button("New conversation").first.click()
        return person, chat

    return at_work


@pytest.fixture
def newcomer(
    hub: Hub, browser: Browser, browser_context_args: dict[str, Any]
) -> Iterator[Callable[[str], Person]]:
    """Somebody in a new browser; the hub lets everybody in."""
    made: list[Person] = []

    def newcomer(name: str) -> Person:
        made.append(Person(hub, name, browser.new_context(**browser_context_args)))
        return made[-1]

    yield newcomer
    for person in made:
        person.context.close()
