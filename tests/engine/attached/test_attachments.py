"""What goes with a question, in the words that the model reads."""

from __future__ import annotations

from jupyter_chat.engine.attached.attachments import fenced, images, prompt_text, title
from jupyter_chat.ids import new_id
from jupyter_chat.protocol import (
    AttachmentKind,
    AttachmentPart,
    ImagePart,
    Message,
    Part,
    Role,
    Status,
    TextPart,
)

DOT = ImagePart("image/png", "iVBORw==", "dot")


def question(*parts: Part) -> Message:
    return Message(new_id(), new_id(), None, Role.USER, list(parts), Status.COMPLETE, 0)


def test_an_attachment_stands_before_the_question_between_fences() -> None:
    cell = AttachmentPart(AttachmentKind.CELL, "In [3]", "x = 1\n", "python")
    text = prompt_text(question(cell, TextPart("Why?")))
    assert text == "Cell `In [3]`:\n\n```python\nx = 1\n```\n\nWhy?"


def test_no_text_can_close_its_own_fence() -> None:
    part = AttachmentPart(AttachmentKind.FILE, "a.md", "````\ncode\n````")
    assert fenced(part).startswith("`````\n")
    assert fenced(part).endswith("\n`````")


def test_a_name_cannot_end_its_own_quotation() -> None:
    assert title(AttachmentPart(AttachmentKind.VARIABLE, "a`b", "")) == "Variable `a’b`"


def test_pictures_go_along() -> None:
    assert images(question(DOT, TextPart("What is this?"))) == (DOT,)
