"""Which messages of a branch go into the window."""

from __future__ import annotations

import random

from jupyter_chat.engine.context.choosing import Choices, choose, room
from jupyter_chat.engine.context.weighing import PER_MESSAGE, PER_REPLY
from jupyter_chat.ids import new_id
from jupyter_chat.protocol import Model, Reason, Role, Status
from jupyter_chat.store.types import Outline, Weight

FRAMED = 100
"""What each of the messages below costs, with its frame, unless it says otherwise."""


class Branch:
    """A branch that grows; questions and answers are named by their place."""

    def __init__(self, *costs: int) -> None:
        self.outlines: list[Outline] = []
        for cost in costs:
            self.add(cost)

    def add(
        self, cost: int = FRAMED, status: Status = Status.COMPLETE, *, begun: bool = True
    ) -> str:
        before = self.outlines[-1] if self.outlines else None
        asks = before is None or before.role is Role.ASSISTANT
        self.outlines.append(
            Outline(
                new_id(),
                before.id if before is not None else None,
                Role.USER if asks else Role.ASSISTANT,
                status,
                begun,
                Weight(1, max(cost - PER_MESSAGE, 0), 0, 0),
            )
        )
        return self.outlines[-1].id

    def chosen(self, tokens: int = 1_000_000, **how: object) -> Choices:
        return choose(self.outlines, tokens, **how)  # type: ignore[arg-type]

    def reasons(self, tokens: int = 1_000_000, **how: object) -> list[str]:
        return [reason.value for reason in self.chosen(tokens, **how).reasons]

    def sent(self, tokens: int, **how: object) -> list[str]:
        return [outline.id for outline, _ in self.chosen(tokens, **how).sent]


def test_all_of_a_branch_that_fits_is_sent_and_its_end_is_the_question():
    assert Branch(100, 100, 100).reasons() == ["fits", "fits", "asked"]


def test_what_is_being_written_comes_after_the_branch():
    assert Branch(100, 100).reasons(draft=20) == ["fits", "fits"]


def test_a_message_costs_its_tokens_and_its_frame():
    branch = Branch()
    branch.outlines = [
        Outline(new_id(), None, Role.USER, Status.COMPLETE, True, Weight(1, 7, 8, 9))
    ]
    assert branch.chosen().tokens == [7 + 8 + 9 + PER_MESSAGE]
    assert branch.chosen(correction=1.5).tokens == [round((24 + PER_MESSAGE) * 1.5)]


def test_partial_text_of_a_stopped_answer_counts_and_empty_answers_do_not():
    branch = Branch(100)
    branch.add(50, Status.STOPPED)
    branch.add()
    branch.add(0, Status.FAILED)
    branch.add()
    assert branch.reasons() == ["fits", "fits", "fits", "empty", "asked"]


def test_an_answer_that_waits_for_its_turn_is_not_sent():
    branch = Branch(100)
    branch.add(0, Status.QUEUED)
    assert branch.reasons(draft=5) == ["fits", "waiting"]


def test_a_question_that_was_withdrawn_is_not_sent_with_a_later_one():
    branch = Branch(100, 100, 100)
    branch.add(0, Status.STOPPED, begun=False)
    branch.add()
    assert branch.reasons() == ["fits", "fits", "withdrawn", "empty", "asked"]


def test_a_question_whose_answer_was_stopped_before_its_first_word_is_sent():
    branch = Branch(100, 100, 100)
    branch.add(0, Status.STOPPED, begun=True)
    branch.add()
    assert branch.reasons() == ["fits", "fits", "fits", "empty", "asked"]


def test_the_oldest_is_left_out_when_the_window_is_full():
    branch = Branch(*[100] * 9)
    assert branch.reasons(900) == ["fits"] * 8 + ["asked"]
    assert branch.reasons(899) == ["full", "full", "full"] + ["alone"] + ["fits"] * 4 + ["asked"]


def test_a_window_does_not_begin_with_an_answer():
    assert Branch(400, 100, 100).reasons(500) == ["full", "alone", "asked"]


def test_the_question_is_sent_however_long():
    assert Branch(100, 100, 5000).reasons(10) == ["full", "full", "asked"]
    assert Branch(100, 100).reasons(10, draft=5000) == ["full", "full"]


