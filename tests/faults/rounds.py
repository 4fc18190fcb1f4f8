"""Start the server, let people ask, let something go wrong; again and again."""

from __future__ import annotations

import asyncio
import random
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, nullcontext, suppress
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp

from jupyter_chat.store import open_store
from jupyter_chat.store.interface import Store
from tests.browser.jupyter import Jupyter
from tests.store.mongod import running_mongod
from tests.upstream import Upstream as ScriptedUpstream
from tests.upstream import start_upstream

from .ledger import LOST_SECONDS, Ends, Findings, Upstream, audit, compare
from .outage import Database
from .person import Person, Room

_ROOMS = 2
_SETTLE_SECONDS = 30.0
_LONGEST_END_SECONDS = 15.0
_IDLE_SECONDS = 2.0
_LONGEST_WAIT_SECONDS = 3.0
_FIRST_ANSWER_SECONDS = 15.0
_RETURN_SECONDS = 4.0
_LOST_WHEN_STOPPED = 0.05
"""Seconds: what is on its way to a page when the server is told to stop."""


@dataclass
class Run:
    """All that runs, and what is noted of it."""

    folder: Path
    database: Database
    upstream: ScriptedUpstream
    lost_seconds: float
    ends: Ends = field(default_factory=Ends)
    hung: int = 0

    def __post_init__(self) -> None:
        self.jupyter = Jupyter("chat", self.folder, {})

    def configure(self, chance: random.Random) -> None:
        """How the next server is started: which API it speaks, and whether its answers
        are durable."""
        kind = chance.choice(("durable", "durable", "responses", "chat"))
        key, url = self.upstream.key, self.upstream.url
        self.jupyter.environment = {"JUPYTER_CHAT_MODEL": "any-model"}
        if kind == "chat":
            self.jupyter.environment |= {"OPENAI_BASE_URL": url, "OPENAI_API_KEY": key}
        else:  # Azure speaks the Responses API wherever it is
            self.jupyter.environment |= {
                "AZURE_OPENAI_ENDPOINT": self.upstream.origin,
                "AZURE_OPENAI_API_KEY": key,
            }
        self.jupyter.options = (
            f"--ChatApp.store_url={self.database.url}",
            f"--ChatApp.idle_seconds={_IDLE_SECONDS}",
            f"--ChatApp.durable_replies={kind == 'durable'}",
        )

    def end(self, *, kill: bool) -> None:
        began = time.time()
        self.ends.note(self.lost_seconds if kill else _LOST_WHEN_STOPPED)
        if kill:
            self.jupyter.kill()
            return
        self.jupyter.stop()
        self.hung += time.time() - began > _LONGEST_END_SECONDS

    def tracebacks(self) -> int:
        return self.jupyter.log().count("Traceback (most recent call last)")


async def run(
    rounds: int,
    store: str,
    seed: int,
    *,
    lost_seconds: float = LOST_SECONDS,
    keep: Path | None = None,
) -> Findings:
    """So many rounds on `sqlite` or `mongo`; the same seed draws the same questions and
    the same faults."""
    chance = random.Random(seed)
    with (
        _folder(keep) as folder,
        start_upstream() as upstream,
        _database(folder, store) as database,
    ):
        running = Run(folder, database, upstream, lost_seconds)
        async with aiohttp.ClientSession() as session:
            rooms = [Room() for _ in range(_ROOMS)]
            people = _people(running.jupyter, rooms, session, seed)
            async with _asking(people):
                for _ in range(rounds):
                    await _round(running, chance.choice(rooms), chance)
            running.configure(chance)
            await asyncio.to_thread(running.jupyter.start)
            try:
                findings = await _settled(running, people)
            finally:
                await asyncio.to_thread(running.jupyter.kill)
    findings.tallies.rounds = rounds
    return findings


@contextmanager
def _folder(keep: Path | None) -> Iterator[Path]:
    if keep is not None:
        keep.mkdir(parents=True, exist_ok=True)
        yield keep
        return
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


