"""What it costs to know what the model will see."""

from __future__ import annotations

import asyncio
import json
import tempfile
import time
from pathlib import Path
from statistics import median

import aiohttp
import psutil
import tiktoken

from jupyter_chat.engine.accounts import Accounts
from jupyter_chat.engine.audit import Audit
from jupyter_chat.engine.context.inspecting import Inspector
from jupyter_chat.engine.context.planning import Planner
from jupyter_chat.engine.context.tokens import encoding
from jupyter_chat.engine.context.weighing import weigh
from jupyter_chat.engine.keys.shared import SharedSources
from jupyter_chat.engine.limits.policy import Policy
from jupyter_chat.engine.roles import Roles
from jupyter_chat.protocol import ContextQuery, Source, text_of
from jupyter_chat.providers import Providers
from jupyter_chat.providers.interface import Endpoint
from jupyter_chat.store import open_store
from jupyter_chat.store.vault import Vault
from tests.browser.jupyter import Jupyter
from tests.long_threads import keep_for_owner, long_thread

from .figures import Figure

_LONG, _SHORT = 10_000, 100
_LOOKS = 100
_KEYS = 300
_USER = "ada"
_MODEL = "gpt-6-luna"
_DRAFT = "How do I group the rows by month and add up the amounts? "


def build() -> list[Figure]:
    """Which messages of a long thread are sent, once their tokens are known."""
    return [asyncio.run(_build())]


async def _build() -> Figure:
    thread, messages = long_thread(_LONG)
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(f"sqlite:///{Path(folder) / 'history.sqlite'}")
        await store.open()
        for start in range(0, _LONG, 1000):
            await store.add_thread(_USER, thread, messages[start : start + 1000])
        vault = Vault(folder)
        accounts = Accounts(
            store,
            vault,
            Providers(60),
            shared=SharedSources(store, vault, Endpoint(Source.OPENAI, key="sk-test")),
            audit=Audit(store),
            default_model=_MODEL,
            local_available=lambda: False,
        )
        planner = Planner(store)
        inspector = Inspector(store, accounts, planner, Policy(Roles(store)))
        query, earlier = [
            ContextQuery(thread.id, messages[place].id, text=_DRAFT) for place in (-1, -3)
        ]
        encoding()

        async def seconds(query: ContextQuery) -> float:
            begun = time.perf_counter()
            await inspector.look(_USER, query)
            return time.perf_counter() - begun

        first = await seconds(query)
        shown = await inspector.look(_USER, query)
        again, warm = [], []
        for _ in range(_LOOKS):
            again.append(await seconds(query) * 1000)
            # Of another leaf nothing is chosen yet.
            warm.append(await seconds(earlier) * 1000)
            await inspector.look(_USER, query)
        await planner.close()
        planner = Planner(store)
        inspector = Inspector(store, accounts, planner, Policy(Roles(store)))
        known = await seconds(query)
        await planner.close()
        await store.close()
    return Figure(
        "context_build_ms",
        warm,
        f"{shown.sent:,} messages of {shown.used:,} tokens sent; {median(again):.1f} ms where "
        f"nothing has changed, {first * 1000:.0f} ms the first time, when all are counted, "
        f"{known * 1000:.0f} ms after a restart",
    )


def typing() -> list[Figure]:
    """What one more character in the composer costs the server, its CPU alone."""
    return [asyncio.run(_typing())]


async def _typing() -> Figure:
    with tempfile.TemporaryDirectory() as folder:
        environment = {"OPENAI_API_KEY": "sk-test", "JUPYTER_CHAT_MODEL": _MODEL}
        jupyter = Jupyter("chat", Path(folder), environment)
        jupyter.start()
        history = jupyter.folder / "jupyter_data_dir" / "jupyter_chat" / "history.sqlite"
        threads = [long_thread(length) for length in (_SHORT, _LONG)]
        for thread, messages in threads:
            keep_for_owner(f"sqlite:///{history}", thread, messages)
        try:
            (short, latency), (long, _) = [
                await _typed(jupyter, thread.id, messages[-1].id) for thread, messages in threads
            ]
        finally:
            jupyter.stop()
    return Figure(
        "meter_update_ms",
        short,
        f"conversation of {_SHORT} messages; answered after {median(latency):.1f} ms; "
        f"with {_LONG:,} messages {median(long):.1f} ms of CPU",
    )


async def _typed(jupyter: Jupyter, thread_id: str, leaf_id: str) -> tuple[list[float], list[float]]:
    """Milliseconds of CPU, and until the answer, for each of some rounds."""
    assert jupyter.process is not None
    process = psutil.Process(jupyter.process.pid)
    headers = {"Authorization": f"token {jupyter.token}", "Content-Type": "application/json"}
    url = f"{jupyter.url}/jupyter-chat/api/context"
    cpu, waited = [], []
    async with aiohttp.ClientSession(headers=headers) as session:

        async def type_on(length: int) -> None:
            body = {"thread_id": thread_id, "leaf_id": leaf_id, "text": (_DRAFT * 10)[:length]}
            async with session.post(url, data=json.dumps(body)) as answer:
                if answer.status != 200:
                    raise RuntimeError(await answer.text())
                await answer.read()

        await type_on(1)
        for _ in range(5):
            before = sum(process.cpu_times()[:2])
            for length in range(_KEYS):
                begun = time.perf_counter()
                await type_on(length)
                waited.append((time.perf_counter() - begun) * 1000)
            cpu.append((sum(process.cpu_times()[:2]) - before) * 1000 / _KEYS)
    return cpu, waited


def counting() -> list[Figure]:
    """Megabytes counted in a second, beside tiktoken by itself."""
    _, messages = long_thread(_LONG)
    texts = [text_of(message) for message in messages]
    size = sum(len(text.encode()) for text in texts) / 1e6
    plain = tiktoken.Encoding(
        "plain",
        pat_str=encoding()._pat_str,
        mergeable_ranks=encoding()._mergeable_ranks,
        special_tokens={},
    )
    ours, alone = [], []
    for _ in range(7):
        begun = time.perf_counter()
        for text in texts:
            plain.encode_ordinary(text)
        alone.append(size / (time.perf_counter() - begun))
        begun = time.perf_counter()
        for message in messages:
            weigh(message)
        ours.append(size / (time.perf_counter() - begun))
    return [Figure("count_mb_per_s", ours, f"tiktoken alone {median(alone):.1f} MB/s")]
