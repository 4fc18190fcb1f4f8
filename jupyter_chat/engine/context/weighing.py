"""How many tokens a message has, by the rules that `docs/context.md` explains.

What is counted is what is sent: text and attachments in the words of `attachments.py`,
never reasoning.  A picture has one token for each 32 by 32 pixels, scaled down to 1,536 of
them (OpenAI, *Images and vision*: the rule of its newer models; the factors that some
models put on that come in with the usage that the API reports).
"""

from __future__ import annotations

import base64
import math
from collections.abc import Iterable

from ...protocol import AttachmentPart, ImagePart, Message, Part, TextPart
from ...store.types import Weight
from ..attached.attachments import attached_text
from .image_size import image_size
from .tokens import count

RULES = 1
"""Grows with every change of these rules: what was counted by others is counted anew."""

PER_MESSAGE = 4
"""Three tokens frame each message and one names its role (OpenAI's cookbook, *How to count
tokens*)."""
PER_REPLY = 3
"""They begin the answer."""

_PATCH = 32
_MOST_PATCHES = 1_536


def weigh(message: Message) -> Weight:
    """The tokens of a message, without its frame; takes 50 ms for a megabyte."""
    return weigh_parts(message.parts)


def weigh_parts(parts: Iterable[Part]) -> Weight:
    text = attached = images = 0
    for part in parts:
        if isinstance(part, TextPart):
            text += count(part.text)
        elif isinstance(part, AttachmentPart):
            attached += count(attached_text(part))
        elif isinstance(part, ImagePart):
            images += _image(part)
    return Weight(RULES, text, attached, images)


def _image(part: ImagePart) -> int:
    try:
        size = image_size(part.media_type, base64.b64decode(part.data))
    except ValueError:  # no base64, or not even ASCII
        size = None
    if size is None:
        return _MOST_PATCHES
    width, height = size
    patches = math.ceil(width / _PATCH) * math.ceil(height / _PATCH)
    return min(patches, _MOST_PATCHES)
