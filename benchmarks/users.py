"""What a service costs that very many people use at once: how late text is, and memory.

A thousand people are signed in, with five windows each, and at any time half of them have an
answer being made; whoever has theirs asks the next question.  The people's sessions and
conversations are put into the store before, as signing in and typing would have left them.
Other crowds: `python -m benchmarks.users --help`.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from statistics import median

import psutil

from tests.upstream import Upstream, start_upstream

from .crowd import Crowd, Seen, Window, open_windows
from .figures import Figure, table
from .processes import cpu_seconds, resident_bytes
from .relay import SIZE
from .rig import allow_many_files
from .service import Serving, relay, service

_ROUNDS = 3
_ROUND_SECONDS = 10.0
_SETTLE_SECONDS = 3.0


@dataclass
class _Load:
    """What was seen of it, in each round (`late`) and in all."""

    late: list[list[float]]
    frames: int
    chunks: int
    acknowledged: list[float]
    busy: list[float]
    """Of each process, the share of a core that it took."""
    machine: float
    """The share of all cores that everything took."""
    before: list[int]
    opened: list[int]
    running: list[int]
    """Bytes of each process: before anybody comes, with all windows open, with answers."""


async def one() -> list[Figure]:
    """All of them on one process."""
    return await _measure(Crowd(), 1)


async def two() -> list[Figure]:
    """Half of them on each of two processes that share a store."""
    return await _measure(Crowd(), 2)


async def _measure(crowd: Crowd, replicas: int, store_url: str | None = None) -> list[Figure]:
    allow_many_files()
    with start_upstream() as upstream:
        async with relay(upstream, crowd) as serving:
            floor = await _load(upstream, crowd, serving)
        upstream.clear()
        async with service(upstream, crowd, replicas, store_url) as serving:
            found = await _load(upstream, crowd, serving)
    name = "" if replicas == 1 else "_2"
    return [
        _lateness_figure(f"users_lateness_p99_ms{name}", found, floor),
        _memory_figure(f"users_memory_mb{name}", found, crowd.people * crowd.windows // replicas),
    ]


def _lateness_figure(name: str, found: _Load, floor: _Load) -> Figure:
    late = [_part(each, 0.99) * 1000 for each in found.late]
    busy = ", ".join(f"{share:.0%}" for share in found.busy)
    beside = (
        f"median {median(_part(each, 0.5) for each in found.late) * 1000:.0f} ms, latest "
        f"{max(max(each) for each in found.late) * 1000:.0f} ms, "
        f"{found.chunks / found.frames:.1f} chunks a frame; questions acknowledged within "
        f"{_part(found.acknowledged, 0.99) * 1000:.0f} ms (99 %); server at {busy} of a core, "
        f"the machine at {found.machine:.0%}; a relay that keeps nothing "
        f"{median(_part(each, 0.99) for each in floor.late) * 1000:.0f} ms, at "
        f"{floor.busy[0]:.0%} of a core"
    )
    return Figure(name, late, beside)


def _memory_figure(name: str, found: _Load, sockets: int) -> Figure:
    each = (max(found.opened) - max(found.before)) / sockets
    beside = (
        f"{max(found.before) / 1e6:.0f} MB before anybody came, {max(found.opened) / 1e6:.0f} MB "
        f"with {sockets} windows open ({each / 1000:.1f} KB each)"
    )
    return Figure(name, [max(found.running) / 1e6], beside)


async def _load(upstream: Upstream, crowd: Crowd, serving: Serving) -> _Load:
    """Open all windows, let the people ask, and see how late everything is."""
    before = [resident_bytes(pid) for pid in serving.pids]
    windows = await open_windows([place for each in serving.places for place in each])
    await asyncio.sleep(_SETTLE_SECONDS)
    opened = [resident_bytes(pid) for pid in serving.pids]
    per_person = crowd.windows
    people = [windows[at : at + per_person] for at in range(0, len(windows), per_person)]
    asking = people[:: crowd.people // crowd.running][: crowd.running]
    with _without_garbage():
        until = time.time() + crowd.answer_seconds + _ROUNDS * _ROUND_SECONDS
        answers = [
            asyncio.ensure_future(_go_on_asking(crowd, number, person[0], until))
            for number, person in enumerate(asking)
        ]
        await asyncio.sleep(crowd.answer_seconds)  # by now all of them have begun
        began = time.time()
        cpu = [cpu_seconds(pid) for pid in serving.pids]
        psutil.cpu_percent()
        await asyncio.sleep(_ROUNDS * _ROUND_SECONDS)
        seconds = time.time() - began
        machine = psutil.cpu_percent() / 100
        used = [cpu_seconds(pid) for pid in serving.pids]
        running = [resident_bytes(pid) for pid in serving.pids]
        asked = await asyncio.gather(*answers)
    if any(window.closed for window in windows):
        raise RuntimeError("The server closed windows.")
    late, frames = await asyncio.to_thread(_lateness, upstream, crowd, asking, asked, began)
    for window in windows:
        window.close()
    return _Load(
        late=late,
        frames=frames,
        chunks=sum(len(questions) for questions in asked) * crowd.chunks * crowd.looking,
        acknowledged=[seconds for person in asking for seconds in person[0].acknowledged],
        busy=[(end - start) / seconds for start, end in zip(cpu, used, strict=True)],
        machine=machine,
        before=before,
        opened=opened,
        running=running,
    )


async def _go_on_asking(crowd: Crowd, number: int, window: Window, until: float) -> list[str]:
    """Ask again and again; what was asked."""
    await asyncio.sleep(number * crowd.answer_seconds / crowd.running)
    directive = f"[[chunks={crowd.chunks} size={SIZE} delay={crowd.delay}]]"
    questions: list[str] = []
    while time.time() < until:
        questions.append(f"Question {number}.{len(questions)} {directive}")
        await window.ask(questions[-1])
    return questions


def _lateness(
    upstream: Upstream,
    crowd: Crowd,
    asking: list[list[Window]],
    asked: list[list[str]],
    began: float,
) -> tuple[list[list[float]], int]:
    """Of all chunks that were due in each round, how many seconds later they came; and in how
    many frames all of them did."""
    started = {
        request["body"]["messages"][-1]["content"]: request["started"]
        for request in upstream.requests()
        if request["method"] == "POST"
    }
    late: list[list[float]] = [[] for _ in range(_ROUNDS)]
    frames = 0
    for person, questions in zip(asking, asked, strict=True):
        for window in person[: crowd.looking]:
            for question, seen in zip(questions, window.seen, strict=True):
                _check(crowd, seen)
                frames += len(seen.at)
                for due, at in _chunks(crowd, seen, started[question]):
                    number = int((due - began) // _ROUND_SECONDS)
                    if 0 <= number < _ROUNDS:
                        late[number].append(at - due)
    return late, frames


def _chunks(crowd: Crowd, seen: Seen, started: float) -> Iterator[tuple[float, float]]:
    """When each chunk was due, and when it came."""
    before = 0
    for characters, at in zip(seen.characters, seen.at, strict=True):
        for number in range(before, characters // SIZE):
            yield started + number * crowd.delay, at
        before = characters // SIZE


def _check(crowd: Crowd, seen: Seen) -> None:
    """A figure of something that did not work would be worthless."""
    if seen.status != "complete" or seen.characters[-1] != crowd.chunks * SIZE:
        raise RuntimeError(f"{seen.status}: {seen.characters[-1]} characters came")


def _part(values: list[float], share: float) -> float:
    return sorted(values)[int(len(values) * share)]


@contextmanager
def _without_garbage() -> Iterator[None]:
    """Looking for garbage among all that is noted would stop the crowd."""
    gc.collect()
    gc.freeze()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
        gc.unfreeze()


def main() -> None:
    """The same figures for another crowd."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.users", description=main.__doc__)
    usual = Crowd()
    parser.add_argument("--people", type=int, default=usual.people)
    parser.add_argument("--windows", type=int, default=usual.windows, help="of each")
    parser.add_argument(
        "--looking", type=int, default=usual.looking, help="of these at what is answered"
    )
    parser.add_argument("--running", type=int, default=usual.running, help="answers at a time")
    parser.add_argument("--chunks", type=int, default=usual.chunks, help="of an answer")
    parser.add_argument("--delay", type=float, default=usual.delay, help="seconds between two")
    parser.add_argument("--replicas", type=int, default=1)
    parser.add_argument("--store-url", help="an empty database; without it SQLite")
    options = vars(parser.parse_args())
    replicas, store_url = options.pop("replicas"), options.pop("store_url")
    print(table(asyncio.run(_measure(Crowd(**options), replicas, store_url))))


if __name__ == "__main__":
    main()
