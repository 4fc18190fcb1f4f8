"""Replies in the shapes of Chat Completions."""

from __future__ import annotations

import time
from typing import Any

import msgspec

from .answers import Answer
from .conversation import Conversation
from .obfuscation import obfuscation

_encode = msgspec.json.encode
_DONE = b"data: [DONE]\n\n"


class ChatStream:
    """Implements :class:`~tests.upstream.stream.Encoder`."""

    def __init__(self, number: int, conversation: Conversation, answer: Answer) -> None:
        self._conversation = conversation
        self._answer = answer
        self._common = _common(number, conversation, "chat.completion.chunk")
        choice: dict[str, Any] = {"index": 0, "delta": {}, "logprobs": None, "finish_reason": None}
        self._choice = choice
        field = "refusal" if answer.kind == "refusal" else "content"
        self._before, self._after = self._template(field)

    def opening(self) -> bytes:
        first = b""
        if self._conversation.azure:
            filtered = [{"prompt_index": 0, "content_filter_results": {}}]
            first = _event(
                {
                    "choices": [],
                    "created": 0,
                    "id": "",
                    "model": "",
                    "object": "",
                    "prompt_filter_results": filtered,
                }
            )
        delta = {"role": "assistant", "content": "", "refusal": None}
        return first + self._chunk(delta)

    def thought(self, text: str) -> bytes:
        return self._chunk({"reasoning_content": text})

    def piece(self, text: str) -> bytes:
        hidden = obfuscation(text) if self._conversation.obfuscation else b""
        return b"%b%b%b%b}\n\n" % (self._before, _encode(text), self._after, hidden)

    def closing(self) -> bytes:
        last = self._chunk({}, self._answer.finish)
        if self._conversation.usage:
            used = {"choices": [], "usage": _usage(self._conversation, self._answer)}
            last += _event({**self._common, **used})
        return last + _DONE

    def failure(self, code: str, message: str, *, flat: bool) -> bytes:
        error = {"message": message, "type": "server_error", "param": None, "code": code}
        return _event({"error": error})

    def _chunk(self, delta: dict[str, Any], finish: str | None = None) -> bytes:
        choice = {**self._choice, "delta": delta, "finish_reason": finish}
        chunk = {**self._common, "choices": [choice]}
        if self._conversation.usage:
            chunk["usage"] = None
        return _event(chunk)

    def _template(self, field: str) -> tuple[bytes, bytes]:
        """What stands before and after a piece of text, which is all that varies."""
        whole = self._chunk({field: "\x00"})
        before, _, after = whole.partition(_encode("\x00"))
        return before, after.removesuffix(b"}\n\n")


def completion(number: int, conversation: Conversation, answer: Answer) -> dict[str, Any]:
    """The whole reply, without streaming."""
    message: dict[str, Any] = {
        "role": "assistant",
        "content": answer.text() if answer.kind == "text" else None,
        "refusal": answer.text() if answer.kind == "refusal" else None,
        "annotations": [],
    }
    if answer.thoughts:
        message["reasoning_content"] = answer.reasoning()
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": answer.finish}
    return {
        **_common(number, conversation, "chat.completion"),
        "choices": [choice],
        "usage": _usage(conversation, answer),
    }


def _common(number: int, conversation: Conversation, kind: str) -> dict[str, Any]:
    return {
        "id": f"chatcmpl-{number:08}",
        "object": kind,
        "created": int(time.time()),
        "model": conversation.model.id,
        "service_tier": "default",
        "system_fingerprint": None,
    }


def _usage(conversation: Conversation, answer: Answer) -> dict[str, Any]:
    read, written = conversation.input_tokens(), answer.output_tokens()
    return {
        "prompt_tokens": read,
        "completion_tokens": written,
        "total_tokens": read + written,
        "prompt_tokens_details": {
            "cached_tokens": conversation.cached_tokens(),
            "cache_write_tokens": conversation.cache_write_tokens(),
            "audio_tokens": 0,
        },
        "completion_tokens_details": {
            "reasoning_tokens": answer.reasoning_tokens(),
            "audio_tokens": 0,
            "accepted_prediction_tokens": 0,
            "rejected_prediction_tokens": 0,
        },
    }


def _event(data: dict[str, Any]) -> bytes:
    return b"data: %b\n\n" % _encode(data)
