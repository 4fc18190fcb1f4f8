"""The Chromium that the browser tests drive: found, or installed."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import environment
from frontend import ROOT

VARIABLE = "JUPYTER_CHAT_TEST_CHROMIUM"
"""Names the browser's program; unset, the tests take Playwright's own."""

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_PLACES = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)


def provide() -> str | None:
    """A Chromium of the machine (Debian's package is installed when root), else None.

    None stands for Playwright's own build, which has then been installed.
    """
    if given := os.environ.get(VARIABLE):
        return given
    if found := _find():
        return found
    if _is_debian() and os.geteuid() == 0:
        with environment.step("Installing Chromium (Debian's package)"):
            environment.run(["apt-get", "update", "-q"], ROOT)
            packages = ["chromium", "fonts-liberation"]
            environment.run(
                ["apt-get", "install", "-qy", "--no-install-recommends", *packages], ROOT
            )
        return _find()
    with environment.step("Installing Chromium (Playwright's build)"):
        install = [str(environment.PYTHON), "-m", "playwright", "install", "chromium"]
        if sys.platform == "linux" and os.geteuid() == 0:
            install.append("--with-deps")
        environment.run(install, ROOT)
    return None


def _find() -> str | None:
    for name in _NAMES:
        found = shutil.which(name)
        # Ubuntu's chromium-browser only asks for a snap
        if found and not (name == "chromium-browser" and _is_script(found)):
            return found
    return next((place for place in _PLACES if Path(place).exists()), None)


def _is_script(program: str) -> bool:
    with Path(program).open("rb") as file:
        return file.read(2) == b"#!"


def _is_debian() -> bool:
    try:
        release = Path("/etc/os-release").read_text(encoding="utf-8")
    except OSError:
        return False
    return "ID=debian" in release.splitlines()
