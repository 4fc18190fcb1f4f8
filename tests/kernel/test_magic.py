"""`%chat` and `%%chat`, in a shell of this process."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator
from typing import Any

import pytest
from IPython.core.interactiveshell import InteractiveShell

from jupyter_chat import Client, load_ipython_extension, unload_ipython_extension
from jupyter_chat.protocol import Status, text_of
from tests.browser.jupyter import Jupyter

from .test_clients import interrupt_once_written
from .test_command_line import UNTOUCHED


@pytest.fixture
def shell(jupyter: Jupyter, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A shell with the magics, which finds the server as any other process would."""
    folder = str(jupyter.folder / "jupyter_runtime_dir")
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", folder)
    InteractiveShell.clear_instance()
    shell: Any = InteractiveShell.instance()
    load_ipython_extension(shell)
    yield shell
    unload_ipython_extension(shell)
    shell.history_manager.end_session()
    InteractiveShell.clear_instance()


def run(shell: Any, code: str) -> Any:
    """Run a cell; its value.  Raises what the cell raised."""
    done = shell.run_cell(code, store_history=True)
    done.raise_error()
    return done.result


def test_a_line_reaches_the_model_as_it_was_typed(shell, capsys) -> None:
    for text in UNTOUCHED:
        if "\n" not in text:
            run(shell, f"%chat [[echo]] {text}?")
            assert capsys.readouterr().out == f"{text}?\n"


def test_a_cell_reaches_the_model_as_it_was_typed(shell, capsys) -> None:
    df, cell = 1, "\n".join(text for text in UNTOUCHED)
    shell.user_ns["df"] = df
    run(shell, f"%%chat [[echo]]\n{cell}")
    assert cell in capsys.readouterr().out


def test_the_answer_streams_to_a_terminal(shell, capsys, chat: Client) -> None:
    interrupt_once_written(chat, "Count")
    with pytest.raises(KeyboardInterrupt):
        run(shell, "%chat Count [[chunks=1000 delay=0.02]]")
    out = capsys.readouterr().out
    assert out.startswith("You ")
    assert "(stopped; what had come is kept)" in out
    assert "Interrupted." in out
    assert "Traceback" not in out


def test_an_interrupt_stops_the_answer_and_keeps_it(shell, chat: Client) -> None:
    interrupt_once_written(chat, "A story")
    with pytest.raises(KeyboardInterrupt):
        run(shell, "%chat A story [[chunks=1000 delay=0.02]]")
    answer = chat.messages(chat.threads(1)[0])[-1]
    assert answer.status is Status.STOPPED
    assert text_of(answer)


def test_a_failure_is_said_in_one_line(shell, capsys) -> None:
    with pytest.raises(Exception, match="credit"):
        run(shell, "%chat Please [[quota]]")
    out = capsys.readouterr().out
    assert "no credit left" in out
    assert "Traceback" not in out


def test_what_a_client_could_not_do_is_said_without_its_insides(
    shell, capsys, chat: Client
) -> None:
    shell.user_ns["chat"] = chat
    shell.run_cell("chat.ask('Please [[quota]]')")
    out = re.sub(r"\x1b\[[\d;]*m", "", capsys.readouterr().out)  # without its colours
    assert "no credit left" in out
    assert "chat.ask('Please" in out
    chat.new()
    interrupt_once_written(chat, "A tale")
    shell.run_cell("chat.ask('A tale [[chunks=1000 delay=0.02]]')")
    out += capsys.readouterr().out
    assert "KeyboardInterrupt" in out
    for inside in ("concurrent", "threading.py", "session.py", "clients.py"):
        assert inside not in out


def test_names_are_filled_in_only_where_that_is_asked_for(shell, capsys) -> None:
    shell.user_ns["count"] = 3
    run(shell, "%chat [[echo]] {count} of {unknown}, {}")
    run(shell, "%chat --fill [[echo]] {count} of {unknown}, {} {count!r}")
    assert capsys.readouterr().out.splitlines() == [
        "{count} of {unknown}, {}",
        "3 of {unknown}, {} {count!r}",
    ]


