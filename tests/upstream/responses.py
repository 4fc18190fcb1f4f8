"""Replies in the shapes of the Responses API."""

from __future__ import annotations

import time
from typing import Any

import msgspec

from .answers import Answer
from .conversation import Conversation
from .obfuscation import obfuscation

_encode = msgspec.json.encode
_PARTS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "text": ("output_text", "text", {"annotations": [], "logprobs": []}),
    "refusal": ("refusal", "refusal", {}),
}
_KEPT = (
    "instructions",
    "max_output_tokens",
    "prompt_cache_key",
    "safety_identifier",
    "temperature",
    "top_p",
)


class ResponseStream:
    """Implements :class:`~tests.upstream.stream.Encoder`."""

    def __init__(self, number: int, conversation: Conversation, answer: Answer) -> None:
        self._conversation = conversation
        self._answer = answer
        self._response = _response(number, conversation)
        self._sequence = 0
        self._reasoning = _Reasoning(self, number, summary=conversation.summary)
        self._message = _Message(self, number, answer.kind)
        self.output: list[dict[str, Any]] = []
        """The items that are done."""

    def opening(self) -> bytes:
        events = b""
        if self._response["background"]:
            queued = {**self._response, "status": "queued"}
            events += self.event("response.created", response=queued)
            events += self.event("response.queued", response=queued)
        else:
            events += self.event("response.created", response=self._response)
        return events + self.event("response.in_progress", response=self._response)

    def thought(self, text: str) -> bytes:
        return self._reasoning.piece(text)

    def piece(self, text: str) -> bytes:
        return self._reasoning.close() + self._message.piece(text, self._conversation.obfuscation)

    def closing(self) -> bytes:
        answer = self._answer
        status, why = _status(answer.finish)
        ended = self._reasoning.close() + self._message.close(status)
        final = {
            **self._response,
            "status": status,
            "completed_at": int(time.time()) if status == "completed" else None,
            "incomplete_details": why,
            "output": self.output,
            "usage": _usage(self._conversation, answer),
        }
        return ended + self.event(f"response.{status}", response=final)

    def failure(self, code: str, message: str, *, flat: bool) -> bytes:
        if flat:
            return self.event("error", code=code, message=message, param=None)
        error = {"code": code, "message": message}
        failed = {**self._response, "status": "failed", "error": error, "output": self.output}
        return self.event("response.failed", response=failed)

    def event(self, kind: str, **fields: Any) -> bytes:
        data = {"type": kind, "sequence_number": self.next_number(), **fields}
        return b"event: %b\ndata: %b\n\n" % (kind.encode(), _encode(data))

    def next_number(self) -> int:
        number = self._sequence
        self._sequence += 1
        return number


class _Reasoning:
    """The item of the reasoning: a summary in parts, or (as open models give it) the
    reasoning itself."""

    def __init__(self, stream: ResponseStream, number: int, *, summary: bool) -> None:
        self._stream = stream
        self._id = f"rs_{number:08}"
        self._summary = summary
        self._parts: list[str] = []
        self._open = False

    def piece(self, text: str) -> bytes:
        data = b""
        if not self._open:
            self._open = True
            data += self._stream.event(
                "response.output_item.added", output_index=0, item=self._item("in_progress")
            )
        if not self._parts or text.startswith("\n\n"):
            data += self._close_part() + self._open_part()
            text = text.removeprefix("\n\n")
        self._parts[-1] += text
        return data + self._event("text.delta", delta=text)

    def close(self) -> bytes:
        if not self._open:
            return b""
        self._open = False
        data = self._close_part()
        item = self._item("completed")
        self._stream.output.append(item)
        return data + self._stream.event("response.output_item.done", output_index=0, item=item)

    def _open_part(self) -> bytes:
        self._parts.append("")
        return self._part_event("added", "")

    def _close_part(self) -> bytes:
        if not self._parts:
            return b""
        text = self._parts[-1]
        return self._event("text.done", text=text) + self._part_event("done", text)

    def _part_event(self, what: str, text: str) -> bytes:
        if self._summary:
            part = {"type": "summary_text", "text": text}
            return self._event(f"part.{what}", part=part)
        part = {"type": "reasoning_text", "text": text}
        return self._stream.event(f"response.content_part.{what}", **self._place(), part=part)

    def _event(self, kind: str, **fields: Any) -> bytes:
        prefix = "response.reasoning_summary_" if self._summary else "response.reasoning_"
        return self._stream.event(prefix + kind, **self._place(), **fields)

    def _place(self) -> dict[str, Any]:
        index = "summary_index" if self._summary else "content_index"
        return {"item_id": self._id, "output_index": 0, index: len(self._parts) - 1}

    def _item(self, status: str) -> dict[str, Any]:
        return reasoning_item(self._id, self._parts, summary=self._summary, status=status)


