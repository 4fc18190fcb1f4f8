"""What a process has used, as the system counts it."""

from __future__ import annotations

from pathlib import Path

import psutil


def cpu_seconds(pid: int) -> float:
    """CPU time of all threads so far; to the nanosecond where the system tells."""
    tasks = Path(f"/proc/{pid}/task")
    if not (tasks / str(pid) / "schedstat").exists():
        times = psutil.Process(pid).cpu_times()
        return float(times.user + times.system)
    total = 0
    for task in tasks.iterdir():
        try:
            total += int((task / "schedstat").read_text().split()[0])
        except (FileNotFoundError, ProcessLookupError):
            continue
    return total / 1e9


def written_bytes(pid: int) -> int:
    """What it has handed to the system to be written to files (what goes over sockets is
    not counted by this)."""
    lines = Path(f"/proc/{pid}/io").read_text().splitlines()
    return int(dict(line.split(": ") for line in lines)["wchar"])


def memory_bytes(pid: int) -> int:
    """Memory that only this process uses."""
    return int(psutil.Process(pid).memory_full_info().uss)


def resident_bytes(pid: int) -> int:
    """All memory that is taken up by it, what it shares with others as well: what a
    container is charged for."""
    return int(psutil.Process(pid).memory_info().rss)
