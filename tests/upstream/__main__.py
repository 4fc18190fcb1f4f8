"""`python -m tests.upstream --port 0`: tells its address as JSON on the first line."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import threading
from contextlib import suppress

from .connection import Connection
from .pacing import Pacer
from .record import Record
from .server import Server


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.upstream")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0: any free port")
    parser.add_argument("--no-key", action="store_true", help="take any key, and none")
    parser.add_argument("--until-stdin-closes", action="store_true", help="end with the parent")
    options = parser.parse_args()
    with suppress(KeyboardInterrupt):
        asyncio.run(_serve(options))


async def _serve(options: argparse.Namespace) -> None:
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()
    if options.until_stdin_closes:
        threading.Thread(target=_watch_stdin, args=(loop, ended), daemon=True).start()
    record = Record()
    pacer = Pacer(loop)
    server = Server(record, pacer, needs_key=not options.no_key)
    listening = await loop.create_server(
        lambda: Connection(server.answer, record, pacer), options.host, options.port, backlog=1024
    )
    port = listening.sockets[0].getsockname()[1]
    url = f"http://{options.host}:{port}/v1"
    print(json.dumps({"url": url, "key": "sk-test", "pid": os.getpid()}), flush=True)
    await ended.wait()
    # Streams that never end must not hold up the end of the process.
    os._exit(0)


def _watch_stdin(loop: asyncio.AbstractEventLoop, ended: asyncio.Event) -> None:
    while os.read(0, 4096):
        pass
    loop.call_soon_threadsafe(ended.set)


if __name__ == "__main__":
    main()
