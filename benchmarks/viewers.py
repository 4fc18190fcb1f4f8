"""What it costs to keep those who look in step: bytes on the socket, and time."""

from __future__ import annotations

import asyncio
from statistics import median

from .figures import Figure
from .rig import Rig, running_rig
from .viewer import Answer, Viewer

_CHUNKS = 1000
_SIZE = 5
_ROUNDS = 3
_DELAYS = {"200": 0.005, "100": 0.01, "50": 0.02}
"""Chunks a second, and the seconds between two of them."""
_MEASURED = "200"
_SYNC_CHUNKS = 200
_SYNC_ROUNDS = 5


async def bytes_on_the_socket() -> list[Figure]:
    """All that the server sends a browser from a question to the end of its answer.

    Frames count with their headers.  How many chunks come in one depends on how fast the
    model is: 5 KB at 200 chunks a second is the figure, slower ones stand beside it.
    """
    ratios: dict[str, list[float]] = {speed: [] for speed in _DELAYS}
    frames: dict[str, list[float]] = {speed: [] for speed in _DELAYS}
    async with running_rig() as rig:
        viewer = await rig.viewer()
        await viewer.warm_up()
        for _ in range(_ROUNDS):
            for speed, delay in _DELAYS.items():
                question = f"Bytes [[chunks={_CHUNKS} size={_SIZE} delay={delay}]]"
                answer = await viewer.ask(question)
                _check(answer, _CHUNKS)
                ratios[speed].append(viewer.bytes / answer.characters)
                frames[speed].append(_CHUNKS / answer.frames)
        await viewer.close()
    others = [f"{median(ratios[speed]):.2f} at {speed}" for speed in _DELAYS if speed != _MEASURED]
    beside = (
        f"at {_MEASURED} chunks a second, {median(frames[_MEASURED]):.1f} in a frame; "
        f"{', '.join(others)}"
    )
    return [Figure("socket_bytes_ratio", ratios[_MEASURED], beside)]


async def in_step() -> list[Figure]:
    """From one viewer having an event of a thread to another one having it."""
    rounds, latest = [], []
    async with running_rig() as rig:
        one, other = await _together(rig)
        for number in range(_SYNC_ROUNDS):
            question = f"Sync {number} [[chunks={_SYNC_CHUNKS} size={_SIZE} delay=0.02]]"
            other.frames = []
            seen = Answer(asked=0)
            answer, _ = await asyncio.gather(one.ask(question), other.watch(seen))
            _check(answer, _SYNC_CHUNKS)
            _check(seen, _SYNC_CHUNKS)
            had = {seq: at for seq, at in one.frames if seq is not None}
            late = [abs(at - had[seq]) * 1000 for seq, at in other.frames if seq in had]
            rounds.append(sorted(late)[int(len(late) * 0.95)])
            latest.append(max(late))
        await one.close()
        await other.close()
    return [Figure("sync_ms", rounds, f"latest {max(latest):.1f} ms")]


async def _together(rig: Rig) -> tuple[Viewer, Viewer]:
    one = await rig.viewer("ada")
    await one.warm_up()
    other = await rig.viewer("ada")
    await other.join(one)
    return one, other


def _check(answer: Answer, chunks: int) -> None:
    """A figure of something that did not work would be worthless."""
    if answer.status != "complete" or answer.characters != chunks * _SIZE:
        raise RuntimeError(f"{answer.status}: {answer.characters} characters came")
