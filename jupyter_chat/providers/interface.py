"""Where replies come from: what every provider promises.

A provider turns a :class:`ReplyRequest` into a stream of :class:`Chunk`; it knows
neither threads nor users nor the store.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Sequence
from typing import Any, Protocol

import msgspec
from msgspec import Struct

from ..addresses import without_login
from ..protocol import Api, Effort, ImagePart, Model, Problem, Role, Source, Usage

KEPT = "Your question is kept"
"""Stands in the message of every error that a question may meet, before what to do."""

_PARTLY_KEPT = "What had come is kept"


def partly_answered(problem: Problem) -> Problem:
    """The same where a part of the answer had come, which can be gone on with."""
    message = problem.message.replace(KEPT, _PARTLY_KEPT, 1)
    return msgspec.structs.replace(problem, message=message)


def asked_often(problem: Problem, times: int) -> Problem:
    """The same where it was asked for more than once."""
    often = "twice" if times == 2 else f"{times} times"
    message = problem.message.replace(KEPT, f"It was asked for {often}. {KEPT}", 1)
    return msgspec.structs.replace(problem, message=message)


def unasked(problem: Problem) -> Problem:
    """The same where nothing was asked: in the settings no question is kept."""
    message = problem.message.removesuffix(f" {KEPT}.")
    what, kept, then = message.partition(f"{KEPT}: ")
    if not kept:
        return msgspec.structs.replace(problem, message=message)
    then = re.sub(",? and retry", "", then).replace("retry", "try again")
    return msgspec.structs.replace(problem, message=what + then[:1].upper() + then[1:])


class ProviderError(Exception):
    """The model's server did not do it; `problem` says why in words for the person.

    `retry_after` (seconds) is set where asking again by itself may help: rate limits, an
    overloaded or restarting server, where nothing has been billed yet, and connections
    that broke off (`stream_cut`), where that is not known.  `while_waiting` is what to say
    meanwhile: what happened, without what to do.  `ended`: upstream itself has ended the
    reply, so there is nothing left to go on with.
    """

    def __init__(
        self,
        problem: Problem,
        retry_after: float | None = None,
        while_waiting: str | None = None,
        *,
        ended: bool = False,
    ) -> None:
        super().__init__(problem.message)
        self.problem = problem
        self.retry_after = retry_after
        self.while_waiting = while_waiting
        self.ended = ended


class Endpoint(Struct, frozen=True):
    """A model's server and how to speak to it."""

    source: Source
    api: Api = Api.AUTO
    base_url: str | None = None
    key: str | None = None
    azure_api_version: str | None = None
    public_only: bool = False
    """It must not be in this machine or its own network."""
    own_server: bool = False
    """The person who asks has named its address: nobody else pays for it, and what it says that
    a reply has taken is that person's word."""

    def __repr__(self) -> str:  # the key, and a password in the address, stay out of logs
        shown = None if self.base_url is None else without_login(self.base_url)
        return f"Endpoint({self.source.value}, {shown!r})"


class Prompt(Struct, frozen=True):
    """One message as the model sees it."""

    role: Role
    text: str
    images: tuple[ImagePart, ...] = ()
    message_id: str | None = None
    answers: str | None = None
    """Which message it is, and which one it follows, where it is one of the conversation; neither
    is sent."""


def data_url(image: ImagePart) -> str:
    return f"data:{image.media_type};base64,{image.data}"


def is_strict(schema: Any) -> bool:
    """Whether upstream can promise that its answer is of this form: every object in it
    names all of its properties as required and allows no others (OpenAI, *Structured
    Outputs*)."""
    if isinstance(schema, list):
        return all(map(is_strict, schema))
    if not isinstance(schema, dict):
        return True
    if schema.get("type") == "object" or "properties" in schema:
        named = set(schema.get("properties", {}))
        if schema.get("additionalProperties") is not False or named != set(
            schema.get("required", [])
        ):
            return False
    return all(map(is_strict, schema.values()))


class Mark(Struct, frozen=True):
    """A place in a reply that upstream goes on with whether we listen or not: what it
    calls the reply, and the number of its last event before that place."""

    upstream_id: str
    seq: int


class Resume(Struct, frozen=True):
    """Where to go on, and what has come by then."""

    mark: Mark
    text: str
    reasoning: str


class ReplyRequest(Struct, frozen=True):
    """All that goes upstream; holds no setting that the model is known to refuse."""

    model: str
    messages: list[Prompt]
    instructions: str | None = None
    temperature: float | None = None
    max_output_tokens: int | None = None
    is_most_allowed: bool = False
    """This server lets the person have no longer answers."""
    effort: Effort | None = None
    reasoning_model: bool = False
    """The model is known as one that can reason, which takes the newer names only."""
    json_schema: dict[str, Any] | None = None
    """The answer is JSON of this form."""
    reasons: bool = False
    """It is known to reason for this reply: summaries of its reasoning are asked for."""
    user_tag: str | None = None
    """A hash that stands for the user (OpenAI's `safety_identifier`)."""
    cache_key: str | None = None
    """Requests with the same key share a prompt cache (OpenAI's `prompt_cache_key`)."""
    durable: bool = False
    """Let upstream go on whether we listen or not, if it can; chunks then have marks."""
    counted_tokens: int | None = None
    """What we count the input as; not sent."""
    known: Model | None = None
    """What is known of the model; not sent."""


class Finish(Struct, frozen=True):
    """The upstream's terminal event.

    `reason` is `stop`, `length` (the output limit was reached), `content_filter` or
    whatever else the upstream says; `problem` is set where the answer is not whole.
    """

    reason: str
    usage: Usage | None = None
    model: str | None = None
    problem: Problem | None = None


class Chunk(Struct, frozen=True):
    """What arrived since the last chunk: reasoning first, then text, either may be
    empty.  The last chunk of a whole reply has `finish`.  `mark` is the place after it,
    where upstream can be asked to go on from there."""

    text: str = ""
    reasoning: str = ""
    finish: Finish | None = None
    mark: Mark | None = None


class Provider(Protocol):
    def stream(
        self, endpoint: Endpoint, request: ReplyRequest, resume: Resume | None = None
    ) -> AsyncIterator[Chunk]:
        """Make one reply, or go on with one; never retries by itself.

        Each step of the iterator takes all that has arrived by then.  Raises
        :class:`ProviderError` (what was yielded before it stays valid), with code
        `stream_cut` where the upstream ends without its terminal event, and with
        `reply_gone` where it does not know the reply that is to go on.  Closing the
        iterator closes the connection upstream at once; a reply that has marks goes on
        there all the same.
        """

    async def cancel(self, endpoint: Endpoint, mark: Mark) -> None:
        """Stop a reply that upstream goes on with; never raises for its sake."""

    async def models(self, endpoint: Endpoint) -> list[Model]:
        """What the server lists, as far as it says anything about each."""

    async def moderate(
        self, endpoint: Endpoint, model: str, text: str, images: Sequence[ImagePart] = ()
    ) -> list[str]:
        """The categories of what should not be said or shown that a text and pictures fall
        into.  Raises :class:`ProviderError`."""

    async def close(self) -> None:
        """Close all connections and stop a local server that was started."""
