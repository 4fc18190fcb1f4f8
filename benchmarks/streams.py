"""What streaming costs: time to the first token, CPU, lateness."""

from __future__ import annotations

import asyncio
from itertools import pairwise
from statistics import median

from .bare import cpu_of_waking_up
from .figures import Figure
from .processes import cpu_seconds
from .rig import Rig, running_rig
from .viewer import Answer, Viewer

_CHUNKS = 5000
_FIRST_TOKENS = 100
_ROUNDS = 5
_PACED_STREAMS = 100
_PACED_CHUNKS = 400
_PACED_ROUNDS = 3
_SIZE = 4
_DELAY = 0.05
_PACED_QUESTION = f"Slowly [[chunks={_PACED_CHUNKS} size={_SIZE} delay={_DELAY}]]"
_LATE_CHUNKS = 400
_APART_SECONDS = 0.02
_SETTLE_SECONDS = 2.0


async def first_token() -> list[Figure]:
    """Alternately through the plain client and through the chat, both warm."""
    ours, theirs = [], []
    async with running_rig() as rig:
        for number in range(_FIRST_TOKENS + 5):
            viewer = await rig.viewer()
            await viewer.warm_up()
            answer = await viewer.ask("First token [[chunks=1 size=4]]")
            direct = (await rig.direct(["First token [[chunks=1 size=4]]"]))["answers"][0]
            await viewer.close()
            if number >= 5:  # the first warm up
                ours.append((answer.seen[0][1] - answer.asked) * 1000)
                theirs.append(direct["first"] * 1000)
    added = [our - their for our, their in zip(ours, theirs, strict=True)]
    beside = f"median {median(ours):.1f} ms, plain client {median(theirs):.1f} ms"
    return [Figure("ttft_added_ms", added, beside)]


async def unpaced() -> list[Figure]:
    """One answer of many chunks, as fast as it goes."""
    question = f"All at once [[chunks={_CHUNKS} size={_SIZE}]]"
    cpu, ratios, theirs = [], [], []
    async with running_rig() as rig:
        for number in range(_ROUNDS + 1):
            viewer = await _warm(rig)
            before = cpu_seconds(rig.pid)
            answer = await viewer.ask(question)
            used = cpu_seconds(rig.pid) - before
            _check(answer, _CHUNKS)
            direct = await rig.direct([question])
            await viewer.close()
            if number:
                cpu.append(used / _CHUNKS * 1000)
                theirs.append(direct["cpu"] / _CHUNKS * 1000)
                whole = direct["answers"][0]["whole"]
                ratios.append((answer.ended - answer.asked) / whole)
    return [
        Figure("cpu_s_per_1000_chunks", cpu, f"plain client {median(theirs):.3f} s"),
        Figure("unpaced_time_vs_direct", ratios),
    ]


async def paced() -> list[Figure]:
    """Answers whose chunks come one by one: many at once, and for comparison just one.

    A process that has nothing else to do pays for waking up with each chunk, whatever it
    does with it; `bare.py` measures how much that is."""
    many = await _cpu_paced(_PACED_STREAMS)
    one, theirs, bare = [], [], []
    async with running_rig() as rig:
        for _ in range(_PACED_ROUNDS):
            one.append(await _cpu_of_paced_answers(rig, [await _warm(rig)]))
            direct = await rig.direct([_PACED_QUESTION])
            theirs.append(direct["cpu"] / _PACED_CHUNKS * 1000)
            waking = await cpu_of_waking_up(_PACED_CHUNKS, _DELAY)
            bare.append(waking / _PACED_CHUNKS * 1000)
    beside = (
        f"{_PACED_STREAMS} streams; with one stream {median(one):.3f} s, where the plain client "
        f"takes {median(theirs):.3f} s and an event loop that only wakes up {median(bare):.3f} s"
    )
    return [Figure("cpu_s_per_1000_chunks_paced", many, beside)]


async def _cpu_paced(streams: int) -> list[float]:
    """In each round, seconds per 1,000 chunks; what beginning the answers takes counts."""
    async with running_rig() as rig:
        viewers = [await rig.viewer() for _ in range(streams)]
        await asyncio.gather(*(viewer.warm_up() for viewer in viewers))
        rounds = []
        for _ in range(_PACED_ROUNDS):
            await asyncio.sleep(_SETTLE_SECONDS)
            rounds.append(await _cpu_of_paced_answers(rig, viewers))
        for viewer in viewers:
            await viewer.close()
    return rounds


