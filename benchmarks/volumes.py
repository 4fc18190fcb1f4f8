"""What a question and its answer are to MongoDB: documents written while it is made, and kept.

Numbers of documents and their bytes are the same on every server; how fast it is with them is
not measured here.  JUPYTER_CHAT_TEST_MONGODB names a server, without it the stand-in of the
tests is asked.
"""

from __future__ import annotations

import asyncio
import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import bson
import pymongo
from pymongo import DESCENDING

from jupyter_chat.ids import new_id
from tests.browser.jupyter import Jupyter
from tests.store.mongod import running_mongod, url_of_database
from tests.upstream import start_upstream

from .counting import FILE
from .figures import Figure
from .searching import Vocabulary
from .viewer import client_session, open_viewer

_PROVIDER = "--ServerApp.identity_provider_class=benchmarks.counting.CountedPeople"
_SIZE = 4
_CHUNKS = 400
_DELAY = 0.05
_ROUNDS = 3
_SETTLE_SECONDS = 1.0
_IDLE_SECONDS = 20.0
_QUESTION = "How do I group this table by month, and show the mean of each column beside it?"
_WRITES = ("insert", "update", "delete", "findAndModify")


@dataclass(frozen=True)
class _Kept:
    """What there is of a message, in bytes; `keys` are its entries in indexes."""

    text: int
    documents: int
    keys: int
    key_bytes: int

    @property
    def whole(self) -> int:
        return self.documents + self.key_bytes

    def __str__(self) -> str:
        return (
            f"text of {self.text} bytes in documents of {self.documents}, with {self.keys} keys "
            f"of {self.key_bytes} in indexes"
        )


async def answers() -> list[Figure]:
    """Some answers, one after the other, of words as people use them."""
    with start_upstream() as upstream, _mongodb() as url, tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "counts.json"
        environment = {
            "OPENAI_BASE_URL": upstream.url,
            "OPENAI_API_KEY": upstream.key,
            "JUPYTER_CHAT_MODEL": "scripted",
            "PYTHONPATH": os.pathsep.join([str(Path(__file__).parents[1]), *_python_path()]),
            FILE: str(file),
        }
        options = (_PROVIDER, f"--ChatApp.store_url={url}")
        jupyter = Jupyter("chat", Path(folder), environment, options)
        jupyter.start()
        try:
            writes, commands, idle = await _ask(jupyter, file)
        finally:
            jupyter.stop()
        kept = await asyncio.to_thread(_kept, url)
    seconds = _CHUNKS * _DELAY
    return [
        Figure(
            "mongo_writes_per_answer",
            writes,
            f"answer of {_CHUNKS * _SIZE} characters in {seconds:.0f} s; {median(commands):.0f} "
            f"commands; idle {idle['writes']:.1f} documents written and "
            f"{idle['commands']:.1f} commands a second for each process",
        ),
        Figure(
            "mongo_kb_per_turn",
            [sum(each.whole for each in kept.values()) / 1000],
            "; ".join(f"{name}: {each}" for name, each in kept.items()),
        ),
    ]


@contextmanager
def _mongodb() -> Iterator[str]:
    """The URL of an empty database."""
    given = os.environ.get("JUPYTER_CHAT_TEST_MONGODB")
    name = f"benchmark_{new_id()}"
    if given:
        url = url_of_database(given, name)
        yield url
        with pymongo.MongoClient[dict[str, Any]](url) as client:
            client.drop_database(name)
        return
    with (
        tempfile.TemporaryDirectory() as folder,
        running_mongod(Path(folder) / "data", durable=False) as server,
    ):
        yield url_of_database(server.url, name)


def _python_path() -> list[str]:
    return [path for path in os.environ.get("PYTHONPATH", "").split(os.pathsep) if path]


async def _ask(jupyter: Jupyter, file: Path) -> tuple[list[float], list[float], dict[str, float]]:
    """Documents written and commands given in each round, without those of an idle process,
    which come last, by the second."""
    vocabulary = Vocabulary()
    text = " ".join(vocabulary.text() for _ in range(40))[: _CHUNKS * _SIZE]
    directive = f"[[text={json.dumps(text)} size={_SIZE} delay={_DELAY}]]"
    writes, commands = [], []
    async with client_session() as session:
        viewer = await open_viewer(session, jupyter)
        await viewer.warm_up()
        before = await _counts(file)
        await asyncio.sleep(_IDLE_SECONDS)
        after = await _counts(file)
        idle = {name: (after[name] - before[name]) / _IDLE_SECONDS for name in after}
        for _ in range(_ROUNDS):
            before, began = after, asyncio.get_running_loop().time()
            answer = await viewer.ask(f"At length\n{directive}")
            if answer.status != "complete" or answer.characters != len(text):
                raise RuntimeError(f"{answer.status}: {answer.characters} characters came")
            after = await _counts(file)
            seconds = asyncio.get_running_loop().time() - began
            writes.append(after["writes"] - before["writes"] - idle["writes"] * seconds)
            commands.append(after["commands"] - before["commands"] - idle["commands"] * seconds)
        await viewer.ask(_QUESTION)
        await viewer.close()
    return writes, commands, idle


async def _counts(file: Path) -> dict[str, float]:
    """Once everything has come to rest."""
    await asyncio.sleep(_SETTLE_SECONDS)
    found = json.loads(await asyncio.to_thread(file.read_text))
    written = sum(found["documents"].get(name, 0) for name in _WRITES)
    return {"writes": written, "commands": sum(found["commands"].values())}


def _kept(url: str) -> dict[str, _Kept]:
    """Of the last question and of the answer before it, what there is of each."""
    with pymongo.MongoClient[dict[str, Any]](url) as client:
        db = client.get_default_database()
        indexes = {
            name: [dict(each) for each in db[name].list_indexes()]
            for name in ("messages", "search", "ledger")
        }
        question = db["messages"].find_one({"role": "user"}, sort=[("_id", DESCENDING)])
        assert question is not None
        answer = db["messages"].find_one({"_id": question["parent_id"]})
        assert answer is not None
        kept = {}
        for name, message in (("question", question), ("answer", answer)):
            documents = [("messages", message)]
            for collection, where in (
                ("search", {"_id": message["_id"]}),
                ("ledger", {"message_id": message["_id"]}),
            ):
                documents += [(collection, each) for each in db[collection].find(where)]
            keys = [
                size
                for collection, document in documents
                for index in indexes[collection]
                for size in _keys(index, document)
            ]
            kept[name] = _Kept(
                text=sum(len(part["text"].encode()) for part in message["parts"]),
                documents=sum(len(bson.encode(document)) for _, document in documents),
                keys=len(keys),
                key_bytes=sum(keys),
            )
        return kept


def _keys(index: dict[str, Any], document: dict[str, Any]) -> list[int]:
    """The bytes of a document's keys in an index, before it leaves out what neighbours have
    in common."""
    if "partialFilterExpression" in index and any(name not in document for name in index["key"]):
        return []
    sizes = [0]
    for name in index["key"]:
        value = document.get(name)
        several = value if isinstance(value, list) else [value]
        sizes = [size + _bytes(each) for size in sizes for each in several]
    return sizes


def _bytes(value: object) -> int:
    return len(value.encode()) + 2 if isinstance(value, str) else 9
