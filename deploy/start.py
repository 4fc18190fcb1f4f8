"""Start JupyterLab with Jupyter Chat: `python3 deploy/start.py [OPTION…]`.

The first run sets everything up in `.venv`; later runs only start.  Options are those
of `jupyter lab`, for example `--no-browser` or `--port=8890`.

Answers come from OpenAI if OPENAI_API_KEY is set, from the compatible server at
OPENAI_BASE_URL, from Azure, or else from a small model on this machine.
"""

# No `from __future__` here: an older Python shall get as far as the message below.
import os
import subprocess
import sys

if sys.version_info < (3, 10):
    sys.exit("Jupyter Chat needs Python 3.10 or newer; this is Python " + sys.version.split()[0])

import environment

_SOURCES = ("OPENAI_API_KEY", "OPENAI_BASE_URL", "AZURE_OPENAI_API_KEY", "AZURE_OPENAI_ENDPOINT")


def main(arguments: list[str]) -> int:
    """Prepare, then become JupyterLab."""
    if "-h" in arguments or "--help" in arguments:
        print(__doc__)
        return 0
    if not environment.read_state():
        print("Setting up Jupyter Chat; this is needed once and takes a few minutes.", flush=True)
    environment.prepare("notebooks")
    if not any(os.environ.get(name) for name in _SOURCES) and not environment.provide_local_model():
        print(
            "  The local model is not to be had for this machine or cannot be fetched now.\n"
            "  The chat will ask for a key or a server instead.",
            flush=True,
        )
    print("Starting JupyterLab; press Ctrl-C here to stop it.", flush=True)
    return _become([str(environment.PYTHON), "-m", "jupyterlab", *_options(), *arguments])


def _options() -> list[str]:
    options = [
        "--ServerApp.answer_yes=True",  # Ctrl-C stops at once, without a question
    ]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        options.append("--allow-root")
    return options


def _become(command: list[str]) -> int:
    """Replace this process, so that Ctrl-C and signals reach JupyterLab itself."""
    if os.name == "posix":
        os.execve(command[0], command, environment.variables())
    server = subprocess.Popen(command, env=environment.variables())
    while True:
        try:
            return server.wait()
        except KeyboardInterrupt:
            continue  # JupyterLab got it as well and is stopping


if __name__ == "__main__":
    environment.program(main)
