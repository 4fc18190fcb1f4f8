"""A conversation as HTML that needs nothing: for notebooks that are read without a kernel."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable
from urllib.parse import urlsplit

import mistune

from ..protocol import Message, Role, text_of
from .answers import Answer

_IN_THE_TEXT = ("data:image/png;", "data:image/jpeg;", "data:image/gif;", "data:image/webp;")


class _Renderer(mistune.HTMLRenderer):
    """Without pictures from elsewhere, whose addresses could carry away what was written:
    they are links."""

    def image(self, text: str, url: str, title: str | None = None) -> str:
        if url.startswith(_IN_THE_TEXT):
            return super().image(text, url, title)
        try:
            host = urlsplit(url).hostname
        except ValueError:
            host = None
        words = text or "image"
        return self.link(words if host is None else f"{words} ({html.escape(host)})", url, title)

    def link(self, text: str, url: str, title: str | None = None) -> str:
        """A picture within a link is a part of its words."""
        return super().link(re.sub(r"</?a\b[^>]*>", "", text), url, title)


# Raw HTML is shown as text, and links lead nowhere but to pages: an answer is not trusted.
_markdown = mistune.create_markdown(
    renderer=_Renderer(escape=True), plugins=["table", "strikethrough", "task_lists"]
)
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
