"""A short run of the fault injection; `python -m tests.faults` makes longer ones."""

from __future__ import annotations

import pytest

from jupyter_chat.protocol import Code, Message, Problem, Role, Status, Usage
from tests.store.builders import a_message, an_entry

from .ledger import Asked, Ends, Upstream, miscounted, misfit
from .questions import Question
from .rounds import run

ROUNDS = 4
PATIENT_SECONDS = 3.0
"""What a killed server may lose here, where other tests run on the same machine."""

ANSWER = "It is so because it is."
ASKED = Asked(Question("Why?", ANSWER), "client", "thread", "question", "reply")


@pytest.mark.parametrize("store", ["sqlite", "mongo"])
async def test_nothing_is_lost_and_nothing_is_there_twice(store: str) -> None:
    found = await run(ROUNDS, store, 7, lost_seconds=PATIENT_SECONDS)
    assert found.tallies.acknowledged
    assert found.tallies.wrong() == 0, (found.tallies, found.remarks)


def reply(text: str, status: Status) -> Message:
    return a_message(Role.ASSISTANT, text, "thread", "question", id="reply", status=status)


@pytest.mark.parametrize(
    ("text", "status", "said", "fits"),
    [
        (ANSWER, Status.COMPLETE, [ANSWER], True),
        (ANSWER[:9], Status.COMPLETE, [ANSWER], False),
        (ANSWER[:9], Status.STOPPED, [ANSWER], True),
        (ANSWER[1:9], Status.STOPPED, [ANSWER], False),
        (ANSWER[:9], Status.INTERRUPTED, [ANSWER[:9]], True),
        (ANSWER[:9], Status.INTERRUPTED, [ANSWER[:12]], False),
        ("", Status.FAILED, [], True),
        ("made up", Status.FAILED, [], False),
    ],
)
def test_the_checker_knows_what_fits(
    text: str, status: Status, said: list[str], fits: bool
) -> None:
    assert (misfit(reply(text, status), ASKED, said, [], Ends()) is None) is fits


@pytest.mark.parametrize(
    ("text", "usage", "asked", "entered", "right"),
    [
        ("It is", Usage(1, 2), True, [Usage(1, 2)], True),
        ("It is", Usage(1, 2), True, [], False),
        ("It is", Usage(1, 2), True, [Usage(1, 2)] * 2, False),
        ("It is", Usage(1, 2), True, [Usage(1, 1)], False),
        ("It is", None, True, [], False),
        ("", None, False, [], True),
        ("", Usage(1), False, [Usage(1)], False),
    ],
)
def test_the_checker_knows_what_is_entered_as_it_was_paid_for(
    text: str, usage: Usage | None, asked: bool, entered: list[Usage], right: bool
) -> None:
    message = reply(text, Status.STOPPED)
    message.usage = usage
    entries = [an_entry(message, usage=each) for each in entered]
    assert (miscounted(message, asked, entries) is None) is right


def test_the_checker_knows_that_a_killed_process_may_have_been_about_to_ask() -> None:
    usage = Usage(1, estimated=True)
    for code, right in ((Code.SERVER_STOPPED, True), (Code.STREAM_CUT, False)):
        message = reply("", Status.INTERRUPTED)
        message.usage, message.problem = usage, Problem(code, "Gone.")
        why = miscounted(message, False, [an_entry(message, usage=usage)])
        assert (why is None) is right


def test_the_checker_knows_what_must_have_been_kept() -> None:
    ends = Ends([(100.0, 0.5), (200.0, 0.5)])
    grew = [(99.0, 10), (99.4, 20), (99.8, 30)]
    assert ends.durable(grew) == 20
    assert ends.durable([(150.0, 5), (300.0, 40)]) == 5
    assert ends.durable([(300.0, 40)]) == 40
    assert ends.durable([]) == 0


def test_the_checker_counts_only_what_upstream_accepted() -> None:
    def asked(status: int, said: str) -> dict[str, object]:
        body = {"input": [{"role": "user", "content": "Why?"}]}
        return {"method": "POST", "query": "", "status": status, "said": said, "body": body}

    upstream = Upstream([asked(429, ""), asked(200, "It"), asked(200, "It is")])
    assert upstream.said("Why?") == ["It", "It is"]
    assert upstream.said("Who?") == []
