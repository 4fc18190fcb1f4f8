from __future__ import annotations

from jupyter_chat.engine.growth import Growth
from jupyter_chat.protocol import ReasoningPart, TextPart


def test_text_of_one_kind_grows_one_part():
    growth = Growth()
    assert [growth.append("text", text) for text in ("Good ", "morning")] == [0, 0]
    assert growth.parts() == [TextPart("Good morning")]


def test_another_kind_begins_another_part():
    growth = Growth()
    indexes = [
        growth.append("reasoning", "Hm. "),
        growth.append("text", "Yes"),
        growth.append("reasoning", "Wait."),
        growth.append("text", "No"),
    ]
    assert indexes == [0, 1, 2, 3]
    assert growth.parts() == [
        ReasoningPart("Hm. "),
        TextPart("Yes"),
        ReasoningPart("Wait."),
        TextPart("No"),
    ]


def test_what_was_taken_as_unsaved_is_not_taken_twice():
    growth = Growth()
    growth.append("reasoning", "a")
    growth.append("text", "b")
    growth.append("text", "c")
    assert growth.take_unsaved() == [(0, "reasoning", "a"), (1, "text", "bc")]
    assert growth.take_unsaved() == []
    growth.append("text", "d")
    assert growth.take_unsaved() == [(1, "text", "d")]
    assert growth.parts()[1] == TextPart("bcd")


def test_looking_at_the_parts_changes_nothing():
    growth = Growth()
    growth.append("text", "a")
    assert growth.parts() == growth.parts()
    growth.append("text", "b")
    assert growth.parts() == [TextPart("ab")]
    assert growth.take_unsaved() == [(0, "text", "ab")]
