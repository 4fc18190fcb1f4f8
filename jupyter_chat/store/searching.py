"""What both stores look for alike: terms of a query, and what passes of what has them."""

from __future__ import annotations

from typing import TypeAlias

from ..protocol import Message, Thread, text_of
from .records import LIVE
from .terms import Alternative, Matcher, candidates, fold, of_attributes
from .types import SearchQuery

Groups: TypeAlias = list[tuple[Alternative, ...]]

ANY_MESSAGE = (Alternative(":user"), Alternative(":assistant"))
ANY_TITLE = (Alternative(":title"),)

MOST_READ = 2_000
"""Texts that one call reads in search of a phrase."""

MOST_PASSED = 20_000
"""Candidates that one call looks at, whatever becomes of them."""


def is_searchable(thread: Thread) -> bool:
    """Whether anything of a thread is found."""
    return thread.deleted_at is None and not thread.temporary


def is_findable(message: Message) -> bool:
    """Whether a message is found, if it holds what is looked for."""
    return message.status not in LIVE


def groups_of(query: SearchQuery, titles: bool) -> Groups:
    """The terms that whatever is found must have: of each group one."""
    found = candidates(query.phrases)
    if not titles:
        attributes = of_attributes(query.role, query.model, query.has_code)
        found += [(Alternative(term),) for term in attributes]
    return found or [ANY_TITLE if titles else ANY_MESSAGE]


class Sieve:
    """Tells which of the candidates are what was looked for."""

    def __init__(self, query: SearchQuery) -> None:
        self._query = query
        self._matcher = Matcher(query.phrases)
        self._tag = fold(query.tag) if query.tag is not None else None

    def takes_thread(self, thread: Thread) -> bool:
        """Whether the thread may be the place of something found."""
        tagged = self._tag is None or self._tag in map(fold, thread.tags)
        return tagged and is_searchable(thread)

    def takes_title(self, thread: Thread) -> bool:
        return self._in_time(thread.created_at) and self._matcher.holds(thread.title or "")

    def takes_message(self, message: Message) -> bool:
        return (
            is_findable(message)
            and self._in_time(message.created_at)
            and self._matcher.holds(text_of(message))
        )

    def _in_time(self, created_at: int) -> bool:
        since, until = self._query.since, self._query.until
        return (since is None or created_at >= since) and (until is None or created_at < until)
