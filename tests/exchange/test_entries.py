"""Cutting a document into entries, wherever its chunks end and whatever it holds."""

from __future__ import annotations

import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_chat.exchange import entries as module
from jupyter_chat.exchange.entries import Entry, Head, Unreadable, entries

_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(alphabet='a"\\[]{},é\n', max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=8,
)


def cut(document: bytes, size: int = 7, limit: int = 1000) -> list[Head | Entry]:
    file = io.BytesIO(document)
    found = entries(lambda _: file.read(size), limit)
    return [each for each in found if each is not None]


def entries_in(document: bytes, size: int = 7) -> list[Entry]:
    return [each for each in cut(document, size, 10_000) if isinstance(each, Entry)]


@given(st.lists(_json, max_size=5), st.integers(1, 9), st.booleans())
def test_every_entry_is_found_as_it_stands(values: list[object], size: int, plain: bool) -> None:
    document = json.dumps(values, ensure_ascii=plain, indent=1 if plain else None)
    wrapped = f' {{"format": "x[{{", "threads": {document}, "more": [1]}}'
    heads: list[dict[str, object] | None] = [None, {"format": "x[{", "threads": []}]
    for text, head in zip((document, wrapped), heads, strict=True):
        assert cut(text.encode(), size, 10_000)[0] == Head(head)
        found = entries_in(text.encode(), size)
        assert [json.loads(each.data or b"") for each in found] == values
        assert [each.number for each in found] == list(range(1, len(values) + 1))


@pytest.mark.parametrize(
    "document",
    [b"", b"  \n", b"hello", b'"a"', b"{}", b'{"a": {"b": [1]}}', b'{"a":\xff,"b":[1]}', b"]"],
)
def test_what_has_no_list_is_refused(document: bytes) -> None:
    with pytest.raises(Unreadable):
        cut(document)


def test_a_head_without_an_end_is_not_kept() -> None:
    with pytest.raises(Unreadable):
        cut(b'{"a": "' + b"x" * 200_000, size=10_000)


def test_an_entry_that_is_too_large_is_skipped_and_not_kept(monkeypatch) -> None:
    kept = 0
    keep = module._Scanner._keep

    def measured(self, piece: bytes) -> None:
        nonlocal kept
        keep(self, piece)
        kept = max(kept, sum(map(len, self._pieces)))

    monkeypatch.setattr(module._Scanner, "_keep", measured)
    document = b'[{"a": "' + b"x" * 5_000_000 + b'"}, 2, ' + b"[" * 9000 + b"]" * 9000 + b", 3]"
    found = cut(document, size=5000, limit=10_000)[1:]
    beginnings = [b'{"a": "' + b"x" * 993, b"[" * 1000]
    assert found == [
        Entry(1, None, beginning=beginnings[0]),
        Entry(2, b"2"),
        Entry(3, None, beginning=beginnings[1]),
        Entry(4, b"3"),
    ]
    assert kept <= 10_000


@pytest.mark.parametrize("document", [b'[1, {"a": 2', b'[1, "a', b"[1,", b'[1, "\\'])
def test_where_the_document_breaks_off_is_told(document: bytes) -> None:
    *_, first, last = cut(document)
    assert first == Entry(1, b"1")
    assert last == Entry(2, None, whole=False, beginning=document[4:].lstrip())


def test_what_makes_no_sense_is_an_entry_of_its_own() -> None:
    found = entries_in(b'[{"a": NaN}, , nonsense, {"b": 1}]')
    assert [each.data for each in found] == [b'{"a": NaN}', b"", b"nonsense", b'{"b": 1}']
