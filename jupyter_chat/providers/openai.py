"""Replies from OpenAI, Azure and every server that speaks like them.

The `openai` package signs and addresses the request and turns error answers into
exceptions, with its own retries off (they could bill twice).  The stream itself is
read raw (see `transport.py`), because an object per event costs ten times as much as
everything else that is done with it.
"""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator, Awaitable
from typing import TYPE_CHECKING, Any

import msgspec

from ..protocol import Api, Model, Source
from . import chat_completions, errors, responses
from .interface import Chunk, Endpoint, ProviderError, ReplyRequest

if TYPE_CHECKING:
    import httpx2
    from openai import AsyncOpenAI
    from openai._legacy_response import LegacyAPIResponse

    from .response import OpenResponse
    from .transport import Transport

IDLE_SECONDS = 120.0
"""How long a stream may be silent; reasoning models can think for minutes, but send
events meanwhile."""
_MODELS_SECONDS = 10.0
_AZURE_VERSION = "2025-04-01-preview"
_MOST_CLIENTS = 256
_FULL_COLLECTIONS_AFTER = 100


class OpenAI:
    """Implements :class:`~jupyter_chat.providers.interface.Provider`."""

    def __init__(self, idle_seconds: float = IDLE_SECONDS) -> None:
        self._idle_seconds = idle_seconds
        self._transport: Transport | None = None
        self._clients: dict[Endpoint, AsyncOpenAI] = {}
        self._without_summaries: set[Endpoint] = set()
        self._releasing: set[asyncio.Task[None]] = set()
        self._imported = False

    async def stream(self, endpoint: Endpoint, request: ReplyRequest) -> AsyncIterator[Chunk]:
        """See :meth:`Provider.stream`."""
        meaning: responses.Stream | chat_completions.Stream
        if api_of(endpoint) is Api.RESPONSES:
            body = responses.parameters(
                endpoint, request, summaries=endpoint not in self._without_summaries
            )
            meaning = responses.Stream()
        else:
            body = chat_completions.parameters(endpoint, request)
            meaning = chat_completions.Stream()
        try:
            opened = await self._open(endpoint, body)
        except ProviderError as error:
            if error.problem.field != "reasoning.summary":
                raise
            # Only verified organisations get summaries; nothing was billed yet.
            self._without_summaries.add(endpoint)
            body["reasoning"].pop("summary")
            opened = await self._open(endpoint, body)
        from .response import OpenResponse

        response = OpenResponse(endpoint, opened, meaning.event_type, self._idle_seconds)
        finished = False
        try:
            while not finished:
                chunk = meaning.take(await response.read())
                if response.ended and chunk.finish is None:
                    chunk = msgspec.structs.replace(chunk, finish=meaning.finish())
                finished = chunk.finish is not None
                if chunk.text or chunk.reasoning or finished:
                    yield chunk
                _raise_failure(endpoint, meaning)
                if response.ended and not finished:
                    raise errors.cut(endpoint)
        finally:
            if finished:
                self._release(response)
            else:
                response.close()

    async def models(self, endpoint: Endpoint) -> list[Model]:
        """See :meth:`Provider.models`."""
        client = await self._client(endpoint)
        import openai

        try:
            listed = await asyncio.wait_for(client.models.list(), _MODELS_SECONDS)
        except asyncio.TimeoutError:
            raise errors.silent(endpoint, _MODELS_SECONDS) from None
        except openai.OpenAIError as error:
            raise _translated(endpoint, error) from None
        return [_model(entry.model_dump()) for entry in listed.data or []]

    async def close(self) -> None:
        """Close all connections."""
        for releasing in self._releasing:
            releasing.cancel()
        self._clients.clear()
        if self._transport is not None:
            await self._transport.aclose()
            self._transport = None

    async def _open(self, endpoint: Endpoint, body: dict[str, Any]) -> httpx2.Response:
        client = await self._client(endpoint)
        import openai

        # An `extra_body` goes out as it is.  Arguments would be converted according to
        # their types, which takes 0.2 ms for each message, on the event loop.
        model = body["model"]
        opening: Awaitable[LegacyAPIResponse[Any]]
        if api_of(endpoint) is Api.RESPONSES:
            opening = client.responses.with_raw_response.create(
                model=model, stream=True, extra_body=body
            )
        else:
            opening = client.chat.completions.with_raw_response.create(
                model=model, messages=(), stream=True, extra_body=body
            )
        try:
            opened: LegacyAPIResponse[Any] = await asyncio.wait_for(opening, self._idle_seconds)
            return opened.http_response
        except asyncio.TimeoutError:
            raise errors.silent(endpoint, self._idle_seconds) from None
        except openai.OpenAIError as error:
            raise _translated(endpoint, error) from None

    def _release(self, response: OpenResponse[Any]) -> None:
        releasing = asyncio.create_task(response.release())
        self._releasing.add(releasing)
        releasing.add_done_callback(self._releasing.discard)

    async def _client(self, endpoint: Endpoint) -> AsyncOpenAI:
        client = self._clients.get(endpoint)
        if client is not None:
            return client
        if endpoint.source is Source.OPENAI and not endpoint.key:
            raise errors.no_key()
        if not self._imported:
            await asyncio.to_thread(_import)
            self._imported = True
        import httpx2
        import openai

        from .transport import Transport

        if self._transport is None:
            self._transport = Transport()
        http_client = httpx2.AsyncClient(transport=self._transport, timeout=None)
        # Servers without keys still want the header to be there.
        key = endpoint.key or "none"
        try:
            if endpoint.source is Source.AZURE:
                client = openai.AsyncAzureOpenAI(
                    azure_endpoint=endpoint.base_url or "",
                    api_key=key,
                    api_version=endpoint.azure_api_version or _AZURE_VERSION,
                    max_retries=0,
                    http_client=http_client,
                )
            else:
                client = openai.AsyncOpenAI(
                    api_key=key,
                    base_url=endpoint.base_url or "https://api.openai.com/v1",
                    max_retries=0,
                    http_client=http_client,
                )
        except (openai.OpenAIError, httpx2.InvalidURL, ValueError) as error:
            raise errors.unreachable(endpoint, str(error)) from None
        while len(self._clients) >= _MOST_CLIENTS:
            self._clients.pop(next(iter(self._clients)))
        self._clients[endpoint] = client
        return client


