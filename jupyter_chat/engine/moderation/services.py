"""Who looks at texts and pictures: OpenAI's moderation endpoint, or a function that is named."""

from __future__ import annotations

import asyncio
import base64
import importlib
import inspect
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from ...protocol import Code, ImagePart, Problem, Source
from ...providers.interface import Endpoint, Provider, ProviderError

MODEL = "omni-moderation-latest"
_HOOK_SECONDS = 15.0


class Service(Protocol):
    async def categories(
        self, text: str, user_id: str, endpoint: Endpoint, images: Sequence[ImagePart] = ()
    ) -> list[str]:
        """What is wrong with a text and the pictures beside it; nothing, mostly.  Raises
        :class:`ProviderError` where that cannot be found out.  `endpoint` is where the text
        goes, or comes from."""


class OpenAIModeration:
    """At the server that is set for it, else at OpenAI where the answer comes from there."""

    def __init__(self, provider: Provider, own: Endpoint | None, model: str = MODEL) -> None:
        self._provider = provider
        self._own = own
        self._model = model

    async def categories(
        self, text: str, user_id: str, endpoint: Endpoint, images: Sequence[ImagePart] = ()
    ) -> list[str]:
        where = self._own or endpoint
        if where.source in (Source.LOCAL, Source.AZURE):
            raise ProviderError(_no_service())
        return await self._provider.moderate(where, self._model, text, images)


class Hook:
    """A function of the text, or a coroutine function, that returns names of categories.  One
    that takes `images` looks at pictures as well: pairs of a media type and bytes."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self._function = function
        self._sees = "images" in inspect.signature(function).parameters

    async def categories(
        self, text: str, user_id: str, endpoint: Endpoint, images: Sequence[ImagePart] = ()
    ) -> list[str]:
        try:
            return await asyncio.wait_for(self._call(text, user_id, images), _HOOK_SECONDS)
        except Exception as error:
            raise ProviderError(_failed(error)) from error

    async def _call(self, text: str, user_id: str, images: Sequence[ImagePart]) -> list[str]:
        given: dict[str, Any] = {"user_id": user_id}
        if self._sees:
            given["images"] = await asyncio.to_thread(_decoded, images)
        if inspect.iscoroutinefunction(self._function):
            found = await self._function(text, **given)
        else:
            found = await asyncio.to_thread(self._function, text, **given)
        return [str(name) for name in found or ()]


def _decoded(images: Sequence[ImagePart]) -> list[tuple[str, bytes]]:
    return [(each.media_type, base64.b64decode(each.data)) for each in images]


def hook_named(name: str) -> Hook:
    """The function that is named as `package.module:function`.  Raises `ValueError`."""
    module, _, function = name.partition(":")
    try:
        found = getattr(importlib.import_module(module), function)
    except (ImportError, AttributeError, ValueError) as error:
        raise ValueError(f"There is no function `{name}`: {error}.") from None
    return Hook(found)


def _no_service() -> Problem:
    return Problem(
        Code.MODERATED,
        "No server is set up that could look at this text.",
    )


def _failed(error: Exception) -> Problem:
    return Problem(Code.MODERATED, f"The moderation hook failed ({type(error).__name__}).")
