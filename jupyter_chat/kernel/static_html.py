"""A conversation as HTML that needs nothing: for notebooks that are read without a kernel."""

from __future__ import annotations

import html
from collections.abc import Iterable

import mistune

from ..protocol import Message, Role, text_of
from .answers import Answer

# Raw HTML is shown as text, and links lead nowhere but to pages: an answer is not trusted.
_markdown = mistune.create_markdown(escape=True, plugins=["table", "strikethrough", "task_lists"])
_BOX = "border: 1px solid rgba(128, 128, 128, 0.4); border-radius: 8px; padding: 8px 14px"
_QUESTION = (
    "margin: 12px 0 12px 15%; padding: 6px 12px; border-radius: 12px; white-space: pre-wrap;"
    " background: rgba(128, 128, 128, 0.15)"
)
_NOTE = "opacity: 0.7"


def conversation(title: str | None, messages: Iterable[Message]) -> str:
    """The messages, older first."""
    parts = [f"<div style='{_BOX}'>"]
    if title:
        parts.append(f"<div style='{_NOTE}'>{html.escape(title)}</div>")
    parts += map(_message, messages)
    return "".join((*parts, "</div>"))


def _message(message: Message) -> str:
    if message.role is Role.USER:
        return f"<div style='{_QUESTION}'>{html.escape(text_of(message))}</div>"
    answer = Answer.of(message)
    note = "" if answer.note is None else f"<div style='{_NOTE}'>({html.escape(answer.note)})</div>"
    return f"<div>{_markdown(answer.text)}{note}</div>"
