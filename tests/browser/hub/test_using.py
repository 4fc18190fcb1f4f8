"""People of a hub ask in their own servers, and their answers come from the service."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from ..chat import SECONDS, Chat
from .conftest import Work
from .hub import REPLICAS, Hub
from .service import TOKEN_SECONDS

pytestmark = pytest.mark.xdist_group("hub")

_SERVED = re.compile("/services/.*/api/")


def test_two_people_ask_at_once_and_see_only_their_own(at_work: Work):
    ada, hers = at_work("ada")
    grace, graces = at_work("grace")
    hers.ask('Of engines? [[chunks=20 delay=0.1 text="Notes by the translator, in full length"]]')
    graces.ask('Of compilers? [[chunks=20 delay=0.1 text="A nanosecond is a foot of wire, cut"]]')
    hers.expect_answer(0, "Notes by the translator, in full length")
    graces.expect_answer(0, "A nanosecond is a foot of wire, cut")
    for person, own, others in (
        (ada, "Of engines", "Of compilers"),
        (grace, "Of compilers", "Of engines"),
    ):
        chat = Chat(person.page, "lab")
        chat.button("Show conversations").click()
        expect(chat.conversation(own).first).to_be_visible()
        expect(chat.conversation(others)).to_have_count(0)
        chat.conversation(own).first.click()
        kept = person.rest("GET", "export").text()
        assert own in kept
        assert others not in kept


def test_anothers_conversation_is_as_one_that_does_not_exist(at_work: Work):
    ada, chat = at_work("ada")
    grace, _ = at_work("grace")
    chat.ask('Mine? [[text="Yours."]]')
    chat.expect_answer(0, "Yours.")
    chat.expect_idle()
    thread_id = ada.rest("GET", "threads").json()["threads"][0]["id"]
    assert ada.rest("GET", f"threads/{thread_id}").ok
    assert grace.rest("GET", f"threads/{thread_id}").status == 404
    assert grace.rest("PATCH", f"threads/{thread_id}", {"title": "Hers"}).status == 404
    assert grace.rest("DELETE", f"threads/{thread_id}").status == 404
    assert ada.rest("GET", f"threads/{thread_id}").ok


def test_an_access_token_is_renewed_while_an_answer_comes(at_work: Work):
    ada, chat = at_work("ada")
    renewed: list[str] = []
    ada.page.on(
        "response",
        lambda answer: renewed.append(answer.url) if "/api/access" in answer.url else None,
    )
    opened = len(ada.sockets)
    chunks = int(TOKEN_SECONDS * 1.5 / 0.1)
    chat.ask(f"A long one? [[chunks={chunks} size=4 delay=0.1]]")
    chat.expect_answer(0, "You asked")
    chat.expect_idle()
    assert len(ada.sockets) == opened, "it went on over the same socket"
    # what goes by REST needs one that is good
    with ada.page.expect_response(lambda it: bool(_SERVED.search(it.url)) and it.ok):
        chat.button("Settings").click()
    assert renewed, "the token has run out meanwhile"
    chat.button("Back to the conversation").click()
    assert all("token" not in socket.url.lower() for socket in ada.sockets)


def test_a_kernel_asks_in_the_name_of_its_person(at_work: Work):
    ada, chat = at_work("ada")
    said = ada.run('%load_ext jupyter_chat\n%chat Who asks? [[text="Ada, from her notebook."]]')
    assert "Ada" in said
    chat.button("Show conversations").click()
    expect(chat.conversation("Who asks").first).to_be_visible(timeout=SECONDS)
    chat.conversation("Who asks").first.click()
    chat.expect_answer(0, "Ada")


def test_the_page_of_each_replica_shows_the_same_history(at_work: Work, newcomer):
    _, chat = at_work("ada")
    chat.ask('Seen where? [[text="Everywhere."]]')
    chat.expect_answer(0, "Everywhere.")
    elsewhere = newcomer("ada")
    for replica in REPLICAS:
        page = elsewhere.open_page(replica)
        page.conversation("Seen where").first.click()
        page.expect_answer(0, "Everywhere.")


def test_who_has_not_signed_in_is_sent_to_the_hub_by_the_page_and_refused_elsewhere(
    hub: Hub, newcomer
):
    nobody = newcomer("nobody")
    nobody.page.goto(f"{hub.url}/services/chat-1/")
    expect(nobody.page.locator("#username_input")).to_be_visible()
    assert "/hub/login" in nobody.page.url
    for path in ("threads", "account", "models"):
        answer = nobody.context.request.get(f"{hub.url}/services/chat-1/jupyter-chat/api/{path}")
        assert answer.status == 403
        assert "/services/" in answer.url, "not sent to the hub"
