"""The built wheel in an environment of its own, without Node.js and the repository."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Installation:
    """An environment that holds the wheel, JupyterLab and Notebook, and nothing else."""

    programs: Path
    folder: Path
    """A directory to run in; it belongs to nobody."""

    @property
    def python(self) -> str:
        """The environment's interpreter."""
        return str(self.programs / "python")

    def variables(self, **more: str) -> dict[str, str]:
        """Environment variables with nothing but the environment's programs on the PATH."""
        kept = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
        return {**kept, "PATH": str(self.programs), **more}

    def output_of(self, *command: str) -> str:
        """All that a command of the environment writes, without colours; it has to succeed."""
        done = subprocess.run(
            [self.python, "-m", *command],
            cwd=self.folder,
            env=self.variables(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stdout
        return re.sub(r"\x1b\[[\d;]*m", "", done.stdout)


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from a copy of the tree that holds no bundle and no node_modules."""
    tree = tmp_path_factory.mktemp("tree")
    listed = _run("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", cwd=ROOT)
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            (tree / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, tree / name)
    out = tmp_path_factory.mktemp("wheel")
    _run(sys.executable, "-m", "build", "--wheel", "--outdir", str(out), str(tree), cwd=tree)
    (built,) = out.glob("*.whl")
    return built


@pytest.fixture(scope="session")
def installation(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Installation:
    """The wheel and Notebook, installed."""
    environment = tmp_path_factory.mktemp("environment")
    _run(sys.executable, "-m", "venv", str(environment), cwd=environment)
    programs = environment / ("Scripts" if sys.platform == "win32" else "bin")
    installed = Installation(programs, tmp_path_factory.mktemp("elsewhere"))
    assert shutil.which("node", path=installed.variables()["PATH"]) is None
    # without --no-compile, a third of the time goes into modules that are never imported
    wanted = (str(wheel), "notebook>=7.6,<8")
    installed.output_of("pip", "install", "--quiet", "--no-compile", *wanted)
    return installed


def _run(*command: str, cwd: Path) -> str:
    done = subprocess.run(
        command,
        cwd=cwd,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout
