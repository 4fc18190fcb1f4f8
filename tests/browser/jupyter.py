"""A real Jupyter server in a process of its own, which a test can kill and start again."""

from __future__ import annotations

import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path

_SECONDS = 90
_FOLDERS = (
    "HOME",
    "JUPYTER_CONFIG_DIR",
    "JUPYTER_DATA_DIR",
    "JUPYTER_RUNTIME_DIR",
    "JUPYTERLAB_SETTINGS_DIR",
    "JUPYTERLAB_WORKSPACES_DIR",
    "IPYTHONDIR",
)
_NO_NEWS = '{"fetchNews": "false", "checkForUpdates": false}'


@dataclass
class Jupyter:
    """`face`: `lab`, `notebook` or `chat`.  All its files are in `folder`; it is ready
    when the page `ready` comes.  Unless `news`, JupyterLab's question whether to fetch news
    is answered."""

    face: str
    folder: Path
    environment: dict[str, str]
    options: tuple[str, ...] = ()
    ready: str = "jupyter-chat/api/health"
    news: bool = False
    port: int = field(default_factory=lambda: _free_port())
    token: str = field(default_factory=lambda: secrets.token_hex(8))
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def address(self, path: str) -> str:
        """The full address of a path, with the token."""
        return f"{self.url}/{path}?token={self.token}"

    def start(self) -> None:
        """Start it and wait until it answers; a second time with the same files."""
        variables = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("OPENAI_", "AZURE_", "JUPYTER"))
        }
        for name in _FOLDERS:
            place = self.folder / name.lower()
            place.mkdir(exist_ok=True)
            variables[name] = str(place)
        if path := os.environ.get("JUPYTER_CHAT_TEST_PATH"):
            variables["JUPYTER_PATH"] = path  # the front end of another work tree
        if not self.news:
            settings = self.folder / "jupyterlab_settings_dir/@jupyterlab/apputils-extension"
            settings.mkdir(parents=True, exist_ok=True)
            (settings / "notification.jupyterlab-settings").write_text(_NO_NEWS)
        work = self.folder / "work"
        work.mkdir(exist_ok=True)
        log = (self.folder / "server.log").open("ab")
        self.process = subprocess.Popen(
            [
                *(sys.executable, "-m", *_MODULES[self.face]),
                "--no-browser",
                "--allow-root",
                f"--ServerApp.port={self.port}",
                "--ServerApp.port_retries=0",
                f"--ServerApp.root_dir={work}",
                f"--IdentityProvider.token={self.token}",
                "--ServerApp.allow_unauthenticated_access=False",
                "--LabApp.extension_manager=readonly",
                "--ChatApp.model_titles=False",
                *(f"--{app}.expose_app_in_browser=True" for app in _EXPOSED),
                *self.options,
            ],
            cwd=work,
            env={**variables, **self.environment},
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        log.close()
        self._wait()

    def kill(self) -> None:
        """End it without any chance to tidy up."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """End it as a person would."""
        self._end(signal.SIGTERM)

    def log(self) -> str:
        return (self.folder / "server.log").read_text(errors="replace")

    def end_kernel(self, path: str) -> None:
        """End the kernel of a notebook, as when the server was stopped over night."""
        for session in json.loads(self._request("GET", "api/sessions")):
            if session["path"] == path:
                self._request("DELETE", f"api/sessions/{session['id']}")

    def _request(self, method: str, path: str) -> bytes:
        token = {"Authorization": f"token {self.token}"}
        request = urllib.request.Request(f"{self.url}/{path}", headers=token, method=method)
        with urllib.request.urlopen(request) as answer:
            return answer.read()

    def _end(self, how: signal.Signals) -> None:
        if self.process is None:
            return
        self.process.send_signal(how)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process = None

    def _wait(self) -> None:
        until = time.monotonic() + _SECONDS
        while time.monotonic() < until:
            assert self.process is not None
            if self.process.poll() is not None:
                raise RuntimeError(f"The server ended at once:\n{self.log()}")
            try:
                with urllib.request.urlopen(self.address(self.ready), timeout=5):
                    return
            except (urllib.error.URLError, TimeoutError, ConnectionError):
                time.sleep(0.02)
        raise RuntimeError(f"The server did not answer in {_SECONDS} s:\n{self.log()}")


_EXPOSED = ("LabApp", "JupyterNotebookApp")
"""What is written in JavaScript here asks them for `window.jupyterapp`."""
_MODULES = {
    "lab": ("jupyterlab",),
    "notebook": ("notebook",),
    "chat": ("jupyter_chat",),
}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
