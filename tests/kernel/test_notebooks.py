"""The notebooks that people are shown run from top to bottom."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.browser.jupyter import Jupyter

NOTEBOOKS = sorted((Path(__file__).parents[2] / "notebooks").glob("*.ipynb"))


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_it_runs(jupyter: Jupyter, notebook: Path) -> None:
    """Outputs are not compared: what a model says is never the same."""
    environment = {
        **os.environ,
        "JUPYTER_RUNTIME_DIR": str(jupyter.folder / "jupyter_runtime_dir"),
        "MPLBACKEND": "agg",
    }
    command = ["-m", "pytest", "--nbval-lax", "-p", "no:cacheprovider", "-q", str(notebook)]
    done = subprocess.run(
        [sys.executable, *command],
        env=environment,
        cwd=notebook.parent,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    assert "passed" in done.stdout
