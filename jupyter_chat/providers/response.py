"""A response that is still coming: from the connection to decoded events."""

from __future__ import annotations

import asyncio
import json
from typing import Generic, TypeVar

import aiohttp
import httpx2
import msgspec

from . import errors
from .interface import Endpoint, ProviderError
from .sse import EventReader, TooLarge
from .text import WholeCharacters
from .transport import body_of

_RELEASE_SECONDS = 2.0
_DONE = b"[DONE]"
_MALFORMED = (msgspec.DecodeError, ValueError, RecursionError)
_E = TypeVar("_E")


class OpenResponse(Generic[_E]):
    """Reads all events that have arrived; gives up after `idle_seconds` of silence."""

    def __init__(
        self, endpoint: Endpoint, response: httpx2.Response, kind: type[_E], idle_seconds: float
    ) -> None:
        self.ended = False
        self._endpoint = endpoint
        self._below = body_of(response)
        self._reader = EventReader()
        self._broken: ProviderError | None = None
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
        if self._broken is not None:
            raise self._broken
        self._waiting = True
        try:
            body = await self._below.content.readany()
        except (aiohttp.ClientError, OSError) as error:
            self._broken = self._failure(error)
            body = self._arrived_before()
            if not body:
                raise self._broken from None
        finally:
            self._waiting = False
            self._heard = self._loop.time()
        if not body:
            self.ended = True
        return self._decoded(body)

    @property
    def splits_a_character(self) -> bool:
        """Half a character of the last event is still to come."""
        return self._characters.waits

    def _failure(self, error: Exception) -> ProviderError:
        if self._silent:
            return errors.silent(self._endpoint, self._idle_seconds)
        return errors.cut(self._endpoint, str(error))

    def _arrived_before(self) -> bytes:
        """What came before the connection broke; aiohttp says first that it broke."""
        content = self._below.content
        content.set_exception(None)  # type: ignore[arg-type]
        return content.read_nowait()

    def close(self) -> None:
        """Close the connection at once."""
        self._watch.cancel()
        self._below.close()

    async def release(self) -> None:
        """Leave the connection to the next request, if the rest of the body, which
        says nothing new, comes soon."""
        self._watch.cancel()
        try:
            await asyncio.wait_for(self._skip(), _RELEASE_SECONDS)
        except (aiohttp.ClientError, asyncio.TimeoutError, OSError):
            pass
        finally:
            self._below.close()  # of no effect where it has been released

    async def _skip(self) -> None:
        """Read to the end and keep nothing: who knows how much it is."""
        while await self._below.content.readany():
            pass

    def _decoded(self, body: bytes) -> list[_E]:
        """The events that end in `body`.  What makes no sense is raised by the next
        read, so that what came before it is not lost."""
        events: list[_E] = []
        try:
            for data in self._reader.feed(body) if body else self._reader.end():
                if data == _DONE:
                    self.ended = True
                    break
                events.append(self._decoded_event(data))
        except (TooLarge, *_MALFORMED) as error:
            self._broken = errors.garbled(self._endpoint, f"malformed event: {error}")
            self.ended = False
        return events

    def _decoded_event(self, data: bytes) -> _E:
        try:
            return self._decode(data)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return self._decoded_with_care(data)

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
