"""An engine on a real SQLite store, with a viewer that assembles what it is sent."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from jupyter_chat.engine.accounts import Accounts
from jupyter_chat.engine.audit import Audit
from jupyter_chat.engine.branches import Branches
from jupyter_chat.engine.broadcast import Broadcast
from jupyter_chat.engine.context.inspecting import Inspector
from jupyter_chat.engine.context.planning import Planner
from jupyter_chat.engine.conversations import Conversations
from jupyter_chat.engine.costs.budgets import Budgets
from jupyter_chat.engine.elsewhere import Elsewhere
from jupyter_chat.engine.health import StoreHealth, watch
from jupyter_chat.engine.keys.shared import SharedSources
from jupyter_chat.engine.limits.enforcing import Limits
from jupyter_chat.engine.limits.policy import Policy
from jupyter_chat.engine.moderation.moderating import Moderator
from jupyter_chat.engine.moderation.services import OpenAIModeration
from jupyter_chat.engine.replies import Replies
from jupyter_chat.engine.requests import Requests
from jupyter_chat.engine.roles import Roles
from jupyter_chat.ids import new_id
from jupyter_chat.protocol import (
    Ack,
    Continue,
    Message,
    Regenerate,
    Send,
    Source,
    TextPart,
    ThreadSettings,
)
from jupyter_chat.providers.interface import Endpoint, Finish, ProviderError
from jupyter_chat.store import open_store
from jupyter_chat.store.interface import Store
from jupyter_chat.store.vault import Vault
from tests.store.conftest import (  # noqa: F401
    mongodb_server,
    mongodb_url,
    open_another,
    sqlite_url,
    store,
    store_url,
)

from .puppet import Call, Puppet

COMPATIBLE = Endpoint(Source.COMPATIBLE)


@dataclass(eq=False)
class Watcher:
    """A viewer that puts a thread together from the frames it gets, as a client does."""

    user_id: str = "ada"
    events: list[dict[str, Any]] = field(default_factory=list)
    messages: dict[str, dict[str, Any]] = field(default_factory=dict)
    seq: int | None = None
    epoch: str = ""
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    def send(self, frame: bytes) -> None:
        event = json.loads(frame)
        self.events.append(event)
        if event["type"] == "snapshot":
            self.messages = {message["id"]: message for message in event["messages"]}
            self.seq, self.epoch = event["seq"], event["epoch"]
        elif "seq" in event:
            assert self.seq is None or event["seq"] == self.seq + 1, "an event was lost"
            self.seq = event["seq"]
        if event["type"] == "message":
            self.messages[event["message"]["id"]] = event["message"]
        if event["type"] == "delta":
            parts = self.messages[event["message_id"]]["parts"]
            if event["part"] == len(parts):
                parts.append({"type": event["kind"], "text": ""})
            parts[event["part"]]["text"] += event["text"]
        self.changed.set()

    def text(self, message_id: str) -> str:
        parts = self.messages[message_id]["parts"]
        return "".join(part["text"] for part in parts if part["type"] == "text")

    def status(self, message_id: str) -> str | None:
        return self.messages.get(message_id, {}).get("status")

    async def until(self, condition: Callable[[], object]) -> None:
        """Wait until the thread, as this viewer sees it, fulfils a condition."""
        while not condition():
            self.changed.clear()
            await asyncio.wait_for(self.changed.wait(), 30)


@dataclass
class Engine:
    conversations: Conversations
    replies: Replies
    branches: Branches
    accounts: Accounts
    requests: Requests
    inspector: Inspector
    store: Store
    broadcast: Broadcast
    provider: Puppet
    health: StoreHealth
    limits: Limits
    elsewhere: Elsewhere

    async def ask(
        self,
        text: str,
        thread_id: str,
        parent_id: str | None = None,
        *,
        client_id: str | None = None,
        settings: ThreadSettings | None = None,
        user_id: str = "ada",
    ) -> Ack:
        command = Send(
            id="1",
            client_id=client_id or new_id(),
            thread_id=thread_id,
            parent_id=parent_id,
            parts=[TextPart(text)],
            create=parent_id is None,
            settings=settings,
        )
        return await self.conversations.send(user_id, command)

    async def answered(
        self, text: str, thread_id: str, parent_id: str | None = None, answer: str = "Because."
    ) -> Ack:
        """Ask, and have it answered."""
        asked = await self.ask(text, thread_id, parent_id)
        await self.answer(answer)
        await self.end(thread_id, str(asked.reply_id))
        return asked

    async def answer(self, text: str, end: Finish | ProviderError | None = None) -> Call:
        """Let the provider say something to the end."""
        call = await self.provider.call()
        call.say(text)
        if isinstance(end, ProviderError):
            call.fail(end)
        else:
            call.finish(end)
        return call

    async def end(self, thread_id: str, reply_id: str, user_id: str = "ada") -> Message:
        """A reply once it is final."""
        while True:
            reply = await self.store.get_message(user_id, thread_id, reply_id)
            if reply.completed_at is not None:
                return reply
            await asyncio.sleep(0.002)

    async def again(
        self, thread_id: str, message_id: str, settings: ThreadSettings | None = None
    ) -> Ack:
        command = Regenerate("1", new_id(), thread_id, message_id, settings)
        return await self.conversations.regenerate("ada", command)

    async def go_on(self, thread_id: str, message_id: str, client_id: str | None = None) -> Ack:
        command = Continue("1", client_id or new_id(), thread_id, message_id)
        return await self.conversations.go_on("ada", command)

    async def watch(self, thread_id: str) -> Watcher:
        watcher = Watcher()
        self.broadcast.join(watcher)
        await self.conversations.subscribe(watcher, thread_id)
        return watcher


@pytest.fixture
async def engine(tmp_path: Path) -> AsyncIterator[Engine]:
    async for made in make_engine(tmp_path):
        yield made


async def make_engine(
    directory: Path,
    *,
    endpoint: Endpoint | None = COMPATIBLE,
    store_url: str | None = None,
    local_available: bool = False,
    model_titles: bool = False,
    limits: dict[str, Any] | None = None,
    moderation: dict[str, Any] | None = None,
) -> AsyncIterator[Engine]:
    broadcast = Broadcast()
    log = logging.getLogger("test")
    kept = open_store(store_url or f"sqlite:///{directory / 'history.sqlite'}")
    health = StoreHealth(kept, broadcast, log)
    store = watch(kept, health)
    provider = Puppet()
    vault = Vault(directory)
    service = OpenAIModeration(provider, None)
    policy = Policy(Roles(store), configured=limits)
    accounts = Accounts(
        store,
        vault,
        provider,
        shared=SharedSources(store, vault, endpoint),
        audit=Audit(store),
        default_model=None,
        local_available=lambda: local_available,
        policy=policy,
    )
    planner = Planner(store)
    kept_limits = Limits(store, policy, Budgets(store))
    requests = Requests(store, accounts, planner, provider, kept_limits)
    replies = Replies(
        store,
        provider,
        requests,
        planner.corrections,
        broadcast,
        kept_limits,
        Moderator(store, **{"service": service, "log": log, **(moderation or {})}),
        log,
        model_titles=model_titles,
    )
    conversations = Conversations(store, replies, broadcast)
    health.on_open.append(replies.start)
    await health.open()
    branches = Branches(store, conversations, replies)
    inspector = Inspector(store, accounts, planner, policy)
    yield Engine(
        *(conversations, replies, branches, accounts, requests, inspector),
        *(store, broadcast, provider, health, kept_limits),
        Elsewhere(store, broadcast, replies, conversations.reshaped, log),
    )
    await replies.close()
    await planner.close()
    await health.close()
    await kept.close()


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Do not wait as long as with a real upstream."""
    monkeypatch.setattr("jupyter_chat.engine.generation._FIRST_WAIT_SECONDS", 0.01)


@pytest.fixture
async def next_engine(tmp_path: Path) -> AsyncIterator[Callable[[], Awaitable[Engine]]]:
    """Starts another process's engine on the same history."""
    made: list[AsyncIterator[Engine]] = []

    async def start() -> Engine:
        made.append(make_engine(tmp_path))
        return await anext(made[-1])

    yield start
    for each in made:
        await anext(each, None)
