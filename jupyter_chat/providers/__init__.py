"""Where replies come from: OpenAI and its like, or a model on this machine."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing

from ..protocol import ImagePart, Model, Source
from .environment import KEY_VARIABLES, endpoint_from_environment
from .interface import Chunk, Endpoint, Mark, ReplyRequest, Resume
from .local import LocalModel, local_model_available
from .openai import IDLE_SECONDS, OpenAI

__all__ = [
    "IDLE_SECONDS",
    "KEY_VARIABLES",
    "Providers",
    "endpoint_from_environment",
    "local_model_available",
]


class Providers:
    """All of them behind one :class:`~jupyter_chat.providers.interface.Provider`; each
    endpoint says by its source who answers."""

    def __init__(self, idle_seconds: float = IDLE_SECONDS) -> None:
        self._openai = OpenAI(idle_seconds)
        self._local = LocalModel()

    def stream(
        self, endpoint: Endpoint, request: ReplyRequest, resume: Resume | None = None
    ) -> AsyncIterator[Chunk]:
        """See :meth:`Provider.stream`."""
        if endpoint.source is Source.LOCAL:
            return self._stream_local(request)
        return self._openai.stream(endpoint, request, resume)

    async def cancel(self, endpoint: Endpoint, mark: Mark) -> None:
        """See :meth:`Provider.cancel`."""
        if endpoint.source is not Source.LOCAL:
            await self._openai.cancel(endpoint, mark)

    async def models(self, endpoint: Endpoint) -> list[Model]:
        """See :meth:`Provider.models`."""
        if endpoint.source is Source.LOCAL:
            endpoint = await self._local.endpoint()
        return await self._openai.models(endpoint)

    async def moderate(
        self, endpoint: Endpoint, model: str, text: str, images: Sequence[ImagePart] = ()
    ) -> list[str]:
        """See :meth:`Provider.moderate`."""
        return await self._openai.moderate(endpoint, model, text, images)

    async def close(self) -> None:
        """See :meth:`Provider.close`."""
        await self._openai.close()
        await self._local.close()

    async def _stream_local(self, request: ReplyRequest) -> AsyncIterator[Chunk]:
        endpoint = await self._local.endpoint()
        async with aclosing(self._openai.stream(endpoint, request)) as stream:  # type: ignore[type-var]
            async for chunk in stream:
                yield chunk
