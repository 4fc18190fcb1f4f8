"""`ChatWidget` as a program sees it; what is on the screen is in `tests/browser`."""

from __future__ import annotations

import json
import re
import secrets
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from jupyter_chat import ChatWidget, Client, Closed, MaybeSecret, NoServer, Refused
from jupyter_chat.ids import new_id
from jupyter_chat.kernel import background
from jupyter_chat.kernel.relay import Relay
from jupyter_chat.kernel.static_html import conversation
from jupyter_chat.kernel.widget import CONVERSATION
from jupyter_chat.protocol import Message, Role, Status, TextPart
from tests.browser.jupyter import Jupyter

Make = Callable[..., ChatWidget]


@pytest.fixture
def make(jupyter: Jupyter) -> Iterator[Make]:
    made: list[ChatWidget] = []

    def make(*args: Any, **options: Any) -> ChatWidget:
        made.append(ChatWidget(*args, url=jupyter.url, token=jupyter.token, **options))
        return made[-1]

    yield make
    for widget in made:
        widget.close()


def until(holds: Callable[[], object]) -> None:
    end = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < end, "it did not come to that"
        time.sleep(0.02)


def test_an_answer_is_observed_as_it_is_made(make: Make) -> None:
    widget = make()
    seen: list[str] = []
    widget.observe(lambda change: seen.append(change.new), "status")
    widget.send('Say it [[text="It is said." size=1 delay=0.05 first=0.3]]')
    until(lambda: widget.value)
    assert widget.value == "It is said."
    assert [(m["role"], m["status"]) for m in widget.messages] == [
        ("user", "complete"),
        ("assistant", "complete"),
    ]
    assert seen == ["thinking", "writing", "idle"]
    assert isinstance(widget.messages, tuple)


def test_an_observer_may_ask_something_itself(make: Make, chat: Client) -> None:
    widget = make()
    answers: list[str] = []
    widget.observe(lambda change: answers.append(chat.ask('More [[text="2"]]').text), "value")
    widget.send('Say it [[text="1"]]')
    until(lambda: answers)
    assert answers == ["2"]


def test_values_go_with_the_next_question_only(make: Make) -> None:
    widget = make()
    widget.attach(limit=41)
    widget.send("Why? [[echo=all]]", attach={"other": "text"})
    until(lambda: widget.value)
    assert "Variable `limit`" in widget.value
    assert "Variable `other`" in widget.value
    assert widget._attached == []


def test_a_value_that_looks_like_a_secret_stays_attached_until_that_is_said(make: Make) -> None:
    widget = make()
    widget.attach(key=f"sk-proj-{secrets.token_urlsafe(60)}")
    with pytest.raises(MaybeSecret, match="Nothing was sent"):
        widget.send("Why?")
    assert len(widget._attached) == 1
    widget.send("Why? [[echo=all]]", secrets=True)
    until(lambda: widget.value)
    assert "sk-proj-" in widget.value
    assert widget._attached == []


def test_widgets_and_clients_on_one_conversation_are_in_step(make: Make, chat: Client) -> None:
    asked = chat.ask("The first")
    one, other = make(asked.thread_id), make(asked.thread_id)
    until(lambda: len(one.messages) == len(other.messages) == 2)
    one.send("The second")
    until(lambda: len(other.messages) == 4 and other.status == "idle")
    assert other.messages == one.messages
    chat.ask("The third")
    until(lambda: len(one.messages) == len(other.messages) == 6)


def test_it_can_be_moved_to_another_conversation(make: Make, chat: Client) -> None:
    first = chat.ask('One [[text="1"]]')
    chat.new()
    second = chat.ask('Two [[text="2"]]')
    widget = make(first.thread_id)
    until(lambda: widget.value == "1")
    widget.thread_id = second.thread_id
    until(lambda: widget.value == "2")


def test_what_is_no_conversation_is_named(make: Make) -> None:
    with pytest.raises(Refused, match="There is no conversation `nonsense`"):
        make("nonsense")
    widget = make()
    widget.thread_id = "nonsense"
    until(lambda: widget._problem)
    assert widget._problem == "There is no conversation `nonsense`."


def test_a_widget_with_a_wrong_address_is_not_made() -> None:
    with pytest.raises(NoServer):
        ChatWidget(url="ftp://localhost/")


def test_a_new_conversation_has_its_model_and_system_prompt(make: Make) -> None:
    widget = make(model="any-other", system="Be brief.")
    widget.send("Hello [[echo=all]]")
    until(lambda: widget.value)
    assert json.loads(widget.value)["instructions"] == "Be brief."
    assert json.loads(widget.value)["model"] == "any-other"


