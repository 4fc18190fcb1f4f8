"""Finding what was said: one's own titles and messages, and pieces of them to show.

Newest first, not by rank: who looks for something of last week wants last week's, and a
rank would have to weigh every message that has a common word.
"""

from __future__ import annotations

import asyncio
import re
import time

from ..protocol import (
    Mark,
    Message,
    MessageHit,
    SearchPage,
    Snippet,
    Thread,
    TitleHit,
    text_of,
)
from ..store.errors import StoreError
from ..store.interface import Store
from ..store.terms import Matcher, normal
from ..store.types import FoundPage, SearchQuery
from .search_query import parse

PAGE = 20
_TITLES = 5
"""On the first page, before the messages."""

_BEFORE, _AFTER = 50, 150
"""Characters shown around the first place."""

_AGAIN_SECONDS = 1.0
_LONGEST_PAUSE_SECONDS = 1.0

_blanks = re.compile(r"\s+")


class Search:
    """Looks for what people ask for, and sees that older history gets into the index."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._indexing: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Once the store has been opened: index what was there before, little by little."""
        self._indexing = asyncio.create_task(self._index())

    async def close(self) -> None:
        if self._indexing is not None:
            self._indexing.cancel()
            await asyncio.wait({self._indexing})

    async def search(
        self,
        user_id: str,
        text: str,
        *,
        limit: int = PAGE,
        cursor: str | None = None,
        minutes_west: int = 0,
    ) -> SearchPage:
        """One page; an unreadable cursor raises `ValueError`."""
        query = parse(text, minutes_west)
        if query == SearchQuery():
            return SearchPage()
        kind, place = _unpacked(cursor)
        of_messages = query.role is not None or query.model is not None or query.has_code
        titles = messages = FoundPage([], None, False)
        if kind != "messages" and not of_messages:
            titles = await self._store.search(
                user_id,
                query,
                titles=True,
                limit=limit if kind == "titles" else _TITLES,
                cursor=place,
            )
        if kind != "titles":
            messages = await self._store.search(user_id, query, limit=limit, cursor=place)
        title_hits, message_hits = await asyncio.to_thread(_hits, query, titles, messages)
        return SearchPage(
            titles=title_hits,
            more_titles=None if titles.next is None else f"titles:{titles.next}",
            messages=message_hits,
            next=None if messages.next is None else f"messages:{messages.next}",
            indexing=titles.indexing or messages.indexing,
        )

    async def _index(self) -> None:
        """As long as there is something to index, half of the time at most."""
        while True:
            began = time.monotonic()
            try:
                if not await self._store.index_some():
                    return
            except StoreError:
                await asyncio.sleep(_AGAIN_SECONDS)
                continue
            await asyncio.sleep(min(time.monotonic() - began, _LONGEST_PAUSE_SECONDS))


def _unpacked(cursor: str | None) -> tuple[str, str | None]:
    if cursor is None:
        return "all", None
    kind, _, place = cursor.partition(":")
    if kind not in ("titles", "messages"):
        raise ValueError("The cursor cannot be read; begin with the first page.")
    return kind, place


def _hits(
    query: SearchQuery, titles: FoundPage, messages: FoundPage
) -> tuple[list[TitleHit], list[MessageHit]]:
    matcher = Matcher(query.phrases)
    return (
        [_title_hit(thread, matcher) for thread, _ in titles.found],
        [
            _message_hit(thread, message, matcher)
            for thread, message in messages.found
            if message is not None
        ],
    )


def _title_hit(thread: Thread, matcher: Matcher) -> TitleHit:
    title = _blanks.sub(" ", normal(thread.title or ""))
    return TitleHit(thread, Snippet(title, _marks(title, matcher)))


def _message_hit(thread: Thread, message: Message, matcher: Matcher) -> MessageHit:
    return MessageHit(
        thread=thread,
        message_id=message.id,
        role=message.role,
        created_at=message.created_at,
        snippet=snippet(text_of(message), matcher),
    )


def snippet(text: str, matcher: Matcher) -> Snippet:
    """The piece of a text around the first place, or its beginning."""
    text = normal(text)
    places = matcher.places(text)
    first = places[0][0] if places else 0
    begin = _word_begin(text, first - _BEFORE, first)
    end = min(len(text), first + _AFTER)
    piece = _blanks.sub(" ", text[begin:end]).strip()
    if begin:
        piece = f"…{piece}"
    if end < len(text):
        piece = f"{piece}…"
    return Snippet(piece, _marks(piece, matcher))


def _word_begin(text: str, wanted: int, at_most: int) -> int:
    """Where to cut so that no word is cut, at or a little after `wanted`."""
    if wanted <= 0:
        return 0
    blank = _blanks.search(text, wanted, at_most)
    return blank.end() if blank else wanted


def _marks(text: str, matcher: Matcher) -> list[Mark]:
    return [Mark(_units(text[:begin]), _units(text[:end])) for begin, end in matcher.places(text)]


def _units(text: str) -> int:
    """Its length in JavaScript."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2
