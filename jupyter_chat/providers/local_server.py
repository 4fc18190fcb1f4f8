"""The process of the local model: llama.cpp behind an OpenAI-compatible API.

It runs apart from the Jupyter server, because a model fills its processors and a
crash in native code takes the whole process along.  Started by `local.py`, with which
it talks in lines of JSON: one comes in (`path`, `name`, `key`), one goes out (`url` or
`error`); when the input ends, so does this process, however its parent ended.
"""

from __future__ import annotations

import json
import os
import sys

_CONTEXT_TOKENS = 8192
"""What the small model was made for; larger ones get no more, for memory's sake."""

_TEMPERATURE = 0.2
"""Unless the person sets one."""
_REPEAT_PENALTY = 1.1


def main() -> None:
    """Serve until the input ends."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # llama.cpp writes to the standard output as well
    order = json.loads(sys.stdin.readline())
    try:
        url = _serve(**order)
    except Exception as error:  # noqa: BLE001 - whatever native code throws
        answer = {"error": f"{type(error).__name__}: {error}"}
    else:
        answer = {"url": url}
    print(json.dumps(answer), file=answers, flush=True)
    if "url" in answer:
        sys.stdin.read()
    os._exit(0)  # its threads would not end by themselves


def _serve(path: str, name: str, key: str) -> str:
    """Load the model and listen on a free loopback port; the address."""
    import xllamacpp

    parameters = xllamacpp.CommonParams()
    parameters.model.path = path
    parameters.model_alias = {name}
    parameters.hostnames = ["127.0.0.1"]
    parameters.port = 0
    parameters.api_keys = [key]
    parameters.n_ctx = _CONTEXT_TOKENS
    parameters.n_parallel = 1
    # A small model that may choose freely loses the thread, or repeats itself for ever.
    parameters.sampling.temp = _TEMPERATURE
    parameters.sampling.penalty_repeat = _REPEAT_PENALTY
    parameters.verbosity = 0
    _running.append(server := xllamacpp.Server(parameters))
    return f"{server.listening_address}/v1"


_running: list[object] = []
"""Keeps the server from being collected."""
