"""Threads as Markdown files and notebooks, and the names of these."""

from __future__ import annotations

import io
import json
import zipfile

import nbformat
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_chat.exchange import markdown
from jupyter_chat.exchange.documents import Format, everything, one_thread
from jupyter_chat.exchange.fences import Prose, PythonCode, split
from jupyter_chat.exchange.filenames import UniqueNames, disposition, file_name
from jupyter_chat.protocol import (
    AttachmentKind,
    AttachmentPart,
    ImagePart,
    Message,
    ReasoningPart,
    Role,
    Status,
    TextPart,
    Thread,
)
from jupyter_chat.store.interface import Store
from tests.store.builders import ADA, a_message, a_thread, a_whole_thread

ANSWER = """Add them:

```python
a = 1
b = "```"
```

In a shell:

```sh
echo hi
```

- a list

  ~~~py
  indented()
  ~~~

````markdown
```python
not_code()
```
````

> ```python
> quoted()
> ```
"""


def test_what_is_attached_folds_open_and_pictures_are_seen() -> None:
    cell = AttachmentPart(AttachmentKind.CELL, "In <3>", "x = 1", "python")
    assert markdown.written(cell) == (
        "<details><summary>Cell In &lt;3&gt;</summary>\n\n```python\nx = 1\n```\n\n</details>"
    )
    dot = ImagePart("image/png", "iVBORw==", "dot")
    assert markdown.written(dot) == "![dot](data:image/png;base64,iVBORw==)"


async def file_of(store: Store, thread: Thread, kind: Format, **options: bool) -> str:
    pieces = one_thread(store, ADA, thread, kind, person="Ada L.", **options)
    return b"".join([piece async for piece in pieces]).decode()


async def a_stored_thread(store: Store) -> tuple[Thread, list[Message]]:
    """A question with two answers, the first of which goes on."""
    thread, messages = a_whole_thread(turns=2)
    thread.title = "Sums & <b>more</b>"
    messages[1].parts = [ReasoningPart("Hm.\n\n```python\nthought()\n```"), TextPart(ANSWER)]
    messages[1].model = "gpt-x"
    messages.append(
        a_message(
            *(Role.ASSISTANT, "Other:\n\n```python\nunfinished(", thread, messages[0].id),
            status=Status.INTERRUPTED,
            created_at=messages[0].created_at,
        )
    )
    thread.leaf_id = messages[3].id
    await store.add_thread(ADA, thread, messages)
    return thread, messages


async def test_a_notebook_is_valid_and_its_python_can_be_run(store: Store) -> None:
    thread, messages = await a_stored_thread(store)
    notebook = nbformat.reads(await file_of(store, thread, Format.IPYNB), as_version=4)
    nbformat.validate(notebook)
    assert (notebook.nbformat, notebook.nbformat_minor) == (4, 5)
    assert notebook.metadata.title == thread.title
    assert notebook.metadata.jupyter_chat.thread_id == thread.id
    code = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    assert code == ['a = 1\nb = "```"', "indented()"]
    prose = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    for piece in ("```sh\necho hi", "not_code()", "> quoted()", "**Ada L. ·", "**gpt-x ·"):
        assert piece in prose
    assert "thought()" in prose
    assert "unfinished" not in prose
    assert messages[1].id in {cell.id[:36] for cell in notebook.cells}


async def test_all_branches_are_there_when_they_are_wanted(store: Store) -> None:
    thread, _ = await a_stored_thread(store)
    text = await file_of(store, thread, Format.IPYNB, all_branches=True)
    notebook = nbformat.reads(text, as_version=4)
    nbformat.validate(notebook)
    sources = [cell.source for cell in notebook.cells]
    assert "unfinished(" in sources
    assert any("version 2 of 2" in source for source in sources)
    assert "Interrupted" in sources[-1]
    markdown = await file_of(store, thread, Format.MARKDOWN, all_branches=True)
    assert markdown.index("version 1 of 2") < markdown.rindex("Why?") < markdown.index("Other:")


async def test_a_markdown_file_says_who_said_what(store: Store) -> None:
    thread, _ = await a_stored_thread(store)
    text = await file_of(store, thread, Format.MARKDOWN)
    assert text.startswith("# Sums & <b>more</b>\n\n## Ada L. · 20")
    assert ANSWER.strip() in text
    assert "<summary>Thinking</summary>" in text
    assert "Other:" not in text


async def test_a_thread_without_messages_is_a_file_all_the_same(store: Store) -> None:
    thread = a_thread()
    await store.add_thread(ADA, thread, [])
    nbformat.validate(nbformat.reads(await file_of(store, thread, Format.IPYNB), as_version=4))
    assert await file_of(store, thread, Format.MARKDOWN) == "# Untitled\n"
    assert len(json.loads(await file_of(store, thread, Format.JSON))["threads"]) == 1


@pytest.mark.parametrize("kind", [Format.MARKDOWN, Format.IPYNB])
async def test_everything_is_a_zip_with_a_file_for_each_thread(store: Store, kind: Format) -> None:
    for title in ("Same", "same", "../../etc/passwd", None):
        thread, messages = a_whole_thread()
        thread.title, thread.created_at = title, 1_700_000_000_000
        await store.add_thread(ADA, thread, messages)
    pieces = everything(store, ADA, kind, person="Ada")
    archive = zipfile.ZipFile(io.BytesIO(b"".join([piece async for piece in pieces])))
    assert archive.testzip() is None
    ending = {Format.MARKDOWN: "md", Format.IPYNB: "ipynb"}[kind]
    assert archive.namelist() == [
        f"2023-11-14 {name}.{ending}" for name in ("Same", "same (2)", "etc passwd", "Untitled")
    ]
    assert all(b"Because." in archive.read(name) for name in archive.namelist())


@given(st.text(max_size=120))
def test_file_names_are_safe_whatever_the_title(title: str) -> None:
    thread = a_thread(0)
    thread.title = title
    name = file_name(thread, ".md")
    assert not set(name) & set('<>:"/\\|?*\0\r\n\u202e')
    assert name.isprintable()
    assert len(name.encode()) <= 255 * 2
    assert name.startswith("1970-01-01 ")
    assert name.endswith(".md")
    header = disposition(name)
    header.encode("ascii")
    assert header.count('"') == 2
    assert "\n" not in header


def test_names_that_differ_in_case_only_are_kept_apart() -> None:
    names = UniqueNames()
    assert [names.take(each) for each in ("a.md", "A.md", "a.md", "b.md")] == [
        "a.md", "A (2).md", "a (3).md", "b.md",
    ]  # fmt: skip


@given(st.text(alphabet="`~ pythonx\n", max_size=80))
def test_cutting_at_fences_loses_no_word(text: str) -> None:
    pieces = list(split(text))
    assert all(isinstance(piece, (Prose, PythonCode)) for piece in pieces)
    kept = "".join(piece.text for piece in pieces)
    assert kept.count("x") == text.count("x") - sum(
        line.count("x")
        for line in text.split("\n")
        if line.strip().startswith(("```", "~~~")) and line not in kept
    )
