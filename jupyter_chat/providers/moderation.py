"""OpenAI's moderation endpoint: which of its categories a text falls into."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from . import errors
from .interface import Endpoint

if TYPE_CHECKING:
    from openai import AsyncOpenAI

_SECONDS = 15.0
_LONGEST = 20_000
"""Characters of one piece: a short thing is not lost in a long text."""


async def categories(client: AsyncOpenAI, endpoint: Endpoint, model: str, text: str) -> list[str]:
    """Those that any piece of the text falls into.  Raises :class:`ProviderError`."""
    import openai

    pieces = [text[start : start + _LONGEST] for start in range(0, len(text), _LONGEST)]
    try:
        said = await asyncio.wait_for(
            client.moderations.create(model=model, input=pieces), _SECONDS
        )
        found = [result.categories.model_dump(by_alias=True) for result in said.results]
        flagged = any(result.flagged for result in said.results)
    except asyncio.TimeoutError:
        raise errors.silent(endpoint, _SECONDS) from None
    except openai.OpenAIError as error:
        raise errors.of_exception(endpoint, error) from None
    except (AttributeError, TypeError, ValueError) as error:  # a page of a web site, say
        raise errors.no_api(endpoint, f"{type(error).__name__}: {error}") from None
    names = sorted({name for each in found for name, is_so in each.items() if is_so})
    return names or (["flagged"] if flagged else [])
