"""Replies from OpenAI, Azure and every server that speaks like them.

The `openai` package signs and addresses the request and turns error answers into
exceptions, with its own retries off (they could bill twice).  The stream itself is
read raw (see `transport.py`), because an object per event costs ten times as much as
everything else that is done with it.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import msgspec

from ..protocol import Api, Model, Source
from . import chat_completions, errors, responses
from .interface import Chunk, Endpoint, ProviderError, ReplyRequest
from .sse import EventReader, TooLarge
from .text import WholeCharacters

if TYPE_CHECKING:
    import httpx2
    from openai import AsyncOpenAI

    from .transport import Transport

IDLE_SECONDS = 120.0
"""How long a stream may be silent; reasoning models can think for minutes, but send
events meanwhile."""
_MODELS_SECONDS = 10.0
_AZURE_VERSION = "2025-04-01-preview"
_DONE = b"[DONE]"
_MALFORMED = (msgspec.DecodeError, ValueError, RecursionError)
_E = TypeVar("_E")


class OpenAI:
    """Implements :class:`~jupyter_chat.providers.interface.Provider`."""

    def __init__(self, idle_seconds: float = IDLE_SECONDS) -> None:
        self._idle_seconds = idle_seconds
        self._transport: Transport | None = None
        self._clients: dict[Endpoint, AsyncOpenAI] = {}
        self._without_summaries: set[Endpoint] = set()

    async def stream(self, endpoint: Endpoint, request: ReplyRequest) -> AsyncIterator[Chunk]:
        """See :meth:`Provider.stream`."""
        if api_of(endpoint) is Api.RESPONSES:
            body = responses.parameters(
                endpoint, request, summaries=endpoint not in self._without_summaries
            )
            meaning, kind = responses.Stream(), responses.Event
        else:
            body = chat_completions.parameters(endpoint, request)
            meaning, kind = chat_completions.Stream(), chat_completions.Event
        try:
            opened = await self._open(endpoint, body)
        except ProviderError as error:
            if error.problem.field != "reasoning.summary":
                raise
            # Only verified organisations get summaries; nothing was billed yet.
            self._without_summaries.add(endpoint)
            body["reasoning"].pop("summary")
            opened = await self._open(endpoint, body)
        response = _Response(endpoint, opened, kind, self._idle_seconds)
        try:
            while True:
                events = await response.read()
                chunk = meaning.take(events)
                _raise_failure(endpoint, meaning)
                ended = response.ended
                if ended and chunk.finish is None:
                    chunk = msgspec.structs.replace(chunk, finish=meaning.finish())
                if chunk.text or chunk.reasoning or chunk.finish:
                    yield chunk
                if chunk.finish is not None:
                    return
                if ended:
                    raise errors.cut(endpoint)
        finally:
            response.close()

    async def models(self, endpoint: Endpoint) -> list[Model]:
        """See :meth:`Provider.models`."""
        client = self._client(endpoint)
        try:
            listed = await asyncio.wait_for(client.models.list(), _MODELS_SECONDS)
        except asyncio.TimeoutError:
            raise errors.silent(endpoint, _MODELS_SECONDS) from None
        except Exception as error:
            raise _translated(endpoint, error) from None
        return [_model(entry.model_dump()) for entry in listed.data or []]

    async def close(self) -> None:
        """Close all connections."""
        self._clients.clear()
        if self._transport is not None:
            await self._transport.aclose()
            self._transport = None

    async def _open(self, endpoint: Endpoint, body: dict[str, Any]) -> httpx2.Response:
        client = self._client(endpoint)
        if api_of(endpoint) is Api.RESPONSES:
            opening = client.responses.with_raw_response.create(**body)
        else:
            opening = client.chat.completions.with_raw_response.create(**body)
        try:
            return (await asyncio.wait_for(opening, self._idle_seconds)).http_response
        except asyncio.TimeoutError:
            raise errors.silent(endpoint, self._idle_seconds) from None
        except Exception as error:  # noqa: BLE001 - the package raises its own and others
            raise _translated(endpoint, error) from None

    def _client(self, endpoint: Endpoint) -> AsyncOpenAI:
        client = self._clients.get(endpoint)
        if client is not None:
            return client
        if endpoint.source is Source.OPENAI and not endpoint.key:
            raise errors.no_key()
        import httpx2
        from openai import AsyncAzureOpenAI, AsyncOpenAI

        from .transport import Transport

        if self._transport is None:
            self._transport = Transport()
        http_client = httpx2.AsyncClient(transport=self._transport, timeout=None)
        # Servers without keys still want the header to be there.
        key = endpoint.key or "none"
        try:
            if endpoint.source is Source.AZURE:
                client = AsyncAzureOpenAI(
                    azure_endpoint=endpoint.base_url or "",
                    api_key=key,
                    api_version=endpoint.azure_api_version or _AZURE_VERSION,
                    max_retries=0,
                    http_client=http_client,
                )
            else:
                client = AsyncOpenAI(
                    api_key=key,
                    base_url=endpoint.base_url or "https://api.openai.com/v1",
                    max_retries=0,
                    http_client=http_client,
                )
        except Exception as error:
            raise _translated(endpoint, error) from None
        self._clients[endpoint] = client
        return client


def api_of(endpoint: Endpoint) -> Api:
    """Which API to speak: the one chosen, else Responses where it is at home."""
    if endpoint.api is not Api.AUTO:
        return endpoint.api
    at_home = endpoint.source in (Source.OPENAI, Source.AZURE)
    return Api.RESPONSES if at_home else Api.CHAT


class _Response(Generic[_E]):
    """An open stream: reads all that has arrived, watches for silence."""

    def __init__(
        self, endpoint: Endpoint, response: Any, kind: type[_E], idle_seconds: float
    ) -> None:
        from .transport import body_of

        self.ended = False
        self._endpoint = endpoint
        self._below = body_of(response)
        self._events = EventReader()
        self._decode = msgspec.json.Decoder(kind).decode
        self._kind = kind
        self._characters = WholeCharacters()
        self._idle_seconds = idle_seconds
        self._loop = asyncio.get_running_loop()
        self._heard = self._loop.time()
        self._waiting = False
        self._silent = False
        self._watch = self._loop.call_later(idle_seconds, self._look)

    async def read(self) -> list[_E]:
        """The events that have arrived (perhaps none); `ended` after the last."""
        import aiohttp

        self._waiting = True
        try:
            body = await self._below.content.readany()
        except (aiohttp.ClientError, OSError) as error:
            if self._silent:
                raise errors.silent(self._endpoint, self._idle_seconds) from None
            raise errors.cut(self._endpoint, str(error)) from None
        finally:
            self._waiting = False
            self._heard = self._loop.time()
        try:
            found = self._events.feed(body) if body else self._events.end()
            if not body:
                self.ended = True
            return self._decoded(found)
        except (TooLarge, *_MALFORMED) as error:
            raise errors.cut(self._endpoint, f"malformed event: {error}") from None

    def close(self) -> None:
        """Close the connection at once."""
        self._watch.cancel()
        self._below.close()

    def _decoded(self, found: list[bytes]) -> list[_E]:
        events: list[_E] = []
        for data in found:
            if data == _DONE:
                self.ended = True
                break
            try:
                events.append(self._decode(data))
            except (msgspec.DecodeError, UnicodeDecodeError):
                events.append(self._decoded_with_care(data))
        return events

    def _decoded_with_care(self, data: bytes) -> _E:
        """An event with half a character in it, or with bytes that are no UTF-8."""
        value = json.loads(data.decode("utf-8", "replace"))
        return msgspec.convert(self._characters.mend(value), self._kind)

    def _look(self) -> None:
        """Is it time to give up?  One timer per stream instead of one per read."""
        left = self._heard + self._idle_seconds - self._loop.time()
        if left > 0 or not self._waiting:
            self._watch = self._loop.call_later(max(left, 1.0), self._look)
            return
        self._silent = True
        self._below.close()


def _raise_failure(
    endpoint: Endpoint, meaning: chat_completions.Stream | responses.Stream
) -> None:
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
            code=error.code or error.type,
            parameter=error.param,
            message=str((error.body or {}).get("message", "") if isinstance(error.body, dict) else error.body or ""),
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