def test_values_and_cells_go_with_a_question(shell, capsys) -> None:
    run(shell, "limit = 41")
    run(shell, "limit + 1")
    run(shell, "%chat --with limit --cells 2 Why? [[echo=all]]")
    out = capsys.readouterr().out
    assert "Variable `limit`" in out
    assert "limit = 41" in out
    assert "# Output:\\n# 42" in out


def test_a_missing_value_is_named_and_nothing_is_asked(shell, chat: Client) -> None:
    before = chat.threads(1)
    with pytest.raises(Exception, match="no variable `nothing`"):
        run(shell, "%chat --with nothing Why?")
    assert chat.threads(1) == before


def test_what_looks_like_a_secret_goes_along_only_where_that_is_said(
    shell, capsys, chat: Client
) -> None:
    shell.user_ns["config"] = f"OPENAI_API_KEY=sk-proj-{secrets.token_urlsafe(60)}"
    before = chat.threads(1)
    with pytest.raises(Exception, match=r"OpenAI key.*Nothing was sent.*`--secrets`"):
        run(shell, "%chat --with config Why?")
    assert chat.threads(1) == before
    run(shell, "%chat --with config --secrets Why? [[echo=all]]")
    assert "OPENAI_API_KEY" in capsys.readouterr().out


def test_fix_sends_the_cell_and_its_traceback(shell, capsys) -> None:
    with pytest.raises(ZeroDivisionError):
        run(shell, "ratio = 1 / 0")
    run(shell, "%chat fix --quiet")
    run(shell, "%chat What was it? [[echo=all]]")
    out = capsys.readouterr().out
    assert "ZeroDivisionError: division by zero" in out
    assert "ratio = 1 / 0" in out
    assert "corrected cell" in out


def test_fix_sends_nothing_of_ipython_where_a_cell_cannot_be_read(shell, capsys) -> None:
    with pytest.raises(SyntaxError):
        run(shell, "def f(:")
    run(shell, "%chat --quiet --with err Why?")
    run(shell, "%chat fix --quiet")
    run(shell, "%chat What was it? [[echo=all]]")
    out = capsys.readouterr().out.rpartition("What was it")[0]
    assert out.count("SyntaxError: invalid syntax") >= 2
    assert "run_cell_async" not in out
    assert "site-packages" not in out


def test_fix_sends_the_cell_that_failed_whatever_ran_since(shell, capsys) -> None:
    with pytest.raises(ZeroDivisionError):
        run(shell, "ratio = 1 / 0")
    run(shell, "fine = 41")
    with pytest.raises(Exception, match="no conversation 999"):
        run(shell, "%chat open 999")
    run(shell, "%chat fix --quiet")
    run(shell, "%chat What was it? [[echo=all]]")
    out = capsys.readouterr().out
    assert "ratio = 1 / 0" in out
    assert "fine = 41" not in out
    assert "interactiveshell.py" not in out


def test_cells_go_along_as_they_were_typed_and_questions_do_not(shell, capsys) -> None:
    run(shell, "%time x = 1")
    run(shell, "%chat --quiet Something else")
    capsys.readouterr()
    run(shell, "%chat --new --cells 5 Why? [[echo=all]]")
    out = capsys.readouterr().out
    assert "%time x = 1" in out
    assert "run_line_magic" not in out
    assert "Something else" not in out


def test_an_answer_without_code_is_no_next_cell(shell, capsys) -> None:
    run(shell, '%chat --code --quiet Write it [[text="No."]]')
    assert getattr(shell, "rl_next_input", None) is None
    assert "no Python code in this answer" in capsys.readouterr().out


def test_conversations_are_numbered_as_they_are_opened(shell, capsys, chat: Client) -> None:
    run(shell, "%chat --quiet Hello")
    run(shell, "%chat list")
    assert "  1  " in capsys.readouterr().out
    assert ">1</td>" in chat.threads(1)._repr_html_()


