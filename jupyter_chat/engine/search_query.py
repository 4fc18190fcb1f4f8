"""What somebody types into the search field, understood.

Words are looked for whatever their form, the last one also as the beginning of a word,
as long as no blank follows it.  What stands in quotes, or is written together
(`read_csv`), is looked for as it stands.  `role:`, `model:`, `tag:`, `from:` (or
`after:`), `to:`, `before:` and `has:code` narrow the search; with any other name before its
colon a word is a word.
"""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import datetime, timedelta, timezone

from msgspec.structs import replace

from ..protocol import Milliseconds, Role
from ..store.terms import Phrase, words
from ..store.types import SearchQuery
from .errors import Invalid

LONGEST = 1000
"""Characters of a query."""
MOST_WORDS = 32

_PIECES = re.compile(
    r'(?P<name>role|model|tag|from|after|to|before|has):(?:"(?P<quoted>[^"]*)"?|(?P<value>[^\s"]+))'
    r'|"(?P<phrase>[^"]*)(?P<closed>"?)'
    r'|(?P<word>[^\s"]+)',
    re.IGNORECASE,
)
_DAY = re.compile(r"(\d{4})(?:-(\d{1,2})(?:-(\d{1,2}))?)?", re.ASCII)
_ROLES = {
    **dict.fromkeys(("user", "me", "you", "question"), Role.USER),
    **dict.fromkeys(("assistant", "ai", "model", "answer"), Role.ASSISTANT),
}


def parse(text: str, minutes_west: int = 0) -> SearchQuery:
    """Raises :class:`Invalid` where a filter has a value that means nothing.

    `minutes_west`: how far the days of `from:` and `to:` begin after those of UTC, as
    JavaScript's `getTimezoneOffset` says.
    """
    if len(text) > LONGEST:
        raise Invalid(
            f"A search may have {LONGEST:,} characters at most. Look for a few words of it.",
            "q",
        )
    zone = timezone(timedelta(minutes=-minutes_west))
    query = SearchQuery()
    phrases: list[Phrase] = []
    for piece in _PIECES.finditer(text):
        name = piece["name"]
        if name is not None:
            value = piece["value"] if piece["quoted"] is None else piece["quoted"]
            query = _narrowed(query, name.lower(), value.strip(), zone)
        elif piece["phrase"] is not None:
            found = words(piece["phrase"])
            if found:
                typing = not piece["closed"] and not piece["phrase"][-1:].isspace()
                phrases.append(Phrase(tuple(found), exact=True, prefix=typing))
        else:
            found = words(piece["word"])
            if found:
                typing = not text[piece.end() : piece.end() + 1].isspace()
                phrases.append(Phrase(tuple(found), exact=len(found) > 1, prefix=typing))
    last = len(phrases) - 1
    for number, phrase in enumerate(phrases):
        if phrase.prefix and number != last:
            phrases[number] = replace(phrase, prefix=False)
    return replace(query, phrases=_few(phrases))


def _few(phrases: list[Phrase]) -> tuple[Phrase, ...]:
    """As many as can be looked for at once; each of them once."""
    kept: list[Phrase] = []
    count = 0
    for phrase in dict.fromkeys(phrases):
        taken = phrase.words[: MOST_WORDS - count]
        if taken:
            kept.append(replace(phrase, words=taken) if taken != phrase.words else phrase)
        count += len(taken)
    return tuple(kept)


def _narrowed(query: SearchQuery, name: str, value: str, zone: timezone) -> SearchQuery:
    if name == "role":
        role = _ROLES.get(value.lower())
        if role is None:
            raise Invalid("“role:” takes “user” for questions or “assistant” for answers.", "q")
        return replace(query, role=role)
    if name == "has":
        if value.lower() != "code":
            raise Invalid("“has:” takes “code”: messages with a block of code.", "q")
        return replace(query, has_code=True)
    if name == "model":
        return replace(query, model=value)
    if name == "tag":
        return replace(query, tag=value)
    begin, end = _span(value, name, zone)
    if name in ("from", "after"):  # as mail understands `after:`, that day is one of them
        return replace(query, since=begin)
    return replace(query, until=end if name == "to" else begin)


def _span(value: str, name: str, zone: timezone) -> tuple[Milliseconds, Milliseconds]:
    """When a year, a month or a day begins, and when the next one does."""
    found = _DAY.fullmatch(value)
    try:
        if found is None:
            raise ValueError
        year, month, day = (int(part) if part else None for part in found.groups())
        assert year is not None
        first = datetime(year, month or 1, day or 1, tzinfo=zone)
        last_month = month or 12
        last = datetime(year, last_month, day or monthrange(year, last_month)[1], tzinfo=zone)
        return _ms(first), _ms(last) + 24 * 60 * 60 * 1000
    except (ValueError, OverflowError):
        raise Invalid(
            f"“{name}:” takes a day like 2026-05-31, a month like 2026-05 or a year.", "q"
        ) from None


def _ms(moment: datetime) -> Milliseconds:
    return round(moment.timestamp() * 1000)