def test_stop_stops_the_answer(make: Make) -> None:
    widget = make()
    widget.send("Count [[chunks=1000 delay=0.02]]")
    until(lambda: widget.status == "writing")
    widget.stop()
    until(lambda: widget.status == "idle")
    assert widget.messages[-1]["status"] == "stopped"


def test_a_widget_that_is_closed_says_so(make: Make, capsys: pytest.CaptureFixture[str]) -> None:
    new, begun = make(), make()
    begun.send("Hello")
    until(lambda: begun.value)
    for widget in (new, begun):
        widget.close()
        with pytest.raises(Closed, match="This widget is closed"):
            widget.send("Hello")
        widget._ipython_display_()
        assert "which is closed" in capsys.readouterr().out


def test_an_output_has_the_conversation_for_those_without_a_kernel(make: Make) -> None:
    widget = make()
    widget.send('Hi <b> [[text="**bold** <script>"]]')
    until(lambda: "<strong>" in widget._html)
    bundle = widget._bundle()
    assert "<strong>bold</strong>" in bundle["text/html"]
    assert bundle[CONVERSATION]["thread_id"] == widget.thread_id
    assert "application/vnd.jupyter.widget-view+json" in bundle


def test_nothing_of_a_conversation_becomes_code_of_the_page() -> None:
    hostile = "<script>x</script> <img src=x onerror=y> [a](javascript:x) ![b](data:text/html,x)"
    messages = [
        Message(new_id(), new_id(), None, role, [TextPart(hostile)], Status.STOPPED, 0)
        for role in Role
    ]
    made = conversation("<i>title</i>", messages)
    for danger in ("<script", "<img src=x", '"javascript:', "<i>", '"data:text/html'):
        assert danger not in made
    assert "stopped" in made


def test_a_saved_conversation_loads_no_picture_from_elsewhere() -> None:
    text = (
        "![a *chart*](https://evil.example/x.png?q=secret) ![b][r] [![c](//evil.example/c)](/d) "
        "![dot](data:image/png;base64,AAAA) ![e](data:image/svg+xml;base64,AAAA) ![](f.png)"
        "\n\n[r]: https://evil.example/r"
    )
    message = Message(
        new_id(), new_id(), None, Role.ASSISTANT, [TextPart(text)], Status.COMPLETE, 0
    )
    made = conversation(None, [message])
    assert re.findall("<img[^>]*", made) == ['<img src="data:image/png;base64,AAAA" alt="dot" /']
    link = '<a href="https://evil.example/x.png?q=secret">a <em>chart</em> (evil.example)</a>'
    assert link in made
    assert '<a href="https://evil.example/r">b (evil.example)</a>' in made
    assert '<a href="/d">c (evil.example)</a>' in made


def test_what_is_loaded_into_notebooks_is_small() -> None:
    assert len(ChatWidget._esm) < 4_000


def test_a_front_end_speaks_to_the_server_through_the_kernel(make: Make) -> None:
    said: list[dict[str, Any]] = []
    relay = Relay(make()._session.locate, said.append)

    def of(kind: str) -> list[dict[str, Any]]:
        return [message for message in said if message["type"] == kind]

    def take(**message: Any) -> None:
        background.run(relay.take(message))

    take(type="open", view="a")
    until(lambda: of("frame"))
    assert json.loads(of("frame")[0]["frame"])["type"] == "welcome"
    take(type="frame", view="a", frame=json.dumps({"type": "ping", "id": "1"}))
    until(lambda: any('"pong"' in message["frame"] for message in of("frame")))
    take(type="fetch", id="1", method="GET", path="threads?limit=1")
    take(type="fetch", id="2", method="GET", path="threads?limit=none")
    take(type="fetch", id="3", method="GET", path="../../api/contents")
    until(lambda: len(of("fetched")) == 3)
    statuses = {message["id"]: message["status"] for message in of("fetched")}
    assert statuses == {"1": 200, "2": 400, "3": 599}
    background.run(relay.close())


def test_the_chat_itself_comes_through_the_kernel() -> None:
    said: list[dict[str, Any]] = []

    async def nowhere(failed: Any = None) -> Any:
        raise OSError

    background.run(Relay(nowhere, said.append).take({"type": "bundle"}))
    (bundle,) = said
    assert "export" in bundle["esm"]
    assert len(bundle["esm"].encode()) <= 400 * 1024
    assert ".jc-Widget" in bundle["css"]
