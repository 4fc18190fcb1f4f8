"""Characters that come in two halves are shown whole."""

from __future__ import annotations

from jupyter_chat.providers.text import WholeCharacters


def test_halves_in_two_events_are_joined():
    characters = WholeCharacters()
    assert characters.mend({"delta": "smile \ud83d"}) == {"delta": "smile "}
    assert characters.mend({"delta": "\ude00!"}) == {"delta": "😀!"}


def test_a_half_without_its_other_half_is_marked():
    characters = WholeCharacters()
    assert characters.mend("a\ud83d") == "a"
    assert characters.mend("\ud83d b \ude00") == "\ufffd\ufffd b \ufffd"


def test_everything_else_stays_as_it_is():
    value = {"a": [1, None, True, "grüße 😀"], "b": {"c": ""}}
    assert WholeCharacters().mend(value) == value