async def _cpu_of_paced_answers(rig: Rig, viewers: list[Viewer]) -> float:
    before = cpu_seconds(rig.pid)
    answers = await asyncio.gather(
        *(_ask_after(number, viewer, _PACED_QUESTION) for number, viewer in enumerate(viewers))
    )
    used = cpu_seconds(rig.pid) - before
    for answer in answers:
        _check(answer, _PACED_CHUNKS)
    return used / (_PACED_CHUNKS * len(viewers)) * 1000


async def lateness(streams: int) -> list[Figure]:
    """Many answers at once: from when a chunk was due upstream to when a viewer has it.

    The questions come 20 ms apart, so that beginning the answers (a request, three
    transactions) does not hide what passing them on costs."""
    directive = f"[[chunks={_LATE_CHUNKS} size={_SIZE} delay={_DELAY}]]"
    rounds, busy, longest, frames = [], [], [], []
    async with running_rig() as rig:
        viewers = [await rig.viewer() for _ in range(streams)]
        for start in range(0, streams, 50):
            await asyncio.gather(*(viewer.warm_up() for viewer in viewers[start : start + 50]))
        for number in range(3):
            questions = [f"Late {number}-{each} {directive}" for each in range(streams)]
            await asyncio.sleep(_SETTLE_SECONDS)
            before = cpu_seconds(rig.pid)
            answers = await asyncio.gather(
                *(_ask_after(each, viewers[each], questions[each]) for each in range(streams))
            )
            seconds = max(a.ended for a in answers) - min(a.asked for a in answers)
            busy.append((cpu_seconds(rig.pid) - before) / seconds)
            started = _started(rig)
            late = []
            for question, answer in zip(questions, answers, strict=True):
                _check(answer, _LATE_CHUNKS)
                late += _late([(c // _SIZE, t) for c, t in answer.seen], started[question])
            rounds.append(_p99(late) * 1000)
            longest.append(max(late) * 1000)
            frames.append(len(late) / sum(len(answer.seen) for answer in answers))
            rig.upstream.clear()
        plain = await _plain_lateness(
            rig, [f"Direct {each} {directive}" for each in range(streams)]
        )
        for viewer in viewers:
            await viewer.close()
    beside = (
        f"latest {max(longest):.0f} ms, {median(frames):.1f} chunks a frame, "
        f"server at {median(busy):.0%} of a core; plain client {plain}"
    )
    return [Figure(f"lateness_p99_ms_{streams}", rounds, beside)]


async def _plain_lateness(rig: Rig, questions: list[str]) -> str:
    try:
        direct = await rig.direct(questions, _SIZE, _APART_SECONDS)
    except RuntimeError as error:
        return f"fails: {error}"
    started = _started(rig)
    late = []
    for question, answer in zip(questions, direct["answers"], strict=True):
        late += _late(answer["seen"], started[question])
    return f"{_p99(late) * 1000:.0f} ms"


async def _warm(rig: Rig) -> Viewer:
    viewer = await rig.viewer()
    await viewer.warm_up()
    await asyncio.sleep(_SETTLE_SECONDS)
    return viewer


async def _ask_after(number: int, viewer: Viewer, question: str) -> Answer:
    await asyncio.sleep(number * _APART_SECONDS)
    return await viewer.ask(question)


def _started(rig: Rig) -> dict[str, float]:
    """When the answer to each question was begun upstream."""
    return {
        request["body"]["messages"][-1]["content"]: request["started"]
        for request in rig.upstream.requests()
        if request["method"] == "POST"
    }


def _late(seen: list[tuple[int, float]], started: float) -> list[float]:
    """Seconds from when each chunk was due; `seen`: (chunks so far, time)."""
    late = []
    for (before, _), (chunks, at) in pairwise([(0, started), *seen]):
        late += [at - (started + number * _DELAY) for number in range(before, chunks)]
    return late


def _p99(values: list[float]) -> float:
    return sorted(values)[int(len(values) * 0.99)]


def _check(answer: Answer, chunks: int) -> None:
    """A figure of something that did not work would be worthless."""
    if answer.status != "complete" or answer.characters != chunks * _SIZE:
        raise RuntimeError(f"{answer.status}: {answer.characters} characters came")
