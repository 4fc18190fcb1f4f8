"""A provider whose replies the test speaks itself, word by word."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence

from jupyter_chat.protocol import ImagePart, Model, Usage
from jupyter_chat.providers.interface import (
    Chunk,
    Endpoint,
    Finish,
    Mark,
    ProviderError,
    ReplyRequest,
    Resume,
)

USAGE = Usage(input_tokens=10, output_tokens=5)


class Call:
    """One reply that the engine has asked for."""

    def __init__(self, request: ReplyRequest, resume: Resume | None) -> None:
        self.request = request
        self.resume = resume
        self.closed = asyncio.Event()
        self._chunks: asyncio.Queue[Chunk | ProviderError] = asyncio.Queue()

    def say(self, text: str = "", *, reasoning: str = "", mark: Mark | None = None) -> None:
        self._chunks.put_nowait(Chunk(text=text, reasoning=reasoning, mark=mark))

    def finish(self, finish: Finish | None = None) -> None:
        self._chunks.put_nowait(Chunk(finish=finish or Finish("stop", USAGE)))

    def fail(self, error: ProviderError) -> None:
        self._chunks.put_nowait(error)

    async def chunks(self) -> AsyncIterator[Chunk]:
        try:
            while True:
                chunk = await self._chunks.get()
                if isinstance(chunk, ProviderError):
                    raise chunk
                yield chunk
        finally:
            self.closed.set()


class Puppet:
    """Implements `Provider`."""

    def __init__(self) -> None:
        self._calls: asyncio.Queue[Call] = asyncio.Queue()
        self.count = 0
        self.cancelled: list[Mark] = []
        self.listed = [Model("puppet", "Puppet")]
        self.times_listed = 0
        self.refusal: ProviderError | None = None
        """Why it does not say which models there are."""

    def stream(
        self, endpoint: Endpoint, request: ReplyRequest, resume: Resume | None = None
    ) -> AsyncIterator[Chunk]:
        call = Call(request, resume)
        self.count += 1
        self._calls.put_nowait(call)
        return call.chunks()

    async def call(self) -> Call:
        """The next reply that is asked for."""
        return await asyncio.wait_for(self.next_call(), 30)

    async def next_call(self) -> Call:
        """The same, however long that takes."""
        return await self._calls.get()

    async def cancel(self, endpoint: Endpoint, mark: Mark) -> None:
        self.cancelled.append(mark)

    async def models(self, endpoint: Endpoint) -> list[Model]:
        self.times_listed += 1
        if self.refusal is not None:
            raise self.refusal
        return self.listed

    async def moderate(
        self, endpoint: Endpoint, model: str, text: str, images: Sequence[ImagePart] = ()
    ) -> list[str]:
        raise NotImplementedError

    async def close(self) -> None:
        pass
