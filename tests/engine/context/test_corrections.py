"""What counts are multiplied by, after what servers have said."""

from __future__ import annotations

import pytest

from jupyter_chat.engine.context.corrections import Corrections
from jupyter_chat.ids import new_id
from jupyter_chat.protocol import Message, Role, Status, Usage


def after(*requests: tuple[int, int], user_id: str = "ada") -> float:
    """The correction after requests of which so many tokens were counted, and said."""
    corrections = Corrections()
    for counted, said in requests:
        reply = Message(
            *(new_id(), new_id(), new_id(), Role.ASSISTANT, [], Status.COMPLETE, 0),
            usage=Usage(input_tokens=said),
            counted_tokens=counted,
        )
        corrections.learn("ada", "small", reply)
    return corrections.of(user_id, "small")


def test_nothing_is_corrected_before_an_answer_or_for_somebody_else():
    assert after() == 1
    assert after((5_000, 10_000), user_id="eve") == 1


def test_long_requests_are_believed():
    assert after((5_000, 10_000)) == pytest.approx(2, rel=0.02)
    assert after((50_000, 49_000)) == pytest.approx(0.98, rel=0.01)


def test_what_a_server_adds_to_a_short_question_is_not_multiplied():
    """The local model has 23 tokens of instructions of its own: “Hi” is 31 tokens, not 8."""
    assert after((8, 31)) < 2
    assert after((8, 31), (500, 523)) < 1.1


def test_the_newest_weigh_most():
    assert after(*[(5_000, 5_000)] * 5, *[(5_000, 10_000)] * 3) > 1.8


def test_no_correction_is_absurd():
    assert after((1_000, 100_000)) == 3
    assert after((100_000, 10)) == 0.9
