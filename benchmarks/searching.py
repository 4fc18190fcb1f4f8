"""How long a search takes in a large history.

The store is asked just as a request asks it, in this process: what comes on top of it is
one HTTP request.  The history is made by the store's own functions, in bulk.
"""

from __future__ import annotations

import asyncio
import random
import sqlite3
import tempfile
import time
from itertools import accumulate
from pathlib import Path
from statistics import quantiles

from jupyter_chat.engine.search import Search
from jupyter_chat.ids import new_id
from jupyter_chat.protocol import Message, Role, Status, TextPart, Thread, ThreadSettings, text_of
from jupyter_chat.store import sqlite_messages
from jupyter_chat.store.sqlite import SqliteStore
from jupyter_chat.store.terms import of_message

from .figures import Figure

_MESSAGES = 1_000_000
_OWN = 100_000
_OTHERS = 9
_IN_A_THREAD = 50
_WORDS = 40_000
_LENGTHS = (8, 15, 30, 60, 120, 250)
"""Words in a message: as many short questions as answers."""
_TEXTS = 20_000
"""Different ones; said again and again, for making a million takes too long."""
_ROUNDS = 12
_START = 1_600_000_000_000
_MINUTE = 60_000

_SYLLABLES = [a + b for a in "bcdfghklmnprstvw" for b in ("a", "e", "i", "o", "u", "en", "ar")]


def search() -> list[Figure]:
    return asyncio.run(_measure())


async def _measure() -> list[Figure]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "history.sqlite"
        store = SqliteStore(path)
        await store.open()
        while await store.index_some():
            pass
        began = time.monotonic()
        vocabulary = Vocabulary()
        await _fill(store, vocabulary)
        seconds = time.monotonic() - began
        await store.close()
        await store.open()  # nothing that was kept in memory helps
        took: list[float] = []
        slowest = (0.0, "")
        finder = Search(store)
        queries = vocabulary.queries()
        for query in queries:
            await finder.search("me", query)  # the file's cache is warm, as it would be
        for _ in range(_ROUNDS):
            for query in queries:
                started = time.perf_counter()
                await finder.search("me", query)
                took.append((time.perf_counter() - started) * 1000)
                slowest = max(slowest, (took[-1], query))
        await store.close()
        index, text = _sizes(path)
        return [
            Figure(
                "search_ms",
                value=quantiles(took, n=20)[-1],
                beside=(
                    f"median {quantiles(took, n=2)[0]:.1f} ms, longest {slowest[0]:.0f} ms "
                    f"for {slowest[1]!r}; index {index / _MESSAGES:.0f} bytes a message of "
                    f"{text / _MESSAGES:.0f}; made in {seconds / 60:.0f} min"
                ),
            )
        ]


class Vocabulary:
    """Made-up words; a few are in most messages and most in few (Zipf)."""

    def __init__(self) -> None:
        self._random = random.Random(1)
        words: dict[str, None] = {}
        while len(words) < _WORDS:
            length = min(1 + len(words) // 50, self._random.choice((1, 2, 2, 3, 3, 4)))
            words["".join(self._random.choices(_SYLLABLES, k=length))] = None
        self._words = list(words)
        self._weights = list(accumulate(1 / (rank + 3) for rank in range(_WORDS)))

        self._texts = [self._text() for _ in range(_TEXTS)]

    def text(self) -> str:
        return self._random.choice(self._texts)

    def _text(self) -> str:
        length = self._random.choice(_LENGTHS)
        text = " ".join(self._random.choices(self._words, cum_weights=self._weights, k=length))
        return text if self._random.random() < 0.8 else f"{text}\n```\n{text[:20]}\n```"

    def queries(self) -> list[str]:
        """Words of all ranks, alone and together, begun, quoted and narrowed."""
        common, usual, rare = self._words[0], self._words[300], self._words[20_000]
        beginnings = [self._words[rank][:length] for rank in (2, 900) for length in (1, 2, 3, 4, 5)]
        return [
            *(f"{common} ", f"{usual} ", f"{rare} ", "nothinglikethis "),
            *beginnings,
            f"{common} {usual[:3]}",
            f"{common} {self._words[1]} ",
            f"{common} {rare} ",
            f'"{common} {self._words[1]}"',
            f'"{usual} {common}"',
            f"{common} role:assistant ",
            f"{usual} model:luna from:2021 ",
            f"{common} has:code ",
            f"{common} to:2020-10 ",
        ]


async def _fill(store: SqliteStore, vocabulary: Vocabulary) -> None:
    """Ten people talk at the same time, each as much as the others."""
    people = ["me", *(f"person-{number}" for number in range(_OTHERS))]
    at = dict.fromkeys(people, _START)
    for begin in range(0, _MESSAGES // len(people), _IN_A_THREAD):
        batch = []
        for person in people:
            at[person] += _MINUTE
            batch.append((person, *_thread(vocabulary, at[person])))
            at[person] += _IN_A_THREAD * _MINUTE

        def write(
            db: sqlite3.Connection, batch: list[tuple[str, Thread, list[Message]]] = batch
        ) -> None:
            for person, thread, messages in batch:
                known = {message.id: _terms_of(message) for message in messages}
                sqlite_messages.add_thread(db, person, thread, messages, known)

        await store._database.write(write)
        assert begin <= _OWN


def _thread(vocabulary: Vocabulary, at: int) -> tuple[Thread, list[Message]]:
    thread = Thread(
        id=new_id(),
        title=vocabulary.text()[:60],
        settings=ThreadSettings(),
        created_at=at,
        updated_at=at,
    )
    messages: list[Message] = []
    for number in range(_IN_A_THREAD):
        answer = number % 2 == 1
        text = vocabulary.text()
        messages.append(
            Message(
                id=new_id(),
                thread_id=thread.id,
                parent_id=messages[-1].id if messages else None,
                role=Role.ASSISTANT if answer else Role.USER,
                parts=[TextPart(text)],
                status=Status.COMPLETE,
                created_at=at + number * _MINUTE,
                model="gpt-6-luna" if answer else None,
            )
        )
    thread.leaf_id = messages[-1].id
    return thread, messages


_known: dict[tuple[str, str], set[str]] = {}


def _terms_of(message: Message) -> set[str]:
    key = text_of(message), message.role.value
    if key not in _known:
        _known[key] = of_message(message)
    return _known[key]


def _sizes(path: Path) -> tuple[int, int]:
    """Bytes of the index, and of the messages' texts."""
    db = sqlite3.connect(path)
    try:
        (pages,) = db.execute("SELECT sum(length(block)) FROM search_terms_data").fetchone()
        (entries,) = db.execute("SELECT sum(length(id) * 2 + 16) FROM search_entries").fetchone()
        (text,) = db.execute(
            "SELECT sum(length(json_extract(body, '$.parts[0].text'))) FROM messages"
        ).fetchone()
        return int(pages) + int(entries), int(text)
    finally:
        db.close()
