"""Start a JupyterHub with the chat service: `python3 deploy/jupyterhub/start.py [OPTION…]`.

The first run sets everything up in `.venv`; later runs only start.  Options are those of
`jupyterhub`.  Two people can sign in, and everything is kept in `deploy/jupyterhub/state`.

Answers come from OpenAI if OPENAI_API_KEY is set, from the compatible server at
OPENAI_BASE_URL, from Azure, or else from a small model on this machine.  The history is in a
file, or where JUPYTER_CHAT_STORE_URL says.  JUPYTER_CHAT_HUB_PORT is the port, 8000 unless set;
some of the hundred above it are for the parts of the hub.
"""

# No `from __future__` here: an older Python shall get as far as the message below.
import json
import os
import secrets
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import IO

if sys.version_info < (3, 10):
    sys.exit("Jupyter Chat needs Python 3.10 or newer; this is Python " + sys.version.split()[0])

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

import alone  # noqa: E402
import environment  # noqa: E402
import proxy  # noqa: E402

_FOLDER = HERE / "state"
_PORT = os.environ.get("JUPYTER_CHAT_HUB_PORT", "8000")
_ADDRESS = f"http://127.0.0.1:{_PORT}"
_SOURCES = ("OPENAI_API_KEY", "OPENAI_BASE_URL", "AZURE_OPENAI_API_KEY", "AZURE_OPENAI_ENDPOINT")
_PASSWORD = "JUPYTER_CHAT_HUB_PASSWORD"
_ADMIN_PASSWORD = "JUPYTER_CHAT_HUB_ADMIN_PASSWORD"
_LINES = 30
"""So much of the log is shown where the hub has failed."""
_SECONDS = 90
_POLL_SECONDS = 0.5


def main(arguments: list[str]) -> int:
    """Prepare, start the hub, say how to sign in, and stop with it."""
    if "-h" in arguments or "--help" in arguments:
        print(__doc__)
        return 0
    if os.name != "posix":
        environment.fail("JupyterHub does not run on Windows itself; use WSL.")
    _FOLDER.mkdir(mode=0o700, exist_ok=True)
    held = alone.hold(_FOLDER, "This hub")
    alone.check_port(int(_PORT), "JUPYTER_CHAT_HUB_PORT")
    alone.note(held, f"{_ADDRESS}, started by process {os.getpid()}")
    if not environment.read_state():
        print("Setting up Jupyter Chat; this is needed once and takes a few minutes.", flush=True)
    environment.prepare("hub,widget")
    proxy.provide()
    if not any(os.environ.get(name) for name in _SOURCES) and not environment.provide_local_model():
        print(
            "  The local model is not to be had for this machine or cannot be fetched now.\n"
            "  The chat will ask for a key or a server instead.",
            flush=True,
        )
    return _run(arguments, _secrets(), held)


def _secrets() -> dict[str, str]:
    """What nobody else may know, made at the first start; the environment goes before it."""
    file = _FOLDER / "secrets.json"
    if not file.exists():
        generate = [str(environment.PYTHON), "-m", "jupyter_chat", "keys", "generate"]
        made = {
            _PASSWORD: secrets.token_urlsafe(9),
            _ADMIN_PASSWORD: secrets.token_urlsafe(30),
            "JUPYTER_CHAT_KEYS": subprocess.check_output(generate, text=True).strip(),
        }
        new = file.with_suffix(".new")
        new.touch(mode=0o600)
        new.write_text(json.dumps(made, indent=2) + "\n", encoding="utf-8")
        new.replace(file)
    kept: dict[str, str] = json.loads(file.read_text(encoding="utf-8"))
    return {name: os.environ.get(name) or value for name, value in kept.items()}


def _run(arguments: list[str], kept: dict[str, str], held: "IO[str]") -> int:
    log = _FOLDER / "jupyterhub.log"
    print(f"Starting JupyterHub; its log is {log}", flush=True)
    with log.open("ab") as output:
        hub = subprocess.Popen(
            [
                *(str(environment.PYTHON), "-m", "jupyterhub"),
                *(f"--config={HERE / 'jupyterhub_config.py'}", *arguments),
            ],
            cwd=_FOLDER,
            env={**proxy.variables(), **kept},
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C is passed on, once
            pass_fds=[held.fileno()],  # a hub that outlives this program is still a running one
        )
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        if _answers(hub):
            print(
                f"\n    {_ADDRESS}\n\n"
                f"  Sign in as ada or as grace, with the password {kept[_PASSWORD]}\n"
                f"  or as admin, with {kept[_ADMIN_PASSWORD]}\n\n"
                "Press Ctrl-C here to stop everything.",
                flush=True,
            )
        return hub.wait()
    except KeyboardInterrupt:
        print("\nStopping …", flush=True)
        hub.send_signal(signal.SIGTERM)
        hub.wait()
        return 0
    finally:
        if hub.poll() not in (None, 0, -signal.SIGTERM):
            lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
            print("\n".join(lines[-_LINES:]), file=sys.stderr, flush=True)


def _answers(hub: "subprocess.Popen[bytes]") -> bool:
    """Wait until people can sign in; False where the hub has ended instead."""
    until = time.monotonic() + _SECONDS
    while hub.poll() is None and time.monotonic() < until:
        try:
            with urllib.request.urlopen(f"{_ADDRESS}/hub/health", timeout=5):
                return True
        except (urllib.error.URLError, TimeoutError, ConnectionError):
            time.sleep(_POLL_SECONDS)
    return False


if __name__ == "__main__":
    environment.program(main)
