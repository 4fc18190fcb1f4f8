"""What JupyterLab's start costs more with the chat than without."""

from __future__ import annotations

import tempfile
import time
import urllib.request
from pathlib import Path
from statistics import median
from typing import NamedTuple

from tests.browser.jupyter import Jupyter

from .figures import Figure
from .processes import cpu_seconds, memory_bytes

_ROUNDS = 25
_WITHOUT = "--ServerApp.jpserver_extensions={'jupyter_chat': False}"
_SETTLE_SECONDS = 1.0


class _Start(NamedTuple):
    seconds: float
    """Until JupyterLab's page came."""
    cpu_seconds: float
    megabytes: float
    """A little later."""


def added() -> list[Figure]:
    """With and without the chat in turns; both have served JupyterLab's page once."""
    pairs = []
    for number in range(_ROUNDS + 1):
        if number % 2:
            without, with_chat = _start(_WITHOUT), _start()
        else:
            with_chat, without = _start(), _start(_WITHOUT)
        if number:  # the first warms the disk's cache
            pairs.append((with_chat, without))
    lab = [without for _, without in pairs]
    cpu = median(ours.cpu_seconds - without.cpu_seconds for ours, without in pairs)
    return [
        Figure(
            "cold_start_added_s",
            [ours.seconds - without.seconds for ours, without in pairs],
            f"JupyterLab {median(start.seconds for start in lab):.2f} s; {cpu:.3f} s of CPU added",
        ),
        Figure(
            "memory_added_mb",
            [ours.megabytes - without.megabytes for ours, without in pairs],
            f"JupyterLab {median(start.megabytes for start in lab):.0f} MB",
        ),
    ]


def _start(*options: str) -> _Start:
    with tempfile.TemporaryDirectory() as folder:
        jupyter = Jupyter("lab", Path(folder), {}, options=options, ready="lab")
        started = time.monotonic()
        jupyter.start()
        seconds = time.monotonic() - started
        try:
            assert jupyter.process is not None
            pid = jupyter.process.pid
            cpu = cpu_seconds(pid)
            with urllib.request.urlopen(jupyter.address("lab/api/settings")):
                pass
            time.sleep(_SETTLE_SECONDS)
            return _Start(seconds, cpu, memory_bytes(pid) / 1e6)
        finally:
            jupyter.stop()
