"""`%chat` lines reach the chat as they stand, and nothing else is touched."""

from __future__ import annotations

import ast

import pytest
from IPython.core.inputtransformer2 import TransformerManager

from jupyter_chat.kernel.input_lines import ChatLine

from .test_command_line import UNTOUCHED


@pytest.fixture
def transform():
    manager = TransformerManager()
    manager.token_transformers.append(ChatLine)
    return manager.transform_cell


def asked(code: str) -> list[str]:
    """What `%chat` is called with, in order."""
    calls = [node for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Call)]
    return [
        ast.literal_eval(call.args[-1])
        for call in sorted(calls, key=lambda call: call.lineno)
        if isinstance(call.func, ast.Attribute) and call.func.attr in ("run_line_magic", "value")
    ]


@pytest.mark.parametrize("text", [text for text in UNTOUCHED if "\n" not in text])
@pytest.mark.parametrize("end", ["", "?", "??", " ?", ";", "\\"])
@pytest.mark.parametrize("before", ["", "answer = "])
def test_a_line_is_taken_as_it_stands(transform, before: str, text: str, end: str) -> None:
    assert asked(transform(f"{before}%chat {text}{end}\n")) == [text + end]


def test_lines_stand_for_themselves_between_code(transform) -> None:
    code = transform(
        "x = 1\n"
        "%chat why {[ this?\n"
        "if x:\n"
        "    %chat and what's that?\n"
        "y = %chat --json s what (now?\n"
        "z = 2\n"
    )
    assert asked(code) == ["why {[ this?", "and what's that?", "--json s what (now?"]
    assert [line.partition(" ")[0] for line in code.splitlines() if "= " in line] == ["x", "y", "z"]


def test_a_text_that_looks_like_it_is_left_alone(transform) -> None:
    code = 'text = """\n%chat is this a question?\n"""\n'
    assert transform(code) == code


def test_other_magics_are_left_alone(transform) -> None:
    assert asked(transform("%chatter x\n")) == ["x"]
    assert "run_line_magic('chatter'" in transform("%chatter x\n")


def test_help_is_still_to_be_had(transform) -> None:
    assert "pinfo" in transform("%chat?\n")
    assert "pinfo2" in transform("%chat??\n")
    assert "pinfo" in transform("print?\n")
