"""Other versions of ipykernel than the one that is installed, as kernels of a server."""

from __future__ import annotations

import json
import os
import subprocess
import sys

from .jupyter import Jupyter

_NEEDED = {"6.31.0": ("nest-asyncio",)}


def add_ipykernel(jupyter: Jupyter, version: str) -> str:
    """Give a server a kernel of this version of ipykernel; the kernel's name."""
    name = f"ipykernel-{version}"
    packages = jupyter.folder / name
    if not packages.exists():
        subprocess.run(
            [
                *(sys.executable, "-m", "pip", "install", "--quiet", "--no-deps"),
                *("--target", str(packages), f"ipykernel=={version}", *_NEEDED.get(version, ())),
            ],
            check=True,
        )
    spec = jupyter.folder / "jupyter_data_dir" / "kernels" / name
    spec.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    path = os.pathsep.join([str(packages), os.environ.get("PYTHONPATH", "")])
    (spec / "kernel.json").write_text(
        json.dumps(
            {
                "argv": command,
                "display_name": name,
                "language": "python",
                "env": {"PYTHONPATH": path},
            }
        )
    )
    return name
