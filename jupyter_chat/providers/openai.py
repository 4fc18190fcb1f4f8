"""Replies from OpenAI, Azure and every server that speaks like them.

The `openai` package signs and addresses the request and turns error answers into
exceptions, with its own retries off (they could bill twice).  The stream itself is
read raw (see `transport.py`), because an object per event costs ten times as much as
everything else that is done with it.
"""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator, Awaitable, Coroutine, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import msgspec

from ..addresses import login_of, without_login
from ..bounded import drop_oldest
from ..protocol import Api, ImagePart, Model, Source
from . import background, chat_completions, errors, listing, moderation, responses
from .interface import Chunk, Endpoint, Mark, ProviderError, ReplyRequest, Resume

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
_DISOWN_SECONDS = 10.0
_SUMMARY = "reasoning.summary"
_BACKGROUND = {"background", "store"}
_FULL_COLLECTIONS_AFTER = 100


class OpenAI:
    """Implements :class:`~jupyter_chat.providers.interface.Provider`."""

    def __init__(self, idle_seconds: float = IDLE_SECONDS) -> None:
        self._idle_seconds = idle_seconds
        self._transports: dict[bool, Transport] = {}
        """The one that goes anywhere, and the one for the internet only."""
        self._clients: dict[Endpoint, AsyncOpenAI] = {}
        self._refused: dict[tuple[Endpoint, str], set[str]] = {}
        """What a server does not take for a model: only verified organisations get
        summaries of the reasoning, for example."""
        self._afterwards: set[asyncio.Task[None]] = set()
        self._imported = False

    async def stream(
        self, endpoint: Endpoint, request: ReplyRequest, resume: Resume | None = None
    ) -> AsyncIterator[Chunk]:
        """See :meth:`Provider.stream`."""
        meaning: responses.Stream | chat_completions.Stream
        in_background = False
        if resume is not None:
            client = await self._client(endpoint)
            reopened = await background.reopen(client, endpoint, resume, self._idle_seconds)
            if reopened is None:
                yield await background.rest(client, endpoint, resume)
                return
            opened, meaning = reopened, responses.Stream(resume)
        elif api_of(endpoint) is Api.RESPONSES:
            opened, in_background = await self._begin(endpoint, request)
            meaning = responses.Stream()
        else:
            opened = await self._open(endpoint, chat_completions.parameters(endpoint, request))
            meaning = chat_completions.Stream()
        from .response import OpenResponse

        response = OpenResponse(endpoint, opened, meaning.event_type, self._idle_seconds)
        finished = marked = False
        try:
            while not finished:
                chunk = meaning.take(await response.read())
                if response.ended and chunk.finish is None:
                    chunk = msgspec.structs.replace(chunk, finish=meaning.finish())
                if response.splits_a_character:
                    chunk = msgspec.structs.replace(chunk, mark=None)
                finished = chunk.finish is not None
                new_mark = chunk.mark is not None and not marked
                if chunk.text or chunk.reasoning or finished or new_mark:
                    marked = marked or new_mark
                    yield chunk
                _raise_failure(endpoint, meaning)
                if response.ended and not finished:
                    raise errors.cut(endpoint)
        finally:
            if finished:
                self._after(response.release())
            elif in_background and not meaning.begun and not response.ended:
                self._after(self._disown(endpoint, response))
            else:
                response.close()

    async def cancel(self, endpoint: Endpoint, mark: Mark) -> None:
        """See :meth:`Provider.cancel`."""
        with suppress(ProviderError):
            await background.cancel(await self._client(endpoint), mark.upstream_id)

    async def models(self, endpoint: Endpoint) -> list[Model]:
        """See :meth:`Provider.models`."""
        client = await self._client(endpoint)
        import openai

        try:
            listed = await asyncio.wait_for(client.models.list(), _MODELS_SECONDS)
        except asyncio.TimeoutError:
            raise errors.silent(endpoint, _MODELS_SECONDS) from None
        except openai.OpenAIError as error:
            raise errors.of_exception(endpoint, error) from None
        except (AttributeError, TypeError, ValueError) as error:  # a page of a web site, say
            raise errors.no_api(endpoint, f"{type(error).__name__}: {error}") from None
        if listed.data is None:
            raise errors.no_api(endpoint, "It lists no models.")
        return [listing.model(entry.model_dump()) for entry in listed.data]

    async def moderate(
        self, endpoint: Endpoint, model: str, text: str, images: Sequence[ImagePart] = ()
    ) -> list[str]:
        """See :meth:`Provider.moderate`."""
        client = await self._client(endpoint)
        return await moderation.categories(client, endpoint, model, text, images)

    async def close(self) -> None:
        """Close all connections."""
        for task in self._afterwards:
            task.cancel()
        self._clients.clear()
        for transport in self._transports.values():
            await transport.aclose()
        self._transports.clear()

    async def _begin(
        self, endpoint: Endpoint, request: ReplyRequest
    ) -> tuple[httpx2.Response, bool]:
        """Open a reply of the Responses API, without what this server refuses: nothing
        was billed for that.  With it, whether upstream makes it in the background."""
        refused = self._refused.setdefault((endpoint, request.model), set())
        drop_oldest(self._refused, _MOST_CLIENTS)
        while True:
            body = responses.parameters(
                endpoint,
                request,
                summaries=_SUMMARY not in refused,
                durable=request.durable and not refused & _BACKGROUND,
            )
            opening = asyncio.ensure_future(self._open(endpoint, body))
            try:
                in_background = bool(body.get("background"))
                response = await (asyncio.shield(opening) if in_background else opening)
                return response, in_background
            except asyncio.CancelledError:
                # Closing the connection would not stop it; who waits for it is gone.
                if not opening.cancelled():
                    self._after(self._disown_opening(endpoint, opening))
                raise
            except ProviderError as error:
                field = error.problem.field
                if field not in (_SUMMARY, *_BACKGROUND) or field in refused:
                    raise
                refused.add(field)

    async def _disown_opening(
        self, endpoint: Endpoint, opening: asyncio.Future[httpx2.Response]
    ) -> None:
        from .response import OpenResponse

        with suppress(ProviderError):
            opened = await opening
            response = OpenResponse(endpoint, opened, responses.Event, self._idle_seconds)
            await self._disown(endpoint, response)

    async def _disown(self, endpoint: Endpoint, response: OpenResponse[Any]) -> None:
        """Stop a reply that nobody wants any more before upstream has named it."""
        try:
            upstream_id = await asyncio.wait_for(_named(response), _DISOWN_SECONDS)
            if upstream_id is not None:
                await background.cancel(await self._client(endpoint), upstream_id)
        except (ProviderError, asyncio.TimeoutError):
            pass
        finally:
            response.close()

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
            raise errors.of_exception(endpoint, error) from None

    def _after(self, work: Coroutine[Any, Any, None]) -> None:
        """Do what nobody waits for."""
        task = asyncio.create_task(work)
        self._afterwards.add(task)
        task.add_done_callback(self._afterwards.discard)

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

        transport = self._transports.get(endpoint.public_only)
        if transport is None:
            transport = Transport(public_only=endpoint.public_only)
            self._transports[endpoint.public_only] = transport
        # A name and password in the address go into a header at once: the package would log
        # the address.
        address = without_login(endpoint.base_url or "")
        http_client = httpx2.AsyncClient(
            transport=transport, timeout=None, auth=login_of(endpoint.base_url or "")
        )
        # Servers without keys still want the header to be there.
        key = endpoint.key or "none"
        try:
            if endpoint.source is Source.AZURE:
                client = openai.AsyncAzureOpenAI(
                    azure_endpoint=address,
                    api_key=key,
                    api_version=endpoint.azure_api_version or _AZURE_VERSION,
                    max_retries=0,
                    http_client=http_client,
                )
            else:
                client = openai.AsyncOpenAI(
                    api_key=key,
                    base_url=address or "https://api.openai.com/v1",
                    max_retries=0,
                    http_client=http_client,
                )
        except (openai.OpenAIError, httpx2.InvalidURL, ValueError) as error:
            raise errors.unreachable(endpoint, str(error)) from None
        self._clients[endpoint] = client
        drop_oldest(self._clients, _MOST_CLIENTS)
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


async def _named(response: OpenResponse[Any]) -> str | None:
    """What upstream calls a reply, as soon as it says so."""
    meaning = responses.Stream()
    while meaning.upstream_id is None and not response.ended:
        meaning.take(await response.read())
    return meaning.upstream_id


def _raise_failure(endpoint: Endpoint, meaning: chat_completions.Stream | responses.Stream) -> None:
    if meaning.failure is not None:
        code, message = meaning.failure
        raise errors.of_failure(endpoint, code, message)
