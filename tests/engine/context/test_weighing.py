"""What a message weighs: tokens of its text, of what is attached, of its pictures."""

from __future__ import annotations

import base64
import io

import tiktoken
from PIL import Image

from jupyter_chat.engine.attached.attachments import prompt_text
from jupyter_chat.engine.context.tokens import count, encoding
from jupyter_chat.engine.context.weighing import PER_MESSAGE, PER_REPLY, weigh
from jupyter_chat.protocol import (
    AttachmentKind,
    AttachmentPart,
    ImagePart,
    Part,
    ReasoningPart,
    Role,
    TextPart,
)
from jupyter_chat.store.types import Weight
from tests.store.builders import a_message

CODE = AttachmentPart(AttachmentKind.CELL, "In [3]", "def f():\n    return 1\n", "python")


def weight(*parts: Part) -> Weight:
    return weigh(a_message(Role.USER, parts))


def an_image(width: int, height: int) -> ImagePart:
    file = io.BytesIO()
    Image.new("L", (width, height)).save(file, "PNG")
    return ImagePart("image/png", base64.b64encode(file.getvalue()).decode())


def test_a_text_has_the_tokens_that_openais_encoding_gives_it():
    # The example of OpenAI's documentation: "tiktoken is great!" has six tokens.
    assert count("tiktoken is great!") == 6
    assert isinstance(encoding(), tiktoken.Encoding)
    assert count("<|endoftext|>") > 1, "text that looks like a special token is text"


def test_a_conversation_has_the_tokens_that_the_api_said_it_has():
    """The example of OpenAI's cookbook, *How to count tokens*, as the API counted it for gpt-4o.

    (For models before that, which have another encoding, it was 129.)
    """
    messages = [
        (
            None,
            (
                "You are a helpful, pattern-following assistant that translates corporate "
                "jargon into plain English."
            ),
        ),
        ("example_user", "New synergies will help drive top-line growth."),
        ("example_assistant", "Things working well together will increase revenue."),
        (
            "example_user",
            (
                "Let's circle back when we have more bandwidth to touch base on "
                "opportunities for increased leverage."
            ),
        ),
        ("example_assistant", "Let's talk later when we're less busy about how to do better."),
        (
            None,
            (
                "This late pivot means we don't have time to boil the ocean for the client "
                "deliverable."
            ),
        ),
    ]
    # We give nobody a name; where somebody has one, that is its tokens and one more.
    names = sum(count(name) + 1 for name, _ in messages if name is not None)
    counted = sum(weight(TextPart(text)).total + PER_MESSAGE for _, text in messages)
    assert counted + names + PER_REPLY == 124


def test_text_and_attachments_are_counted_apart_and_together_are_what_is_sent():
    message = a_message(Role.USER, [CODE, TextPart("What does this do?")])
    counted = weigh(message)
    assert counted.text == count("What does this do?")
    assert abs(counted.text + counted.attached - count(prompt_text(message))) <= 1


def test_reasoning_costs_nothing_because_it_is_not_sent():
    assert weight(ReasoningPart("Let me think."), TextPart("Yes.")).total == count("Yes.")


def test_a_picture_costs_by_its_size_up_to_a_limit():
    assert weight(an_image(32, 32)).images == 1
    assert weight(an_image(33, 64)).images == 4
    assert weight(an_image(4000, 3000)).images == 1536


def test_a_picture_that_cannot_be_read_counts_as_a_large_one():
    assert weight(ImagePart("image/png", "AAAA")).images == 1536
    assert weight(ImagePart("image/png", "A" * 5)).images == 1536
    assert weight(ImagePart("image/png", "ÿ🐸ÿ🐸")).images == 1536
