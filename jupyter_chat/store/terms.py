"""From text to terms: what the search index of both stores is made of.

A text is *folded* (accents, case and width do not count) and cut into *words*: runs of
letters and digits.  Scripts that put no spaces between words (Chinese, Japanese, Korean,
Thai…) are cut into pairs of neighbouring characters.  Nobody says in which language a
message is, so a word is stemmed by its script: Latin letters as English, Cyrillic ones
as Russian, and so on.  A word is always found by itself, whatever its language; only
its inflected forms may not be found where the stemmer is that of another language, and
there the prefix of the last word helps.

The terms of a text are

- `frog`     each word, as it stands,
- `=frog`    its stem, where that is another,
- `<f`, `<fr`, `<fro`   its beginnings: a prefix of up to three letters is one term, and
  not a walk through all the words that begin so,
- `:user`, `:code`, `:mluna`   what is known of a message: who wrote it, whether it has
  code, the words of its model's name; `:title` for a title.
"""

from __future__ import annotations

import re
import threading
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Protocol

from msgspec import Struct

from ..protocol import Message, Role, text_of

TERMS_VERSION = 1
"""Grows with every change of what the terms of a text are: indexes are made anew."""

LONGEST_WORD = 64
"""Characters of a word that count; more are no word but data."""

MOST_TERMS = 20_000
"""Of one text, so that pasted data cannot bloat an index; the first ones count."""

SHORT_PREFIX = 3

# Scripts without spaces: Thai, Lao, Myanmar, Khmer, Kana, Han, Hangul
_RUN = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff"
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uac00-\ud7af\U00020000-\U000323af"
)
# Scripts of India, whose vowel signs are no letters to Python; without the full stops
_INDIC = "\u0900-\u0963\u0966-\u0dff"
_WORD = rf"(?:[^\W_{_RUN}]|[{_INDIC}])"
_words = re.compile(rf"[{_RUN}]+|{_WORD}+").findall
_ascii_words = re.compile(r"[a-z0-9]+").findall
_is_run = re.compile(rf"[{_RUN}]").match
_BETWEEN = rf"(?:(?![{_RUN}{_INDIC}])[\W_])+"
_FENCE = re.compile(r"^ {0,3}(?:```|~~~)", re.MULTILINE)

_SPECIAL = {
    "ß": "ss",
    "æ": "ae",
    "œ": "oe",
    "ø": "o",
    "ł": "l",
    "đ": "d",
    "ð": "d",
    "þ": "th",
    "ı": "i",
    "й": "й",
}
_MARKS = re.compile("[\u0300-\u036f\u0591-\u05c7\u064b-\u0652\u0670\u3099\u309a]+")
_HANGUL = range(0xAC00, 0xD7B0)


class Phrase(Struct, frozen=True):
    """Folded words that follow each other; `prefix`: the last one may go on.

    `exact`: as they stand; otherwise the single word may be inflected.
    """

    words: tuple[str, ...]
    exact: bool = False
    prefix: bool = False


class Alternative(Struct, frozen=True):
    """A term; `prefix`: or any other that begins so."""

    term: str
    prefix: bool = False


class _Stemmer(Protocol):
    def stemWord(self, word: str) -> str: ...  # noqa: N802


# --- Folding ----------------------------------------------------------------------------


def normal(text: str) -> str:
    """The text in the form that is folded character by character."""
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def fold(text: str) -> str:
    """Without case, accents and width."""
    if text.isascii():
        return text.lower()
    return "".join(map(_folded, normal(text)))


def fold_with_places(text: str) -> tuple[str, list[int] | None]:
    """A :func:`normal` text folded, and for each character of that (and its end) where it
    comes from; `None`: from the same place."""
    if text.isascii():
        return text.lower(), None
    pieces = [_folded(character) for character in text]
    places = [place for place, piece in enumerate(pieces) for _ in piece]
    places.append(len(text))
    return "".join(pieces), places


@lru_cache(maxsize=4096)
def _folded(character: str) -> str:
    lowered = character.lower()
    if lowered in _SPECIAL:
        return _SPECIAL[lowered]
    if ord(character) in _HANGUL:
        return character
    plain = _MARKS.sub("", unicodedata.normalize("NFKD", character))
    folded = _MARKS.sub("", unicodedata.normalize("NFKD", plain.casefold()))
    return "".join(_SPECIAL.get(each, each) for each in folded)


def words(text: str) -> list[str]:
    """The words of a text, folded, in their order; unspaced runs as they are."""
    folded = fold(text)
    return _ascii_words(folded) if folded.isascii() else _words(folded)


# --- Stemming ---------------------------------------------------------------------------

_STEMMERS = (
    ("z", "english"),
    ("\u024f", "english"),
    ("\u03ff", "greek"),
    ("\u052f", "russian"),
    ("\u058f", "armenian"),
    ("\u05ff", None),
    ("\u06ff", "arabic"),
    ("\u08ff", None),
    ("\u097f", "hindi"),
    ("\u0b7f", None),
    ("\u0bff", "tamil"),
)
"""The last character of a range of scripts, and whose stemmer takes its words."""

_loaded: dict[str, _Stemmer] = {}
_stemming = threading.Lock()


@lru_cache(maxsize=50_000)
def stem(word: str) -> str:
    """What the word's inflected forms have in common."""
    if not word.isalpha() and word.isascii():
        return word
    language = next((language for last, language in _STEMMERS if word[0] <= last), None)
    if language is None or len(word) > LONGEST_WORD:
        return word
    with _stemming:  # a stemmer works on one word at a time
        if language not in _loaded:
            import snowballstemmer

            _loaded[language] = snowballstemmer.stemmer(language)
        return _loaded[language].stemWord(word) or word


