"""From text to terms: whatever is said is found by its own words."""

from __future__ import annotations

import subprocess
import sys
import unicodedata
from collections.abc import Set as AbstractSet

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jupyter_chat.protocol import ReasoningPart, Role, TextPart
from jupyter_chat.store.terms import (
    LONGEST_WORD,
    MOST_TERMS,
    Matcher,
    Phrase,
    candidates,
    fold,
    normal,
    of_message,
    of_text,
    stem,
    words,
)

from .builders import a_message

texts = st.text(
    st.one_of(
        st.characters(codec="utf-8"),
        st.sampled_from("abcABC éÉßİıØ ñ_.-'\n\t東京都タワー한국어สวัสดีहिन्दी Жжйё αΣς 123"),
    ),
    max_size=60,
)


def may_hold(terms: AbstractSet[str], *phrases: Phrase) -> bool:
    """Whether an index that has these terms for a text offers it for the phrases."""
    return all(
        any(
            each.term in terms
            or (each.prefix and any(term.startswith(each.term) for term in terms))
            for each in group
        )
        for group in candidates(phrases)
    )


@settings(deadline=None)
@given(texts, st.data())
def test_a_text_is_found_by_any_of_its_words(text: str, data: st.DataObject) -> None:
    own = words(text)
    if not own:
        return
    terms = of_text(text)
    word = data.draw(st.sampled_from(own))
    begin = data.draw(st.integers(1, len(word)))
    for phrase in (
        Phrase((word,)),
        Phrase((word,), exact=True),
        Phrase((word[:begin],), prefix=True),
    ):
        assert may_hold(terms, phrase), phrase
        assert Matcher([phrase]).holds(text), phrase
        assert Matcher([phrase]).places(normal(text)), phrase


@settings(deadline=None)
@given(texts, st.data())
def test_a_text_is_found_by_any_run_of_its_words(text: str, data: st.DataObject) -> None:
    own = words(text)
    if not own:
        return
    begin = data.draw(st.integers(0, len(own) - 1))
    end = data.draw(st.integers(begin + 1, len(own)))
    phrase = Phrase(tuple(own[begin:end]), exact=True)
    assert may_hold(of_text(text), phrase)
    assert Matcher([phrase]).holds(text)


@settings(deadline=None)
@given(texts)
def test_case_accents_and_form_do_not_count(text: str) -> None:
    for form in ("NFC", "NFD"):
        assert of_text(unicodedata.normalize(form, text)) == of_text(text)
    accented = "".join(c + "\u0301" if c.isascii() and c.isalpha() else c for c in text)
    assert words(accented) == words(text)
    lowered = text.lower()
    if lowered.upper().lower() == lowered:
        assert fold(lowered) == fold(text)


@settings(deadline=None)
@given(texts, texts)
def test_a_text_is_not_found_by_words_of_another(text: str, other: str) -> None:
    own, foreign = words(text), set(words(other))
    strange = [word for word in foreign if not any(word in each for each in own)]
    for word in strange:
        phrase = Phrase((word,), exact=True)
        assert not (may_hold(of_text(text), phrase) and Matcher([phrase]).holds(text))


@settings(deadline=None)
@given(texts)
def test_places_are_within_the_text_and_in_order(text: str) -> None:
    text = normal(text)
    places = Matcher([Phrase((word,)) for word in words(text)]).places(text)
    ends = [0, *(edge for place in places for edge in place)]
    assert ends == sorted(ends)
    assert ends[-1] <= len(text)


@settings(deadline=None)
@given(texts)
def test_no_term_means_anything_to_a_database(text: str) -> None:
    for term in of_text(text):
        assert term
        assert not set(term[1:]) & set("\"'()*^$.:<= \0")
        assert not any(character.isspace() for character in term)


def test_what_is_known_of_a_message_is_among_its_terms() -> None:
    message = a_message(
        Role.ASSISTANT,
        [ReasoningPart("hidden"), TextPart("Look:\n```\nx\n```")],
        model="gpt-6-luna",
    )
    terms = of_message(message)
    assert {":assistant", ":code", ":mgpt", ":m6", ":mluna", "look"} <= terms
    assert "hidden" not in terms
    message.parts = [TextPart("not ``` code")]
    assert ":code" not in of_message(message)


def test_a_word_is_stemmed_by_its_script() -> None:
    assert stem("running") == "run"
    assert stem("лягушками") == stem("лягушка")
    assert stem("x86") == "x86"
    assert stem("\U0001f438") == "\U0001f438"


@pytest.mark.parametrize("length", [LONGEST_WORD - 1, LONGEST_WORD, LONGEST_WORD + 1, 10_000])
def test_long_words_are_found_by_themselves(length: int) -> None:
    text = "see " + "ab" * (length // 2) + "!"
    (_, long) = words(text)
    assert all(len(term) <= LONGEST_WORD + 1 for term in of_text(text))
    for phrase in (
        Phrase((long,)),
        Phrase((long,), prefix=True),
        Phrase(("see", long), exact=True),
    ):
        assert may_hold(of_text(text), phrase)
        assert Matcher([phrase]).holds(text)
        assert Matcher([phrase]).places(text)


def test_pasted_data_has_an_end() -> None:
    terms = of_text(" ".join(f"{number:x}" for number in range(5 * MOST_TERMS)))
    assert MOST_TERMS <= len(terms) <= MOST_TERMS + 10


def test_stemming_is_loaded_on_first_use() -> None:
    code = "import sys, jupyter_chat.app; sys.exit('snowballstemmer' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
