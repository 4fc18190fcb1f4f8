"""What JupyterLab's start costs more with the chat than without."""

from __future__ import annotations

import tempfile
import time
import urllib.request
from pathlib import Path
from statistics import median

from tests.browser.jupyter import Jupyter

from .figures import Figure
from .processes import memory_bytes

_ROUNDS = 15
_WITHOUT = "--ServerApp.jpserver_extensions={'jupyter_chat': False}"
_SETTLE_SECONDS = 1.0


def added() -> list[Figure]:
    """Alternately with and without; both have served JupyterLab's page once."""
    seconds, megabytes, plain = [], [], []
    for number in range(_ROUNDS + 1):
        without, with_chat = _start(_WITHOUT), _start()
        if number:  # the first warms the disk's cache
            seconds.append(with_chat[0] - without[0])
            megabytes.append((with_chat[1] - without[1]) / 1e6)
            plain.append(without)
    starts = f"JupyterLab {median(each[0] for each in plain):.2f} s"
    memory = f"JupyterLab {median(each[1] for each in plain) / 1e6:.0f} MB"
    return [
        Figure("cold_start_added_s", seconds, starts),
        Figure("memory_added_mb", megabytes, memory),
    ]


def _start(*options: str) -> tuple[float, int]:
    """Seconds until JupyterLab's page comes, and the memory used a little later."""
    with tempfile.TemporaryDirectory() as folder:
        jupyter = Jupyter("lab", Path(folder), {}, options=options, ready="lab")
        started = time.monotonic()
        jupyter.start()
        seconds = time.monotonic() - started
        try:
            with urllib.request.urlopen(jupyter.address("lab/api/settings")):
                pass
            time.sleep(_SETTLE_SECONDS)
            assert jupyter.process is not None
            return seconds, memory_bytes(jupyter.process.pid)
        finally:
            jupyter.stop()
