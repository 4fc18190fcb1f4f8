"""Threads as files, piece by piece: what is not yet written down is not yet read."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from enum import Enum

import msgspec

from ..ids import now_ms
from ..protocol import ExportedThread, ImagePart, Part, Thread, encode
from ..store.interface import Store
from . import markdown, notebook, reading
from .archive import Archive
from .filenames import UniqueNames, file_name

ENTRY_BYTES = 4 * 1024 * 1024
"""How long the entry of a thread in the JSON grows, before another one continues it."""

PIECE_BYTES = 64 * 1024
_LONG = 20_000
"""Characters of a message that take so long to cut at its fences that a thread does it."""


class Format(str, Enum):
    MARKDOWN = "markdown"
    JSON = "json"
    IPYNB = "ipynb"


ENDINGS = {Format.MARKDOWN: ".md", Format.JSON: ".json", Format.IPYNB: ".ipynb"}
MEDIA_TYPES = {
    Format.MARKDOWN: "text/markdown; charset=utf-8",
    Format.JSON: "application/json",
    Format.IPYNB: "application/x-ipynb+json",
}


def one_thread(
    store: Store,
    user_id: str,
    thread: Thread,
    kind: Format,
    *,
    person: str,
    all_branches: bool = False,
) -> AsyncIterator[bytes]:
    """The file of one thread.  `person` is the name that questions stand under."""
    if kind is Format.JSON:
        return _history(store, user_id, _only(thread))
    steps = reading.steps(store, user_id, thread, all_branches=all_branches)
    write = _markdown if kind is Format.MARKDOWN else _notebook
    return _gathered(write(thread, steps, person))


def everything(
    store: Store, user_id: str, kind: Format, *, person: str, all_branches: bool = False
) -> AsyncIterator[bytes]:
    """All threads: one JSON document, or a zip with a file for each."""
    if kind is Format.JSON:
        return _history(store, user_id, reading.threads(store, user_id))
    return _zip(store, user_id, kind, person, all_branches)


async def _zip(
    store: Store, user_id: str, kind: Format, person: str, all_branches: bool
) -> AsyncIterator[bytes]:
    archive, names = Archive(), UniqueNames()
    async for thread in reading.threads(store, user_id):
        name = names.take(file_name(thread, ENDINGS[kind]))
        pieces = one_thread(store, user_id, thread, kind, person=person, all_branches=all_branches)
        archive.begin(name, thread.updated_at)
        async for piece in pieces:
            yield await asyncio.to_thread(archive.add, piece)
        yield await asyncio.to_thread(archive.end)
    yield archive.close()


async def _markdown(
    thread: Thread, steps: AsyncIterator[reading.Step], person: str
) -> AsyncIterator[bytes]:
    yield markdown.beginning(thread).encode()
    async for step in steps:
        yield markdown.section(step, person).encode()


async def _notebook(
    thread: Thread, steps: AsyncIterator[reading.Step], person: str
) -> AsyncIterator[bytes]:
    yield notebook.beginning(thread).encode()
    async for step in steps:
        if sum(map(_length, step.message.parts)) < _LONG:
            yield _cells(step, person)
        else:
            yield await asyncio.to_thread(_cells, step, person)
    yield notebook.ending(thread).encode()


def _length(part: Part) -> int:
    return len(part.data if isinstance(part, ImagePart) else part.text)


def _cells(step: reading.Step, person: str) -> bytes:
    return "".join(notebook.BETWEEN_CELLS + cell for cell in notebook.cells(step, person)).encode()


async def _gathered(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The same in pieces that are worth compressing and sending."""
    waiting = bytearray()
    async for piece in pieces:
        waiting += piece
        if len(waiting) >= PIECE_BYTES:
            yield bytes(waiting)
            waiting.clear()
    yield bytes(waiting)


async def _history(
    store: Store, user_id: str, threads: AsyncIterator[Thread]
) -> AsyncIterator[bytes]:
    """See `protocol.History`; one entry a line."""
    yield b'{"format":"jupyter-chat","version":1,"exported_at":%d,"threads":[' % now_ms()
    separator = b"\n"
    async for thread in threads:
        async for entry in _entries(store, user_id, thread):
            yield separator + entry
            separator = b",\n"
    yield b"\n]}\n"


async def _entries(store: Store, user_id: str, thread: Thread) -> AsyncIterator[bytes]:
    thread = msgspec.structs.replace(thread, running=False, retire_at=None)
    messages: list[bytes] = []
    size, written = 0, False
    async for message in reading.whole_tree(store, user_id, thread):
        encoded = encode(message)
        if messages and size + len(encoded) > ENTRY_BYTES:
            yield _entry(thread, messages)
            messages, size, written = [], 0, True
        messages.append(encoded)
        size += len(encoded)
    if messages or not written:
        yield _entry(thread, messages)


def _entry(thread: Thread, messages: list[bytes]) -> bytes:
    shell = encode(ExportedThread(thread, []))
    return shell.removesuffix(b"]}") + b",".join(messages) + b"]}"


async def _only(thread: Thread) -> AsyncIterator[Thread]:
    yield thread
