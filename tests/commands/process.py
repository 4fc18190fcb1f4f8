"""A command in a process that is forked from one that has the program loaded already."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

PRELOADED = (
    *(__name__, "jupyter_chat.app", "jupyter_chat.commands.keys", "jupyter_chat.commands.audit"),
    *("jupyter_chat.engine.keys.reencrypting", "jupyter_chat.store.sqlite"),
    *("jupyter_chat.store.mongo", "cryptography.hazmat.primitives.ciphers.aead"),
)


def carry_out(
    command: Sequence[str], directory: Path, environment: Mapping[str, str], streams: Path
) -> None:
    """As a shell would: its streams are the files `0`, `1` and `2` in a folder."""
    os.chdir(directory)
    os.environ.clear()
    os.environ.update(environment)
    for number in range(3):
        os.dup2(os.open(streams / str(number), os.O_RDWR | os.O_CREAT), number)
    sys.stdin = os.fdopen(0, encoding="utf-8", closefd=False)
    sys.stdout, sys.stderr = (os.fdopen(n, "w", encoding="utf-8", closefd=False) for n in (1, 2))
    sys.argv = ["jupyter-chat", *command]
    from jupyter_chat.app import main

    main()