# --- Terms of what is stored ------------------------------------------------------------


def of_text(text: str) -> set[str]:
    """The terms that find a text."""
    terms: set[str] = set()
    for word in dict.fromkeys(words(text)):
        terms.update(_of_word(word))
        if len(terms) >= MOST_TERMS:
            break
    return terms


def of_message(message: Message) -> set[str]:
    text = text_of(message)
    terms = of_text(text)
    terms.update(of_attributes(message.role, message.model, _FENCE.search(text) is not None))
    return terms


def of_title(title: str) -> set[str]:
    return {*of_text(title), ":title"}


def of_attributes(role: Role | None, model: str | None, has_code: bool) -> list[str]:
    """The terms that say these things of a message."""
    terms = [f":m{word}" for word in words(model)] if model else []
    if role is not None:
        terms.append(f":{role.value}")
    if has_code:
        terms.append(":code")
    return terms


def _of_word(word: str) -> Iterator[str]:
    if _is_run(word):
        for pair in _pairs(word):
            yield pair
            yield f"<{pair[0]}"
        yield f"<{word[-1]}"
        return
    word = word[:LONGEST_WORD]
    yield word
    stemmed = stem(word)
    if stemmed != word:
        yield f"={stemmed}"
    for length in range(1, min(SHORT_PREFIX, len(word)) + 1):
        yield f"<{word[:length]}"


def _pairs(run: str) -> list[str]:
    return [run[place : place + 2] for place in range(len(run) - 1)] or [run]


# --- Terms of what is looked for --------------------------------------------------------


def candidates(phrases: Iterable[Phrase]) -> list[tuple[Alternative, ...]]:
    """What a text that holds all the phrases must have: of each group one alternative.

    Whether its words also stand in the right order, only :class:`Matcher` can tell.
    """
    groups: dict[tuple[Alternative, ...], None] = {}
    for phrase in phrases:
        last = len(phrase.words) - 1
        for number, word in enumerate(phrase.words):
            if _is_run(word):
                single = len(word) == 1
                needed = [f"<{word}"] if single else _pairs(word)
                groups.update(dict.fromkeys((Alternative(term),) for term in needed))
                continue
            word = word[:LONGEST_WORD]
            terms = [] if phrase.exact else [f"={stem(word)}", stem(word)]
            ways = [Alternative(term) for term in terms]
            if not (phrase.prefix and number == last):
                ways.append(Alternative(word))
            elif len(word) <= SHORT_PREFIX:
                ways.append(Alternative(f"<{word}"))
            else:
                ways.append(Alternative(word, prefix=True))
            groups[tuple(dict.fromkeys(ways))] = None
    return list(groups)


def _needs_reading(phrase: Phrase) -> bool:
    """Whether only the text itself can tell that it holds the phrase."""
    return len(phrase.words) > 1 or (bool(_is_run(phrase.words[0])) and len(phrase.words[0]) > 2)


class Matcher:
    """Finds the places of phrases in texts."""

    def __init__(self, phrases: Sequence[Phrase]) -> None:
        self._exact = [
            (phrase, re.compile(_pattern(phrase)))
            for phrase in phrases
            if phrase.exact or phrase.prefix or _is_run(phrase.words[0])
        ]
        self._read = [pattern for phrase, pattern in self._exact if _needs_reading(phrase)]
        self._stems = {
            stem(phrase.words[0][:LONGEST_WORD])
            for phrase in phrases
            if not phrase.exact and not _is_run(phrase.words[0])
        }

    def holds(self, text: str) -> bool:
        """Whether a text, whose terms are right, holds all the phrases."""
        if not self._read:
            return True
        folded = fold(text)
        return all(pattern.search(folded) is not None for pattern in self._read)

    def places(self, text: str) -> list[tuple[int, int]]:
        """Where in a :func:`normal` text any of the phrases is, in order, not
        overlapping: from, to."""
        folded, origin = fold_with_places(text)
        found = [match.span() for _, pattern in self._exact for match in pattern.finditer(folded)]
        if self._stems:
            found += [
                match.span()
                for match in re.finditer(rf"{_WORD}+", folded)
                if stem(match[0][:LONGEST_WORD]) in self._stems
            ]
        places: list[tuple[int, int]] = []
        for begin, end in sorted(found):
            if origin is not None:
                begin, end = origin[begin], origin[end - 1] + 1
            if places and begin < places[-1][1]:
                begin, end = places[-1][0], max(places.pop()[1], end)
            places.append((begin, end))
        return places


def _pattern(phrase: Phrase) -> str:
    """Matches the phrase in a folded text."""
    pieces = []
    last = len(phrase.words) - 1
    for number, word in enumerate(phrase.words):
        run = bool(_is_run(word))
        word = word if run else word[:LONGEST_WORD]
        if number:
            before = phrase.words[number - 1]
            touching = run != bool(_is_run(before))
            pieces.append(f"(?:{_BETWEEN})?" if touching else _BETWEEN)
        pieces.append(re.escape(word))
        if not number and not run:
            # after the word, so that `re` can look for the word first
            pieces.append(rf"(?<!{_WORD}{re.escape(word)})")
        if run:
            continue
        if (number == last and phrase.prefix) or len(word) == LONGEST_WORD:
            pieces.append(rf"{_WORD}*")
        else:
            pieces.append(rf"(?!{_WORD})")
    return "".join(pieces)
