"""One program at a time in a folder and at a port."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import IO

import environment


def hold(folder: Path, what: str) -> IO[str]:
    """A lock on the folder, for as long as this file is open here or in a process that inherits
    it; the program ends with a message where another one has it."""
    import fcntl  # there is none on Windows

    held = (folder / "running").open("a+", encoding="utf-8")
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        with held:
            held.seek(0)
            said = held.read().strip() or "it does not say where"
        environment.fail(f"{what} runs already: {said}. Nothing was started.")
    return held


def note(held: IO[str], said: str) -> None:
    """What somebody is told who finds the folder locked."""
    held.truncate(0)
    held.write(said)
    held.flush()


def check_port(port: int, variable: str) -> None:
    """The program ends with a message where something answers at this port already."""
    with socket.socket() as trial:
        trial.settimeout(2)
        if trial.connect_ex(("127.0.0.1", port)) == 0:
            environment.fail(
                f"Something else uses port {port} already. Nothing was started. Stop it, or set "
                f"{variable} to another port."
            )
