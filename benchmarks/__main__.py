"""Measure, print a table, and write the figures as JSON."""

from __future__ import annotations

import argparse
import asyncio
import json
import platform
import sys
import traceback
from collections.abc import Callable
from datetime import datetime, timezone
from importlib.metadata import version
from pathlib import Path

import psutil

from . import __doc__ as purpose
from . import (
    browser,
    context,
    distributions,
    long_threads,
    searching,
    sockets,
    startup,
    storing,
    streams,
    users,
    viewers,
    volumes,
)
from .figures import NAMES, Figure, table

_GROUPS: list[tuple[set[str], Callable[[], list[Figure]]]] = [
    ({"ttft_added_ms"}, lambda: asyncio.run(streams.first_token())),
    (
        {"cpu_s_per_1000_chunks", "unpaced_time_vs_direct"},
        lambda: asyncio.run(streams.unpaced()),
    ),
    ({"cpu_s_per_1000_chunks_paced"}, lambda: asyncio.run(streams.paced())),
    ({"lateness_p99_ms_200"}, lambda: asyncio.run(streams.lateness(200))),
    ({"lateness_p99_ms_500"}, lambda: asyncio.run(streams.lateness(500))),
    ({"lateness_p99_ms_1000"}, lambda: asyncio.run(streams.lateness(1000))),
    ({"socket_bytes_ratio"}, lambda: asyncio.run(viewers.bytes_on_the_socket())),
    ({"sync_ms"}, lambda: asyncio.run(viewers.in_step())),
    ({"sync_painted_ms"}, browser.in_step),
    ({"store_bytes_ratio"}, lambda: asyncio.run(storing.answer())),
    ({"idle_socket_kb"}, lambda: asyncio.run(sockets.idle())),
    ({"users_lateness_p99_ms", "users_memory_mb"}, lambda: asyncio.run(users.one())),
    ({"users_lateness_p99_ms_2", "users_memory_mb_2"}, lambda: asyncio.run(users.two())),
    ({"mongo_writes_per_answer", "mongo_kb_per_turn"}, lambda: asyncio.run(volumes.answers())),
    ({"cold_start_added_s", "memory_added_mb"}, startup.added),
    ({"distributions_added"}, distributions.added),
    ({"longest_task_ms"}, browser.longest_task),
    ({"search_ms"}, searching.search),
    ({"own_message_visible_ms"}, browser.own_message),
    ({"thread_open_ms"}, long_threads.opening),
    ({"page_ms"}, long_threads.page),
    ({"context_build_ms"}, context.build),
    ({"meter_update_ms"}, context.typing),
    ({"count_mb_per_s"}, context.counting),
]


def main() -> int:
    """Run the benchmarks asked for, or all."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=purpose)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(NAMES)}")
    parser.add_argument("--json", type=Path, metavar="FILE")
    options = parser.parse_args()
    if unknown := set(options.names) - set(NAMES):
        parser.error(f"unknown: {', '.join(sorted(unknown))}")
    wanted = set(options.names or NAMES)
    figures: list[Figure] = []
    failed = False
    for names, measure in _GROUPS:
        if names & wanted:
            print(f"measuring {', '.join(sorted(names))} …", file=sys.stderr, flush=True)
            try:
                figures += measure()
            except Exception:  # noqa: BLE001 - the other figures may be had all the same
                traceback.print_exc()
                failed = True
    print(table(figures))
    print(f"\n{machine()}")
    if options.json:
        _write(options.json, figures)
    return 1 if failed else 0


def machine() -> str:
    """What it was measured on, and when."""
    memory = psutil.virtual_memory().total / 2**30
    return (
        f"{datetime.now(timezone.utc):%Y-%m-%d}, {psutil.cpu_count()} cores, {memory:.0f} GB, "
        f"{platform.system()} {platform.machine()}, Python {platform.python_version()}, "
        f"jupyterlab {version('jupyterlab')}, openai {version('openai')}"
    )


def _write(path: Path, figures: list[Figure]) -> None:
    found = {figure.name: figure.result for figure in figures}
    about = {figure.name: figure.beside for figure in figures if figure.beside}
    rounds = {figure.name: figure.rounds for figure in figures if figure.rounds}
    content = {**found, "_machine": machine(), "_beside": about, "_rounds": rounds}
    path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    raise SystemExit(main())
