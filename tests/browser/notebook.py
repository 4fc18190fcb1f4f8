"""A notebook in JupyterLab or Notebook 7, as somebody sees it who runs its cells."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import nbformat
from playwright.sync_api import BrowserContext, Locator, Page, expect

from .chat import SECONDS, Chat
from .jupyter import Jupyter

PYTHON = "python3"

_SHOW = """
async path => {
  const { commands, serviceManager, shell } = window.jupyterapp;
  let panel = shell.currentWidget;
  if (panel?.context?.path === path) {
    await panel.context.ready;
    await panel.context.revert();
  } else {
    await serviceManager.kernelspecs.refreshSpecs();
    panel = await commands.execute('docmanager:open', { path });
  }
  const others = [...shell.widgets('main')].filter(each => each !== panel);
  others.forEach(each => each.dispose());
  await panel.sessionContext.ready;
}
"""
"""Shows what is in the file now.  Where it was shown before, its kernel stays."""
_CLOSE = "() => [...window.jupyterapp.shell.widgets('main')].forEach(each => each.dispose())"


class Window:
    """A page that is loaded once for all tests of a module, which takes most of their time.

    They share its kernel as well, and the notebook's file: each puts its own cells there."""

    def __init__(
        self,
        jupyter: Jupyter,
        new_context: Callable[[], BrowserContext],
        name: str = "notebook",
        cut_off: re.Pattern[str] | None = None,
    ) -> None:
        """`cut_off`: addresses that cannot be reached from this page."""
        self._notebook = f"folder/{name}.ipynb"
        self.file = jupyter.folder / "work" / self._notebook
        self._lab = f"lab/workspaces/{name}" if jupyter.face == "lab" else None
        self._jupyter = jupyter
        self._new_context = new_context
        self._cut_off = cut_off
        self._chat: Chat | None = None
        self._path = ""

    @property
    def page(self) -> Page:
        assert self._chat is not None, "nothing has been shown yet"
        return self._chat.page

    def show(self, *cells: dict[str, Any], kernel: str = PYTHON) -> Chat:
        """Show a notebook with these cells, and a new conversation beside it.

        In JupyterLab it may be one with another kernel, which is in a file of its own."""
        spec = {"name": kernel, "display_name": kernel, "language": "python"}
        made = nbformat.v4.new_notebook(cells=list(cells), metadata={"kernelspec": spec})
        path = self._notebook if kernel == PYTHON else f"folder/{kernel}.ipynb"
        file = self._jupyter.folder / "work" / path
        file.parent.mkdir(exist_ok=True)
        nbformat.write(made, file)
        chat = self._at(self._lab or f"notebooks/{self._notebook}")
        chat.page.evaluate(_SHOW, path)
        chat.button("New conversation").click()
        expect(Notebook(chat.page).cells).to_have_count(len(cells), timeout=SECONDS)
        return chat

    def show_none(self) -> Chat:
        """Show a new conversation where no notebook is open."""
        chat = self._at(self._lab or "tree")
        if self._lab:
            chat.page.evaluate(_CLOSE)
        chat.button("New conversation").click()
        return chat

    def _at(self, path: str) -> Chat:
        """The page at this path, which in Notebook 7 is another one for each document."""
        if self._chat and self._path == path:
            return self._chat
        if self._chat is None:
            page = self._new_context().new_page()
            if self._cut_off:
                page.route(self._cut_off, lambda route: route.abort())
            self._chat = Chat(page, self._jupyter.face)
        self._chat.page.goto(self._jupyter.address(path))
        self._chat.appear()
        self._path = path
        return self._chat

    def reload(self) -> None:
        """Reload the browser's page."""
        assert self._chat is not None
        self._chat.reload()

    def save(self) -> Any:
        """Save the notebook; the file as it is then."""
        before = self.file.stat().st_mtime_ns
        self.page.get_by_role("button", name=re.compile("^Save and create")).click()
        until = time.monotonic() + SECONDS / 1000
        while self.file.stat().st_mtime_ns == before:
            assert time.monotonic() < until, "it was not saved"
            self.page.wait_for_timeout(50)
        self.page.wait_for_timeout(200)
        return nbformat.read(self.file, 4)

    def end_kernel(self) -> None:
        self._jupyter.end_kernel(self._notebook)

    @contextmanager
    def slow_kernels(self, seconds: float) -> Iterator[None]:
        """Kernels that start meanwhile take so much longer for it."""
        startup = self._jupyter.folder / "ipythondir" / "profile_default" / "startup"
        startup.mkdir(parents=True, exist_ok=True)
        file = startup / "slow.py"
        file.write_text(f"import time; time.sleep({seconds})")
        try:
            yield
        finally:
            file.unlink()

    def close(self) -> None:
        """What comes next is shown on a new page, with a new kernel."""
        if self._chat is not None:
            self._chat.page.context.close()
            self.end_kernel()
        self._chat = None
        self._path = ""


class Notebook:
    """The notebook that is shown."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.cells = page.locator(".jp-NotebookPanel:not(.lm-mod-hidden) .jp-Notebook .jp-Cell")

    def run(self, number: int) -> Locator:
        """Run a cell; it need not have ended yet."""
        cell = self.cells.nth(number)
        cell.locator(".cm-content").click()
        self.page.keyboard.press("Control+Enter")
        return cell


def code_cell(source: str, *outputs: dict[str, Any]) -> dict[str, Any]:
    """A cell, run as the third if it has outputs."""
    count = 3 if outputs else None
    nodes = [nbformat.from_dict(output) for output in outputs]
    return nbformat.v4.new_code_cell(source, outputs=nodes, execution_count=count)
