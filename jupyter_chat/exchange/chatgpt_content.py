"""What the messages of ChatGPT's data export say, as parts of ours.

Pictures, sounds and files are not in the export's text: a note in brackets stands for
each.  What ChatGPT itself hides, and what tools said to the model, is no part of the
answer: the latter is kept as part of the model's thinking, the former only counted.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

from msgspec import Struct

from ..protocol import Milliseconds, ReasoningPart, Role, Status, TextPart, WrittenPart
from .fences import fenced

MOST_CHARACTERS = 2_000_000
"""Of one message; MongoDB takes 16 MB at most."""

_CITATION = re.compile("\ue200[^\ue201]*\ue201")
_MEDIA = {
    "image_asset_pointer": "image",
    "audio_asset_pointer": "audio recording",
    "video_container_asset_pointer": "video",
    "real_time_user_audio_video_asset_pointer": "audio recording",
}
_LANGUAGE = re.compile(r"[\w+#.-]{1,30}")
_TO_THE_PERSON = ("all", "python", "canmore.create_textdoc", "canmore.update_textdoc")


class Author(Struct):
    role: str
    name: Any = None


class Content(Struct):
    content_type: str
    parts: Any = None
    text: Any = None
    content: Any = None
    language: Any = None
    thoughts: Any = None
    result: Any = None
    title: Any = None
    url: Any = None
    name: Any = None


class Metadata(Struct):
    model_slug: Any = None
    is_visually_hidden_from_conversation: Any = None
    finish_details: Any = None
    content_references: Any = None
    attachments: Any = None


class Said(Struct):
    """What one node says, or several that are one answer."""

    role: Role
    parts: list[WrittenPart]
    at: Milliseconds | None
    model: str | None
    status: Status
    last: str | None = None
    """The node that goes on from this must follow this node."""

    def go_on(self, name: str, more: Said) -> None:
        self.parts += more.parts
        self.at = more.at or self.at
        self.model = more.model or self.model
        self.status = more.status
        self.last = name

    def joined(self, omissions: Counter[str]) -> list[WrittenPart]:
        """With neighbours of one kind made one, none longer than a store takes."""
        groups: list[tuple[type[TextPart] | type[ReasoningPart], list[str]]] = []
        for part in self.parts:
            if not groups or groups[-1][0] is not type(part):
                groups.append((type(part), []))
            groups[-1][1].append(part.text)
        room = MOST_CHARACTERS
        parts: list[WrittenPart] = []
        for kind, texts in groups:
            text = "\n\n".join(texts)
            if len(text) > room:
                omissions["text beyond 2,000,000 characters of a message"] += 1
                text = f"{text[:room]}\n\n[The rest was not taken over.]"
                parts.append(kind(text))
                break
            room -= len(text)
            parts.append(kind(text))
        return parts


def parts_of(
    author: Author,
    content: Content,
    metadata: Metadata,
    recipient: str,
    omissions: Counter[str],
) -> list[WrittenPart]:
    """The parts of one message; none if there is nothing to take over."""
    kind = content.content_type
    if kind in ("user_editable_context", "model_editable_context"):
        omissions["custom instructions or memories"] += 1
        return []
    texts = [text for text in _texts(content, omissions) if text.strip()]
    if author.role not in ("user", "assistant", "tool"):
        if texts:
            omissions["system messages"] += 1
        return []
    if metadata.is_visually_hidden_from_conversation is True:
        if texts:
            omissions["hidden messages"] += 1
        return []
    if author.role == "user":
        texts += _attachments(metadata, omissions)
    text = _plain("\n\n".join(texts), metadata)
    if not text.strip():
        return []
    if kind in ("thoughts", "reasoning_recap"):
        return [ReasoningPart(text)]
    name = _text(author.name) or "a tool"
    if author.role == "tool":
        if kind in ("execution_output", "multimodal_text", "system_error"):
            return [TextPart(text)]
        return [ReasoningPart(f"{name}:\n\n{text}")]
    if recipient not in _TO_THE_PERSON:
        return [ReasoningPart(f"To {recipient}:\n\n{text}")]
    return [TextPart(text)]


def _texts(content: Content, omissions: Counter[str]) -> Iterator[str]:
    kind = content.content_type
    text = _text(content.text)
    if kind == "code":
        language = _text(content.language)
        if text.strip():
            yield fenced(text, language if _LANGUAGE.fullmatch(language) else "")
    elif kind in ("execution_output", "computer_output"):
        if text.strip():
            yield fenced(text, "text")
        if kind == "computer_output":
            yield _note("screenshot", omissions)
    elif kind == "thoughts":
        for thought in _list(content.thoughts):
            if isinstance(thought, dict):
                lines = [_text(thought.get("summary")), _text(thought.get("content"))]
                yield "\n\n".join(line for line in lines if line)
    elif kind == "reasoning_recap":
        yield _text(content.content) or text
    elif kind == "tether_quote":
        lines = [_text(content.title), _text(content.url), *text.split("\n")]
        yield "\n".join(f"> {line}" for line in lines if line)
    elif kind == "tether_browsing_display":
        yield _text(content.result) or text
    elif kind == "system_error":
        yield f"> {_text(content.name) or 'Error'}: {text}"
    else:
        yield from _other(content, text, omissions)


def _other(content: Content, text: str, omissions: Counter[str]) -> Iterator[str]:
    """Text, text with pictures, and what may have been added to the format since."""
    found = False
    for piece in _pieces(content, omissions):
        found = True
        yield piece
    if not found and text:
        yield text
    elif not found and content.content_type not in ("text", "multimodal_text"):
        yield _note(f"content of the kind {content.content_type[:50]}", omissions)


def _pieces(content: Content, omissions: Counter[str]) -> Iterator[str]:
    for part in _list(content.parts):
        if isinstance(part, str):
            yield part
        elif isinstance(part, dict):
            kind = part.get("content_type")
            text = part.get("text")
            if isinstance(text, str):  # audio_transcription and whatever else has words
                yield text
            elif kind in _MEDIA:
                yield _note(_MEDIA[kind], omissions)
            else:
                yield _note("attachment", omissions)
        elif part is not None:
            yield _note("attachment", omissions)


def _attachments(metadata: Metadata, omissions: Counter[str]) -> Iterator[str]:
    for attachment in _list(metadata.attachments):
        name = attachment.get("name") if isinstance(attachment, dict) else None
        if isinstance(name, str):
            omissions["files"] += 1
            yield f"[File not taken over: {' '.join(name.split())[:200]}]"


def _note(what: str, omissions: Counter[str]) -> str:
    omissions[f"{what}s" if not what.startswith("content") else what] += 1
    return f"[{what[:1].upper()}{what[1:]} not taken over]"


def _plain(text: str, metadata: Metadata) -> str:
    """Without the marks that stand for citations: a link where the export has one."""
    for reference in _list(metadata.content_references):
        if isinstance(reference, dict):
            mark, link = reference.get("matched_text"), reference.get("alt")
            if isinstance(mark, str) and "\ue200" in mark:
                text = text.replace(mark, link if isinstance(link, str) else "")
    return _CITATION.sub("", text).replace("\0", "\ufffd")


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
