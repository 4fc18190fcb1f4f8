"""Puts current front-end bundles into every distribution that hatchling builds."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

sys.path.insert(0, str(Path(__file__).parent))

import frontend


class FrontEndHook(BuildHookInterface[Any]):
    """Builds the front end unless its bundles are current."""

    def dependencies(self) -> list[str]:
        """Node.js as a wheel, where the build needs it and the machine has none."""
        if frontend.is_current() or frontend.has_node():
            return []
        return [frontend.NODE_REQUIREMENT]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Make the bundles before they are collected."""
        if frontend.is_current():
            return
        if not frontend.has_node():
            raise RuntimeError(
                f"The front end has to be built, which needs {frontend.NODE} and npm. Install "
                f"them, or `pip install {frontend.NODE_REQUIREMENT!r}`, and try again."
            )
        frontend.install_packages(_run)
        frontend.build(_run)


def _run(command: list[str], folder: Path) -> None:
    # standard output belongs to the build front end
    subprocess.run(command, cwd=folder, env=os.environ, stdout=sys.stderr, check=True)
