"""Short requests that are made beside a conversation: for its title, for a summary."""

from __future__ import annotations

import asyncio
from contextlib import aclosing

from ..protocol import Code, Problem
from ..providers.interface import Endpoint, Provider, ProviderError, ReplyRequest


async def ask_aside(
    provider: Provider, endpoint: Endpoint, request: ReplyRequest, seconds: float
) -> str:
    """The whole text of the answer.  Raises :class:`ProviderError`, also where it takes
    longer than so many seconds."""
    try:
        return await asyncio.wait_for(_text(provider, endpoint, request), seconds)
    except asyncio.TimeoutError:
        problem = Problem(Code.PROVIDER_TIMEOUT, f"No answer came within {seconds:.0f} s.")
        raise ProviderError(problem) from None


async def _text(provider: Provider, endpoint: Endpoint, request: ReplyRequest) -> str:
    text = ""
    async with aclosing(provider.stream(endpoint, request)) as stream:  # type: ignore[type-var]
        async for chunk in stream:
            text += chunk.text
            if chunk.finish is not None:
                break
    return text
