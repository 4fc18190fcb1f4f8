"""A thread as a Markdown file."""

from __future__ import annotations

import html
from datetime import datetime, timezone

from ..engine.attached import attachments
from ..protocol import (
    AttachmentPart,
    Message,
    Part,
    ReasoningPart,
    Role,
    Status,
    TextPart,
    Thread,
)
from .reading import Step

_ENDINGS = {
    Status.STOPPED: "Stopped.",
    Status.INTERRUPTED: "Interrupted: the answer is not whole.",
    Status.FAILED: "Failed.",
}


def beginning(thread: Thread) -> str:
    return f"# {title(thread)}\n"


def section(step: Step, person: str) -> str:
    """A message under a heading that says whose it is."""
    return f"\n## {heading(step, person)}\n\n{body(step.message)}\n"


def title(thread: Thread) -> str:
    return " ".join((thread.title or "Untitled").split())


def heading(step: Step, person: str) -> str:
    message = step.message
    who = person if message.role is Role.USER else message.model or "Assistant"
    when = datetime.fromtimestamp(message.created_at / 1000, timezone.utc)
    text = f"{who} · {when:%Y-%m-%d %H:%M} UTC"
    if step.versions > 1:
        text += f" · version {step.version} of {step.versions}"
    return text


def body(message: Message) -> str:
    """All of the message's text, and how it ended if not well."""
    pieces = [written(part) for part in message.parts]
    pieces.append(ending(message) or "")
    return "\n\n".join(piece for piece in pieces if piece)


def written(part: Part) -> str:
    """One part of a message as Markdown."""
    if isinstance(part, TextPart):
        return part.text.strip("\n")
    if isinstance(part, ReasoningPart):
        return _fold("Thinking", part.text.strip("\n"))
    if isinstance(part, AttachmentPart):
        return _fold(attachments.title(part), attachments.fenced(part))
    return f"![{part.name or 'Image'}](data:{part.media_type};base64,{part.data})"


def _fold(summary: str, text: str) -> str:
    """Something that GitHub, JupyterLab and others show closed."""
    summary = summary.replace("`", "")  # within HTML they stand for themselves
    return f"<details><summary>{html.escape(summary)}</summary>\n\n{text}\n\n</details>"


def ending(message: Message) -> str | None:
    """How a message ended; `None`: well."""
    if message.status not in _ENDINGS:
        return None
    problem = f" {message.problem.message}" if message.problem is not None else ""
    return f"*{_ENDINGS[message.status]}{problem}*"
