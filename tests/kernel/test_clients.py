"""Asking from Python: whole answers, answers as they come, and what goes wrong."""

from __future__ import annotations

import _thread
import signal
import socket
import threading
import time

import pytest

from jupyter_chat import AnswerFailed, AsyncClient, ChatError, Client, Closed, NoServer, Refused
from jupyter_chat.protocol import Code, Status, text_of
from tests.browser.jupyter import Jupyter
from tests.kernel.conftest import Connect
from tests.upstream import Upstream


def test_an_answer_says_what_it_cost_and_where_it_is_kept(chat: Client) -> None:
    answer = chat.ask('How are you? [[text="Well."]]')
    assert str(answer) == "Well."
    assert (answer.status, answer.model) == (Status.COMPLETE, "any-model")
    assert answer.usage is not None
    assert answer.usage.output_tokens > 0
    assert answer.seconds is not None
    assert chat.thread_id == answer.thread_id


def test_what_is_asked_next_belongs_to_the_same_conversation(chat: Client) -> None:
    chat.ask("My name is Ada.")
    answer = chat.ask("What is my name? [[echo=all]]")
    assert "My name is Ada." in answer.text
    assert len(chat.messages()) == 4
    chat.new()
    assert "My name is Ada." not in chat.ask("What is my name? [[echo=all]]").text


def test_an_answer_comes_in_pieces_as_it_is_written(chat: Client, upstream: Upstream) -> None:
    stream = chat.stream("Count [[chunks=1000 delay=0.02]]")
    pieces = [next(stream) for _ in range(5)]
    assert any(request["outcome"] is None for request in upstream.requests())
    stream.stop()
    assert "".join([*pieces, *stream]) == stream.answer.text


def test_the_pieces_are_the_whole(chat: Client) -> None:
    stream = chat.stream("Count [[chunks=20]]")
    assert "".join(stream) == stream.answer.text
    assert repr(stream) == f"<Stream of an answer, {len(stream.answer.text)} characters; complete>"
    assert stream.answer.status is Status.COMPLETE


def test_the_pieces_are_the_whole_even_where_somebody_reads_slowly(chat: Client) -> None:
    stream = chat.stream("Count [[chunks=300]]")
    pieces = []
    for piece in stream:
        pieces.append(piece)
        time.sleep(0.02)
    assert "".join(pieces) == text_of(chat.messages()[-1])


def test_a_stopped_answer_keeps_what_has_come(chat: Client) -> None:
    stream = chat.stream("Count [[chunks=1000 delay=0.02]]")
    first = next(stream)
    stream.stop()
    rest = "".join(stream)
    assert stream.answer.status is Status.STOPPED
    assert stream.answer.text == first + rest
    assert chat.messages()[-1].status is Status.STOPPED


def interrupt_once_written(other: Client, question: str) -> None:
    """What somebody does who has seen the beginning of an answer."""

    def watch() -> None:
        end = time.monotonic() + 20
        while time.monotonic() < end:
            threads = other.threads(1)
            answers = other.messages(threads[0]) if threads else []
            if answers and question in text_of(answers[0]) and text_of(answers[-1]):
                break
            time.sleep(0.05)
        _thread.interrupt_main()

    signal.signal(signal.SIGINT, signal.default_int_handler)  # it may be ignored, with `&`
    threading.Thread(target=watch).start()


def test_an_interrupt_stops_the_answer(chat: Client, connect: Connect) -> None:
    other = connect()
    interrupt_once_written(other, "Count to")
    with pytest.raises(KeyboardInterrupt):
        chat.ask("Count to [[chunks=1000 delay=0.02]]")
    until = time.monotonic() + 30
    while time.monotonic() < until:
        answer = other.messages(chat.thread_id)[-1]
        if answer.status.is_final:
            break
        time.sleep(0.05)
    assert answer.status is Status.STOPPED
    assert answer.parts


def test_an_answer_that_fails_says_why_and_keeps_what_came(chat: Client) -> None:
    with pytest.raises(AnswerFailed) as failed:
        chat.ask("Please [[quota]]")
    assert failed.value.code is Code.NO_QUOTA
    assert failed.value.answer.thread_id == chat.thread_id
    with pytest.raises(AnswerFailed) as failed:
        for _ in chat.stream("Please [[chunks=9 failed=3]]"):
            pass
    assert failed.value.answer.text


def test_an_unknown_conversation_is_refused(chat: Client) -> None:
    with pytest.raises(Refused) as refused:
        chat.ask("Hello", thread="0190a6c2-0000-7000-8000-000000000000")
    assert refused.value.code is Code.NOT_FOUND
    with pytest.raises(ChatError):
        chat.rename("Nothing to name")


def test_what_is_no_id_is_not_taken_for_one(chat: Client) -> None:
    for ask in (lambda: chat.open("nope"), lambda: chat.ask("Hello", thread="nope")):
        with pytest.raises(Refused, match="no conversation `nope`"):
            ask()
    with pytest.raises(TypeError, match="is a text"):
        chat.ask(None)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="needs names"):
        chat.ask("Hello", attach=[1])  # type: ignore[arg-type]


def test_whoever_leaves_a_stream_early_stops_the_answer(chat: Client) -> None:
    with chat.stream("Count [[chunks=1000 delay=0.02]]") as stream:
        next(stream)
    assert stream.answer.status is Status.STOPPED


def test_a_model_can_be_named_for_one_answer(chat: Client) -> None:
    assert chat.ask("One").model == "any-model"
    assert chat.ask("Two", model="any-other").model == "any-other"
    assert chat.ask("Three").model == "any-model"


