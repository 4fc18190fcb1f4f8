"""What an event loop costs that only wakes up: the least that a paced stream can cost.

Run as a program it connects to a port of this machine, reads until the other side hangs
up, and prints the CPU seconds that took.
"""

from __future__ import annotations

import asyncio
import os
import sys

from .processes import cpu_seconds


async def cpu_of_waking_up(times: int, delay: float) -> float:
    """CPU seconds of a process that receives some bytes so many times."""

    async def send(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for _ in range(times):
            await asyncio.sleep(delay)
            writer.write(b"data: a chunk of text\n\n")
        writer.close()
        await writer.wait_closed()

    server = await asyncio.start_server(send, "127.0.0.1")
    async with server:
        port = server.sockets[0].getsockname()[1]
        program = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "benchmarks.bare", str(port)),
            stdout=asyncio.subprocess.PIPE,
        )
        out, _ = await program.communicate()
    return float(out)


class _Receiver(asyncio.Protocol):
    def __init__(self) -> None:
        self.ended = asyncio.get_running_loop().create_future()

    def connection_lost(self, exc: Exception | None) -> None:
        self.ended.set_result(None)


async def _receive(port: int) -> None:
    loop = asyncio.get_running_loop()
    _, receiver = await loop.create_connection(_Receiver, "127.0.0.1", port)
    before = cpu_seconds(os.getpid())
    await receiver.ended
    print(cpu_seconds(os.getpid()) - before)


if __name__ == "__main__":
    asyncio.run(_receive(int(sys.argv[1])))
