"""What is typed after `%chat`: which words are options, and that the rest is untouched."""

from __future__ import annotations

import pytest

from jupyter_chat.kernel.command_line import BadLine, Line, parse

UNTOUCHED = [
    '{"a": 1, "b": [2]}',
    "{x: y for x, y in pairs}",
    "{df, fig}",
    'f"{name!r:>{width}} {{literal}}"',
    "why does } stand alone?",
    r"\frac{a}{b} \\ $x_1$ \(y\) $$z$$",
    "{% if user %}{{ user.name }}{% endif %}",
    "what is $HOME, and !ls, and %time?",
    "it's \"quoted\" and 'unbalanced",
    "print('--model') --new at the end",
    "a\\",
    "#!/bin/sh\n# a comment\n%%bash",
    "fix my code",
    "list all primes below 10",
    "stop the world",
    "open the file and read it",
]


@pytest.mark.parametrize("text", UNTOUCHED)
def test_a_question_is_never_altered(text: str) -> None:
    if "\n" not in text:
        assert parse(text) == Line(text=text)
        assert parse(f"--model m {text}") == Line(text=text, model="m")
    assert parse("", text) == Line(text=text)
    assert parse("--new", text) == Line(text=text, new=True)


def test_a_line_and_a_cell_are_one_question() -> None:
    assert parse("--quiet explain", "x = 1\n").text == "explain\n\nx = 1"


def test_options_come_before_the_question() -> None:
    line = parse(
        '--model gpt-x --new --thread=abc --system "Be brief" --with df,fig --with err '
        "--cells 3 --json Person --code --out answer --quiet --fill What is this?"
    )
    assert line == Line(
        text="What is this?",
        model="gpt-x",
        thread="abc",
        system="Be brief",
        names=["df", "fig", "err"],
        cells=3,
        schema="Person",
        out="answer",
        new=True,
        code=True,
        quiet=True,
        fill=True,
    )


def test_a_schema_can_be_written_down() -> None:
    assert parse("""--json '{"type": "object"}' go""").schema == '{"type": "object"}'


def test_two_dashes_begin_the_question() -> None:
    assert parse("--new -- --model is what?") == Line(text="--model is what?", new=True)


@pytest.mark.parametrize("verb", ["list", "new", "stop", "cost", "help", "fix"])
def test_a_verb_alone_is_a_verb(verb: str) -> None:
    assert parse(verb).verb == verb


def test_nothing_at_all_asks_for_help() -> None:
    assert parse("").verb == "help"


def test_one_word_after_open_is_opened() -> None:
    assert parse("open 2") == Line("open", "2")


def test_fix_takes_options() -> None:
    assert parse("fix --model m") == Line("fix", model="m")


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("--modell x hello", "no option `--modell`"),
        ("--cells many hello", "needs a number"),
        ("--cells 0 hello", "needs a number"),
        ("--out", "`--out` needs a value"),
        ("--out 2bad hello", "cannot be the name"),
        ("--out class hello", "`class` cannot be the name"),
        ("--fill=yes hello", "takes no value"),
        ("--with x, y hello", "commas and no blanks"),
    ],
)
def test_a_wrong_option_is_named(line: str, message: str) -> None:
    with pytest.raises(BadLine, match=message):
        parse(line)
