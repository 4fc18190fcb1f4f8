"""Replies that OpenAI makes whether we listen or not (`background=true`): going on with
one from a place in its stream, asking for the rest where that is no longer streamed, and
stopping one.  See https://developers.openai.com/api/docs/guides/background.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import Struct

from . import errors
from .chat_completions import failure
from .interface import Chunk, Endpoint, Resume
from .responses import Response, finished

if TYPE_CHECKING:
    import httpx2
    from openai import AsyncOpenAI
    from openai._legacy_response import LegacyAPIResponse

_POLL_SECONDS = 2.0
_ANSWER_SECONDS = 30.0
_CANCEL_SECONDS = 10.0
_RUNNING = ("queued", "in_progress")
_NO_LONGER_STREAMED = 400
_UNKNOWN = 404


class _Piece(Struct):
    text: str | None = None
    refusal: str | None = None


class _Item(Struct):
    type: str = ""
    content: list[_Piece] | None = None
    summary: list[_Piece] | None = None


class _Whole(Response):
    status: str = ""
    output: list[_Item] = msgspec.field(default_factory=list)


_decode = msgspec.json.Decoder(_Whole).decode


async def reopen(
    client: AsyncOpenAI, endpoint: Endpoint, resume: Resume, seconds: float
) -> httpx2.Response | None:
    """The stream from the mark on; `None`: it is no longer streamed (OpenAI does so for
    five minutes), but may be had as a whole."""
    import openai

    mark = resume.mark
    opening = client.responses.with_raw_response.retrieve(
        mark.upstream_id, stream=True, starting_after=mark.seq, include_obfuscation=False
    )
    try:
        opened: LegacyAPIResponse[Any] = await asyncio.wait_for(opening, seconds)
    except asyncio.TimeoutError:
        raise errors.silent(endpoint, seconds) from None
    except openai.APIStatusError as error:
        if error.status_code == _NO_LONGER_STREAMED:
            return None
        raise _translated(endpoint, error) from None
    except openai.OpenAIError as error:
        raise _translated(endpoint, error) from None
    return opened.http_response


async def rest(client: AsyncOpenAI, endpoint: Endpoint, resume: Resume) -> Chunk:
    """Wait for the end of a reply, and give what had not come by the mark."""
    whole = await _ended(client, endpoint, resume.mark.upstream_id)
    if whole.status == "failed":
        code, message = failure(whole.error)
        raise errors.of_failure(endpoint, code, message)
    if whole.status not in ("completed", "incomplete"):
        raise errors.gone(endpoint, f"its status is {whole.status}")
    pieces = [
        piece for item in whole.output if item.type == "message" for piece in item.content or ()
    ]
    text = "".join(piece.text or piece.refusal or "" for piece in pieces)
    thoughts = [part.text or "" for item in whole.output for part in item.summary or ()]
    reasoning = "\n\n".join(thoughts)
    if not text.startswith(resume.text):
        raise errors.gone(endpoint, "its text is another one")
    missed = reasoning.startswith(resume.reasoning) and not resume.text
    return Chunk(
        text=text[len(resume.text) :],
        reasoning=reasoning[len(resume.reasoning) :] if missed else "",
        finish=finished(whole, refused=any(piece.refusal for piece in pieces)),
        mark=resume.mark,
    )


async def cancel(client: AsyncOpenAI, upstream_id: str) -> None:
    """Stop it; where that fails, it ends by itself."""
    import openai

    with suppress(openai.OpenAIError, asyncio.TimeoutError):
        await asyncio.wait_for(
            client.responses.with_raw_response.cancel(upstream_id),
            _CANCEL_SECONDS,
        )


async def _ended(client: AsyncOpenAI, endpoint: Endpoint, upstream_id: str) -> _Whole:
    import openai

    while True:
        asking = client.responses.with_raw_response.retrieve(upstream_id)
        try:
            answered = await asyncio.wait_for(asking, _ANSWER_SECONDS)
            whole = _decode(answered.content)
        except asyncio.TimeoutError:
            raise errors.silent(endpoint, _ANSWER_SECONDS) from None
        except openai.OpenAIError as error:
            raise _translated(endpoint, error) from None
        except msgspec.DecodeError as error:
            raise errors.garbled(endpoint, f"malformed: {error}") from None
        if whole.status not in _RUNNING:
            return whole
        await asyncio.sleep(_POLL_SECONDS)


def _translated(endpoint: Endpoint, error: Exception) -> Exception:
    if getattr(error, "status_code", None) == _UNKNOWN:
        return errors.gone(endpoint, str(error))
    return errors.of_exception(endpoint, error)
