"""What so many people need: `python -m benchmarks.plan --people 100000 --questions 6`.

Nothing is measured here.  What was measured stands in `MEASURED`, with the benchmark that says it;
everything else is an option.  `docs/scaling.md` explains the sums.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Iterator
from dataclasses import dataclass

from jupyter_chat.engine.models import catalogue


@dataclass(frozen=True)
class Measured:
    """Of one process and of one turn (a question and its answer)."""

    idle_core: float
    """The share of a core that 1,000 open sockets take (`benchmarks.users --running 1`)."""
    answer_core: float
    """The share that an answer takes for each chunk a second, with one window that looks, and
    with its question (`users_lateness_p99_ms`)."""
    frame_core: float
    """The share that a frame a second takes to one more window."""
    most_sockets: int
    """So many were open in one process (`benchmarks.users --people 3000 --running 30`); nothing
    is known of more."""
    base_mb: float
    socket_kb: float
    answer_kb: float
    """Memory: of a process that has answered, of a window, and of an answer being made
    (`users_memory_mb`)."""
    turn_writes: float
    second_writes: float
    """Documents written in MongoDB once for each turn, and for each second of an answer
    (`mongo_writes_per_answer`)."""
    second_reads: float
    """Documents looked up for each second of an answer."""
    session_reads: float
    """Documents looked up each second for everybody who has a window open."""
    document_kb: float
    key_kb: float
    """Documents and index keys of a turn, uncompressed (`mongo_kb_per_turn`)."""


MEASURED = Measured(
    idle_core=0.006,
    answer_core=0.85 / 500 / 20,  # 0.98 of the crowd, less its windows
    frame_core=0.000010,
    most_sockets=15_000,
    base_mb=180,
    socket_kb=27,
    answer_kb=206,
    turn_writes=5,
    second_writes=5,
    second_reads=2.5,
    session_reads=1,
    document_kb=11.4,
    key_kb=55.4,
)


@dataclass(frozen=True)
class Given:
    """What whoever plans says; see the options below."""

    people: int
    questions: float
    seconds: float
    windows: int
    looking: int
    chunks: float
    hours: float
    days: int
    input_tokens: int
    cached: float
    output_tokens: int
    model: str
    core: float
    spare: float
    shard_writes: float
    frame_bytes: float

    @property
    def turns(self) -> float:
        """A second."""
        return self.people * self.questions / 3600

    @property
    def running(self) -> float:
        """Answers being made at a moment (Little's law)."""
        return self.turns * self.seconds


def plan(given: Given, measured: Measured = MEASURED) -> Iterator[tuple[str, str]]:
    """Line by line, what it comes to."""
    sockets, running, turns = given.people * given.windows, given.running, given.turns
    yield "answers being made", f"{running:,.0f}"
    yield "sockets", f"{sockets:,}"

    chunk = measured.answer_core + (given.looking - 1) * measured.frame_core
    cores = sockets / 1000 * measured.idle_core + running * given.chunks * chunk
    needed = math.ceil(max(cores / given.core, sockets / measured.most_sockets))
    processes = math.ceil(needed * (1 + given.spare))
    memory = (
        measured.base_mb
        + sockets / processes * measured.socket_kb / 1000
        + running / processes * measured.answer_kb / 1000
    )
    yield "service: cores in use", f"{cores:,.1f}"
    yield "service: processes", f"{processes:,} ({needed:,}, and {processes - needed:,} to spare)"
    yield "service: sockets of each", f"{sockets / processes:,.0f}"
    yield "service: memory of each", f"{memory:,.0f} MB"
    yield "service: memory of all", f"{memory * processes / 1000:,.0f} GB"

    writes = turns * measured.turn_writes + running * measured.second_writes
    reads = running * measured.second_reads + given.people * measured.session_reads
    yield "MongoDB: documents written", f"{writes:,.0f} a second"
    yield "MongoDB: documents looked up", f"{reads:,.0f} a second"
    yield "MongoDB: shards", f"{math.ceil(writes / given.shard_writes):,}"
    turns_a_year = given.questions * given.hours * given.days
    documents = turns_a_year * measured.document_kb / 1000
    keys = turns_a_year * measured.key_kb / 1000
    yield (
        "MongoDB: a person's year",
        f"{turns_a_year:,.0f} turns, {documents:,.0f} MB of documents and {keys:,.0f} MB of keys",
    )
    yield (
        "MongoDB: everybody's year",
        f"{(documents + keys) * given.people / 1e6:,.1f} TB before compression and copies",
    )

    frames = (
        running * given.looking * given.chunks + sockets / 10
    )  # a heartbeat and a ping every 20 s
    yield "network: frames to browsers", f"{frames:,.0f} a second"
    yield "network: to browsers", f"{frames * given.frame_bytes * 8 / 1e6:,.0f} Mbit/s"

    yield "upstream: answers begun", f"{turns:,.0f} a second"
    tokens = turns * 60 * (given.input_tokens + given.output_tokens)
    yield "upstream: tokens", f"{tokens / 1e6:,.1f} million a minute"
    price = _dollars(given)
    yield f"upstream: a turn with {given.model}", f"${price:.5f}"
    yield "upstream: an hour like this", f"${price * turns * 3600:,.0f}"
    yield "upstream: a person's year", f"${price * turns_a_year:,.2f}"


def _dollars(given: Given) -> float:
    """The price of a turn."""
    model = catalogue.lookup(given.model)
    if model.input_price is None or model.output_price is None:
        raise SystemExit(f"The price of {given.model} is not known.")
    cached_price = model.input_price if model.cached_price is None else model.cached_price
    cached = given.input_tokens * given.cached
    return (
        (given.input_tokens - cached) * model.input_price
        + cached * cached_price
        + given.output_tokens * model.output_price
    ) / 1e6


_OPTIONS: list[tuple[str, type, float | str, str]] = [
    ("people", int, 100_000, "at once, with a window open"),
    ("questions", float, 6.0, "of each in an hour"),
    ("seconds", float, 20.0, "that an answer takes"),
    ("windows", int, 5, "of each person"),
    ("looking", int, 2, "windows that follow an answer while it is made"),
    ("chunks", float, 20.0, "of an answer in a second"),
    ("hours", float, 4.0, "of a day in which somebody asks like this"),
    ("days", int, 220, "of a year"),
    ("input-tokens", int, 3_000, "sent with a question: all of the conversation"),
    ("cached", float, 0.5, "share of these that upstream has in its cache"),
    ("output-tokens", int, 400, "of an answer"),
    ("model", str, "gpt-6-luna", "whose prices are taken"),
    ("core", float, 0.6, "share of a core that a process may be busy at the peak"),
    ("spare", float, 0.1, "share of processes more, for those that die or are replaced"),
    ("shard-writes", float, 10_000.0, "documents that a shard writes in a second"),
    ("frame-bytes", float, 95.0, "of a frame on the wire, with TCP/IP and TLS"),
]


def main() -> None:
    """Print the plan as a Markdown table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.plan", description=__doc__)
    for name, kind, usual, what in _OPTIONS:
        parser.add_argument(f"--{name}", type=kind, default=usual, help=f"{what} ({usual})")
    given = Given(**vars(parser.parse_args()))
    print("| | |\n|---|--:|")
    for what, number in plan(given):
        print(f"| {what} | {number} |")


if __name__ == "__main__":
    main()
