"""OpenAI's moderation endpoint: which of its categories a text and pictures fall into."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ..protocol import ImagePart
from . import errors
from .interface import Endpoint, data_url

if TYPE_CHECKING:
    from openai import AsyncOpenAI

_SECONDS = 15.0
_LONGEST = 20_000
"""Characters of one piece: a short thing is not lost in a long text."""
_AT_ONCE = 4


async def categories(
    client: AsyncOpenAI,
    endpoint: Endpoint,
    model: str,
    text: str,
    images: Sequence[ImagePart] = (),
) -> list[str]:
    """Those that any piece of the text or any picture falls into.  Raises
    :class:`ProviderError`."""
    import openai

    pieces = [text[start : start + _LONGEST] for start in range(0, len(text), _LONGEST)]
    inputs: list[Any] = [pieces] if text.strip() else []
    # The endpoint takes one picture at a time.
    inputs += [[{"type": "image_url", "image_url": {"url": data_url(each)}}] for each in images]
    turns = asyncio.Semaphore(_AT_ONCE)

    async def results_of(given: Any) -> list[Any]:
        async with turns:
            return (await client.moderations.create(model=model, input=given)).results

    try:
        said = await asyncio.wait_for(asyncio.gather(*map(results_of, inputs)), _SECONDS)
        results = [result for each in said for result in each]
        found = [result.categories.model_dump(by_alias=True) for result in results]
        flagged = any(result.flagged for result in results)
    except asyncio.TimeoutError:
        raise errors.silent(endpoint, _SECONDS) from None
    except openai.OpenAIError as error:
        raise errors.of_exception(endpoint, error) from None
    except (AttributeError, TypeError, ValueError) as error:  # a page of a web site, say
        raise errors.no_api(endpoint, f"{type(error).__name__}: {error}") from None
    names = sorted({name for each in found for name, is_so in each.items() if is_so})
    return names or (["flagged"] if flagged else [])
