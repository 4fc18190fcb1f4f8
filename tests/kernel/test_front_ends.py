"""The magics where people use them: notebooks that are run by a program, and terminals."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

from tests.browser.jupyter import Jupyter

pexpect = pytest.importorskip("pexpect", reason="there are no terminals like that here")

_SECONDS = 60


@pytest.fixture
def beside(jupyter: Jupyter, monkeypatch: pytest.MonkeyPatch) -> Jupyter:
    """What is started now finds that server as its user's own."""
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(jupyter.folder / "jupyter_runtime_dir"))
    return jupyter


def executed(*cells: str) -> list[Any]:
    """The outputs of each cell of a notebook that was run from top to bottom."""
    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(cell) for cell in ("%load_ext jupyter_chat", *cells)]
    )
    NotebookClient(notebook, timeout=_SECONDS, kernel_name="python3").execute()
    return [cell.outputs for cell in notebook.cells[1:]]


def test_in_a_notebook_an_answer_is_one_ordinary_output(beside: Jupyter) -> None:
    (streamed,), (cell,) = executed(
        '%chat Say it [[text="**bold** and $x$" size=2 delay=0.02]]',
        "%%chat --model any-other\n[[echo]]\n{df} {% if %}",
    )
    assert streamed.output_type == "display_data"
    assert streamed.data["text/markdown"] == "**bold** and $x$"
    assert streamed.data["text/plain"] == "**bold** and $x$"
    assert cell.data["text/markdown"] == "{df} {% if %}"


def test_in_a_notebook_no_answer_loads_pictures_from_elsewhere(beside: Jupyter) -> None:
    said = "[[text=\"![x](https://evil.example/?q) <img src='https://evil.example/'>\"]]"
    outputs = executed(
        f"%chat {said}", f"from jupyter_chat import Client\nClient().ask('''{said}''')"
    )
    for (output,) in outputs:
        assert output.data["text/markdown"] == (
            "[x](https://evil.example/?q) &lt;img src='https://evil.example/'>"
        )


def test_in_a_notebook_a_failure_is_an_error_that_ends_the_run(beside: Jupyter) -> None:
    with pytest.raises(CellExecutionError, match="no credit left"):
        executed("%chat Please [[quota]]", "raise SystemExit('never reached')")


def test_a_client_works_in_a_notebook_whose_own_loop_runs(beside: Jupyter) -> None:
    (awaited,), (asked,) = executed(
        "from jupyter_chat import AsyncClient\n"
        "async with AsyncClient() as chat:\n    print(await chat.ask('Hi [[text=\"A\"]]'))",
        "from jupyter_chat import Client\nClient().ask('Hi [[text=\"B\"]]')",
    )
    assert awaited.text == "A\n"
    assert asked.data["text/markdown"] == "B"


def test_in_a_terminal_an_answer_comes_as_it_is_written(beside: Jupyter, tmp_path: Path) -> None:
    environment = {**os.environ, "IPYTHONDIR": str(tmp_path), "TERM": "dumb"}
    terminal = pexpect.spawn(
        sys.executable,
        ["-m", "IPython", "--simple-prompt", "--no-banner", "--colors=NoColor"],
        env=environment,
        encoding="utf-8",
        timeout=_SECONDS,
    )
    try:
        terminal.expect_exact("In [1]: ")
        terminal.sendline("%load_ext jupyter_chat")
        terminal.expect_exact("In [2]: ")
        terminal.sendline("%chat Count up [[chunks=20 delay=0.05]]")
        terminal.expect_exact("You asked “Count up”, and ")
        terminal.expect_exact("In [3]: ")
        terminal.sendline("%chat Go on [[chunks=1000 delay=0.02]]")
        terminal.expect_exact("You asked")  # long before it is whole
        terminal.sendintr()
        terminal.expect_exact("(stopped; what had come is kept)")
        terminal.expect_exact("In [4]: ")
        assert "Traceback" not in terminal.before
        terminal.sendline("exit")
        terminal.expect(pexpect.EOF)
    finally:
        terminal.close(force=True)
