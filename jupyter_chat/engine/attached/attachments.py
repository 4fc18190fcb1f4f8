"""What goes with a question, in the words that the model reads."""

from __future__ import annotations

import re

from ...protocol import AttachmentKind, AttachmentPart, ImagePart, Message, TextPart

_NAMES = {
    AttachmentKind.VARIABLE: "Variable",
    AttachmentKind.CELL: "Cell",
    AttachmentKind.SELECTION: "Selection",
    AttachmentKind.OUTPUT: "Output",
    AttachmentKind.ERROR: "Error",
    AttachmentKind.FILE: "File",
}
_FENCE = re.compile(r"^ {0,3}(`{3,})", re.MULTILINE)


def title(part: AttachmentPart) -> str:
    """What it is, in Markdown, for instance: Variable `df`."""
    return f"{_NAMES[part.kind]} `{part.name.replace('`', '’')}`"


def fenced(part: AttachmentPart) -> str:
    """Its text between fences that are longer than any within it."""
    longest = max((len(found) for found in _FENCE.findall(part.text)), default=2)
    fence = "`" * (longest + 1)
    return f"{fence}{part.language or ''}\n{part.text.rstrip()}\n{fence}"


def attached_text(part: AttachmentPart) -> str:
    """All that the model reads of an attachment."""
    return f"{title(part)}:\n\n{fenced(part)}\n\n"


def prompt_text(message: Message) -> str:
    """A message's text, with what is attached to it in the place where it stands."""
    pieces: list[str] = []
    for part in message.parts:
        if isinstance(part, TextPart):
            pieces.append(part.text)
        elif isinstance(part, AttachmentPart):
            pieces.append(attached_text(part))
    return "".join(pieces)


def images(message: Message) -> tuple[ImagePart, ...]:
    return tuple(part for part in message.parts if isinstance(part, ImagePart))
