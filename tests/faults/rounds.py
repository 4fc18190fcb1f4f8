"""Start the server, let people ask, kill it; again and again."""

from __future__ import annotations

import asyncio
import random
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext
from pathlib import Path

from jupyter_chat.store import open_store
from tests.browser.jupyter import Jupyter
from tests.store.mongod import running_mongod
from tests.upstream import Upstream, start_upstream

from .ledger import Tallies, tally
from .person import Person

_PEOPLE = 4
_SETTLE_SECONDS = 20.0


async def run(rounds: int, store: str, seed: int) -> Tallies:
    """So many rounds on `sqlite` or `mongo`; the same seed draws the same questions and
    the same moments to kill at."""
    chance = random.Random(seed)
    with (
        tempfile.TemporaryDirectory() as folder,
        start_upstream() as upstream,
        running_mongod(Path(folder, "mongod")) if store == "mongo" else nullcontext() as mongod,
    ):
        place = Path(folder)
        url = f"{mongod.url}/faults" if mongod else f"sqlite:///{place / 'history.sqlite'}"
        jupyter = _server(place, url, upstream)
        people = [
            Person(f"p{each}", jupyter, random.Random(seed + each)) for each in range(_PEOPLE)
        ]
        kills: list[float] = []
        async with _asking(people):
            for _ in range(rounds):
                await asyncio.to_thread(jupyter.start)
                await asyncio.sleep(chance.uniform(0.1, 3.0))
                kills.append(time.time())
                await asyncio.to_thread(jupyter.kill)
        await asyncio.to_thread(jupyter.start)  # it marks what its predecessors left
        try:
            return await _settled(url, people, kills, upstream)
        finally:
            await asyncio.to_thread(jupyter.stop)


def _server(folder: Path, url: str, upstream: Upstream) -> Jupyter:
    environment = {"OPENAI_BASE_URL": upstream.url, "OPENAI_API_KEY": upstream.key}
    return Jupyter("chat", folder, environment, (f"--ChatApp.store_url={url}",))


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


async def _settled(
    url: str, people: list[Person], kills: list[float], upstream: Upstream
) -> Tallies:
    """The tallies, once no answer is said to be running any more."""
    asked = [question for person in people for question in person.asked]
    requests = await asyncio.to_thread(upstream.requests)
    questions = [
        request["body"]["messages"][-1]["content"]
        for request in requests
        if request["method"] == "POST"
    ]
    store = open_store(url)
    await store.open()
    try:
        user_id = await store.owner_id()
        until = time.monotonic() + _SETTLE_SECONDS
        while True:
            tallies = await tally(store, user_id, asked, kills, questions)
            if not tallies.unfinished or time.monotonic() > until:
                return tallies
            await asyncio.sleep(1)
    finally:
        await store.close()
