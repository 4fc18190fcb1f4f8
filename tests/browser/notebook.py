"""A notebook in JupyterLab or Notebook 7, as somebody sees it who runs its cells."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import nbformat
from playwright.sync_api import BrowserContext, Locator, Page, expect

from .chat import SECONDS, Chat
from .jupyter import Jupyter

PATH = "folder/notebook.ipynb"
PYTHON = "python3"

_SHOW = """
async ([path, kernel]) => {
  const { commands, shell } = window.jupyterapp;
  let panel = shell.currentWidget;
  if (panel?.context?.path === path) {
    await panel.context.revert();
  } else {
    panel = await commands.execute('docmanager:open', { path });
  }
  const others = [...shell.widgets('main')].filter(each => each !== panel);
  others.forEach(each => each.dispose());
  await panel.sessionContext.ready;
  const running = panel.sessionContext.session.kernel;
  if (running.name !== kernel) {
    await panel.sessionContext.changeKernel({ name: kernel });
  } else if (running.status === 'busy') {
    await running.interrupt();
  }
}
"""
"""Shows what is in the file now.  The kernel stays, unless another one is wanted."""
_CLOSE = "() => [...window.jupyterapp.shell.widgets('main')].forEach(each => each.dispose())"


class Window:
    """A page that is loaded once for all tests of a module, which takes most of their time.

    They share its kernel as well, and the notebook's file: each puts its own cells there."""

    def __init__(
        self,
        jupyter: Jupyter,
        new_context: Callable[[], BrowserContext],
        cut_off: re.Pattern[str] | None = None,
    ) -> None:
        """`cut_off`: addresses that cannot be reached from this page."""
        self.file = jupyter.folder / "work" / PATH
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
        """Show a notebook with these cells, and a new conversation beside it."""
        spec = {"name": kernel, "display_name": kernel, "language": "python"}
        made = nbformat.v4.new_notebook(cells=list(cells), metadata={"kernelspec": spec})
        self.file.parent.mkdir(exist_ok=True)
        nbformat.write(made, self.file)
        if self._jupyter.face == "lab":
            chat = self._at("lab")
            chat.page.evaluate(_SHOW, [PATH, kernel])
        elif self._path == f"notebooks/{PATH}":
            chat = self._at(self._path)
            chat.page.evaluate(_SHOW, [PATH, kernel])
        else:
            chat = self._at(f"notebooks/{PATH}")
        chat.button("New conversation").click()
        shown = Notebook(chat.page)
        expect(shown.cells).to_have_count(len(cells), timeout=SECONDS)
        return chat

    def show_none(self) -> Chat:
        """Show a new conversation where no notebook is open."""
        if self._jupyter.face == "lab":
            chat = self._at("lab")
            chat.page.evaluate(_CLOSE)
        else:
            chat = self._at("tree")
        chat.button("New conversation").click()
        return chat

    def load(self, path: str) -> Chat:
        """Load the page, or another one in its place."""
        if self._chat is None:
            page = self._new_context().new_page()
            if self._cut_off:
                page.route(self._cut_off, lambda route: route.abort())
            self._chat = Chat(page, self._jupyter.face)
        self._chat.page.goto(self._jupyter.address(path))
        self._chat.appear()
        self._path = path
        return self._chat

    def close(self) -> None:
        """What comes next is shown on a new page."""
        if self._chat is not None:
            self._chat.page.context.close()
        self._chat = None
        self._path = ""

    def _at(self, path: str) -> Chat:
        return self._chat if self._chat and self._path == path else self.load(path)


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
