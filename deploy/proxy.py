"""The proxy that JupyterHub needs: configurable-http-proxy, a package of npm."""

from __future__ import annotations

import hashlib
import os

import environment
import frontend
from frontend import ROOT

EXAMPLE = ROOT / "deploy" / "jupyterhub"
PROGRAMS = EXAMPLE / "node_modules" / ".bin"
"""Where it is, once it has been fetched."""

_NAME = "configurable-http-proxy"
_FILES = ("package.json", "package-lock.json")


def provide() -> None:
    """Fetch it, unless it is there."""
    environment.provide_node()
    digest = hashlib.sha256(b"".join((EXAMPLE / name).read_bytes() for name in _FILES)).hexdigest()
    if (PROGRAMS / _NAME).exists() and environment.read_state().get("proxy") == digest:
        return
    with environment.step("Fetching JupyterHub's proxy"):
        npm = frontend.npm(environment.variables())
        environment.run([npm, "ci", "--no-audit", "--no-fund", "--omit=dev"], EXAMPLE)
    environment.write_state(proxy=digest)


def variables() -> dict[str, str]:
    """The environment variables of the process with `.venv` activated that finds it."""
    active = environment.variables()
    return {**active, "PATH": os.pathsep.join([str(PROGRAMS), active["PATH"]])}