def api_of(endpoint: Endpoint) -> Api:
    """Which API to speak: the one chosen, else Responses where it is at home."""
    if endpoint.api is not Api.AUTO:
        return endpoint.api
    at_home = endpoint.source in (Source.OPENAI, Source.AZURE)
    return Api.RESPONSES if at_home else Api.CHAT


def _import() -> None:
    """Import what is needed on first use; it takes a second or so.

    The modules of a Jupyter server are some 200,000 objects.  Each full run of the
    garbage collector would look at all of them again, and stop every stream for 0.2 s
    meanwhile; so they are set aside for good, as what they are.  What hundreds of
    streams are made of is looked at in full a tenth as often as otherwise: that, too,
    takes 0.1 s, and next to nothing of it is garbage.
    """
    from . import response  # noqa: F401

    gc.freeze()
    young, middle, old = gc.get_threshold()
    gc.set_threshold(young, middle, max(old, _FULL_COLLECTIONS_AFTER))


def _raise_failure(endpoint: Endpoint, meaning: chat_completions.Stream | responses.Stream) -> None:
    if meaning.failure is not None:
        code, message = meaning.failure
        raise errors.of_failure(endpoint, code, message)


def _translated(endpoint: Endpoint, error: Exception) -> ProviderError:
    import openai

    if isinstance(error, ProviderError):
        return error
    if isinstance(error, openai.APIStatusError):
        return errors.of_status(
            endpoint,
            error.status_code,
            code=errors.code_of(error.code, error.type),
            parameter=error.param,
            message=str(
                (error.body or {}).get("message", "")
                if isinstance(error.body, dict)
                else error.body or ""
            ),
            headers=dict(error.response.headers),
        )
    if isinstance(error, openai.APIConnectionError):
        return errors.unreachable(endpoint, str(error.__cause__ or error))
    return errors.unreachable(endpoint, f"{type(error).__name__}: {error}")


def _model(entry: dict[str, Any]) -> Model:
    """What vLLM (`max_model_len`) and llama.cpp (`meta.n_ctx`) say of a model."""
    meta = entry.get("meta")
    window = entry.get("max_model_len") or entry.get("context_length")
    if window is None and isinstance(meta, dict):
        window = meta.get("n_ctx") or meta.get("n_ctx_train")
    name = str(entry.get("id", ""))
    return Model(name, name, context_tokens=window if isinstance(window, int) else None)