@contextmanager
def _database(folder: Path, store: str) -> Iterator[Database]:
    with running_mongod(folder / "mongod") if store == "mongo" else nullcontext() as mongod:
        yield Database(folder, mongod)


async def _round(running: Run, room: Room, chance: random.Random) -> None:
    """Start, let something go wrong, and end."""
    running.configure(chance)
    await asyncio.to_thread(running.jupyter.start)
    room.answered.clear()
    if chance.random() < 0.8:
        # The first question takes a while: what it needs is loaded then.
        with suppress(asyncio.TimeoutError):
            await asyncio.wait_for(room.answered.wait(), _FIRST_ANSWER_SECONDS)
    await asyncio.sleep(chance.uniform(0.1, 2.0))
    kill = chance.random() < 0.7
    if chance.random() < 0.4:
        # Right after somebody was told that a question is safe.
        room.acknowledged.clear()
        with suppress(asyncio.TimeoutError):
            await asyncio.wait_for(room.acknowledged.wait(), _LONGEST_WAIT_SECONDS)
        await asyncio.sleep(chance.uniform(0, 0.05))
        await asyncio.to_thread(running.end, kill=kill)
    elif chance.random() < 0.4:
        away = chance.uniform(0.2, 2.0)
        outage = asyncio.create_task(_outage(running, away))
        # Now and then the server ends while its database is away.
        await asyncio.sleep(away + _RETURN_SECONDS if chance.random() < 0.7 else away / 2)
        await asyncio.to_thread(running.end, kill=kill)
        await outage
    else:
        await asyncio.to_thread(running.end, kill=kill)


async def _outage(running: Run, seconds: float) -> None:
    began = time.time()
    running.ends.outages.append((began, float("inf")))
    await asyncio.to_thread(running.database.go_away, seconds)
    # It takes clients a moment to notice that it is back, and to keep what piled up.
    running.ends.outages[-1] = began, time.time() + _RETURN_SECONDS


def _people(
    jupyter: Jupyter, rooms: list[Room], session: aiohttp.ClientSession, seed: int
) -> list[Person]:
    people = []
    for number, room in enumerate(rooms):
        for name in (f"a{number}", f"b{number}"):
            chance = random.Random(f"{seed} {name}")
            people.append(Person(name, room, jupyter, session, chance))
    return people


@asynccontextmanager
async def _asking(people: list[Person]) -> AsyncIterator[None]:
    tasks = [asyncio.create_task(person.ask_on()) for person in people]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        ended = await asyncio.gather(*tasks, return_exceptions=True)
        for result in ended:
            if not isinstance(result, asyncio.CancelledError) and result is not None:
                raise result


async def _settled(running: Run, people: list[Person]) -> Findings:
    """What was found, once no answer is said to be running any more."""
    await asyncio.gather(
        *(
            person.look_on({each.thread_id for each in person.asked[-2:]}, _SETTLE_SECONDS)
            for person in people
        )
    )
    store = open_store(running.database.url)
    await store.open()
    try:
        user_id = await store.owner_id()
        findings = await _audited(running, people, store, user_id)
        recent = [
            person.page.views[each.thread_id]
            for person in people
            for each in person.asked[-1:]
            if each.thread_id in person.page.views
        ]
        shown = await compare(store, user_id, recent)
    finally:
        await store.close()
        for person in people:
            await person.page.close()
    findings.tallies.mismatched += shown.tallies.mismatched
    findings.remarks += shown.remarks
    findings.tallies.tracebacks = running.tracebacks()
    findings.tallies.hung = running.hung
    findings.tallies.outages = len(running.ends.outages)
    return findings


async def _audited(running: Run, people: list[Person], store: Store, user_id: str) -> Findings:
    until = time.monotonic() + _SETTLE_SECONDS
    views = [view for person in people for view in person.page.views.values()]
    asked = [each for person in people for each in person.asked]
    while True:
        requests = await asyncio.to_thread(running.upstream.requests)
        findings = await audit(store, user_id, asked, views, running.ends, Upstream(requests))
        if not findings.tallies.unfinished or time.monotonic() > until:
            return findings
        await asyncio.sleep(1)
