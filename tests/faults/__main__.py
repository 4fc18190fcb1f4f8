"""The command line; see the package."""

from __future__ import annotations

import argparse
import asyncio
import json
from dataclasses import asdict
from pathlib import Path

from . import __doc__ as purpose
from .ledger import LOST_SECONDS
from .rounds import run


def main() -> int:
    """Run, print the tallies; 1 if anything was wrong."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=purpose)
    parser.add_argument("--rounds", type=int, default=50)
    parser.add_argument("--store", choices=["sqlite", "mongo"], default="sqlite")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", type=Path, metavar="FILE")
    parser.add_argument(
        "--lost-seconds",
        type=float,
        default=LOST_SECONDS,
        help="what a killed server may lose of a running answer (more on a busy machine)",
    )
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="leave all files there")
    options = parser.parse_args()
    found = asyncio.run(
        run(
            options.rounds,
            options.store,
            options.seed,
            lost_seconds=options.lost_seconds,
            keep=options.keep,
        )
    )
    tallies = asdict(found.tallies)
    print(*(f"{name:12} {count:6}" for name, count in tallies.items()), sep="\n")
    print(*found.remarks, sep="\n")
    if options.json:
        options.json.write_text(json.dumps(tallies) + "\n", encoding="utf-8")
    return 1 if found.tallies.wrong() or not found.tallies.acknowledged else 0


if __name__ == "__main__":
    raise SystemExit(main())