def test_an_answer_can_be_kept_and_hidden(shell, capsys) -> None:
    assert run(shell, '%chat --quiet --out kept Say it [[text="It."]]') is None
    assert capsys.readouterr().out == ""
    assert shell.user_ns["kept"] == "It."


def test_an_answer_can_be_assigned(shell, capsys) -> None:
    run(shell, 'said = %chat Say it [[text="It."]]')
    assert shell.user_ns["said"] == "It."
    assert capsys.readouterr().out == "It.\n"
    run(shell, 'said = %chat --quiet Say it [[text="Quietly."]]')
    assert shell.user_ns["said"] == "Quietly."
    assert run(shell, "%chat Say it [[text=It]]") is None
    with pytest.raises(Exception, match="no option `--nope`"):
        run(shell, "said = %chat --nope Say it")


def test_code_becomes_the_next_cell(shell) -> None:
    code = '[[text="So:\\n```python\\nx = 1\\n```\\nand\\n```python\\ny = 2\\n```"]]'
    run(shell, f"%chat --code --quiet --out code Write it {code}")
    assert shell.user_ns["code"] == "x = 1\n\ny = 2"
    assert shell.rl_next_input == "x = 1\n\ny = 2"


def test_code_of_other_languages_is_no_next_cell(shell, capsys) -> None:
    install = "```bash\\npip install x\\n```"
    run(shell, f'%chat --code --quiet Write it [[text="{install}\\n```python\\nx = 1\\n```"]]')
    assert shell.rl_next_input == "x = 1"
    shell.rl_next_input = None
    run(shell, f'%chat --code --quiet Write it [[text="{install}"]]')
    assert shell.rl_next_input is None
    assert "no Python code in this answer" in capsys.readouterr().out


def test_an_answer_of_a_form_is_a_value(shell) -> None:
    shell.user_ns["schema"] = {"type": "object", "properties": {"a": {"type": "integer"}}}
    assert run(shell, '%chat --json schema Go [[text="{\\"a\\": 1}"]]') == {"a": 1}
    run(shell, 'v = %chat --json schema Go [[text="{\\"a\\": 2}"]]')
    assert shell.user_ns["v"] == {"a": 2}
    with pytest.raises(Exception, match="not the JSON"):
        run(shell, '%chat --json schema Go [[text="prose"]]')


def test_conversations_are_listed_opened_and_begun(shell, capsys, chat: Client) -> None:
    run(shell, "%chat --quiet The first one")
    run(shell, "%chat new")
    run(shell, "%chat --quiet The second one")
    run(shell, "%chat list")
    listed = capsys.readouterr().out
    assert listed.index("The second one") < listed.index("The first one")
    run(shell, "%chat open 2")
    run(shell, "%chat And what was asked? [[echo=all]]")
    out = capsys.readouterr().out
    assert "The first one" in out
    assert "The second one" not in out
    run(shell, "%chat cost")
    assert "2 answers" in capsys.readouterr().out


def test_what_is_no_conversation_is_named(shell) -> None:
    with pytest.raises(Exception, match="There is no conversation `abc`"):
        run(shell, "%chat --thread abc Hello")


def test_stop_stops_what_somebody_else_began(shell, capsys, chat: Client) -> None:
    run(shell, "%chat --quiet Hello")
    thread = chat.threads(1)[0]
    stream = chat.stream("Count [[chunks=1000 delay=0.02]]", thread=thread)
    next(stream)
    run(shell, "%chat stop")
    list(stream)
    assert stream.answer.status is Status.STOPPED
    run(shell, "%chat stop")
    assert capsys.readouterr().out == "Stopped.\nNo answer is being made.\n"


def test_help_is_to_be_had_in_each_way(shell, capsys) -> None:
    run(shell, "%chat help")
    assert "--model NAME" in capsys.readouterr().out
    assert "--model NAME" in (shell.find_line_magic("chat").__doc__ or "")
