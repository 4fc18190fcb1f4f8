"""What servers say that a reply has taken is bounded, whatever it is."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from jupyter_chat.protocol import Usage
from jupyter_chat.providers import chat_completions, responses
from jupyter_chat.providers.usage import MOST_TOKENS, at_most


def of_chat_completions(given: Any, written: Any, cached: Any, reasoning: Any) -> Usage:
    usage = {
        "prompt_tokens": given,
        "completion_tokens": written,
        "prompt_tokens_details": {"cached_tokens": cached},
        "completion_tokens_details": {"reasoning_tokens": reasoning},
    }
    choices = [{"delta": {}, "finish_reason": "stop"}]
    stream = chat_completions.Stream()
    event = msgspec.convert({"choices": choices, "usage": usage}, chat_completions.Event)
    return said(stream.take([event]).finish)


def of_responses(given: Any, written: Any, cached: Any, reasoning: Any) -> Usage:
    usage = {
        "input_tokens": given,
        "output_tokens": written,
        "input_tokens_details": {"cached_tokens": cached},
        "output_tokens_details": {"reasoning_tokens": reasoning},
    }
    event = {"type": "response.completed", "response": {"usage": usage}}
    return said(responses.Stream().take([msgspec.convert(event, responses.Event)]).finish)


def said(finish: Any) -> Usage:
    assert finish is not None
    assert isinstance(finish.usage, Usage)
    return finish.usage


@pytest.mark.parametrize("read", [of_chat_completions, of_responses])
@pytest.mark.parametrize(
    ("what", "taken"),
    [
        ((30, 20, 10, 5), Usage(30, 20, 10, 0, 5)),
        ((None, None, None, None), Usage()),
        ((-500_000, -500_000, -9, -9), Usage()),
        ((10**30, 2**63 - 5, 0, 0), Usage(MOST_TOKENS, MOST_TOKENS)),
        ((10, 5, 100, 100), Usage(10, 5, 10, 0, 5)),
    ],
)
def test_no_number_is_less_than_nothing_or_more_than_can_be(read, what, taken):
    assert read(*what) == taken


def test_what_was_read_from_the_cache_and_written_to_it_is_part_of_the_input():
    assert at_most(Usage(10, 0, 8, 8), 100, 100) == Usage(10, 0, 8, 2)


def test_an_estimate_stays_one():
    assert at_most(Usage(10, 10, estimated=True), 5, 5) == Usage(5, 5, estimated=True)
