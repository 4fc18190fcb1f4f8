"""The example hub in processes of their own: hub, proxy, two replicas, people's servers."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import psutil

from jupyter_chat.store.vault import new_key

ROOT = Path(__file__).parents[3]
EXAMPLE = ROOT / "deploy" / "jupyterhub"
PASSWORD = "of-the-people"
REPLICAS = ("chat-1", "chat-2")

_SECONDS = 60
_POLL_SECONDS = 0.1
_NO_NEWS = '{"fetchNews": "false", "checkForUpdates": false}'


class Hub:
    """All its files are in `folder`; `service` is what only the service may know."""

    def __init__(self, folder: Path, service: dict[str, str]) -> None:
        self.folder = folder
        self._token = secrets.token_hex(16)
        self._ports = _free_ports(3 + len(REPLICAS))
        self.service = {"JUPYTER_CHAT_KEYS": new_key(), **service}
        self._process: subprocess.Popen[bytes] | None = None
        self._started: set[psutil.Process] = set()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._ports[0]}"

    def home(self, name: str) -> Path:
        return self.folder / "home" / name

    def log(self) -> str:
        return (self.folder / "hub.log").read_text(errors="replace")

    # --- Processes ------------------------------------------------------------------------

    def start(self) -> None:
        """Start it and wait until people can sign in; a second time with the same files."""
        with (self.folder / "hub.log").open("ab") as log:
            self._process = subprocess.Popen(
                [
                    *(sys.executable, "-m", "jupyterhub"),
                    f"--config={Path(__file__).with_name('jupyterhub_config.py')}",
                ],
                cwd=self.folder,
                env=self._variables(),
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.wait_for("hub/health")

    @contextmanager
    def stopped(self) -> Iterator[None]:
        """Stop the hub as an administrator would, while people's servers go on, and start it
        again."""
        self._end(signal.SIGTERM)
        try:
            yield
        finally:
            self.start()

    def kill(self) -> None:
        """End everything without any chance to tidy up."""
        self._remember()
        self._end(signal.SIGKILL)
        for process in self._started:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        psutil.wait_procs(self._started, timeout=10)

    def replica(self, name: str) -> psutil.Process:
        """The process of a replica, as soon as there is one."""
        return self._process_where("JUPYTERHUB_SERVICE_NAME", name)

    def server(self, name: str) -> psutil.Process:
        """The process of somebody's server."""
        return self._process_where("JUPYTERHUB_USER", name)

    def _process_where(self, variable: str, value: str) -> psutil.Process:
        until = time.monotonic() + _SECONDS
        while time.monotonic() < until:
            for process in self._remember():
                try:
                    if process.environ().get(variable) == value:
                        return process
                except psutil.Error:
                    continue
            time.sleep(_POLL_SECONDS)
        raise RuntimeError(f"There is no process with {variable}={value}.")

    def _remember(self) -> list[psutil.Process]:
        """What runs beneath the hub; what has lost it is remembered from before."""
        if self._process is not None and self._process.poll() is None:
            self._started |= set(psutil.Process(self._process.pid).children(recursive=True))
        self._started = {process for process in self._started if process.is_running()}
        return sorted(self._started, key=lambda process: process.create_time())

    def _end(self, how: signal.Signals) -> None:
        self._remember()
        process, self._process = self._process, None
        if process is None:
            return
        process.send_signal(how)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def _variables(self) -> dict[str, str]:
        variables = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("OPENAI_", "AZURE_", "JUPYTER"))
        }
        port, hub_port, proxy_port, *replica_ports = self._ports
        given = {
            "example": str(EXAMPLE / "jupyterhub_config.py"),
            "hub_port": hub_port,
            "proxy_port": proxy_port,
            "replica_ports": replica_ports,
            "token": self._token,
            "environment": self._environment_of_servers(),
        }
        return {
            **variables,
            **self.service,
            "PATH": os.pathsep.join([str(_proxy().parent), variables["PATH"]]),
            "PYTHONPATH": os.pathsep.join(dict.fromkeys([str(ROOT), *sys.path[1:]])),
            "JUPYTER_CHAT_HUB_PORT": str(port),
            "JUPYTER_CHAT_HUB_PASSWORD": PASSWORD,
            "JUPYTER_CHAT_HUB_ADMIN_PASSWORD": "administrator" * 3,
            "JUPYTER_CHAT_TEST_HUB": json.dumps(given),
        }

    def _environment_of_servers(self) -> dict[str, str]:
        settings = self.folder / "lab-settings"
        notifications = settings / "@jupyterlab/apputils-extension"
        notifications.mkdir(parents=True, exist_ok=True)
        (notifications / "notification.jupyterlab-settings").write_text(_NO_NEWS)
        path = os.environ.get("JUPYTER_CHAT_TEST_PATH")  # the front end of another work tree
        return {
            "JUPYTERLAB_SETTINGS_DIR": str(settings),
            **({"JUPYTER_PATH": path} if path else {}),
        }

    # --- What an administrator does at the hub --------------------------------------------

    def api(self, method: str, path: str, body: object = None) -> Any:
        """Ask the hub's own interface."""
        data = None if body is None else json.dumps(body).encode()
        headers = {"Authorization": f"token {self._token}"}
        request = urllib.request.Request(f"{self.url}/hub/api/{path}", data, headers, method=method)
        with urllib.request.urlopen(request, timeout=_SECONDS) as answer:
            said = answer.read()
        return json.loads(said) if said else None

    def start_servers(self, *names: str) -> None:
        """Start these people's servers at once, and wait until all are ready."""
        for name in names:
            self.api("POST", f"users/{name}/server", {})
        for name in names:
            self._until(partial(self._is_ready, name))

    def stop_server(self, name: str) -> None:
        self.api("DELETE", f"users/{name}/server")
        self._until(lambda: not self._server_of(name))

    def _is_ready(self, name: str) -> bool:
        return bool(self._server_of(name).get("ready"))

    def _server_of(self, name: str) -> dict[str, Any]:
        servers: dict[str, dict[str, Any]] = self.api("GET", f"users/{name}")["servers"]
        return servers.get("", {})

    def wait_for(self, path: str) -> None:
        """Wait until it answers there."""

        def answers() -> bool:
            try:
                with urllib.request.urlopen(f"{self.url}/{path}", timeout=5):
                    return True
            except (urllib.error.URLError, TimeoutError, ConnectionError):
                return False

        self._until(answers)

    def _until(self, done: Callable[[], object]) -> None:
        until = time.monotonic() + _SECONDS
        while not done():
            assert self._process is not None
            self._remember()  # or what it has started outlives a hub that does not come up
            if self._process.poll() is not None or time.monotonic() > until:
                raise RuntimeError(f"The hub does not do it:\n{self.log()[-8000:]}")
            time.sleep(_POLL_SECONDS)


def _proxy() -> Path:
    name = "configurable-http-proxy"
    places = f"{EXAMPLE / 'node_modules' / '.bin'}{os.pathsep}{os.environ['PATH']}"
    found = shutil.which(name, path=places)
    if found is None:
        raise RuntimeError(f"{name} is not there: give `npm ci` in {EXAMPLE}.")
    return Path(found)


def _free_ports(count: int) -> list[int]:
    probes = [socket.socket() for _ in range(count)]
    try:
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [int(probe.getsockname()[1]) for probe in probes]
    finally:
        for probe in probes:
            probe.close()
