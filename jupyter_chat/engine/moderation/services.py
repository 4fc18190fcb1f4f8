"""Who looks at texts: OpenAI's moderation endpoint, or a function of the administrator's."""

from __future__ import annotations

import asyncio
import importlib
import inspect
from collections.abc import Callable
from typing import Any, Protocol

from ...protocol import Code, Problem, Source
from ...providers.interface import Endpoint, Provider, ProviderError

MODEL = "omni-moderation-latest"
_HOOK_SECONDS = 15.0


class Service(Protocol):
    async def categories(self, text: str, user_id: str, endpoint: Endpoint) -> list[str]:
        """What is wrong with a text; nothing, mostly.  Raises :class:`ProviderError` where
        that cannot be found out.  `endpoint` is where the text goes, or comes from."""


class OpenAIModeration:
    """At the server that is set for it, else at OpenAI where the answer comes from there."""

    def __init__(self, provider: Provider, own: Endpoint | None, model: str = MODEL) -> None:
        self._provider = provider
        self._own = own
        self._model = model

    async def categories(self, text: str, user_id: str, endpoint: Endpoint) -> list[str]:
        where = self._own or endpoint
        if where.source in (Source.LOCAL, Source.AZURE):
            raise ProviderError(_no_service())
        return await self._provider.moderate(where, self._model, text)


class Hook:
    """A function of the text, or a coroutine function, that returns names of categories."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self._function = function

    async def categories(self, text: str, user_id: str, endpoint: Endpoint) -> list[str]:
        try:
            return await asyncio.wait_for(self._call(text, user_id), _HOOK_SECONDS)
        except Exception as error:
            raise ProviderError(_failed(error)) from error

    async def _call(self, text: str, user_id: str) -> list[str]:
        if inspect.iscoroutinefunction(self._function):
            found = await self._function(text, user_id=user_id)
        else:
            found = await asyncio.to_thread(self._function, text, user_id=user_id)
        return [str(name) for name in found or ()]


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
