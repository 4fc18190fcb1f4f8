"""What all commands have in common: the settings of the chat, and its history."""

from __future__ import annotations

import asyncio
import getpass
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from jupyter_core.application import JupyterApp, NoStart

from .. import __version__
from ..app import ChatApp
from ..protocol import InvalidFrame
from ..store import open_store
from ..store.errors import StoreError
from ..store.interface import Store
from ..store.vault import VaultError

_SERVER_CONFIG = "jupyter_server_config"


class Command(JupyterApp):
    """Reads the same configuration files and options as the server."""

    name = "jupyter-chat"
    version = __version__
    classes = [ChatApp]  # noqa: RUF012
    config_file_name = "jupyter_chat_config"

    def load_config_file(self, suppress_errors: bool = True) -> None:  # type: ignore[override]
        """Also that of the server, where the chat is set up as a part of it."""
        of_chat = self.config_file_name
        for self.config_file_name in (_SERVER_CONFIG, of_chat):
            super().load_config_file(suppress_errors)

    def start(self) -> None:
        """Do it, or say what there is to do."""
        try:
            super().start()
        except NoStart:
            return
        if self.subcommands:
            self.print_help()
            self.exit(2)
        try:
            asyncio.run(self.act())
        except (InvalidFrame, StoreError, VaultError) as error:
            problem = error.problem
            self.fail(problem.message + (f" ({problem.detail})" if problem.detail else ""))

    async def act(self) -> None:
        """What the command does."""
        raise NotImplementedError

    @property
    def chat(self) -> ChatApp:
        """The settings."""
        return ChatApp(config=self.config)

    @asynccontextmanager
    async def history(self) -> AsyncIterator[Store]:
        """The store that the settings name, while a `with` block runs."""
        store = open_store(self.chat.store_url)
        try:
            await store.open()
            yield store
        finally:
            await store.close()

    def say(self, text: str) -> None:
        sys.stdout.write(text + "\n")

    def fail(self, text: str) -> None:
        """Say it, and end with a status of 1."""
        sys.stderr.write(text + "\n")
        self.exit(1)


def by_whom() -> str:
    """Who has given the command, for the audit log."""
    try:
        return f"at the command line, by {getpass.getuser()}"
    except (KeyError, OSError, ImportError):
        return "at the command line"
