"""What a notebook saves, and what a program prints, holds no token."""

from __future__ import annotations

import json
import logging
import time

import pytest

from jupyter_chat import ChatWidget, Client, NoServer
from jupyter_chat.ids import new_id
from jupyter_chat.kernel.widget import CONVERSATION
from tests.browser.jupyter import Jupyter
from tests.upstream import Upstream


def test_neither_output_nor_state_nor_log_of_a_widget_has_it(
    jupyter: Jupyter, upstream: Upstream, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    widget = ChatWidget(url=jupyter.url, token=jupyter.token)
    try:
        widget.send("Hi [[text=Here]]")
        end = time.monotonic() + 20
        while not widget.value:
            assert time.monotonic() < end
            time.sleep(0.02)
        shown = [
            json.dumps(widget.get_state(), default=str),
            str(widget._repr_mimebundle_()),
            repr(widget),
            CONVERSATION,
            caplog.text,
        ]
        assert "Here" in shown[0]
        for secret in (jupyter.token, upstream.key):
            assert not any(secret in text for text in shown)
    finally:
        widget.close()


def test_neither_repr_nor_error_of_a_client_has_it(jupyter: Jupyter) -> None:
    with Client(jupyter.url, jupyter.token) as chat:
        chat.ask("Hi [[text=Here]]")
        shown = [repr(chat), repr(chat.chat), repr(chat.chat.session), repr(vars(chat.chat))]
        assert not any(jupyter.token in text for text in shown)
    token = f"canary-{new_id()}"
    with pytest.raises(NoServer) as refused, Client(jupyter.url, token) as chat:
        chat.ask("Hi")
    assert token not in str(refused.value) + repr(refused.value)
