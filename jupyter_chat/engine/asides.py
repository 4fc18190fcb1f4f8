"""Short requests that are made beside a conversation: for its title, for a summary."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import aclosing, suppress
from typing import TypeAlias

from msgspec import Struct

from ..protocol import Code, Problem, Usage
from ..providers.interface import Endpoint, Provider, ProviderError, ReplyRequest
from ..store.errors import StoreError
from .context import tokens
from .costs.accounting import believed, may_be_billed

_MOST_CHARACTERS = 100_000
"""Far more than any of these takes: whatever a server sends, it is held in memory."""

Spend: TypeAlias = Callable[[Usage], Awaitable[None]]
"""Enters what a request has taken."""


class _Said(Struct):
    """What has come so far, and what that took."""

    text: str = ""
    usage: Usage | None = None


async def ask_aside(
    provider: Provider, endpoint: Endpoint, request: ReplyRequest, seconds: float, spend: Spend
) -> str:
    """The whole text of the answer.  Raises :class:`ProviderError`, also where it takes
    longer than so many seconds.  What it took is spent however it ends, unless it was refused."""
    said = _Said()
    billed = True
    try:
        await asyncio.wait_for(_listen(provider, endpoint, request, said), seconds)
        return said.text
    except asyncio.TimeoutError:
        problem = Problem(Code.PROVIDER_TIMEOUT, f"No answer came within {seconds:.0f} s.")
        raise ProviderError(problem) from None
    except ProviderError as error:
        billed = may_be_billed(error, answered=bool(said.text))
        raise
    finally:
        if billed:
            with suppress(StoreError):  # what was asked for is not lost with it
                await spend(await _usage(endpoint, request, said))


async def _listen(
    provider: Provider, endpoint: Endpoint, request: ReplyRequest, said: _Said
) -> None:
    async with aclosing(provider.stream(endpoint, request)) as stream:  # type: ignore[type-var]
        async for chunk in stream:
            said.text += chunk.text[:_MOST_CHARACTERS]
            if chunk.finish is not None:
                said.usage = chunk.finish.usage
                break
            if len(said.text) >= _MOST_CHARACTERS:
                raise ProviderError(Problem(Code.OUTPUT_LIMIT, "The answer was far too long."))


async def counted(request: ReplyRequest) -> int:
    """The tokens of a request, about."""
    asked = "\n".join([request.instructions or "", *(each.text for each in request.messages)])
    return await asyncio.to_thread(tokens.estimate, asked)


async def _usage(endpoint: Endpoint, request: ReplyRequest, said: _Said) -> Usage:
    given = await counted(request)
    if said.usage is not None:
        return believed(endpoint, said.usage, given, len(said.text))
    return Usage(given, await asyncio.to_thread(tokens.estimate, said.text), estimated=True)
