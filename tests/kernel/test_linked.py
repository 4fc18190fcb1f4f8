"""Asking from a kernel whose server is linked with a chat service."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from jupyter_chat import ChatError, ChatWidget, Client, NoServer, Refused
from jupyter_chat.kernel import background
from jupyter_chat.protocol import Code, Problem, text_of
from tests.browser.jupyter import Jupyter
from tests.linked.service import HUB_TOKEN, Replica, Service

SECONDS = 30


@pytest.fixture(scope="module")
def linked(
    jupyter: Jupyter, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Jupyter, Service, list[Replica]]]:
    """A linked server, before two replicas that have one history: that of `jupyter`."""
    service = Service(jupyter.url, jupyter.token)
    replicas = [Replica(service, name) for name in ("chat-1", "chat-2")]
    for replica in replicas:
        replica.start()
    environment = {
        "JUPYTER_CHAT_SERVICE_URLS": ",".join(replica.url for replica in replicas),
        "JUPYTERHUB_API_TOKEN": HUB_TOKEN,
        "JUPYTERHUB_USER": "ada",
    }
    server = Jupyter("chat", tmp_path_factory.mktemp("linked"), environment)
    server.start()
    yield server, service, replicas
    server.kill()
    for replica in replicas:
        replica.close()


@pytest.fixture
def service(linked) -> Iterator[Service]:
    _, service, replicas = linked
    yield service
    service.wait()
    service.refusal = None
    service.seconds = 900
    for replica in replicas:
        replica.stop()
        replica.start()


@pytest.fixture
def replicas(linked) -> list[Replica]:
    return linked[2]


@pytest.fixture
def chat(linked, service: Service) -> Iterator[Client]:
    server, _, _ = linked
    service.take_back()
    service.asked.clear()
    with Client(server.url, server.token) as chat:
        yield chat


def until(happens: Callable[[], object]) -> None:
    end = time.monotonic() + SECONDS
    while not happens():
        assert time.monotonic() < end
        time.sleep(0.02)


def present(chat: Client, replicas: list[Replica]) -> Replica:
    server = chat.chat.session.server
    assert server is not None
    return next(replica for replica in replicas if replica.url == server.url)


def test_what_is_asked_is_kept_by_the_service(chat: Client, jupyter: Jupyter, linked) -> None:
    answer = chat.ask("Hello [[text=Here]]")
    assert str(answer) == "Here"
    with Client(jupyter.url, jupyter.token) as there:
        assert answer.thread_id in [thread.id for thread in there.threads()]
    server, _, _ = linked
    assert not list(server.folder.rglob("history.sqlite"))


def test_access_is_renewed_and_the_socket_stays(chat: Client, service: Service) -> None:
    service.seconds = 1.5
    service.take_back()
    chat.ask("Hello")
    opened, tokens = service.sockets, set(service.given)
    turned_away = service.turned_away
    time.sleep(2)
    assert chat.threads(1)
    assert str(chat.ask("And now? [[text=Still]]")) == "Still"
    assert set(service.given) - tokens
    assert (service.sockets, service.turned_away) == (opened, turned_away)


def test_access_that_was_taken_away_is_asked_for_anew(chat: Client, service: Service) -> None:
    chat.threads()
    service.take_back()
    assert isinstance(chat.threads(), list)


def test_another_replica_takes_over_in_the_middle_of_an_answer(
    chat: Client, service: Service, replicas: list[Replica]
) -> None:
    stream = chat.stream("Count [[chunks=100 delay=0.03]]")
    pieces = [next(stream)]
    gone = present(chat, replicas)
    service.wait()
    gone.stop()
    pieces += list(stream)
    assert "".join(pieces) == stream.answer.text == text_of(chat.messages()[-1])
    assert present(chat, replicas) is not gone
    assert str(chat.ask("Go on [[text=Well]]")) == "Well"


def test_what_is_asked_while_the_service_is_away_is_sent_when_it_is_back(
    chat: Client, service: Service, replicas: list[Replica]
) -> None:
    chat.ask("Hello")
    service.wait()
    for replica in replicas:
        replica.stop()
    connection = chat.chat.session._connection
    assert connection is not None
    until(lambda: connection._socket is None)

    def come_back() -> None:
        for replica in replicas:
            replica.start()

    timer = threading.Timer(1.5, come_back)
    timer.start()
    assert str(chat.ask("Are you there? [[text=Yes]]")) == "Yes"
    timer.join()


def test_who_is_refused_is_told_why(linked, service: Service) -> None:
    server, _, _ = linked
    service.take_back()
    service.refusal = (403, Problem(Code.FORBIDDEN, "You were removed from this hub."))
    with Client(server.url, server.token) as chat:
        with pytest.raises(ChatError, match=r"removed from this hub|did not let us in"):
            chat.ask("Hello")
        service.wait()
        with pytest.raises(NoServer, match="removed from this hub"):
            chat.ask("Hello")


def test_who_loses_access_in_between_is_told_why_at_once(chat: Client, service: Service) -> None:
    chat.threads()
    service.take_back()
    service.refusal = (403, Problem(Code.FORBIDDEN, "You were removed from this hub."))
    began = time.monotonic()
    with pytest.raises(Refused, match="removed from this hub"):
        chat.threads()
    assert time.monotonic() - began < SECONDS


def test_a_widget_reaches_the_service_through_the_kernel(
    linked,
    chat: Client,
    service: Service,
    replicas: list[Replica],
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    server, _, _ = linked
    chat.threads()
    widget = ChatWidget(url=server.url, token=server.token)
    try:
        widget.send("Hi [[text=Here]]")
        until(lambda: widget.value == "Here")
        said: list[dict[str, object]] = []
        relay = widget._relay
        relay._tell = said.append
        background.run(relay.take({"type": "open", "view": "a"}))
        until(lambda: any(each["type"] == "frame" for each in said))
        fetched = {"type": "fetch", "id": "1", "method": "GET", "path": "account"}
        background.run(relay.take(fetched))
        until(lambda: any(each.get("status") == 200 for each in said))
        service.wait()
        present(chat, replicas).stop()
        said.clear()
        background.run(relay.take({"type": "open", "view": "b"}))
        until(lambda: {"type": "closed", "view": "b"} in said)
        background.run(relay.take({"type": "open", "view": "b"}))  # as the front end does
        until(lambda: any(each["type"] == "frame" and each["view"] == "b" for each in said))
        shown = [repr(widget), str(widget.get_state()), str(said), caplog.text, repr(relay)]
        for token in service.given:
            assert not any(token in text for text in shown)
    finally:
        widget.close()


def test_no_repr_has_the_access(chat: Client, service: Service) -> None:
    chat.ask("Hello")
    session = chat.chat.session
    shown = [repr(chat), repr(vars(session)), repr(session.server), repr(vars(session._way))]
    assert service.given
    for token in service.given:
        assert not any(token in text for text in shown)


def test_a_server_that_is_not_linked_has_the_chat_itself(jupyter: Jupyter) -> None:
    with Client(jupyter.url, jupyter.token) as chat:
        assert str(chat.ask("Hello [[text=Here]]")) == "Here"
        server = chat.chat.session.server
        assert server is not None
        assert not server.is_service
