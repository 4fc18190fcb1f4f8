"""A server that kernels and scripts start for themselves where none is running.

It listens on the loopback interface only, is found by all kernels of the same user like
any other Jupyter server, and ends a while after the last of them has gone.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from pathlib import Path

from jupyter_core.paths import jupyter_runtime_dir
from jupyter_core.utils import ensure_dir_exists

from ..protocol import KERNEL_TOKEN, KERNEL_URL
from . import servers
from .errors import NoServer
from .servers import PRIVATE_BASE, Server

_UNUSED_SECONDS = 15 * 60
_READY_SECONDS = 60.0
_LOOK_SECONDS = 0.05
_LOG_TAIL = 2_000


async def start() -> Server:
    """Start one and wait until it answers; raises :class:`NoServer`.

    Where others start one at the same moment, all take the oldest that is ready (see
    `servers.running`), and the others are stopped.
    """
    log = Path(jupyter_runtime_dir()) / "jupyter-chat-private.log"
    process = _launch(log)
    until = asyncio.get_running_loop().time() + _READY_SECONDS
    while asyncio.get_running_loop().time() < until:
        if process.poll() is not None:
            raise NoServer(
                f"The chat server that this kernel started ended at once; its log says why: {log}",
                detail=_tail(log),
            )
        for server in servers.running():
            if await servers.answers(server):
                if server.pid != process.pid:
                    process.terminate()
                return server
        await asyncio.sleep(_LOOK_SECONDS)
    process.kill()
    raise NoServer(
        f"The chat server that this kernel started was not ready in {_READY_SECONDS:.0f} s; "
        f"its log may say why: {log}",
        detail=_tail(log),
    )


def _launch(log: Path) -> subprocess.Popen[bytes]:
    ensure_dir_exists(str(log.parent), mode=0o700)
    variables = {
        name: value for name, value in os.environ.items() if name not in (KERNEL_URL, KERNEL_TOKEN)
    }
    with os.fdopen(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as output:
        return subprocess.Popen(
            [
                *(sys.executable, "-m", "jupyter_chat"),
                "--no-browser",
                "--allow-root",
                "--ServerApp.ip=127.0.0.1",
                "--ServerApp.port=0",
                f"--ServerApp.base_url={PRIVATE_BASE}",
                f"--ChatApp.exit_when_unused={_UNUSED_SECONDS}",
            ],
            cwd=Path.home(),
            env=variables,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C in a terminal is not meant for it
        )


def _tail(log: Path) -> str | None:
    try:
        return log.read_text(encoding="utf-8", errors="replace")[-_LOG_TAIL:]
    except OSError:
        return None
