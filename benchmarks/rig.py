"""The rig that streams are measured on: upstream, chat server, plain client."""

from __future__ import annotations

import asyncio
import json
import resource
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp

from tests.browser.jupyter import Jupyter
from tests.upstream import Upstream, start_upstream

from .viewer import Viewer, client_session, open_viewer

_ROOT = Path(__file__).parents[1]
_PEOPLE = "--ServerApp.identity_provider_class=benchmarks.people.People"
_FILES = 20_000
_LINE_BYTES = 1 << 26


@dataclass
class Rig:
    """All that runs; each is a process of its own."""

    upstream: Upstream
    jupyter: Jupyter
    plain: asyncio.subprocess.Process
    session: aiohttp.ClientSession

    @property
    def pid(self) -> int:
        """The chat server's process."""
        assert self.jupyter.process is not None
        return self.jupyter.process.pid

    @property
    def history(self) -> Path:
        """The chat server's SQLite file."""
        return self.jupyter.folder / "jupyter_data_dir" / "jupyter_chat" / "history.sqlite"

    async def viewer(self, person: str | None = None) -> Viewer:
        """A new socket of the chat server, for a person or a new one."""
        return await open_viewer(self.session, self.jupyter, person)

    async def direct(
        self, questions: list[str], size: int = 0, apart: float = 0.0
    ) -> dict[str, Any]:
        """What the plain client sees of the answers, asked for `apart` seconds apart.

        Raises :class:`RuntimeError` if it does not get all of them."""
        assert self.plain.stdin is not None
        assert self.plain.stdout is not None
        order = json.dumps({"questions": questions, "size": size, "apart": apart})
        self.plain.stdin.write(order.encode() + b"\n")
        result: dict[str, Any] = json.loads(await self.plain.stdout.readline())
        if "failure" in result:
            raise RuntimeError(result["failure"])
        return result


@asynccontextmanager
async def running_rig() -> AsyncIterator[Rig]:
    """Start everything, and stop it at the end."""
    allow_many_files()
    with tempfile.TemporaryDirectory() as folder, start_upstream() as upstream:
        environment = {"OPENAI_BASE_URL": upstream.url, "OPENAI_API_KEY": upstream.key}
        environment["JUPYTER_CHAT_MODEL"] = "scripted"
        environment["PYTHONPATH"] = str(_ROOT)
        jupyter = Jupyter("chat", Path(folder), environment, options=(_PEOPLE,))
        jupyter.start()
        plain = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "benchmarks.direct", upstream.url, upstream.key),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            limit=_LINE_BYTES,
        )
        try:
            async with client_session() as session:
                yield Rig(upstream, jupyter, plain, session)
        finally:
            with suppress(ProcessLookupError):
                plain.kill()
            await plain.wait()
            jupyter.stop()


def allow_many_files() -> None:
    """For this process and those it starts."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _FILES if most == resource.RLIM_INFINITY else min(_FILES, most)
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))
