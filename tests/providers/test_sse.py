"""However the bytes are cut, the events are the same."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_chat.providers import sse
from jupyter_chat.providers.sse import EventReader, TooLarge


def read(*chunks: bytes) -> list[bytes]:
    """All events of a body that comes in these chunks."""
    reader = EventReader()
    return [event for chunk in chunks for event in reader.feed(chunk)] + reader.end()


lines = st.text(alphabet='ab{}: "é😀', max_size=8).map(str.encode)
events = st.lists(st.lists(lines, min_size=1, max_size=3), max_size=5)
line_ends = st.sampled_from([b"\n", b"\r\n", b"\r"])


@given(events, line_ends, st.booleans(), st.lists(st.integers(0, 400), max_size=12))
def test_cuts_change_nothing(events, line_end, bom, cuts):
    body = b"\xef\xbb\xbf" if bom else b""
    for data in events:
        body += b": comment" + line_end + b"event: message" + line_end
        body += b"".join(b"data: " + line + line_end for line in data) + line_end
    places = sorted({0, len(body), *(cut for cut in cuts if cut < len(body))})
    chunks = [body[start:end] for start, end in pairwise(places)]
    expected = [joined for data in events if (joined := b"\n".join(data))]
    assert read(*chunks) == expected


@given(st.binary(max_size=200), st.lists(st.integers(0, 200), max_size=8))
def test_any_bytes_are_read_the_same_however_they_are_cut(body, cuts):
    places = sorted({0, len(body), *(cut for cut in cuts if cut < len(body))})
    chunks = [body[start:end] for start, end in pairwise(places)]
    assert read(*chunks) == read(body)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"data:no space\n\n", [b"no space"]),
        (b"data:  two\n\n", [b" two"]),
        (b"data: a\ndata: b\n\n", [b"a\nb"]),
        (b"id: 7\nretry: 5\n\n", []),
        (b": keep-alive\n\n: keep-alive\n\ndata: x\n\n", [b"x"]),
        (b"data: the blank line is missing", [b"the blank line is missing"]),
        (b"data: so is half a line end\r", [b"so is half a line end"]),
        (b"\n\n\n\ndata: x\n\n\n\n", [b"x"]),
        (b"database: x\n\n", []),
    ],
)
def test_the_data_of_each_event_is_read(body, expected):
    assert read(body) == expected


def test_an_event_without_end_is_given_up(monkeypatch):
    monkeypatch.setattr(sse, "LARGEST_EVENT_BYTES", 1000)
    reader = EventReader()
    reader.feed(b"data: " + b"x" * 900)
    with pytest.raises(TooLarge):
        reader.feed(b"x" * 100)
