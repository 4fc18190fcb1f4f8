"""Chat Completions: what is sent, and what its stream means."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from ..protocol import Code, Problem, Source, Usage
from .errors import code_of
from .interface import Chunk, Endpoint, Finish, Prompt, ReplyRequest, data_url, is_strict
from .usage import reported

_OPENAI = (Source.OPENAI, Source.AZURE)


class _Delta(Struct):
    content: str | None = None
    refusal: str | None = None
    reasoning_content: str | None = None
    reasoning: str | None = None


class _Choice(Struct):
    delta: _Delta | None = None
    finish_reason: str | None = None


class _PromptDetails(Struct):
    cached_tokens: int | None = None
    cache_write_tokens: int | None = None


class _CompletionDetails(Struct):
    reasoning_tokens: int | None = None


class _Usage(Struct):
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    prompt_tokens_details: _PromptDetails | None = None
    completion_tokens_details: _CompletionDetails | None = None


class Event(Struct):
    """One event of the stream; fields that are of no use here are not read."""

    choices: list[_Choice] = []
    usage: _Usage | None = None
    model: str | None = None
    error: Any = None


def parameters(endpoint: Endpoint, request: ReplyRequest) -> dict[str, Any]:
    """The request's body.

    Servers other than OpenAI's know the older names best (`system`, `max_tokens`) and
    may refuse what they do not know, so they get nothing more.  OpenAI's reasoning models
    refuse `max_tokens`, also behind another server's address.
    """
    openai = endpoint.source in _OPENAI
    newer_names = openai or request.reasoning_model
    messages: list[dict[str, Any]] = []
    if request.instructions:
        role = "developer" if newer_names else "system"
        messages.append({"role": role, "content": request.instructions})
    messages += [{"role": m.role.value, "content": _content(m)} for m in request.messages]
    body: dict[str, Any] = {
        "model": request.model,
        "messages": messages,
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    if request.max_output_tokens is not None:
        name = "max_completion_tokens" if newer_names else "max_tokens"
        body[name] = request.max_output_tokens
    if request.effort is not None:
        body["reasoning_effort"] = request.effort.value
    if request.temperature is not None:
        body["temperature"] = request.temperature
    if request.json_schema is not None:
        schema = {"name": "answer", "schema": request.json_schema}
        strict = is_strict(request.json_schema)
        body["response_format"] = {
            "type": "json_schema",
            "json_schema": {**schema, "strict": strict},
        }
    if openai:
        body["store"] = False
        body["stream_options"]["include_obfuscation"] = False
    if endpoint.source is Source.OPENAI:
        if request.user_tag is not None:
            body["safety_identifier"] = request.user_tag
        if request.cache_key is not None:
            body["prompt_cache_key"] = request.cache_key
    return body


def _content(prompt: Prompt) -> str | list[dict[str, Any]]:
    if not prompt.images:
        return prompt.text
    pictures = [
        {"type": "image_url", "image_url": {"url": data_url(image)}} for image in prompt.images
    ]
    return [*pictures, {"type": "text", "text": prompt.text}]


class Stream:
    """The meaning of a stream so far.  Its end is the finish reason, but usage comes
    in one more event, so the finish is held back until that or the end."""

    event_type: type[Any] = Event
    begun: bool = True
    """Replies of this API end with their connection."""

    def __init__(self) -> None:
        self._reason: str | None = None
        self._refused = False
        self._usage: Usage | None = None
        self._model: str | None = None
        self.failure: tuple[str | None, str] | None = None
        """(code, message) of an error that came as an event."""

    def take(self, events: list[Event]) -> Chunk:
        text: list[str] = []
        reasoning: list[str] = []
        for event in events:
            if event.error:
                self.failure = failure(event.error)
            self._model = event.model or self._model
            if event.usage is not None:
                self._usage = _usage(event.usage)
            if not event.choices:
                continue
            choice = event.choices[0]
            delta = choice.delta
            if delta is not None:
                if delta.content:
                    text.append(delta.content)
                if delta.refusal:
                    text.append(delta.refusal)
                    self._refused = True
                thought = delta.reasoning_content or delta.reasoning
                if thought:
                    reasoning.append(thought)
            self._reason = choice.finish_reason or self._reason
        done = self._reason is not None and self._usage is not None
        finish = self.finish() if done else None
        return Chunk("".join(text), "".join(reasoning), finish)

    def finish(self) -> Finish | None:
        """The terminal event, if it has come."""
        if self._reason is None:
            return None
        problem = finish_problem("content_filter" if self._refused else self._reason)
        return Finish(self._reason, self._usage, self._model, problem)


def finish_problem(reason: str) -> Problem | None:
    """Why an answer that ended in an orderly way is not whole."""
    if reason in ("length", "max_output_tokens"):
        return Problem(
            Code.OUTPUT_LIMIT,
            "The answer reached the output limit. Ask to go on, or raise the limit in the "
            "model's settings.",
        )
    if reason in ("content_filter", "refusal"):
        return Problem(
            Code.CONTENT_REFUSED,
            "The model's server held back all or part of this answer because of its content.",
        )
    return None


def failure(error: Any) -> tuple[str | None, str]:
    """(code, message) of an error event, flat or nested."""

    def field(name: str) -> Any:
        return error.get(name) if isinstance(error, dict) else getattr(error, name, None)

    return code_of(field("code"), field("type")), str(field("message") or error or "")


def _usage(usage: _Usage) -> Usage:
    read = usage.prompt_tokens_details
    written = usage.completion_tokens_details
    return reported(
        usage.prompt_tokens,
        usage.completion_tokens,
        read.cached_tokens if read else None,
        read.cache_write_tokens if read else None,
        written.reasoning_tokens if written else None,
    )
