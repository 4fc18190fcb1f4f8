"""A notebook in JupyterLab, as somebody sees it who runs its cells."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import Any

import nbformat
from playwright.sync_api import Locator, Page, expect

from .chat import SECONDS
from .jupyter import Jupyter

PYTHON = "python3"


class Notebook:
    """One open notebook, with its kernel."""

    def __init__(self, page: Page, jupyter: Jupyter, path: str) -> None:
        self.page = page
        self.file = Path(jupyter.folder) / "work" / path
        self.root = page.locator(".jp-Notebook")
        self.cells = self.root.locator(".jp-CodeCell")

    def open(self, jupyter: Jupyter) -> None:
        """Open it in a workspace of its own, and wait for its kernel."""
        workspace = f"lab/workspaces/auto-{self.file.stem}"
        self.page.goto(jupyter.address(f"{workspace}/tree/{self.file.name}"))
        expect(self.root).to_be_visible(timeout=SECONDS)
        idle = self.page.locator(".jp-StatusBar-Widget").get_by_text(re.compile(r"\| Idle"))
        expect(idle).to_be_visible(timeout=SECONDS)

    def run(self, number: int) -> Locator:
        """Run a cell; it need not have ended yet."""
        cell = self.cells.nth(number)
        cell.locator(".cm-content").click()
        self.page.keyboard.press("Control+Enter")
        return cell

    def save(self) -> Any:
        """Save it; the file as it is then."""
        before = self.file.stat().st_mtime_ns
        self.page.get_by_role("button", name=re.compile("^Save and create")).click()
        until = time.monotonic() + SECONDS / 1000
        while self.file.stat().st_mtime_ns == before:
            assert time.monotonic() < until, "it was not saved"
            self.page.wait_for_timeout(50)
        self.page.wait_for_timeout(200)
        return nbformat.read(self.file, 4)


def open_notebook(
    page: Page,
    jupyter: Jupyter,
    *cells: str,
    path: str = "notebook.ipynb",
    kernel: str = PYTHON,
) -> Notebook:
    """Make a notebook with these cells, open it in JupyterLab, and wait for its kernel."""
    notebook = Notebook(page, jupyter, path)
    made = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(cell) for cell in cells],
        metadata={"kernelspec": {"name": kernel, "display_name": kernel, "language": "python"}},
    )
    nbformat.write(made, notebook.file)
    notebook.open(jupyter)
    return notebook
