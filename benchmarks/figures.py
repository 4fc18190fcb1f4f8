"""The figures: their names, units and targets."""

from __future__ import annotations

from dataclasses import dataclass, field
from statistics import median


@dataclass(frozen=True)
class Target:
    """What a figure should be at most; `None`: it is measured to know the limit."""

    name: str
    unit: str
    most: float | None
    what: str


TARGETS = [
    Target("ttft_added_ms", "ms", 5, "first token, later than with the plain client"),
    Target("cpu_s_per_1000_chunks", "s", 0.03, "server CPU per 1,000 chunks, 5,000 unpaced"),
    Target(
        "unpaced_time_vs_direct", "×", 1, "time for 5,000 unpaced chunks, to the plain client's"
    ),
    Target(
        "cpu_s_per_1000_chunks_paced",
        "s",
        0.1,
        "server CPU per 1,000 chunks that come one by one, 100 streams × 20/s",
    ),
    Target(
        "lateness_p99_ms_200", "ms", 50, "99 % of the chunks of 200 streams × 20/s are shown within"
    ),
    Target("lateness_p99_ms_500", "ms", 200, "the same for 500 streams"),
    Target("lateness_p99_ms_1000", "ms", None, "the same for 1,000 streams: frames get longer"),
    Target(
        "socket_bytes_ratio", "×", 2, "bytes on the socket per byte of an answer of 1,000 chunks"
    ),
    Target("sync_ms", "ms", 100, "a second viewer has an event later, 95 % of them within"),
    Target("sync_painted_ms", "ms", 100, "a question asked in one tab is painted in another, 95 %"),
    Target("store_bytes_ratio", "×", 4, "bytes handed to the store per byte of a long answer"),
    Target("idle_socket_kb", "KB", 20, "server memory per idle socket, 5,000 of them"),
    Target(
        "users_lateness_p99_ms",
        "ms",
        None,
        "1,000 people, 5,000 sockets, 500 answers × 20/s on one process: 99 % of the chunks are "
        "shown within",
    ),
    Target("users_memory_mb", "MB", None, "memory of that process"),
    Target("users_lateness_p99_ms_2", "ms", None, "the same on two processes of one store"),
    Target("users_memory_mb_2", "MB", None, "memory of the larger one of them"),
    Target(
        "mongo_writes_per_answer",
        "",
        None,
        "documents written in MongoDB for a question and its answer of 20 s",
    ),
    Target("mongo_kb_per_turn", "KB", None, "documents and index keys of both, uncompressed"),
    Target("cold_start_added_s", "s", 0.15, "JupyterLab answers later than without the chat"),
    Target("memory_added_mb", "MB", 10, "JupyterLab's memory, more than without the chat"),
    Target("distributions_added", "", 25, "distributions installed beyond JupyterLab's own"),
    Target("longest_task_ms", "ms", 50, "longest task in the browser, 2,000 chunks at 50 a second"),
    Target("search_ms", "ms", 50, "95 % of searches among 100,000 of 1,000,000 messages"),
    Target("own_message_visible_ms", "ms", 50, "own question visible after Enter"),
    Target(
        "thread_open_ms", "ms", 300, "10,000 messages: newest painted after a reload, p95, added"
    ),
    Target("page_ms", "ms", 20, "newest page of 100,000 messages over the socket, p95"),
    Target("context_build_ms", "ms", 10, "which of 10,000 messages are sent, tokens known"),
    Target("meter_update_ms", "ms", 5, "server CPU for one more character in the composer"),
    Target("count_mb_per_s", "MB/s", None, "text of messages counted, on one core"),
]
NAMES = [target.name for target in TARGETS]


@dataclass
class Figure:
    """One measured figure; `rounds` are what it is the median of, unless `value` is
    given.  `beside` says in words what else was seen, for example of the plain client."""

    name: str
    rounds: list[float] = field(default_factory=list)
    beside: str = ""
    value: float | None = None

    @property
    def result(self) -> float:
        return self.value if self.value is not None else median(self.rounds)


def table(figures: list[Figure]) -> str:
    """The figures as a Markdown table."""
    targets = {target.name: target for target in TARGETS}
    lines = ["| figure | measured | target | what | beside |", "|---|--:|--:|---|---|"]
    for figure in figures:
        target = targets[figure.name]
        unit = f" {target.unit}" if target.unit else ""
        goal = "" if target.most is None else f"≤ {target.most:g}{unit}"
        met = "" if target.most is None or figure.result <= target.most else " (missed)"
        lines.append(
            f"| `{figure.name}` | {figure.result:.3g}{unit}{met} | {goal} "
            f"| {target.what} | {figure.beside} |"
        )
    return "\n".join(lines)
