"""What somebody types, understood; and the pieces of texts that are shown."""

from __future__ import annotations

import pytest

from jupyter_chat.engine.errors import Invalid
from jupyter_chat.engine.search import snippet
from jupyter_chat.engine.search_query import parse
from jupyter_chat.protocol import Mark, Role, Snippet
from jupyter_chat.store.terms import Matcher, Phrase
from jupyter_chat.store.types import SearchQuery

JANUARY_2026 = 1_767_225_600_000
DAY = 24 * 60 * 60 * 1000


@pytest.mark.parametrize(
    ("text", "phrases"),
    [
        ("", ()),
        (" \n ", ()),
        ("!?", ()),
        ("Frögs", (Phrase(("frogs",), prefix=True),)),
        ("frogs ", (Phrase(("frogs",)),)),
        ("tree frogs", (Phrase(("tree",)), Phrase(("frogs",), prefix=True))),
        ('"tree frogs"', (Phrase(("tree", "frogs"), exact=True),)),
        ('"tree fro', (Phrase(("tree", "fro"), exact=True, prefix=True),)),
        ('"tree ', (Phrase(("tree",), exact=True),)),
        ('""', ()),
        ('say "tree', (Phrase(("say",)), Phrase(("tree",), exact=True, prefix=True))),
        ("read_csv", (Phrase(("read", "csv"), exact=True, prefix=True),)),
        ("frog frog ", (Phrase(("frog",)),)),
        ("http://x.org ", (Phrase(("http", "x", "org"), exact=True),)),
        ("rolex:user ", (Phrase(("rolex", "user"), exact=True),)),
        ("東京", (Phrase(("東京",), prefix=True),)),
    ],
)
def test_words_and_phrases(text: str, phrases: tuple[Phrase, ...]) -> None:
    assert parse(text) == SearchQuery(phrases)


def test_filters_stand_anywhere() -> None:
    query = parse('role:user frog MODEL:"gpt 6" tag:pond has:code toads')
    assert query == SearchQuery(
        phrases=(Phrase(("frog",)), Phrase(("toads",), prefix=True)),
        role=Role.USER,
        model="gpt 6",
        tag="pond",
        has_code=True,
    )
    assert parse("role:assistant").role is Role.ASSISTANT


@pytest.mark.parametrize(
    ("text", "since", "until"),
    [
        ("from:2026-01-02 to:2026-01-03", JANUARY_2026 + DAY, JANUARY_2026 + 3 * DAY),
        ("after:2026-01-02 BEFORE:2026-01-03", JANUARY_2026 + DAY, JANUARY_2026 + 2 * DAY),
        ("before:2026", None, JANUARY_2026),
        ("from:2026-1-1 to:2026-1", JANUARY_2026, JANUARY_2026 + 31 * DAY),
        ("from:2026 to:2026", JANUARY_2026, JANUARY_2026 + 365 * DAY),
    ],
)
def test_days_months_and_years(text: str, since: int | None, until: int) -> None:
    query = parse(text)
    assert (query.since, query.until) == (since, until)


def test_days_are_those_of_where_one_is() -> None:
    assert parse("from:2026-01-01", minutes_west=300).since == JANUARY_2026 + 5 * 60 * 60 * 1000
    assert parse("from:2026-01-01", minutes_west=-60).since == JANUARY_2026 - 60 * 60 * 1000


@pytest.mark.parametrize(
    "text",
    [
        *("role:nobody", "has:cheese", "from:yesterday", "to:2026-02-30", "from:0000"),
        *("from:٢٠٢٦", 'to:""', "to:9999", "x" * 1001),
    ],
)
def test_a_value_that_means_nothing_is_refused(text: str) -> None:
    if text == "to:9999":
        parse(text)  # the last year there is
        return
    with pytest.raises(Invalid) as error:
        parse(text)
    assert error.value.problem.field == "q"


def test_only_so_many_words_are_looked_for() -> None:
    many = " ".join(f"w{number}" for number in range(200))
    assert sum(len(phrase.words) for phrase in parse(many).phrases) == 32
    assert sum(len(phrase.words) for phrase in parse(f'"{many}"').phrases) == 32


def shown(text: str, typed: str) -> Snippet:
    return snippet(text, Matcher(parse(typed).phrases))


def marked(found: Snippet) -> list[str]:
    """As a browser cuts it."""
    units = found.text.encode("utf-16-le")
    return [units[2 * mark.begin : 2 * mark.end].decode("utf-16-le") for mark in found.marks]


def test_a_snippet_shows_the_place_and_marks_it() -> None:
    text = "word " * 100 + "the \n\n  Frogs\tleap " + "word " * 100
    found = shown(text, "frog lea")
    assert found.text.startswith("…word")
    assert found.text.endswith("word…")
    assert "the Frogs leap word" in found.text
    assert marked(found) == ["Frogs", "leap"]
    assert len(found.text) < 220


def test_a_short_text_is_shown_whole() -> None:
    assert shown("Frogs", "frog ") == Snippet("Frogs", [Mark(0, 5)])
    assert shown("Nothing of it", "frog") == Snippet("Nothing of it", [])


def test_marks_are_counted_as_javascript_counts() -> None:
    assert marked(shown("🐸🐸 Crème brûlée 🐸", "creme brul")) == ["Crème", "brûlée"]
    assert marked(shown("Strasse, STRASSE, straße", "straße ")) == ["Strasse", "STRASSE", "straße"]
    assert marked(shown("彼は東京都に住む", "東京")) == ["東京"]


def test_a_text_without_blanks_is_cut_all_the_same() -> None:
    found = shown("x" * 5000 + "東京" + "x" * 5000, "東京")
    assert marked(found) == ["東京"]
    assert len(found.text) < 220


def test_marks_do_not_overlap() -> None:
    found = shown("frogs frogs_leap", '"frogs leap" frog ')
    assert marked(found) == ["frogs", "frogs_leap"]
