"""The Responses API: what is sent, and what its stream means."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from ..protocol import Source, Usage
from .chat_completions import failure, finish_problem
from .interface import (
    Chunk,
    Endpoint,
    Finish,
    Mark,
    Prompt,
    ReplyRequest,
    Resume,
    data_url,
    is_strict,
)
from .usage import reported

_LEAST_OUTPUT = 16
"""This API refuses to stop earlier."""


class _InputDetails(Struct):
    cached_tokens: int | None = None
    cache_write_tokens: int | None = None


class _OutputDetails(Struct):
    reasoning_tokens: int | None = None


class _Usage(Struct):
    input_tokens: int | None = None
    output_tokens: int | None = None
    input_tokens_details: _InputDetails | None = None
    output_tokens_details: _OutputDetails | None = None


class _Incomplete(Struct):
    reason: str | None = None


class Response(Struct):
    id: str | None = None
    background: bool | None = None
    model: str | None = None
    usage: _Usage | None = None
    incomplete_details: _Incomplete | None = None
    error: Any = None


class Event(Struct):
    """One event of the stream; fields that are of no use here are not read."""

    type: str = ""
    delta: Any = None
    response: Response | None = None
    error: Any = None
    code: Any = None
    message: Any = None
    sequence_number: int | None = None
    summary_index: int | None = None


def parameters(
    endpoint: Endpoint, request: ReplyRequest, *, summaries: bool, durable: bool
) -> dict[str, Any]:
    """The request's body.  `summaries`: ask for summaries of the reasoning (OpenAI
    gives them to verified organisations only, and refuses the request otherwise);
    `durable`: let the reply be made whether we listen or not."""
    body: dict[str, Any] = {
        "model": request.model,
        "input": [{"role": m.role.value, "content": _content(m)} for m in request.messages],
        "stream": True,
        "store": durable,
    }
    if durable:
        body["background"] = True
    if request.instructions:
        body["instructions"] = request.instructions
    if request.max_output_tokens is not None:
        body["max_output_tokens"] = max(request.max_output_tokens, _LEAST_OUTPUT)
    reasoning: dict[str, str] = {}
    if request.effort is not None:
        reasoning["effort"] = request.effort.value
    if summaries and request.reasons:
        reasoning["summary"] = "auto"
    if reasoning:
        body["reasoning"] = reasoning
    if request.temperature is not None:
        body["temperature"] = request.temperature
    if request.json_schema is not None:
        schema = {"name": "answer", "schema": request.json_schema}
        strict = is_strict(request.json_schema)
        body["text"] = {"format": {"type": "json_schema", **schema, "strict": strict}}
    if endpoint.source in (Source.OPENAI, Source.AZURE):
        body["stream_options"] = {"include_obfuscation": False}
    if endpoint.source is Source.OPENAI:
        if request.user_tag is not None:
            body["safety_identifier"] = request.user_tag
        if request.cache_key is not None:
            body["prompt_cache_key"] = request.cache_key
    return body


def _content(prompt: Prompt) -> str | list[dict[str, str]]:
    if not prompt.images:
        return prompt.text
    pictures = [{"type": "input_image", "image_url": data_url(image)} for image in prompt.images]
    return [*pictures, {"type": "input_text", "text": prompt.text}]


class Stream:
    """The meaning of a stream so far."""

    event_type: type[Any] = Event

    def __init__(self, resume: Resume | None = None) -> None:
        self._finish: Finish | None = None
        self._refused = False
        self._summaries = 1 if resume is not None and resume.reasoning else 0
        self._upstream_id = resume.mark.upstream_id if resume is not None else None
        self._seq = resume.mark.seq if resume is not None else None
        self.begun = False
        """Upstream has said what it makes, and whether in the background."""
        self.failure: tuple[str | None, str] | None = None
        """(code, message) of an error that came as an event."""

    def take(self, events: list[Event]) -> Chunk:
        text: list[str] = []
        reasoning: list[str] = []
        for event in events:
            kind = event.type
            if event.sequence_number is not None:
                if self._seq is not None and event.sequence_number <= self._seq:
                    continue  # it has been taken
                self._seq = event.sequence_number
            if kind == "response.output_text.delta":
                text.append(str(event.delta))
            elif kind == "response.refusal.delta":
                text.append(str(event.delta))
                self._refused = True
            elif kind in ("response.reasoning_summary_text.delta", "response.reasoning_text.delta"):
                reasoning.append(str(event.delta))
            elif kind == "response.reasoning_summary_part.added":
                if self._summaries or event.summary_index:
                    reasoning.append("\n\n")
                self._summaries += 1
            elif kind == "response.created":
                self.begun = True
                if event.response is not None and event.response.background:
                    self._upstream_id = event.response.id
            elif kind in ("response.completed", "response.incomplete"):
                self._finish = finished(event.response or Response(), refused=self._refused)
            elif kind == "response.failed":
                self.failure = failure(event.response.error if event.response else None)
            elif kind == "error" or (not kind and event.error):
                self.failure = failure(event.error or event)
        return Chunk("".join(text), "".join(reasoning), self._finish, self._mark())

    def finish(self) -> Finish | None:
        """The terminal event, if it has come."""
        return self._finish

    @property
    def upstream_id(self) -> str | None:
        """What upstream calls the reply, where it goes on without us."""
        return self._upstream_id

    def _mark(self) -> Mark | None:
        if self._upstream_id is None or self._seq is None:
            return None
        return Mark(self._upstream_id, self._seq)


def finished(response: Response, *, refused: bool) -> Finish:
    """What the response says at its end."""
    details = response.incomplete_details
    reason = (details.reason if details else None) or "stop"
    if reason == "max_output_tokens":
        reason = "length"
    problem = finish_problem("refusal" if refused else reason)
    usage = _usage(response.usage) if response.usage is not None else None
    return Finish(reason, usage, response.model, problem)


def _usage(usage: _Usage) -> Usage:
    read, written = usage.input_tokens_details, usage.output_tokens_details
    return reported(
        usage.input_tokens,
        usage.output_tokens,
        read.cached_tokens if read else None,
        read.cache_write_tokens if read else None,
        written.reasoning_tokens if written else None,
    )
