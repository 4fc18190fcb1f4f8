"""The command line; see the package."""

from __future__ import annotations

import argparse
import asyncio
import json
from dataclasses import asdict
from pathlib import Path

from . import __doc__ as purpose
from .rounds import run


def main() -> int:
    """Run, print the tallies; 1 if anything was wrong."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=purpose)
    parser.add_argument("--rounds", type=int, default=50)
    parser.add_argument("--store", choices=["sqlite", "mongo"], default="sqlite")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", type=Path, metavar="FILE")
    options = parser.parse_args()
    tallies = asdict(asyncio.run(run(options.rounds, options.store, options.seed)))
    print(*(f"{name:12} {count:6}" for name, count in tallies.items()), sep="\n")
    if options.json:
        options.json.write_text(json.dumps(tallies) + "\n", encoding="utf-8")
    wrong = sum(count for name, count in tallies.items() if name not in ("rounds", "acknowledged"))
    return 1 if wrong or not tallies["acknowledged"] else 0


if __name__ == "__main__":
    raise SystemExit(main())