class _Message:
    """The item of the answer itself, with one part."""

    def __init__(self, stream: ResponseStream, number: int, kind: str) -> None:
        self._stream = stream
        self._id = f"msg_{number:08}"
        self._kind = kind
        self._part_type, self._field, self._more = _PARTS[kind]
        self._texts: list[str] = []
        self._before = b""
        self._after = b""

    def piece(self, text: str, hide: bool) -> bytes:
        data = b"" if self._before else self._begin()
        self._texts.append(text)
        return b"%b%b%d%b%b%b%b}\n\n" % (
            data,
            self._before,
            self._stream.next_number(),
            self._after,
            _encode(text),
            b',"logprobs":[]' if self._kind == "text" else b"",
            obfuscation(text) if hide else b"",
        )

    def close(self, status: str) -> bytes:
        data = b"" if self._before else self._begin()
        text = "".join(self._texts)
        more: dict[str, Any] = {"logprobs": []} if self._kind == "text" else {}
        data += self._stream.event(
            f"response.{self._part_type}.done", **self._place(), **{self._field: text}, **more
        )
        part = self._part(text)
        data += self._stream.event("response.content_part.done", **self._place(), part=part)
        item = self._item(status, [part])
        index = len(self._stream.output)
        self._stream.output.append(item)
        return data + self._stream.event("response.output_item.done", output_index=index, item=item)

    def _begin(self) -> bytes:
        kind = f"response.{self._part_type}.delta"
        self._before = f'event: {kind}\ndata: {{"type":"{kind}","sequence_number":'.encode()
        place = _encode(self._place())
        self._after = b",%b," % place[1:-1] + b'"delta":'
        added = self._stream.event(
            "response.output_item.added",
            output_index=len(self._stream.output),
            item=self._item("in_progress", []),
        )
        return added + self._stream.event(
            "response.content_part.added", **self._place(), part=self._part("")
        )

    def _place(self) -> dict[str, Any]:
        index = len(self._stream.output)
        return {"item_id": self._id, "output_index": index, "content_index": 0}

    def _part(self, text: str) -> dict[str, Any]:
        return {"type": self._part_type, self._field: text, **self._more}

    def _item(self, status: str, content: list[dict[str, Any]]) -> dict[str, Any]:
        return message_item(self._id, content, status)


def response(number: int, conversation: Conversation, answer: Answer) -> dict[str, Any]:
    """The whole reply, without streaming."""
    status, why = _status(answer.finish)
    kind, field, more = _PARTS[answer.kind]
    part = {"type": kind, field: answer.text(), **more}
    output = [message_item(f"msg_{number:08}", [part], status)]
    if answer.thoughts:
        parts = answer.reasoning().split("\n\n")
        summary = conversation.summary
        output.insert(0, reasoning_item(f"rs_{number:08}", parts, summary=summary))
    return {
        **_response(number, conversation),
        "status": status,
        "incomplete_details": why,
        "output": output,
        "usage": _usage(conversation, answer),
    }


def message_item(item_id: str, content: list[dict[str, Any]], status: str) -> dict[str, Any]:
    return {
        "id": item_id,
        "type": "message",
        "status": status,
        "role": "assistant",
        "content": content,
    }


def reasoning_item(
    item_id: str, parts: list[str], *, summary: bool, status: str = "completed"
) -> dict[str, Any]:
    kind = "summary_text" if summary else "reasoning_text"
    texts = [{"type": kind, "text": part} for part in parts]
    item = {"id": item_id, "type": "reasoning", "summary": texts if summary else []}
    return item if summary else {**item, "content": texts, "status": status}


def _status(finish: str) -> tuple[str, dict[str, str] | None]:
    if finish == "stop":
        return "completed", None
    return "incomplete", {
        "reason": "max_output_tokens" if finish == "length" else finish,
    }


def _response(number: int, conversation: Conversation) -> dict[str, Any]:
    body = conversation.body
    reasoning = body.get("reasoning") or {}
    return {
        "id": f"resp_{number:08}",
        "object": "response",
        "created_at": int(time.time()),
        "status": "in_progress",
        "background": bool(body.get("background")),
        "completed_at": None,
        "error": None,
        "incomplete_details": None,
        "max_tool_calls": None,
        "model": conversation.model.id,
        "output": [],
        "parallel_tool_calls": True,
        "previous_response_id": None,
        "reasoning": {"effort": reasoning.get("effort"), "summary": reasoning.get("summary")},
        "service_tier": "default",
        "store": body.get("store") is not False,
        "text": {"format": {"type": "text"}, "verbosity": "medium"},
        "tool_choice": "auto",
        "tools": [],
        "top_logprobs": 0,
        "truncation": "disabled",
        "usage": None,
        "user": None,
        "metadata": body.get("metadata") or {},
        **{name: body.get(name) for name in _KEPT},
    }


def _usage(conversation: Conversation, answer: Answer) -> dict[str, Any]:
    read, written = conversation.input_tokens(), answer.output_tokens()
    return {
        "input_tokens": read,
        "input_tokens_details": {
            "cached_tokens": conversation.cached_tokens(),
            "cache_write_tokens": conversation.cache_write_tokens(),
        },
        "output_tokens": written,
        "output_tokens_details": {"reasoning_tokens": answer.reasoning_tokens()},
        "total_tokens": read + written,
    }
