"""`%chat` and `%%chat`: asking from a cell, a console or a terminal.

%chat QUESTION                asks; the answer streams into the output
%%chat [OPTIONS] [QUESTION]   the same; the cell below belongs to the question

Nothing in a question is read as code: braces, dollars, question marks
and backslashes go to the model as they stand.  Options come before it:

--model NAME      ask this model
--system "…"      with this system prompt
--new             in a new conversation
--thread ID       in this one (an id, or its number in `%chat list`)
--with df,fig     let these values go along
--cells 3         and the cells that ran last
--fill            fill in {names} of variables
--secrets         let go along what looks like a secret
--json SCHEMA     an answer of this form, as a value
--code            the answer's Python becomes the next cell
--out NAME        keep the answer as a variable
--quiet           show nothing
--                the question begins here

%chat fix         what went wrong last, with its cell and traceback
%chat list        your conversations
%chat open 2      go on with one of them
%chat new         begin a new one
%chat stop        stop the answer being made
%chat cost        what this conversation has cost
%chat help        this text

`err` is what went wrong last and `fig` the current figure, unless
variables have these names.  `--json` takes a JSON Schema or a pydantic
model by the name of its variable, or the schema itself.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable
from typing import Any

from IPython.core.magic import Magics, line_cell_magic, magics_class, no_var_expand
from IPython.display import display
from traitlets import Enum, Unicode

from ..protocol import AskedPart, Code, Problem, TextPart, ThreadSettings
from . import attaching, background
from .answers import Answer, ThreadList
from .clients import Chat
from .code_blocks import python_in
from .command_line import BadLine, Line, parse
from .errors import AnswerFailed, ChatError
from .input_lines import ChatLine
from .plain import plain
from .session import Reply
from .showing import show

_CODE_ONLY = "\n\nAnswer with one block of Python code and nothing else."
_FIX = "This went wrong. Say briefly why, and give the corrected cell as one block of code."
_ASKING = re.compile(r"\s*(%%?chat\b|$)")
_NAME = re.compile(r"\{([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)\}")


class Interrupted(KeyboardInterrupt):
    """The cell was interrupted; the answer was stopped, and no traceback is of interest."""

    def _render_traceback_(self) -> list[str]:
        return ["Interrupted."]


class Failed(Exception):
    """Shown as its message alone."""

    def _render_traceback_(self) -> list[str]:
        return [plain(str(self))]


def _documented(method: Callable[..., Any]) -> Callable[..., Any]:
    """`%chat?` shows what stands at the top of this file."""
    method.__doc__ = __doc__
    return method


@magics_class
class ChatMagics(Magics):
    """`%config ChatMagics` shows and changes these."""

    model = Unicode(
        "", help="The model of conversations that are begun here; empty: the default one."
    ).tag(config=True)
    system = Unicode("", help="Their system prompt.").tag(config=True)
    output: Any = Enum(
        ("auto", "rich", "plain"),
        "auto",
        help="""How answers are shown: as Markdown that is replaced while it grows (`rich`), as
        text (`plain`), or whichever fits the front end.""",
    ).tag(config=True)

    shell: Any

    def __init__(self, shell: Any) -> None:
        super().__init__(shell)
        self.chat = Chat()
        self._listed = ThreadList()
        self._failure: tuple[int, str, BaseException] | None = None

    @no_var_expand
    @line_cell_magic("chat")  # type: ignore[arg-type]
    @_documented
    def _chat(self, line: str, cell: str | None = None) -> Any:
        parsed, value = self._run(line, cell)
        is_shown = parsed.schema is not None and parsed.out is None and not parsed.quiet
        return value if is_shown else None

    def value(self, line: str) -> Any:
        """What `name = %chat …` gives: the answer as `--out` would keep it.  A line that
        stands alone has no value, or IPython would show each answer twice."""
        return self._run(line, None)[1]

    def _run(self, line: str, cell: str | None) -> tuple[Line, Any]:
        try:
            parsed = parse(line, cell)
            return parsed, self._verbs[parsed.verb](self, parsed)
        except (BadLine, ChatError, ValueError) as error:
            raise Failed(str(error)) from None

    # --- asking ---------------------------------------------------------------------------

    def _ask(self, line: Line) -> Any:
        parts: list[AskedPart] = [*self._cells(line.cells), *self._values(line.names)]
        return self._answer(line, parts)

    def remember(self, result: Any) -> None:
        """Keep what went wrong in a cell, for `%chat fix`; called by IPython after each."""
        raised = result.error_in_exec or result.error_before_exec
        if raised is not None and not isinstance(raised, Failed | Interrupted):
            self._failure = (result.execution_count, result.info.raw_cell, raised)

    def _fix(self, line: Line) -> Any:
        if self._failure is None:
            raise BadLine("Nothing has gone wrong since `%load_ext jupyter_chat`.")
        number, source, raised = self._failure
        parts: list[AskedPart] = [
            attaching.cell(f"In [{number}]", source),
            attaching.error(type(raised).__name__, raised),
        ]
        line.text = line.text or _FIX
        return self._answer(line, parts)

    def _answer(self, line: Line, parts: list[AskedPart]) -> Any:
        if not line.text.strip():
            raise BadLine("There is no question. `%chat help` shows what can be asked.")
        schema, made_of = self._schema(line.schema)
        parts.append(TextPart(self._filled(line.text) if line.fill else line.text))
        if line.code:
            parts.append(TextPart(_CODE_ONLY))
        thread_id = None if line.new else self._thread(line.thread) or self.chat.thread_id
        settings = ThreadSettings(model=line.model, system_prompt=line.system, json_schema=schema)
        self.chat.model, self.chat.system = self.model or None, self.system or None
        asking = self.chat.send(parts, thread_id, settings, secrets=line.secrets)
        reply = background.run(asking)
        answer = self._shown(reply, line)
        value: Any = answer.text
        if schema is not None:
            value = made_of(_parsed(answer.text))
        elif line.code:
            value = python_in(answer.text)
            if value:
                self.shell.set_next_input(value)
            else:
                sys.stdout.write(
                    "There is no Python code in this answer, so there is no next cell.\n"
                )
        if line.out is not None:
            self.shell.user_ns[line.out] = value
        return value

    def _shown(self, reply: Reply, line: Line) -> Answer:
        """The answer when it has ended, shown as it came."""
        shown = show(self.shell, self.output, quiet=line.quiet or line.schema is not None)
        try:
            while (piece := background.run(reply.piece())) is not None:
                shown.add(piece)
            answer = background.run(reply.ended())
        except KeyboardInterrupt:
            background.run(reply.stop())
            shown.end(reply.so_far())
            raise Interrupted from None
        except AnswerFailed as failed:
            shown.end(failed.answer)
            raise
        shown.end(answer)
        return answer

    # --- what goes with a question ----------------------------------------------------------

    def _values(self, names: list[str]) -> list[AskedPart]:
        return [attaching.attachment(name, self._value(name)) for name in names]

    def _value(self, name: str) -> Any:
        """A variable, or an attribute of one; the last exception; the current figure."""
        first, *attributes = name.split(".")
        namespace = self.shell.user_ns
        if first in namespace:
            value = namespace[first]
            for attribute in attributes:
                value = getattr(value, attribute)
            return value
        if name == "err" and self._failure is not None:
            return self._failure[2]
        plots = sys.modules.get("matplotlib.pyplot")
        if name == "fig" and plots is not None and plots.get_fignums():
            return plots.gcf()
        raise BadLine(f"There is no variable `{name}`; nothing was asked.")

    def _cells(self, count: int) -> list[AskedPart]:
        """The cells that ran last, before this one, as they were typed, with what they
        returned; not those that only asked something."""
        ran, returned = self.shell.history_manager.input_hist_raw, self.shell.user_ns.get("Out", {})
        numbers = [n for n in range(1, len(ran) - 1) if not _ASKING.match(ran[n])]
        return [
            attaching.cell(f"In [{n}]", ran[n], repr(returned[n]) if n in returned else "")
            for n in numbers[-count:]
            if count
        ]

    def _filled(self, text: str) -> str:
        """With `{name}` replaced where there is such a variable, and all else as it was."""

        def fill(found: re.Match[str]) -> str:
            try:
                return str(self._value(found[1]))
            except (BadLine, AttributeError):
                return found[0]

        return _NAME.sub(fill, text)

    def _schema(self, name: str | None) -> tuple[dict[str, Any] | None, Any]:
        """The schema, and what turns an answer into a value of that form."""

        def as_it_is(value: Any) -> Any:
            return value

        if name is None:
            return None, as_it_is
        if name.startswith("{"):
            return _parsed(name), as_it_is
        value = self._value(name)
        if isinstance(value, dict):
            return value, as_it_is
        if hasattr(value, "model_json_schema"):  # pydantic
            return value.model_json_schema(), value.model_validate
        raise BadLine(f"`{name}` is neither a JSON Schema (a dict) nor a pydantic model.")

    # --- conversations ----------------------------------------------------------------------

    def _thread(self, name: str | None) -> str | None:
        """An id, or the number of one in the last list."""
        if name is None or not name.isdigit():
            return name
        if not 1 <= int(name) <= len(self._listed):
            self._listed = background.run(self.chat.threads())
        if not 1 <= int(name) <= len(self._listed):
            raise BadLine(f"There is no conversation {name}; `%chat list` shows them.")
        return self._listed[int(name) - 1].id

    def _list(self, line: Line) -> None:
        self._listed = background.run(self.chat.threads())
        display(self._listed)  # type: ignore[no-untyped-call]

    def _open(self, line: Line) -> None:
        thread_id = self._thread(line.text)
        assert thread_id is not None
        background.run(self.chat.open(thread_id))
        display(background.run(self.chat.messages()))  # type: ignore[no-untyped-call]

    def _new(self, line: Line) -> None:
        background.run(self.chat.new())

    def _stop(self, line: Line) -> None:
        stopped = background.run(self.chat.stop_all())
        sys.stdout.write("Stopped.\n" if stopped else "No answer is being made.\n")

    def _cost(self, line: Line) -> None:
        messages = background.run(self.chat.messages())
        usages = [message.usage for message in messages if message.usage is not None]
        costs = [message.cost for message in messages if message.cost is not None]
        read, written = (
            sum(usage.input_tokens for usage in usages),
            sum(usage.output_tokens for usage in usages),
        )
        text = f"{len(usages)} answers, {read:,} tokens read, {written:,} written"
        if costs:
            text += f", ${sum(costs):.4f}"
        if len(costs) < len(usages):
            text += f" ({len(usages) - len(costs)} of unknown price)"
        sys.stdout.write(text + ".\n")

    def _help(self, line: Line) -> None:
        sys.stdout.write(__doc__ or "")

    _verbs = {  # noqa: RUF012
        "ask": _ask,
        "fix": _fix,
        "list": _list,
        "open": _open,
        "new": _new,
        "stop": _stop,
        "cost": _cost,
        "help": _help,
    }


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        raise ChatError(
            Problem(Code.INVALID, f"This is not the JSON that was asked for: {text[:200]}")
        ) from None


def load(shell: Any) -> None:
    """`%load_ext jupyter_chat`."""
    magics = ChatMagics(shell)
    shell.register_magics(magics)
    shell.events.register("post_run_cell", magics.remember)
    transformers = shell.input_transformer_manager.token_transformers
    if ChatLine not in transformers:
        transformers.append(ChatLine)


def unload(shell: Any) -> None:
    """`%unload_ext jupyter_chat`."""
    shell.input_transformer_manager.token_transformers.remove(ChatLine)
    magics = shell.magics_manager.registry.pop("ChatMagics", None)
    for kind in ("line", "cell"):
        shell.magics_manager.magics[kind].pop("chat", None)
    if magics is not None:
        shell.events.unregister("post_run_cell", magics.remember)
        background.run(magics.chat.close())
