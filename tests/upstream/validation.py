"""Refuses what the real API refuses, in the same words; else reads the conversation."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from . import models
from .conversation import Conversation, text_of
from .errors import ApiError, unknown_model
from .models import Model
from .schemas import schema_of

_INTEGER = "an integer"
_NUMBER = "a decimal"
_BOOLEAN = "a boolean"
_STRING = "a string"
_ARRAY = "an array"
_OBJECT = "an object"
_ANY = "anything"

_IS: dict[str, Callable[[Any], bool]] = {
    _INTEGER: lambda value: isinstance(value, int) and not isinstance(value, bool),
    _NUMBER: lambda value: isinstance(value, (int, float)) and not isinstance(value, bool),
    _BOOLEAN: lambda value: isinstance(value, bool),
    _STRING: lambda value: isinstance(value, str),
    _ARRAY: lambda value: isinstance(value, list),
    _OBJECT: lambda value: isinstance(value, dict),
    _ANY: lambda value: True,
}

_BOTH = {
    "metadata": _OBJECT,
    "model": _STRING,
    "moderation": _OBJECT,
    "parallel_tool_calls": _BOOLEAN,
    "prompt_cache_key": _STRING,
    "prompt_cache_options": _OBJECT,
    "prompt_cache_retention": _STRING,
    "safety_identifier": _STRING,
    "service_tier": _STRING,
    "store": _BOOLEAN,
    "stream": _BOOLEAN,
    "stream_options": _OBJECT,
    "temperature": _NUMBER,
    "tool_choice": _ANY,
    "tools": _ARRAY,
    "top_logprobs": _INTEGER,
    "top_p": _NUMBER,
    "user": _STRING,
}
_CHAT = {
    **_BOTH,
    "frequency_penalty": _NUMBER,
    "logit_bias": _OBJECT,
    "logprobs": _BOOLEAN,
    "max_completion_tokens": _INTEGER,
    "max_tokens": _INTEGER,
    "messages": _ARRAY,
    "modalities": _ARRAY,
    "n": _INTEGER,
    "prediction": _OBJECT,
    "presence_penalty": _NUMBER,
    "reasoning_effort": _STRING,
    "response_format": _OBJECT,
    "seed": _INTEGER,
    "stop": _ANY,
    "verbosity": _STRING,
    "web_search_options": _OBJECT,
}
_RESPONSES = {
    **_BOTH,
    "background": _BOOLEAN,
    "context_management": _ARRAY,
    "conversation": _ANY,
    "include": _ARRAY,
    "input": _ANY,
    "instructions": _STRING,
    "max_output_tokens": _INTEGER,
    "max_tool_calls": _INTEGER,
    "previous_response_id": _STRING,
    "prompt": _OBJECT,
    "reasoning": _OBJECT,
    "text": _OBJECT,
    "truncation": _STRING,
}
_WITHIN = {
    "reasoning": {
        "context": _STRING,
        "effort": _STRING,
        "generate_summary": _STRING,
        "mode": _STRING,
        "summary": _STRING,
    },
    "text": {"format": _OBJECT, "verbosity": _STRING},
}
_CHAT_STREAM = {"include_usage": _BOOLEAN, "include_obfuscation": _BOOLEAN}
_RESPONSES_STREAM = {"include_obfuscation": _BOOLEAN}
_CHAT_ROLES = ("system", "assistant", "user", "function", "tool", "developer")
_RESPONSES_ROLES = ("assistant", "system", "developer", "user")
_ANSWER_PARTS = ("output_text", "refusal")
_QUESTION_PARTS = ("input_text", "input_image", "input_file")
_CHAT_PARTS = ("text", "image_url", "input_audio", "refusal", "file")
_PICTURES = ("input_image", "image_url")
_RANGES = {
    "temperature": (0, 2),
    "top_p": (0, 1),
    "frequency_penalty": (-2, 2),
    "presence_penalty": (-2, 2),
    "max_tokens": (1, 10**9),
    "max_completion_tokens": (1, 10**9),
    "max_output_tokens": (16, 10**9),
}
_MOST_CHARACTERS = {"safety_identifier": 64, "prompt_cache_key": 64, "user": 64}
_SUMMARIES = ("auto", "concise", "detailed")
_NOT_PLAYED = ("conversation", "previous_response_id", "prompt", "tools")
"""The real API takes them; a script that ignored them would mislead."""


def chat_completion(body: Any) -> Conversation:
    """Check a request to Chat Completions, and read it.

    Raises:
        ApiError: the real API would refuse it.
    """
    _check_fields(body, _CHAT)
    if "messages" not in body:
        raise _missing("messages")
    model = _model(body)
    _check_fields(body.get("stream_options"), _CHAT_STREAM, "stream_options.")
    if body.get("n") not in (None, 1):
        raise _not_played("n")
    effort = body.get("reasoning_effort")
    if not model.lenient:
        if model.efforts and body.get("max_tokens") is not None:
            raise _unsupported("max_tokens", "Use 'max_completion_tokens' instead.")
        _check_length(model, body, "max_completion_tokens")
        _check_length(model, body, "max_tokens")
        _check_effort(model, effort, "reasoning_effort")
        _check_sampling(model, body, effort)
    if not body["messages"]:
        raise ApiError(
            400,
            "Invalid 'messages': empty array. Expected an array with minimum length 1, but got "
            "an empty array instead.",
            param="messages",
            code="empty_array",
        )
    schema_of(body)
    messages: list[tuple[str, str]] = []
    instructions: list[str] = []
    for index, message in enumerate(body["messages"]):
        where = f"messages[{index}]"
        _check_type(message, _OBJECT, where)
        role, content = _role(message, _CHAT_ROLES, where), message.get("content")
        if content is None and role != "assistant":
            raise _missing(f"{where}.content")
        _check_content(content, _CHAT_PARTS, f"{where}.content", model)
        into = instructions if role in ("system", "developer") and not messages else None
        if into is None:
            messages.append((role, text_of(content)))
        else:
            into.append(text_of(content))
    options = body.get("stream_options") or {}
    return Conversation(
        model,
        messages,
        instructions="\n".join(instructions) or None,
        limit=body.get("max_completion_tokens") or body.get("max_tokens"),
        stream=bool(body.get("stream")),
        usage=bool(options.get("include_usage")),
        obfuscation=options.get("include_obfuscation") is not False,
        body=body,
    )


def response(body: Any, *, verified: bool = True, background: bool = True) -> Conversation:
    """Check a request to the Responses API, and read it.

    Raises:
        ApiError: the real API would refuse it.
    """
    _check_fields(body, _RESPONSES)
    model = _model(body)
    if body.get("input") is None:
        raise _missing("input")
    _check_fields(body.get("stream_options"), _RESPONSES_STREAM, "stream_options.")
    for name, within in _WITHIN.items():
        _check_fields(body.get(name), within, f"{name}.")
    reasoning = body.get("reasoning") or {}
    effort, summary = reasoning.get("effort"), reasoning.get("summary")
    if summary is not None:
        _check_choice(summary, _SUMMARIES, "reasoning.summary")
    if not model.lenient:
        if summary is not None and not model.efforts:
            raise _unsupported("reasoning.summary")
        if summary is not None and not verified:
            raise ApiError(
                400,
                "Your organization must be verified to generate reasoning summaries.",
                param="reasoning.summary",
                code="unsupported_value",
            )
        _check_length(model, body, "max_output_tokens")
        _check_effort(model, effort, "reasoning.effort")
        _check_sampling(model, body, effort)
    if body.get("background") and not background:
        raise _unsupported("background")
    if body.get("background") and body.get("store") is False:
        raise ApiError(
            400,
            "Background mode requires that 'store' is not false.",
            param="store",
            code="invalid_value",
        )
    schema_of(body)
    options = body.get("stream_options") or {}
    return Conversation(
        model,
        _input(body["input"], model),
        instructions=body.get("instructions"),
        limit=body.get("max_output_tokens"),
        stream=bool(body.get("stream")),
        obfuscation=options.get("include_obfuscation") is not False,
        summary=summary is not None,
        body=body,
    )


def _input(given: Any, model: Model) -> list[tuple[str, str]]:
    if isinstance(given, str):
        return [("user", given)]
    if not isinstance(given, list):
        raise _wrong_type(given, "one of a string or array of objects", "input")
    messages: list[tuple[str, str]] = []
    for index, item in enumerate(given):
        where = f"input[{index}]"
        _check_type(item, _OBJECT, where)
        if item.get("type", "message") != "message":
            continue
        role = _role(item, _RESPONSES_ROLES, where)
        if item.get("content") is None:
            raise _missing(f"{where}.content")
        parts = _ANSWER_PARTS if role == "assistant" else _QUESTION_PARTS
        _check_content(item["content"], parts, f"{where}.content", model)
        messages.append((role, text_of(item["content"])))
    return messages


def _model(body: dict[str, Any]) -> Model:
    name = body.get("model")
    if not name:
        raise ApiError(400, "you must provide a model parameter")
    model = models.find(name)
    if model is None:
        raise unknown_model(name)
    if not model.chats:
        raise ApiError(
            404,
            "This is not a chat model and thus not supported in the v1/chat/completions endpoint.",
            param="model",
        )
    return model


def _check_fields(body: Any, known: dict[str, str], prefix: str = "") -> None:
    if body is None and prefix:
        return
    if not isinstance(body, dict):
        raise ApiError(400, "We could not parse the JSON body of your request.")
    for name, value in body.items():
        kind = known.get(name)
        if kind is None:
            raise ApiError(
                400,
                f"Unknown parameter: '{prefix}{name}'.",
                param=prefix + name,
                code="unknown_parameter",
            )
        if value is None:
            continue
        _check_type(value, kind, prefix + name)
        if name in _NOT_PLAYED and value:
            raise _not_played(name)
        _check_range(name, value)
    if body.get("stream_options") is not None and not body.get("stream"):
        raise ApiError(
            400,
            "The 'stream_options' parameter is only allowed when 'stream' is enabled.",
            param="stream_options",
        )


def _check_range(name: str, value: Any) -> None:
    if name in _RANGES:
        low, high = _RANGES[name]
        if not low <= value <= high:
            side, limit = ("below_min", f">= {low}") if value < low else ("above_max", f"<= {high}")
            kind = "integer" if isinstance(value, int) else "decimal"
            raise ApiError(
                400,
                f"Invalid '{name}': {kind} {side.replace('_', ' ')} value. Expected a value "
                f"{limit}, but got {value} instead.",
                param=name,
                code=f"{kind}_{side}_value",
            )
    most = _MOST_CHARACTERS.get(name)
    if most is not None and len(value) > most:
        raise ApiError(
            400,
            f"Invalid '{name}': string too long. Expected a string with maximum length {most}, "
            f"but got a string with length {len(value)} instead.",
            param=name,
            code="string_above_max_length",
        )


def _check_effort(model: Model, effort: str | None, param: str) -> None:
    if effort is None:
        return
    if not model.efforts:
        raise _unsupported(param)
    if effort not in model.efforts:
        supported = ", ".join(f"'{name}'" for name in model.efforts)
        raise ApiError(
            400,
            f"Unsupported value: '{effort}' is not supported with the '{model.id}' model. "
            f"Supported values are: {supported}.",
            param=param,
            code="unsupported_value",
        )


def _check_sampling(model: Model, body: dict[str, Any], effort: str | None) -> None:
    """A model that reasons is not told how to sample."""
    if not model.efforts or effort == "none":
        return
    for name in ("temperature", "top_p"):
        if body.get(name) is not None:
            raise _unsupported(name)


def _role(message: dict[str, Any], roles: tuple[str, ...], where: str) -> str:
    role = message.get("role")
    if role is None:
        raise _missing(f"{where}.role")
    _check_choice(role, roles, f"{where}.role")
    return str(role)


def _check_length(model: Model, body: dict[str, Any], param: str) -> None:
    wanted = body.get(param)
    if wanted is not None and model.longest is not None and wanted > model.longest:
        raise ApiError(
            400,
            f"{param} is too large: {wanted}. This model supports at most {model.longest} "
            f"completion tokens, whereas you provided {wanted}.",
            param=param,
            code="invalid_value",
        )


def _check_content(content: Any, parts: tuple[str, ...], where: str, model: Model) -> None:
    if content is None or isinstance(content, str):
        return
    if not isinstance(content, list):
        raise _wrong_type(content, "one of a string or array of objects", where)
    for index, part in enumerate(content):
        _check_type(part, _OBJECT, f"{where}[{index}]")
        _check_choice(part.get("type"), parts, f"{where}[{index}].type")
        if part["type"] in _PICTURES and not model.images:
            raise ApiError(
                400,
                f"Invalid content type. {part['type']} is only supported by certain models.",
                param=f"{where}[{index}].type",
            )


def _check_choice(value: Any, choices: tuple[str, ...], param: str) -> None:
    if value not in choices:
        supported = ", ".join(f"'{choice}'" for choice in choices)
        raise ApiError(
            400,
            f"Invalid value: '{value}'. Supported values are: {supported}.",
            param=param,
            code="invalid_value",
        )


def _check_type(value: Any, kind: str, param: str) -> None:
    if not _IS[kind](value):
        raise _wrong_type(value, kind, param)


def _wrong_type(value: Any, expected: str, param: str) -> ApiError:
    got = next((kind for kind, fits in _IS.items() if fits(value)), _ANY)
    return ApiError(
        400,
        f"Invalid type for '{param}': expected {expected}, but got {got} instead.",
        param=param,
        code="invalid_type",
    )


def _missing(param: str) -> ApiError:
    return ApiError(
        400,
        f"Missing required parameter: '{param}'.",
        param=param,
        code="missing_required_parameter",
    )


def _unsupported(param: str, hint: str = "") -> ApiError:
    return ApiError(
        400,
        f"Unsupported parameter: '{param}' is not supported with this model. {hint}".strip(),
        param=param,
        code="unsupported_parameter",
    )


def _not_played(param: str) -> ApiError:
    return ApiError(
        400, f"The scripted server does not play '{param}'.", param=param, code="not_played"
    )
