from __future__ import annotations

from jupyter_chat.engine.context import character_budget, prompts
from jupyter_chat.protocol import Message, Model, ReasoningPart, Role, Status
from tests.store.builders import a_message


def question(text: str) -> Message:
    return a_message(Role.USER, text)


def answer(text: str, status: Status = Status.COMPLETE) -> Message:
    return a_message(Role.ASSISTANT, text, status=status)


def texts(path: list[Message], budget: int = 1000) -> list[str]:
    return [prompt.text for prompt in prompts(path, budget)]


def test_the_branch_is_sent_in_its_order():
    assert texts([question("a"), answer("b"), question("c")]) == ["a", "b", "c"]


def test_partial_text_of_a_stopped_answer_counts_and_empty_answers_do_not():
    path = [
        question("a"),
        answer("half", Status.STOPPED),
        question("b"),
        answer("", Status.FAILED),
        question("c"),
    ]
    assert texts(path) == ["a", "half", "b", "c"]


def test_a_question_that_was_withdrawn_is_not_sent_with_a_later_one():
    asked = question("b")
    withdrawn = answer("", Status.STOPPED)
    withdrawn.parent_id = asked.id
    assert texts([question("a"), answer("1"), asked, withdrawn, question("c")]) == ["a", "1", "c"]
    withdrawn.begun_at = 1  # it was asked, and stopped before the first word
    assert texts([question("a"), answer("1"), asked, withdrawn, question("c")]) == [
        *("a", "1", "b", "c")
    ]


def test_reasoning_is_never_sent_back():
    reply = answer("said")
    reply.parts.insert(0, ReasoningPart("thought"))
    assert texts([question("a"), reply, question("b")]) == ["a", "said", "b"]


def test_the_oldest_is_left_out_when_the_window_is_full():
    path = [question("a" * 400), answer("b" * 400), question("c" * 300), answer("d" * 200)]
    path.append(question("e"))
    assert texts(path, 600) == ["c" * 300, "d" * 200, "e"]


def test_a_window_does_not_begin_with_an_answer():
    path = [question("a" * 400), answer("b" * 100), question("c")]
    assert texts(path, 200) == ["c"]


def test_the_newest_question_is_sent_however_long():
    assert texts([question("a"), answer("b"), question("c" * 5000)], 10) == ["c" * 5000]


def test_the_budget_leaves_room_for_answer_and_instructions():
    model = Model("m", "m", context_tokens=10_000, max_output_tokens=2_000)
    assert character_budget(model, None, None) == 8_000 * 3
    assert character_budget(model, "x" * 300, 5_000) == 5_000 * 3 - 300
    assert character_budget(model, None, 9_999_999) > 0
