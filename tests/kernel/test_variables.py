"""What JupyterLab's extension executes in a kernel to read its variables (see
`labextension/src/lab/variableCode.ts`)."""

from __future__ import annotations

import base64
import json
import re
import signal
import time
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

_FILE = Path(__file__).parents[2] / "labextension" / "src" / "lab" / "variableCode.ts"


@pytest.fixture(scope="module")
def code() -> dict[str, Any]:
    found = re.search(r"String\.raw`(.*?)`;", _FILE.read_text("utf-8"), re.DOTALL)
    assert found is not None
    assert found[1].isascii()  # it goes through JSON into a string of Python
    scope: dict[str, Any] = {"__name__": "variables"}
    exec(found[1], scope)
    return scope


def listed(code: dict[str, Any], **names: Any) -> list[list[str]]:
    found: list[list[str]] = json.loads(base64.b64decode(code["listed"](names)))
    return found


def described(code: dict[str, Any], value: Any) -> dict[str, str]:
    answer = code["described"]({"value": value}, "value")
    found: dict[str, str] = json.loads(base64.b64decode(answer))
    return found


class Touchy:
    """Says whatever of it is called."""

    called: list[str]

    def __init__(self) -> None:
        object.__setattr__(self, "called", [])

    def __getattr__(self, name: str) -> Any:
        self.called.append(name)
        raise AttributeError(name)

    def __len__(self) -> int:
        self.called.append("len")
        return 3

    def __repr__(self) -> str:
        self.called.append("repr")
        return "touched"


def a_shell(**hidden: Any):
    """What `get_ipython` answers, with the names that IPython itself has put there."""
    return lambda: SimpleNamespace(user_ns_hidden=hidden)


def test_variables_are_listed_and_machinery_is_not(code):
    inputs = ["x"]
    names = {"_h": 1, "json": json, "f": len, "g": listed, "C": Touchy, "In": inputs}
    found = listed(code, x=[1, 2], s="h", **names, get_ipython=a_shell(In=inputs))
    assert found == [["x", "list", "2 items"], ["s", "str", "1 character"]]


def test_a_name_of_ipython_that_somebody_took_is_listed(code):
    names = listed(code, Out="mine", get_ipython=a_shell(Out={}))
    assert [name for name, *_ in names] == ["Out"]


def test_listing_calls_nothing_of_the_values(code):
    touchy = Touchy()
    assert listed(code, t=touchy)[0][0] == "t"
    assert touchy.called == []


def test_describing_calls_one_repr(code):
    touchy = Touchy()
    assert described(code, touchy)["text"].endswith("\ntouched")
    assert touchy.called == ["repr"]


def test_a_table_goes_with_its_types_and_first_rows(code):
    pandas = import_module("pandas")
    table = pandas.DataFrame({"city": ["Rome", "Oslo"] * 500, "n": range(1000)})
    assert listed(code, table=table) == [["table", "pandas.DataFrame", "1000 x 2"]]
    text = described(code, table)["text"]
    assert text.startswith("pandas.DataFrame, 1000 x 2\n\ncity: ")
    assert "n: int64\n\nFirst 10 rows:\n" in text
    assert len(text.splitlines()) == 4 + 2 + 11
    assert "name: q" not in described(code, pandas.Series([1.5], name="q"))["text"]
    wide = pandas.DataFrame([range(300)])
    assert "and 200 columns more" in described(code, wide)["text"]


def test_a_long_value_is_cut(code):
    assert described(code, "x" * 30_000)["text"].endswith("[... 10000 characters more]")
    assert len(described(code, list(range(10**6)))["text"]) < 2_000


def test_an_error_goes_with_its_traceback(code):
    try:
        raise ValueError("no luck")
    except ValueError as error:
        found = described(code, error)
    assert found["kind"] == "error"
    assert "Traceback" in found["text"]
    assert found["text"].rstrip().endswith("ValueError: no luck")


def test_a_repr_that_fails_is_said(code):
    class Broken:
        def __repr__(self) -> str:
            raise OSError("no")

    assert described(code, Broken())["text"].endswith("(its repr failed: OSError)")


def test_a_variable_that_is_gone_is_null(code):
    assert json.loads(base64.b64decode(code["described"]({}, "gone"))) is None


class Slow:
    def __repr__(self) -> str:
        time.sleep(30)
        return "late"


def test_a_value_that_takes_too_long_is_given_up_without_a_trace(code, monkeypatch):
    monkeypatch.setitem(code, "SECONDS", 0.05)
    mine = signal.signal(signal.SIGALRM, signal.SIG_IGN)
    try:
        assert described(code, Slow()) == {"kind": "slow", "text": ""}
        assert signal.getsignal(signal.SIGALRM) is signal.SIG_IGN
        assert signal.getitimer(signal.ITIMER_REAL) == (0, 0)
    finally:
        signal.signal(signal.SIGALRM, mine)


def test_a_timer_of_the_persons_own_is_left_alone(code):
    signal.setitimer(signal.ITIMER_REAL, 60)
    try:
        assert described(code, 1)["text"].endswith("1")
        assert signal.getitimer(signal.ITIMER_REAL)[0] > 50
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