def test_a_conversation_keeps_the_model_and_the_system_prompt_that_it_began_with(
    jupyter: Jupyter,
) -> None:
    with Client(jupyter.url, jupyter.token, model="any-other", system="Be brief.") as chat:
        assert "Be brief." in chat.ask("One [[echo=all]]").text
        assert "Be brief." in chat.ask("Two [[echo=all]]").text
        assert chat.ask("Three").model == "any-other"


def test_two_clients_of_one_conversation_are_in_step(connect: Connect) -> None:
    one, other = connect(), connect()
    stream = one.stream("Count [[chunks=50 delay=0.02]]")
    next(stream)
    queued = other.ask("And more", thread=one.thread_id)
    assert stream.answer.status is Status.COMPLETE
    assert [m.status for m in one.messages()] == [Status.COMPLETE] * 4
    assert one.messages()[-1].id == queued.message_id


def test_conversations_are_listed_found_opened_and_deleted(chat: Client, connect: Connect) -> None:
    answer = chat.ask("Tell me about zebrafish")
    thread = chat.rename("Fish with stripes")
    assert thread.title == "Fish with stripes"
    assert chat.threads(5)[0].id == answer.thread_id
    found = chat.search("zebrafish")
    assert answer.thread_id in {hit.thread.id for hit in found.messages}
    assert list(found) == [*found.titles, *found.messages]
    assert (found[0], found[-1:]) == (next(iter(found)), found.messages[-1:])
    other = connect()
    other.open(thread)
    assert "zebrafish" in other.ask("What did I ask? [[echo=all]]").text
    chat.delete()
    assert answer.thread_id not in {each.id for each in chat.threads(200)}
    assert chat.thread_id is None


def test_what_comes_back_can_be_shown(chat: Client) -> None:
    answer = chat.ask('Show [[text="**bold** <b>"]]')
    assert answer.text == "**bold** <b>"
    assert answer._repr_markdown_() == "**bold** &lt;b>"
    chat.rename("A <script> title")
    assert "&lt;script&gt;" in chat.threads()._repr_html_()
    opened = chat.open(answer.thread_id)
    assert repr(opened).startswith("<Conversation “A <script> title”, 20")
    assert repr(opened).endswith(f", {answer.thread_id}>")
    assert opened == chat.threads(1)[0]
    assert str(chat.threads(1)).endswith("  A <script> title")
    assert str(chat.messages()).endswith("\n\nany-model: **bold** <b>")
    assert repr(chat.messages()[1]) == "any-model: **bold** <b>"
    assert "**You:**" in chat.messages()._repr_markdown_()
    assert "<table>" in chat.search("bold")._repr_html_()


def test_a_client_that_is_closed_says_so(jupyter: Jupyter) -> None:
    with Client(jupyter.url, jupyter.token) as chat:
        stream = chat.stream("Count [[chunks=1000 delay=0.02]]")
        first = next(stream)
    chat.close()
    for ask in (lambda: chat.ask("Hello"), chat.threads, lambda: list(stream)):
        with pytest.raises(Closed, match="This client is closed"):
            ask()
    assert stream.answer.text.startswith(first)


def test_a_server_that_is_not_there_is_named(unused_port: int) -> None:
    with pytest.raises(NoServer, match=str(unused_port)):
        Client(f"http://127.0.0.1:{unused_port}", "x").ask("Hello")


def test_an_address_needs_no_scheme(jupyter: Jupyter) -> None:
    url = jupyter.url.removeprefix("http://")
    with Client(f" {url} ", jupyter.token) as chat:
        assert chat.ask('Hello [[text="Hi."]]').text == "Hi."


@pytest.mark.parametrize(
    "url",
    [
        *("", "  ", "ftp://localhost/", "http://", "http:///lab", "http://local host/"),
        *("localhost:port", "http://localhost:99999/", "http://[::1/", f"http://{'a' * 70}/"),
        "http://localhost:8888/?token=secret",
    ],
)
def test_what_is_no_address_of_a_server_is_said_so(url: str) -> None:
    with pytest.raises(NoServer, match="not the address of a Jupyter server") as failed:
        Client(url)
    assert "secret" not in str(failed.value)


def test_a_client_says_where_it_asks() -> None:
    chat = Client("http://localhost:1/")
    assert repr(chat) == "<Client in a new conversation>"
    chat.chat.thread_id = "0190a6c2-0000-7000-8000-000000000000"
    assert repr(chat) == "<Client in conversation 0190a6c2-0000-7000-8000-000000000000>"


def test_a_wrong_token_is_named(jupyter: Jupyter) -> None:
    with pytest.raises(NoServer, match="did not let us in"):
        Client(jupyter.url, "wrong").ask("Hello")


async def test_coroutines_ask_without_waiting_for_each_other(jupyter: Jupyter) -> None:
    async with AsyncClient(jupyter.url, jupyter.token) as chat:
        stream = chat.stream("Count [[chunks=30 delay=0.02]]")
        pieces = [piece async for piece in stream]
        assert "".join(pieces) == stream.answer.text
        answer = await chat.ask("And?")
        assert answer.thread_id == stream.answer.thread_id
        assert len(await chat.messages()) == 4


def test_a_restarted_server_is_found_again_in_mid_answer(
    jupyter: Jupyter, chat: Client, upstream: Upstream
) -> None:
    stream = chat.stream("Count [[chunks=1000 delay=0.02]]")
    pieces = [next(stream)]
    time.sleep(1)
    jupyter.kill()
    jupyter.start()
    with pytest.raises(AnswerFailed) as failed:
        pieces.extend(stream)
    answer = failed.value.answer
    assert failed.value.code is Code.SERVER_STOPPED
    assert answer.status is Status.INTERRUPTED
    assert "".join(pieces).startswith(answer.text)
    assert chat.ask("Still there?").status is Status.COMPLETE


@pytest.fixture
def unused_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
