"""The browser that is driven, and how it is started."""

from __future__ import annotations

import os
import shutil

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def program() -> str | None:
    """The one that is named, else the machine's, else (`None`) Playwright's own."""
    named = os.environ.get("JUPYTER_CHAT_TEST_CHROMIUM")
    return named or shutil.which("chromium") or shutil.which("google-chrome")