def test_a_pinned_message_is_sent_however_old():
    branch = Branch(*[100] * 9)
    kept = branch.outlines[0].id
    reasons = branch.reasons(500, pinned={kept})
    assert reasons[0] == "pinned"
    assert reasons[1] == "full"
    assert sum(cost for _, cost in branch.chosen(500, pinned={kept}).sent) <= 500


def test_an_excluded_message_is_never_sent_even_if_pinned():
    branch = Branch(100, 100, 100)
    left_out = branch.outlines[0].id
    assert branch.reasons(excluded={left_out}, pinned={left_out}) == ["excluded", "fits", "asked"]


def test_the_question_itself_can_be_neither():
    branch = Branch(100, 100, 100)
    asked = branch.outlines[-1].id
    assert branch.reasons(excluded={asked})[-1] == "asked"


def test_what_is_sent_begins_as_before_most_of_the_time():
    """The beginning of a request is what upstream has in its cache."""
    chance = random.Random(5)
    branch, beginnings, turns = Branch(), 0, 400
    before: list[str] = []
    for _ in range(turns):
        branch.add(chance.randint(20, 180))
        sent = branch.sent(4000)
        if before and sent[: len(before)] != before:
            beginnings += 1
        before = sent
        branch.add(chance.randint(20, 180))
    # 4,000 tokens, of which 1,000 are freed at once: five turns of 200 tokens.
    assert 0 < beginnings <= turns / 4


def test_nothing_ever_overflows_but_the_question_and_what_is_pinned():
    chance = random.Random(7)
    for _ in range(300):
        branch = Branch(*[chance.randint(5, 400) for _ in range(chance.randint(1, 60))])
        tokens = chance.randint(1, 5000)
        every = [outline.id for outline in branch.outlines]
        pinned = set(chance.sample(every, min(2, len(every))))
        chosen = branch.chosen(tokens, pinned=pinned)
        always = sum(
            cost
            for cost, reason in zip(chosen.tokens, chosen.reasons, strict=True)
            if reason in (Reason.ASKED, Reason.PINNED)
        )
        assert sum(cost for _, cost in chosen.sent) <= max(tokens, always)


def test_a_draft_changes_no_choice_while_there_is_room_for_it():
    chance = random.Random(11)
    pushed_out = 0
    for _ in range(300):
        branch = Branch(*[chance.randint(5, 400) for _ in range(chance.randint(1, 60))])
        tokens = chance.randint(100, 5000)
        pinned = {branch.outlines[0].id} if chance.random() < 0.3 else ()
        chosen = branch.chosen(tokens, pinned=pinned, draft=0)
        for draft in (1, chosen.room_for_draft // 2, chosen.room_for_draft):
            if 0 <= draft <= chosen.room_for_draft:
                again = branch.chosen(tokens, pinned=pinned, draft=draft)
                assert again == chosen
        longer = branch.chosen(tokens, pinned=pinned, draft=max(chosen.room_for_draft, 0) + 1)
        pushed_out += longer.reasons != chosen.reasons
    assert pushed_out > 200


def test_the_room_is_what_answer_and_instructions_leave():
    model = Model("m", "m", context_tokens=10_000, max_output_tokens=2_000)
    assert room(model, None, 0).for_messages == 8_000 - PER_REPLY
    assert room(model, 5_000, 300).for_messages == 5_000 - 300 - PER_MESSAGE - PER_REPLY
    assert room(model, None, 0, after=700).for_messages == 7_300 - PER_REPLY
    assert room(model, 9_999_999, 0).for_messages > 0


def test_what_a_model_does_not_read_is_free_for_the_answer():
    model = Model("m", "m", context_tokens=10_000, max_input_tokens=7_000, max_output_tokens=2_000)
    for longest in (None, 100, 3_000):
        assert room(model, longest, 0).for_messages == 7_000 - PER_REPLY
        assert room(model, longest, 0).reserved == 3_000
    assert room(model, 4_000, 0).for_messages == 6_000 - PER_REPLY


def test_a_model_that_nobody_knows_has_a_window_that_is_said_to_be_assumed():
    assert room(Model("m", "m"), None, 0).assumed
    assert room(Model("m", "m"), None, 0).window == 128_000
    assert not room(Model("m", "m", context_tokens=8_192), None, 0).assumed
