"""What is printed gives a terminal no orders."""

from __future__ import annotations

import pytest
from IPython.lib.pretty import pretty

from jupyter_chat.kernel.answers import Answer, Found, MessageList, ThreadList
from jupyter_chat.kernel.errors import ChatError
from jupyter_chat.kernel.magic import Failed
from jupyter_chat.kernel.plain import plain
from jupyter_chat.kernel.showing import Plainly
from jupyter_chat.protocol import (
    Code,
    Message,
    Problem,
    Role,
    SearchPage,
    Snippet,
    Status,
    TextPart,
    Thread,
    ThreadSettings,
    TitleHit,
)

HOSTILE = "\x1b]0;title\x07 \x1b[2J \x1b]52;c;AAAA\x1b\\ \x9b2J \x85 \x7f \x00 \b \rover\r\n\tend\n"


def orders(text: str) -> set[str]:
    return {char for char in text if ord(char) < 0x20 or 0x7F <= ord(char) < 0xA0} - {"\n", "\t"}


def test_control_characters_are_shown() -> None:
    assert orders(plain(HOSTILE)) == set()
    assert plain("a\x1b[2Jb\tc\r\nd \u4e16") == "a\u241b[2Jb\tc\nd \u4e16"


@pytest.mark.parametrize("length", [1, 2, 3, 7])
def test_pieces_of_an_answer_may_cut_an_order_anywhere(capsys, length: int) -> None:
    shown = Plainly()
    for place in range(0, len(HOSTILE), length):
        shown.add(HOSTILE[place : place + length])
    assert capsys.readouterr().out == plain(HOSTILE)


def test_whatever_is_shown_of_the_chat_gives_no_orders() -> None:
    message = Message("m", "t", None, Role.ASSISTANT, [TextPart(HOSTILE)], Status.COMPLETE, 0)
    thread = Thread("t", HOSTILE, ThreadSettings(), 0, 0)
    answer = Answer.of(message)
    assert answer.text == HOSTILE
    shown = [
        answer,
        MessageList([message]),
        ThreadList([thread]),
        Found(SearchPage(titles=[TitleHit(thread, Snippet(HOSTILE, []))], messages=[])),
        ChatError(Problem(Code.INTERNAL, HOSTILE)),
    ]
    for each in shown:
        for text in (str(each), repr(each), pretty(each)):
            assert orders(text) == set()
    assert orders(Failed(HOSTILE)._render_traceback_()[0]) == set()
